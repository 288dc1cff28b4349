"""Gaze of other trackers: plain tables of samples, and BIDS physio, ours and others'."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from analysis import collect_fixations, events
from analysis.recordings.reading import read_recording
from analysis.results.recordings import write_samples
from analysis.sessions.physio import write_physio
from analysis.sessions.runs import read_runs
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.study import open_study
from stimuli.support.errors import InputError
from tests.analysis.recordings.cases import case


def gaze(places, *, separator=",", decimal="."):
    """Return a table of gaze that stays at every place for 300 ms, sampled every 4 ms."""
    rows = [separator.join(["time_ms", "x_px", "y_px", "message"])]
    time = 0
    for number, (x, y) in enumerate(places):
        rows += [separator.join([str(time), "", "", f"TRIALID {number}"]),
                 separator.join([str(time), "", "", f"!V TRIAL_VAR image {number}.png"]),
                 separator.join([str(time), "", "", "SYNCTIME"])]  # fmt: skip
        for _ in range(75):
            time += 4
            rows.append(separator.join(
                [str(time), *(f"{value:.1f}".replace(".", decimal) for value in (x, y)), ""]
            ))  # fmt: skip
    return "\n".join(rows) + "\n"


PLACES = [(400.0, 300.0), (1200.0, 700.0), (800.0, 500.0)]


@pytest.mark.parametrize(
    ("separator", "decimal"), [(",", "."), ("\t", "."), (";", ",")], ids=["CSV", "TSV", "European"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_plain_table_is_read_whatever_separates_its_columns(tmp_path, separator, decimal, packed):
    content = gaze(PLACES, separator=separator, decimal=decimal).encode("utf-8-sig")
    path = tmp_path / "any.name"
    path.write_bytes(gzip.compress(content) if packed else content)
    recording = read_recording(path)
    samples = recording.samples()
    assert list(samples) == ["block", "time_ms", "x_left_px", "y_left_px", "pupil_left"]
    assert len(samples) == 225
    assert samples.loc[[0, 224], "x_left_px"].tolist() == [400, 800]
    assert recording.messages["text"].tolist()[:3] == [
        "TRIALID 0", "!V TRIAL_VAR image 0.png", "SYNCTIME",
    ]  # fmt: skip
    assert recording.blocks["sample_rate_hz"].item() == 250
    assert not recording.warnings


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
def test_names_beyond_ascii_are_those_that_were_shown(tmp_path, encoding):
    path = tmp_path / "gaze.csv"
    path.write_bytes(gaze(PLACES).replace("image 1.png", "image Bär é.png").encode(encoding))
    assert "!V TRIAL_VAR image Bär é.png" in set(read_recording(path).messages["text"])


def test_samples_that_were_written_are_read_again(tmp_path):
    recording = read_recording(case("eye_change"))
    path = tmp_path / "again_samples.csv.gz"
    write_samples(path, recording.samples())
    again = read_recording(path)
    pd.testing.assert_frame_equal(again.samples(), recording.samples())
    assert again.blocks["block"].tolist() == [1, 2, 3]


def test_a_table_of_another_tracker_goes_all_the_way_to_fixations_on_images(tmp_path):
    pytest.importorskip("pymovements")
    for subject in ("a", "b"):
        (tmp_path / f"{subject}.csv").write_text(gaze(PLACES))
    (tmp_path / "images.csv").write_text("image\n0\n1\n2\n")
    out = tmp_path / "fixations.csv"
    collect_fixations.main([
        str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "--images", str(tmp_path / "images.csv"),
        "--placement", "0,0,1600,900", "--out", str(out), "--detector", "velocity",
        "--pixels-per-degree", "40",
    ])  # fmt: skip
    found = pd.read_csv(out, dtype={"image": str})
    assert found["subject"].tolist() == ["a", "b"] * 3
    assert found["x_px"].tolist() == pytest.approx([400.5, 400.5, 1200.5, 1200.5, 800.5, 800.5])
    assert events.main([str(tmp_path / "a.csv"), "--out", str(tmp_path / "events.csv")]) == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time_ms,x\n1,2\n", r"column 'x_px' is missing"),
        ("time_ms,x_px\n1,2\n", r"column 'y_left_px' is missing"),
        ("time_ms,x_px,y_px\n1,2,3\n2,wide,3\n", r"x_left_px is 'wide' in line 3"),
        ("time_ms,x_px,y_px\n1,2,3\n,2,3\n", r"line 3: time_ms is missing"),
    ],
)
def test_a_table_that_lacks_something_is_refused(tmp_path, text, says):
    path = tmp_path / "gaze.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=says):
        read_recording(path)


def test_physio_of_this_toolkit_is_the_recording_that_it_was_made_of(make_study, tmp_path):
    root = make_study(tmp_path / "study", n_sources=2, n_subjects=1, n_fixations=2, samples=True)
    study = open_study(root)
    (run,) = read_runs(study, read_catalogue(study.catalogue))
    recording = read_recording(run.recording)
    samples = recording.samples()
    physio = next(
        path for path in write_physio(run, recording, samples, study.settings)
        if path.name.endswith("_physio.tsv.gz")
    )  # fmt: skip
    again = read_recording(physio)
    names = ["time_ms", "x_left_px", "y_left_px", "pupil_left"]
    pd.testing.assert_frame_equal(again.samples()[names], samples[names])
    kept = ["eye", "start_ms", "duration_ms", "x_px", "y_px"]
    pd.testing.assert_frame_equal(again.fixations[kept], recording.fixations[kept])
    assert again.messages["text"].tolist() == recording.messages["text"].tolist()


def write_bids(folder, rows, **described):
    path = folder / "sub-1_task-look_recording-eye1_physio.tsv.gz"
    path.write_bytes(
        gzip.compress("".join("\t".join(map(str, row)) + "\n" for row in rows).encode())
    )
    path.with_name(path.name.replace(".tsv.gz", ".json")).write_text(json.dumps(described))
    return path


def test_physio_of_others_without_timestamps_or_events(tmp_path):
    path = write_bids(
        tmp_path, [(100, 200, "n/a"), ("n/a", "n/a", 3)], SamplingFrequency=250, StartTime=2.0,
        RecordedEye="right", Columns=["x_coordinate", "y_coordinate", "pupil_size"],
    )  # fmt: skip
    samples = read_recording(path).samples()
    assert samples["time_ms"].tolist() == [2000, 2004]
    np.testing.assert_equal(samples["x_right_px"].to_numpy(), [100, np.nan])


@pytest.mark.parametrize(
    ("described", "says"),
    [
        ({"SampleCoordinateSystem": "gaze-in-world"}, "expected 'gaze-on-screen'"),
        ({"x_coordinate": {"Units": "degree"}}, "x_coordinate is in degree; expected pixels"),
        ({"SampleCoordinateUnits": "cm"}, "is in cm; expected pixels"),
        ({"Columns": None}, "has no Columns"),
    ],
)
def test_physio_that_is_no_gaze_in_pixels_is_refused(tmp_path, described, says):
    columns = {"Columns": ["timestamp", "x_coordinate", "y_coordinate"]}
    path = write_bids(tmp_path, [(1, 2, 3)], **columns | described)
    with pytest.raises(InputError, match=says):
        read_recording(path)
