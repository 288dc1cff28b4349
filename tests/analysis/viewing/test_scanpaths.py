"""Scanpaths: likeness as a peer has it, and differences whose truth is known."""

import numpy as np
import pytest

from analysis.viewing.multimatch import DIMENSIONS, scanpaths_of, similarities
from analysis.viewing.pairs import ImagePair
from analysis.viewing.scanpaths import compare_scanpaths
from stimuli.support.errors import InputError
from tests.analysis.viewing.scanpath_tables import BESIDE, OFF, ON, table, trial


def test_likeness_is_that_of_multimatch_gaze():
    peer = pytest.importorskip("multimatch_gaze")
    generator = np.random.default_rng(0)
    paths = [
        (generator.uniform(0, 800, (n, 2)), generator.uniform(0.1, 0.6, n))
        for n in generator.integers(3, 14, 14)
    ]
    first, second = np.triu_indices(len(paths), 1)
    ours = similarities(scanpaths_of(paths), first, second, (800, 600))
    records = [np.rec.fromarrays([xy[:, 0], xy[:, 1], seconds],
                                 names="start_x,start_y,duration")
               for xy, seconds in paths]  # fmt: skip
    theirs = [peer.docomparison(records[i], records[j], [800, 600])
              for i, j in zip(first, second, strict=True)]  # fmt: skip
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_a_scanpath_is_like_itself_and_turned_round_it_differs_in_direction():
    xy = np.array([(10.0, 10), (60, 10), (60, 60), (90, 60)])
    paths = scanpaths_of([(xy, np.full(4, 0.3)), (100 - xy, np.full(4, 0.3))])
    same, turned = similarities(paths, np.array([0, 0]), np.array([0, 1]), (100, 100))
    np.testing.assert_allclose(same, 1)
    of = dict(zip(DIMENSIONS, turned, strict=True))
    assert (of["direction"], of["length"], of["duration"]) == pytest.approx((0, 1, 1))


def test_lengths_and_durations_are_those_of_the_trials():
    fixations = table(
        # Amplitudes 50 and 50; fixation 0 and the one after the image do not count.
        trial("a", "1", (OFF, -200, 300), (ON, 120, 100), (OFF, 250, 200), (ON, 500, 100),
              (OFF, 1100, 100)),
        # No saccade leads over a fixation off the image, and the last fixation was cut.
        trial("b", "1", (ON, 100, 200), (BESIDE, 400, 100), (OFF, 600, 600)),
    )  # fmt: skip
    found = compare_scanpaths(fixations, [ImagePair("s", "a", "b")], (100, 100), viewing_ms=1000,
                              pixels_per_degree=10, resamples=20).measures  # fmt: skip
    of = found.set_index("measure")
    assert of.loc["fixations", ["original", "version"]].tolist() == [3, 2]
    assert of.loc["scanpath_length", ["original", "version"]].tolist() == [10, 0]
    assert of.loc["fixation_duration", "version"] == 200
    assert of.loc["fixation_duration", "original"] == pytest.approx(400 / 3)
    assert np.isnan(of.loc["saccade_amplitude", "version"])
    assert of.loc["scanpath_length", "unit"] == "deg"


def scanpaths_of_people(change, subjects=8, sources=6):
    """Trials in which people look along lines of a source, elsewhere on the version by `change`."""
    generator, rows = np.random.default_rng(0), []
    for source in range(sources):
        lines = {"o": generator.uniform(20, 80, (6, 2))}
        lines["v"] = (1 - change) * lines["o"] + change * generator.uniform(20, 80, (6, 2))
        for kind, line in lines.items():
            for subject in range(subjects):
                places = line + generator.normal(0, 4, line.shape)
                seen = [(xy, 100 + 300 * n, generator.uniform(150, 250))
                        for n, xy in enumerate(places)]  # fmt: skip
                rows.append(trial(f"{source}{kind}", str(subject), *seen))
    pairs = [ImagePair(str(source), f"{source}o", f"{source}v") for source in range(sources)]
    return table(*rows), pairs


def test_versions_that_change_scanpaths_are_told_from_those_that_do_not():
    changed, same = (
        compare_scanpaths(*scanpaths_of_people(change), (100, 100), resamples=300).similarity
        for change in (1.0, 0.0)
    )
    spatial = changed["dimension"] != "duration"
    assert (changed.loc[spatial, "difference_high"] < 0).all()
    assert same["difference_low"].lt(0).all()
    assert same["difference_high"].gt(0).all()
    assert same["difference"].abs().max() < 0.02
    # 8 people, 6 sources: 28 pairs on each of two images, 56 between them.
    assert (changed["n_comparisons"] == 6 * (28 + 28 + 56)).all()


def test_nobody_is_compared_with_themselves():
    # Each has a scanpath of their own, the same on both images: alike only with themselves.
    generator = np.random.default_rng(1)
    lines = generator.uniform(0, 100, (3, 5, 2))
    fixations = table(*(
        trial(image, str(n), *((xy, 100 + 300 * k, 250) for k, xy in enumerate(line)))
        for image in ("a", "b") for n, line in enumerate(lines)
    ))  # fmt: skip
    found = compare_scanpaths(fixations, [ImagePair("s", "a", "b")], (100, 100), resamples=50)
    np.testing.assert_allclose(found.similarity["difference"], 0, atol=1e-12)
    assert (found.similarity["n_comparisons"] == 3 + 3 + 6).all()


def test_a_wrong_size_is_named():
    with pytest.raises(InputError, match=r"size_px is \(0, 100\)"):
        compare_scanpaths(*scanpaths_of_people(0.0, 2, 1), (0, 100))
