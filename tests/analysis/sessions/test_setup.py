"""A recording made on another screen, or of another eye, rate or parser, stops its subject."""

from dataclasses import replace

import pytest

from analysis.fixations.table import fixation_table
from analysis.sessions.runs import read_runs
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.study import open_study
from stimuli.support.errors import InputError


@pytest.fixture(scope="module")
def recorded(make_study, tmp_path_factory):
    root = make_study(
        tmp_path_factory.mktemp("setup") / "study", n_sources=2, n_subjects=1, n_fixations=2
    )
    return open_study(root)


@pytest.fixture
def told(recorded):
    """A function that puts lines at the start of the recording and reads the fixations."""
    asc = recorded.recording("01", 1, ".asc")
    whole = asc.read_text()

    def read(added="", changed=lambda text: text, **tracker):
        asc.write_text(added + changed(whole))
        settings = replace(recorded.settings, tracker=replace(recorded.settings.tracker, **tracker))
        runs = read_runs(recorded, read_catalogue(recorded.catalogue))
        return fixation_table(runs, settings)

    yield read
    asc.write_text(whole)


@pytest.mark.parametrize(
    "message", ["DISPLAY_COORDS 0 0 1919 1079", "DISPLAY_COORDS 0 0 1920 1080",
                "GAZE_COORDS 0.00 0.00 1919.00 1079.00"]
)  # fmt: skip
def test_the_studys_screen_passes_in_either_form(told, message):
    told(f"MSG\t10 {message}\n")


@pytest.mark.parametrize("message", ["DISPLAY_COORDS 0 0 1279 1023", "GAZE_COORDS 0 0 1921 1081"])
def test_another_screen_stops_the_subject(told, message):
    with pytest.raises(InputError, match=r"s01r1\.asc: the tracker's screen for sub-01.*1919 1079"):
        told(f"MSG\t9 DISPLAY_COORDS 0 0 1919 1079\nMSG\t10 {message}\n")


RATE = "SAMPLES\tGAZE\tLEFT\tRATE\t1000.00\tTRACKING\tCR\n"


def at_1000_hz(text):
    return text.replace("SAMPLES\tEVENTS\n", f"SAMPLES\tEVENTS\n{RATE}", 1)


def right_eye(text):
    return text.replace("\tLEFT\t", "\tRIGHT\t").replace("FIX L", "FIX R")


@pytest.mark.parametrize(
    ("added", "changed", "says"),
    [
        ("", at_1000_hz, r"the sample rate is 1000 Hz; expected 500 \(tracker.sample_rate_hz\)"),
        ("", right_eye, r"the eye is right in 6 of 6 recording blocks; expected left"),
        ("MSG\t10 !CMD 0 saccade_velocity_threshold = 22\n", str,
         r"saccade_velocity_threshold is 22; expected 30 \(tracker.saccade_velocity_deg_s\)"),
    ],
)  # fmt: skip
def test_other_settings_stop_the_subject_or_are_told_as_the_study_says(told, added, changed, says):
    with pytest.raises(InputError, match=f"sub-01 was recorded otherwise.*{says}"):
        told(added, changed)
    fixations, summary = told(added, changed, recorded_otherwise="tell")
    assert len(fixations[fixations["fixation"] > 0]) == 12
    (warning,) = summary.warnings
    assert warning[0] == "s01r1.asc"
    assert warning[1].startswith(says[:12])


def test_the_thresholds_that_the_study_sends_pass(told):
    told("MSG\t10 !CMD 0 saccade_velocity_threshold = 30\n"
         "MSG\t11 !CMD 0 saccade_motion_threshold = 0.15\n"
         "MSG\t12 !CMD 1 select_parser_configuration 0\n")  # fmt: skip
