"""Fitting realism judges: a known rule is learned, and examples are what they say."""

import random

import numpy as np
import pytest
import torch

from manipulation import fit_realism
from manipulation.realism_fitting.examples import ExampleMaker, Examples, Photograph
from manipulation.realism_fitting.fit import agreement, fit_realism_head, judge_quality
from manipulation.realism_fitting.model_edits import NETWORK, PIXELS
from manipulation.realism_fitting.random_edits import KINDS, UNSEEN_KINDS
from stimuli.contract.masks import read_annotations
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError

RNG = np.random.default_rng(0)


def invented(number):
    """Examples whose distance is one feature, under noise of the others."""
    distances = np.array([0.0, 0.0, *RNG.uniform(0.05, 0.8, 8)], np.float32)
    vectors = RNG.normal(0, 1, (10, 12)).astype(np.float32)
    vectors[:, 3] = 4 * distances + RNG.normal(0, 0.1, 10)
    kinds = np.array(["untouched", "camera", *["darkroom"] * 6, "haze", "blur"])
    return Examples(f"{number}.jpg", vectors, kinds, distances, distances)


def test_a_judge_learns_what_tells_how_strong_an_edit_was():
    examples, untouched, unseen = ([invented(n) for n in range(k)] for k in (80, 40, 40))
    heads = [fit_realism_head(examples, untouched, seed=seed, networks=2) for seed in (0, 1)]
    quality = judge_quality(heads[0], unseen)
    assert quality.order > 0.9
    assert quality.edits == 320
    assert quality.found[0.05]["all edits"] > 0.7
    assert quality.found[0.05]["untouched (false alarms)"] < 0.2
    assert agreement(*heads, unseen) > 0.9
    again = fit_realism_head(examples, untouched, seed=0, networks=2)
    assert again.sha256 == heads[0].sha256 != heads[1].sha256
    with pytest.raises(InputError, match="3 photographs are examples; expected at least 8"):
        fit_realism_head(examples[:3], untouched, seed=0)


def test_examples_of_a_photograph_are_kept_and_their_distances_grow_with_strength(tmp_path):
    annotations = read_annotations(DEMO_ANNOTATIONS)
    name = next(iter(PHOTOGRAPHS))
    photographs = [Photograph(photograph_path(name), min(annotations.images))]
    maker = ExampleMaker(photographs, annotations, 1.0, tmp_path)
    made = maker.examples(photographs[0], 0)
    assert list(made.kinds[:6]) == ["untouched", "camera", *["darkroom"] * 4]
    assert set(made.kinds[6:9]) <= set(KINDS)
    assert set(made.kinds[9:11]) <= set(UNSEEN_KINDS)
    assert list(made.kinds[11:]) == [NETWORK, PIXELS]
    assert made.distances[:2].max() == 0
    assert made.distances[2:].min() > 0
    assert np.isfinite(made.vectors).all()
    again = maker.examples(photographs[0], 0)
    np.testing.assert_array_equal(again.vectors, made.vectors)
    assert len(list(tmp_path.iterdir())) == 1
    others = ExampleMaker(photographs, annotations, 0.0, tmp_path).examples(photographs[0], 0)
    assert not set(others.kinds) & set(UNSEEN_KINDS)  # not what was kept with others held out
    assert len(list(tmp_path.iterdir())) == 2


def test_photographs_and_outlines_that_cannot_be_read_are_left_out_and_named(tmp_path):
    broken, folder = tmp_path / "broken.jpg", tmp_path / "examples"
    broken.write_bytes(b"no picture")
    folder.mkdir()
    annotations = read_annotations(DEMO_ANNOTATIONS)
    image_id = min(annotations.images)
    for entry in annotations.of_image(image_id):
        entry["segmentation"] = [[0, 0, 1e12, 0, 1, 1]]
    maker = ExampleMaker([], annotations, 1.0, folder)
    assert maker.examples(Photograph(broken), 0) is None
    assert maker._object(image_id, random.Random(0)) is None
    name = annotations.images[image_id]["file_name"]
    ids = {entry["id"] for entry in annotations.of_image(image_id)}
    assert set(maker.left_out) == {("broken.jpg", None), *((name, one) for one in ids)}
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", [*KINDS, *UNSEEN_KINDS])
def test_a_kind_of_edit_changes_more_when_it_is_stronger_and_stays_in_range(name):
    image = 0.2 + 0.6 * torch.rand(3, 256, 256, generator=torch.Generator().manual_seed(1))
    sizes = []
    for strength in (0.1, 0.4, 1.0):
        edit = {**KINDS, **UNSEEN_KINDS}[name]
        changed = edit(image, strength, torch.Generator().manual_seed(0))
        assert changed.min() >= -1e-6
        assert changed.max() <= 1 + 1e-6
        sizes.append(float((changed - image).abs().mean()))
    assert sizes == sorted(sizes)
    assert sizes[0] > 0


def test_too_few_photographs_are_named(tmp_path):
    folder = tmp_path / "few"
    folder.mkdir()
    with pytest.raises(InputError, match="no photographs"):
        fit_realism.main(["--images", str(folder), "--out", str(tmp_path / "out")])
