"""What the report says of the course of viewing, where the truth is known."""

import re

import numpy as np
import pytest

from analysis.report.viewing import viewing_section
from analysis.report.viewing_figures import draw_viewing
from analysis.viewing.scanpaths import compare_scanpaths
from analysis.viewing.study import StudyViewing
from analysis.viewing.time_course import time_course
from stimuli.contract.settings import AnalysisSettings
from stimuli.contract.vocabulary import ParticipantKind
from tests.analysis.viewing.scanpath_tables import OFF, ON, pair, table, trial


@pytest.fixture(scope="module")
def viewing():
    """On versions gaze is mostly on the target from 250 to 750 ms, and never else on any image."""
    generator, rows = np.random.default_rng(0), []
    pairs = [pair(f"s{number}") for number in range(6)]
    for one in pairs:
        for image in one.images:
            for subject in range(6):
                onsets = np.array([100, 260, 510, 760])
                on = (image == one.version) & np.isin(onsets, [260, 510])
                on = on & (generator.random(4) < 0.8)
                seen = [(ON if hit else OFF, onset, 120)
                        for hit, onset in zip(on, onsets, strict=True)]  # fmt: skip
                rows.append(trial(image, str(subject), (OFF, -100, 180), *seen))
    fixations = table(*rows)
    course = time_course(fixations, pairs, viewing_ms=1000, resamples=300)
    paths = compare_scanpaths(fixations, pairs, (100, 100), viewing_ms=1000, resamples=300)
    return StudyViewing(course, paths, 6, 6, 1000.0)


def test_the_sentences_name_the_time_at_which_gaze_was_drawn(viewing, tmp_path):
    drawn = draw_viewing(viewing, tmp_path)
    settings = AnalysisSettings(resamples=300)
    section = viewing_section(viewing, drawn, [ParticipantKind.SIMULATED] * 6, settings)
    text = " ".join(section.sentences)
    assert "the share of gaze on the target was more from 250 to 750 ms than on originals" in text
    assert re.search(r"first fixated after \d+ ms on versions and 1000 ms on originals", text)
    assert section.looked == "6 simulated observers"
    assert "300 resamples" in section.methods
    assert set(section.figures) == {"course", "number", "latency", "scanpaths"}
    assert all(png.startswith(b"\x89PNG") for png in section.figures.values())


def test_a_course_of_one_step_is_not_drawn(viewing, tmp_path):
    single = viewing.time_course.course.query("step == 1")
    fields = {name: getattr(viewing.time_course, name)
              for name in ("latency", "measures", "first_saccades")}  # fmt: skip
    short = type(viewing.time_course)(course=single, **fields)
    drawn = draw_viewing(StudyViewing(short, viewing.scanpaths, 6, 6, 1000.0), tmp_path)
    assert set(drawn) == {"latency", "scanpaths"}
