"""People who type the code that they saw: where it stood is their one fixation of a trial."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.fixations.run_fixations import run_fixations
from analysis.sessions.runs import read_runs
from experiment import run as run_command
from experiment.display.virtual import VirtualClock, VirtualDisplay
from experiment.laboratory.simulation import SimulatedOperator
from experiment.protocols.lab import Lab
from experiment.subjects import recording
from experiment.trackers.code_charts import CodeCharts, chart_picture, code_chart
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.schemas import EVENTS
from stimuli.contract.settings import ExclusionSettings, Settings
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import ParticipantKind, ShownBy
from stimuli.support.tables import read_table
from tests.experiment.subjects.kept import journal_of

GOAL_PX = np.array([945.0, 560.0])


def test_a_chart_covers_the_image_and_no_code_is_twice_on_it():
    settings = Settings()
    chart = code_chart(settings, np.random.default_rng(0))
    places = np.array(list(chart.values()))
    assert len(chart) == 16 * 16
    assert places.min(axis=0) == pytest.approx([448 + 32, 28 + 32], abs=17)
    assert places.max(axis=0) == pytest.approx([1472 - 32, 1052 - 32], abs=17)
    picture = chart_picture(chart, settings)
    assert picture.shape == (1080, 1920, 3)
    assert (picture[:, :448] == 128).all()
    assert (picture[:, 448:1472] < 64).any()


class Reader:
    """Types the code nearest to where they looked, at first wrongly."""

    def __init__(self):
        self.tracker, self.asked, self.slips = None, 0, 1

    def keys(self):
        if self.tracker is None or not self.tracker.chart:
            return []
        self.asked += 1
        if self.asked % 2:  # what was pressed before is thrown away
            return ["x"]
        if self.slips:
            self.slips -= 1
            return ["1", "return"]
        chart = self.tracker.chart
        code = min(chart, key=lambda one: float(np.hypot(*(chart[one] - GOAL_PX))))
        return ["z", "backspace", *code.lower()[:-1], f"num_{code[-1]}", "return"]


class Screen(VirtualDisplay):
    """Remembers what was read on it."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.read = []

    def draw_camera(self, pixels, title):
        self.draw_blank()

    def draw_text(self, text):
        self.read.append(text)

    def draw_note(self, text):
        self.read.append(text)


def test_a_session_has_one_fixation_a_trial_where_the_code_stood(make_study, monkeypatch):
    study = make_study(sources=1, settings='[session]\nimage_s = 0.5\nlanguage = "de"')
    reader = Reader()

    class Opened:
        def __init__(self, mode, files, stimuli, **screen):
            settings, clock = files.study.settings, VirtualClock()
            display = reader.display = Screen(clock, settings.screen.refresh_hz)
            reader.tracker = CodeCharts(
                display, clock, settings, files.folder / "host", read_keys=reader.keys,
                generator=np.random.default_rng(3),
            )  # fmt: skip
            self.lab = Lab(
                clock, display, reader.tracker, SimulatedOperator(clock), ParticipantKind.HUMAN
            )

        def __enter__(self):
            return self.lab

        def __exit__(self, *error):
            pass

    monkeypatch.setattr(recording, "open_lab", Opened)
    assert run_command.main(["--study", str(study), "--subject", "07", "--no-report"]) == 0
    read = "\n".join(reader.display.read)
    assert read.count("Dieser Code war nicht dabei. Welchen Code haben Sie gesehen?") >= 1
    assert "the participant types a code" in read  # nothing waits without a word
    opened = open_study(study)
    # Nobody saw gaze on the target, nothing was calibrated, and no error of it is known.
    rows = read_table(opened.events("07"), EVENTS)
    assert [row["shown_by"] for row in rows] == ["by-time"] * 3
    assert not {"calibrated", "validated"} & {line["kind"] for line in journal_of(study)}
    (run,) = read_runs(opened, read_catalogue(opened.catalogue))
    settings = replace(opened.settings, exclusions=ExclusionSettings(shown_by=(ShownBy.BY_TIME,)))
    measured = run_fixations(run, run.recording, settings)
    assert np.isnan([row["validation_deg"] for row in measured.quality]).all()
    assert [row["excluded"] for row in measured.quality] == ["shown_by by-time"] * 3
    found = run_fixations(run, run.recording, opened.settings).fixations
    assert found["trial"].tolist() == [1, 2, 3]
    assert found["fixation"].tolist() == [1, 1, 1]
    px = found[["x_px", "y_px"]].to_numpy() + opened.settings.placement.origin
    # The image has 64 pixels, less than the grid's spacing: one code, moved by up to a quarter.
    assert np.abs(px - [960, 540]).max() <= 16.5
