"""The methods print what was measured, not what was asked for."""

from types import SimpleNamespace

from analysis.report.recording_methods import exclusions_in_words, shown_for
from stimuli.contract.settings import Settings, parse_settings


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


def test_images_that_were_left_out_for_how_they_came_to_be_shown_are_told():
    rules = parse_settings('[exclusions]\nshown_by = ["by-hand"]').exclusions
    assert "left out for: images that came to be shown by-hand." in exclusions_in_words(rules)
