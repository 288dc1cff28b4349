"""Gaze as BIDS has it: valid, complete, and on the clock of the events."""

import gzip
import json
import re
import subprocess

import numpy as np
import pandas as pd
import pytest

from analysis.recordings.reading import read_recording
from analysis.sessions.physio import write_physio
from analysis.sessions.runs import read_runs
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.schemas import EVENTS
from stimuli.contract.study import open_study
from stimuli.support.tables import read_table
from tests.data import DATA, with_data

STEM = "sub-02/beh/sub-02_task-freeview_run-1"
PHYSIO = f"{STEM}_recording-eye1_physio"
PHYSIOEVENTS = f"{STEM}_recording-eye1_physioevents"


def columns(root, name):
    """Return a headerless table under the names that its sidecar gives."""
    described = json.loads((root / f"{name}.json").read_text())
    with gzip.open(root / f"{name}.tsv.gz", "rt") as file:
        table = pd.read_csv(file, sep="\t", header=None, na_values="n/a")
    return table.set_axis(described["Columns"], axis=1), described


def test_the_validator_finds_no_error(valid_study):
    result = subprocess.run(
        ["bids-validator-deno", str(valid_study), "--format", "json"],
        capture_output=True,
        text=True,
    )
    issues = json.loads(result.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    assert not [issue for issue in issues if "physio" in issue.get("location", "")], issues


def test_the_validator_would_see_a_missing_field(valid_study, tmp_path):
    """It does run on our physio files: without RecordedEye it complains."""
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(valid_study), str(copy)], check=True)
    path = copy / f"{PHYSIO}.json"
    described = json.loads(path.read_text())
    del described["RecordedEye"]
    path.write_text(json.dumps(described))
    result = subprocess.run(
        ["bids-validator-deno", str(copy), "--format", "json"], capture_output=True, text=True
    )
    issues = json.loads(result.stdout)["issues"]["issues"]
    assert [one for one in issues if one["severity"] == "error" and "RecordedEye" in str(one)]


def test_what_the_validator_misses_is_there_too(valid_study):
    for path in valid_study.glob("sub-02/beh/*_physio.json"):
        described = json.loads(path.read_text())
        assert described["PhysioType"] == "eyetrack"
        assert described["RecordedEye"] == "left"
        assert described["SampleCoordinateSystem"] == "gaze-on-screen"
        assert described["SamplingFrequency"] == 500.0
        assert isinstance(described["StartTime"], float)
        assert described["Columns"] == ["timestamp", "x_coordinate", "y_coordinate", "pupil_size"]
        for column in described["Columns"]:
            assert described[column]["Description"]
            assert described[column]["Units"]
        assert "area" in described["pupil_size"]["Description"]
    described = json.loads((valid_study / f"{PHYSIOEVENTS}.json").read_text())
    assert described["OnsetSource"] == "timestamp"
    assert described["onset"]["Units"] == "ms"
    screen = json.loads((valid_study / f"{STEM}_events.json").read_text())["StimulusPresentation"]
    assert screen["ScreenDistance"] == 0.6
    assert len(screen["ScreenSize"]) == len(screen["ScreenResolution"]) == 2


def test_every_sample_of_the_recording_is_in_the_table(valid_study):
    table, _ = columns(valid_study, PHYSIO)
    lines = (valid_study / "sourcedata/sub-02/s02r1.asc").read_text().splitlines()
    samples = [line.split() for line in lines if line[:1].isdigit()]
    expected = np.array([[float(word) for word in line[:4]] for line in samples])
    np.testing.assert_array_equal(table.to_numpy(), expected)
    with gzip.open(valid_study / f"{PHYSIO}.tsv.gz", "rt") as file:
        assert re.fullmatch(r"\d+\t[\d.]+\t[\d.]+\t[\d.]+\n", file.readline())


def test_samples_and_events_are_on_one_clock(valid_study):
    """Where the events say that an image appeared, the sample is the one at SYNCTIME."""
    table, described = columns(valid_study, PHYSIO)
    first_ms = table["timestamp"].iloc[0]
    text = (valid_study / "sourcedata/sub-02/s02r1.asc").read_text()
    onsets_ms = [int(at) + 3 for at in re.findall(r"MSG\t(\d+) -3 SYNCTIME", text)]
    for row, onset_ms in zip(read_table(valid_study / f"{STEM}_events.tsv", EVENTS), onsets_ms,
                             strict=True):  # fmt: skip
        seconds = described["StartTime"] + (onset_ms - first_ms) / 1000
        assert seconds == pytest.approx(row["onset"], abs=0.0011)


def test_the_parsers_events_and_the_messages_are_in_the_order_of_time(valid_study):
    table, _ = columns(valid_study, PHYSIOEVENTS)
    text = (valid_study / "sourcedata/sub-02/s02r1.asc").read_text()
    assert (table["trial_type"] == "fixation").sum() == text.count("EFIX")
    assert table["message"].notna().sum() == text.count("MSG\t")
    assert table["onset"].is_monotonic_increasing
    first = table[table["trial_type"] == "fixation"].iloc[0]
    start, _, duration, x, y, _ = re.search(r"EFIX L   (.*)\n", text)[1].split()
    assert (first["onset"], first["duration"]) == (float(start), float(duration) / 1000)
    assert (first["x_coordinate"], first["y_coordinate"]) == (float(x), float(y))


@with_data("eyelink")
@pytest.mark.parametrize(
    "name", ["cran_eyelinker_mono500.asc.gz", "cran_eyelinker_bino500.asc.gz",
             "eyelinkio_test_raw.edf"],
)  # fmt: skip
def test_real_recordings_of_one_and_two_eyes_are_written(valid_study, tmp_path, name):
    opened = open_study(valid_study)
    recorded = read_runs(opened, read_catalogue(opened.catalogue))[0]
    events = tmp_path / "sub-01_task-freeview_run-1_events.tsv"
    one = type(recorded)("01", 1, events, [], DATA / "eyelink" / name)
    recording = read_recording(one.recording)
    written = write_physio(one, recording, recording.samples(), opened.settings)
    eyes = 2 if "bino" in name else 1
    assert len(written) == 4 * eyes
    samples = recording.samples()
    for number in range(1, eyes + 1):
        table, described = columns(
            tmp_path, f"sub-01_task-freeview_run-1_recording-eye{number}_physio"
        )
        assert len(table) == len(samples)
        side = described["RecordedEye"]
        np.testing.assert_allclose(
            table["x_coordinate"], samples[f"x_{side}_px"], atol=1e-4, equal_nan=True
        )
        assert described["CalibrationCount"] == (
            recording.calibrations["eye"] == side[0].upper()
        ).sum()  # fmt: skip
