"""EDF files: every item of real ones, and what is sound of cut, damaged and odd ones."""

import numpy as np
import pytest

from analysis.recordings.edf import read_edf
from analysis.recordings.reading import read_recording
from stimuli.support.errors import InputError
from tests.data import DATA, needs_data

pytestmark = needs_data("eyelink")

# Fixations, saccades, blinks, messages, samples: as eyelinkio 0.3.0 counts them, where it can
# read the file at all, and as the library's own items where it cannot (Latin-1, no image).
COUNTS = {
    "eyelinkReader_example.edf": (45, 37, 7, 214, 14353),
    "eyelinkio_test_raw.edf": (21, 19, 7, 101, 66827),
    "eyelinkio_test_2_raw.edf": (121, 120, 19, 48, 124740),
    "pypillometry_test.edf": (360, 360, 30, 9, 35463),
}


@pytest.fixture(scope="module")
def eyelink():
    pytest.importorskip("eyelinkio")
    return DATA / "eyelink"


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_those_of_the_librarys_items(eyelink, name):
    recording = read_edf(eyelink / name)
    tables = recording.fixations, recording.saccades, recording.blinks, recording.messages
    assert tuple(map(len, tables)) == COUNTS[name][:4]
    assert recording.warnings == {}
    assert (recording.fixations["block"] > 0).all()


def test_values_are_those_that_edf2asc_prints(eyelink):
    recording = read_edf(eyelink / "eyelinkReader_example.edf")
    assert list(recording.blocks.iloc[0]) == [1, 9204577, 9207448, "R", 500]
    # EFIX R 9204581 9205505 926 968.0 596.6 1199
    fixation = recording.fixations.iloc[0]
    assert list(fixation[:6]) == [1, "R", 9204581, 9205505, 926, 968.0]
    assert fixation["y_px"] == pytest.approx(596.6, abs=1e-4)
    assert fixation["pupil"] == 1199
    saccade = recording.saccades.iloc[0]
    # hypot((977.9 - 755.9) / 54.55, (602.1 - 503.8) / ...) with the resolutions of the events
    assert saccade["amplitude_deg"] == pytest.approx(4.6, abs=0.05)
    assert saccade["peak_velocity_deg_s"] == pytest.approx(313.5)
    assert recording.validations.iloc[0].tolist()[2:7] == ["R", "HV9", "GOOD", 0.31, 0.48]
    assert len(recording.validation_points) == 9


def test_fixations_are_means_of_the_samples_that_they_span(eyelink):
    """Two ways through the library, events and samples, tell of the same gaze."""
    recording = read_edf(eyelink / "pypillometry_test.edf")
    samples = recording.samples()
    assert len(samples) == COUNTS["pypillometry_test.edf"][4]
    for eye, side in (("L", "left"), ("R", "right")):
        fixations = recording.fixations[recording.fixations["eye"] == eye].iloc[:40]
        means = [
            samples.loc[samples["time_ms"].between(start, end), f"x_{side}_px"].mean()
            for start, end in zip(fixations["start_ms"], fixations["end_ms"], strict=True)
        ]
        assert np.median(np.abs(means - fixations["x_px"])) < 0.2


def test_messages_in_latin_1_are_read(eyelink, tmp_path):
    """eyelinkio itself fails on them."""
    content = (eyelink / "eyelinkReader_example.edf").read_bytes()
    assert b"FRAMERATE 59.95 Hz" in content
    odd = tmp_path / "latin.edf"
    odd.write_bytes(content.replace(b"FRAMERATE 59.95 Hz", b"caf\xe9 FRATE 59.95 Hz"))
    recording = read_edf(odd)
    assert "caf\u00e9 FRATE 59.95 Hz" in set(recording.messages["text"])
    assert len(recording.fixations) == 45


@pytest.mark.parametrize("share", [0.98, 0.5, 0.1])
def test_a_cut_file_gives_what_came_before_the_cut(eyelink, tmp_path, share):
    whole = read_edf(eyelink / "eyelinkReader_example.edf")
    content = (eyelink / "eyelinkReader_example.edf").read_bytes()
    cut = tmp_path / "cut.edf"
    cut.write_bytes(content[: int(share * len(content))])
    recording = read_edf(cut)
    n = len(recording.fixations)
    assert 0 < n < 45
    assert recording.fixations.equals(whole.fixations[:n])
    assert recording.warnings["file that was cut"] == 1


def test_what_is_no_recording_is_refused(eyelink, tmp_path):
    content = (eyelink / "eyelinkReader_example.edf").read_bytes()
    broken = tmp_path / "broken.edf"
    for part, says in (
        (content[:150], "cannot be read"),
        (b"SR_RESEARCH_" + bytes(range(256)) * 20, "cannot be read"),
    ):
        broken.write_bytes(part)
        with pytest.raises(InputError, match=says):
            read_recording(broken)
    with pytest.raises(InputError, match="no such recording"):
        read_recording(tmp_path / "absent.edf")
