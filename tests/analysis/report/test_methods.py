"""The methods print what was measured, not what was asked for."""

from types import SimpleNamespace

from analysis.report.recording_methods import (
    _detection,
    _recorded,
    exclusions_in_words,
    shown_for,
)
from stimuli.contract.settings import Settings, parse_settings
from stimuli.contract.study import CODE_CHARTS, PHYSIO
from stimuli.contract.vocabulary import ParticipantKind
from stimuli.support.files import write_json


def analysis_of(*durations_s):
    """Return what stands for an analysis of trials whose images were shown for so long."""
    runs = [SimpleNamespace(complete=[{"duration": one} for one in durations_s])]
    return SimpleNamespace(study=SimpleNamespace(settings=Settings()), runs=runs)


def test_the_time_of_the_images_is_the_measured_one_with_its_range():
    told = shown_for(analysis_of(3.0, 2.9917, 3.0083, 3.0, None))
    assert told == (
        "for 3.000 s (median of 4 trials, measured; range 2.992 to 3.008 s; 3 s were asked for)"
    )
    assert shown_for(analysis_of(None)) == "for 3 s (asked for; not measured)"


def test_what_recorded_and_how_often_is_what_the_recordings_say(tmp_path):
    told = analysis_of(3.0)
    told.participants = {"01": ParticipantKind.HUMAN}
    told.runs[0].recording = tmp_path / f"sub-01{PHYSIO}"
    described = {"Columns": [], "ManufacturersModelName": "GP3", "SamplingFrequency": 60.1}
    write_json(tmp_path / "sub-01_physio.json", described)
    assert "recorded with GP3 at 60.1 samples a second" in _recorded(told)
    assert "by dispersion" in _detection(told)
    write_json(tmp_path / "sub-01_physio.json", described | {"ManufacturersModelName": CODE_CHARTS})
    assert _recorded(told).startswith("Gaze was not recorded: after each image people typed")
    assert _detection(told) == "Its place is the one fixation of the trial."


def test_images_that_were_left_out_for_how_they_came_to_be_shown_are_told():
    rules = parse_settings('[exclusions]\nshown_by = ["by-hand"]').exclusions
    assert "left out for: images that came to be shown by-hand." in exclusions_in_words(rules)
