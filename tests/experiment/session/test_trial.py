"""A trial shows its image for the frames it should, and no observer can hold it up."""

import builtins
import json
import os

import numpy as np
import pytest

from experiment.display.scene import Scene
from experiment.protocols.operator import Decision
from experiment.records.journal import Journal
from experiment.session.trial import run_trial
from experiment.trackers.simulated import SimulatedTracker
from stimuli.contract.journal import unpacked_intervals
from stimuli.contract.settings import ScreenSettings, SessionSettings, Settings
from stimuli.contract.vocabulary import Trial


def at_centre(scene):
    return np.zeros(2)


def beside(scene):
    return np.array([6.0, 4.0])


@pytest.fixture
def trial(paper_stimuli):
    return Trial("07", paper_stimuli[0].block, 1, 1, paper_stimuli[0])


@pytest.fixture
def run_one(tmp_path, make_lab, trial):
    """Return a function that runs one trial and gives its record, its ASC lines, its journal."""

    def run(goal=at_centre, *, settings=None, operator=None, **display):
        settings = settings or Settings()
        lab = make_lab(goal, settings, **display)
        (tmp_path / "journal.jsonl").unlink(missing_ok=True)
        run.display = lab.display
        if operator is not None:
            lab.operator.ask = operator
        with Journal(tmp_path / "journal.jsonl", lab.clock) as journal:
            picture = lab.display.load(tmp_path / "none.png", trial.stimulus.stim_id)
            record = run_trial(trial, picture, lab, settings, journal)
        lab.tracker.save(tmp_path / "s07r1.asc")
        lines = (tmp_path / "s07r1.asc").read_text().splitlines()
        kinds = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
        return record, lines, kinds

    return run


def test_the_grey_of_a_trial_that_asks_follows_the_answer(make_lab, trial, tmp_path):
    class Asking(SimulatedTracker):
        def after_image(self, vanished_s):
            self._clock.wait(5.0)

    lab = make_lab(at_centre, Settings())
    lab.tracker.__class__ = Asking
    with Journal(tmp_path / "journal.jsonl", lab.clock) as journal:
        picture = lab.display.load(tmp_path / "none.png", trial.stimulus.stim_id)
        record = run_trial(trial, picture, lab, Settings(), journal)
    assert record.answered_s == pytest.approx(record.shown.offset_s + 5.0, abs=0.05)


def first(lines, text):
    """Return the words of the first message line that holds `text`."""
    return next(line for line in lines if text in line).split()


@pytest.mark.parametrize(
    ("refresh_hz", "image_s", "frames"), [(120.0, 3.0, 360), (60.0, 3.0, 180), (120.0, 0.05, 6)]
)
def test_an_image_is_shown_for_its_time_counted_in_frames(run_one, refresh_hz, image_s, frames):
    settings = Settings(
        screen=ScreenSettings(refresh_hz=refresh_hz), session=SessionSettings(image_s=image_s)
    )
    shown = run_one(settings=settings)[0].shown
    assert shown.frames == frames
    assert shown.dropped_frames == 0
    assert shown.offset_s - shown.onset_s == pytest.approx(image_s, abs=1e-9)


def test_the_screen_holds_the_image_for_exactly_360_frames(run_one, trial):
    scenes = []
    run_one(also_seen=lambda scene, time_s: scenes.append((scene, time_s)))
    (target, _), (image, onset_s), (blank, offset_s) = scenes
    assert target == Scene(target=True)
    assert image == Scene(stim_id=trial.stimulus.stim_id)
    assert blank == Scene()
    assert round((offset_s - onset_s) * 120, 6) == 360


def test_a_stall_of_ten_frames_counts_as_ten_and_does_not_lengthen_the_image(run_one):
    # Fixation takes fewer than 100 flips, so the flips made late all show the image.
    record, _, journal = run_one(late_frames={100: 1, 101: 2, 300: 10})
    shown = record.shown
    assert (record.recording_s + 100 / 120) > shown.onset_s
    assert (shown.frames, shown.dropped_frames, shown.early_frames) == (347, 13, 0)
    assert shown.offset_s - shown.onset_s == pytest.approx(3.0, abs=1e-9)
    ended = next(line for line in journal if line["kind"] == "trial-ended")
    assert (ended["frames_off"], ended["on_time"]) == (0.0, True)
    kept_s = unpacked_intervals(ended["intervals"])
    assert kept_s == pytest.approx(shown.intervals_s, abs=5e-6)
    assert sorted(round(120 * one) for one in kept_s)[-3:] == [2, 3, 11]


def test_a_stall_at_the_end_marks_the_trial(run_one):
    run_one()
    last = run_one.display.flips  # that brought the grey
    journal = run_one(late_frames={last: 4})[2]
    ended = next(line for line in journal if line["kind"] == "trial-ended")
    assert (ended["status"], ended["frames_off"], ended["on_time"]) == ("complete", 4.0, False)


@pytest.mark.parametrize("actual_hz", [60.0, 144.0, 1000.0, 333.0])
def test_an_image_stands_for_its_time_whatever_the_screen_does(run_one, actual_hz):
    """As on a screen without vertical synchronisation, or one of another rate than the study's."""
    shown = run_one(actual_hz=actual_hz)[0].shown
    assert shown.offset_s - shown.onset_s == pytest.approx(3.0, abs=0.5 / actual_hz + 1e-9)
    assert (shown.dropped_frames, shown.early_frames) == (0, 0)


def test_flips_that_come_early_are_seen(run_one):
    """Of a screen that stops waiting for the retrace while an image is shown."""
    shown = run_one(early_from=200)[0].shown
    assert shown.early_frames > 1000
    assert shown.offset_s - shown.onset_s == pytest.approx(3.0, abs=1.5 / 120)


def test_no_file_is_written_and_nobody_is_told_anything_while_an_image_is_shown(
    run_one, monkeypatch
):
    """The journal's and the operator's times never lie between onset and offset; nor a file's."""
    showing, written = [False], []

    def also_seen(scene, time_s):
        showing[0] = scene.stim_id is not None

    def noted(name, real):
        return lambda *args, **kwargs: (
            written.append(name) if showing[0] else None,
            real(*args, **kwargs),
        )[1]

    monkeypatch.setattr(os, "fsync", noted("fsync", os.fsync))
    monkeypatch.setattr(builtins, "open", noted("open", open))
    monkeypatch.setattr(builtins, "print", noted("print", print))
    _, _, journal = run_one(also_seen=also_seen)
    assert written == []
    ended = next(line for line in journal if line["kind"] == "trial-ended")
    assert not [line for line in journal if ended["onset"] <= line["time"] < ended["offset"]]


def test_the_offset_of_a_message_leads_back_to_the_flip(run_one):
    # The flip returns 0.6 frames, 5 ms, after the retrace that showed the image.
    record, lines, _ = run_one(returns_after=0.6)
    start_ms = float(first(lines, "START")[1])
    for text, flip_s in (
        ("SYNCTIME", record.shown.onset_s),
        ("!V IMGLOAD CENTER", record.shown.onset_s),
        ("IMAGE_OFFSET", record.shown.offset_s),
    ):
        _, arrived_ms, offset_ms, *_ = first(lines, text)
        assert int(offset_ms) == 5
        flip_ms = start_ms + 1000 * (flip_s - record.recording_s)
        assert int(arrived_ms) - int(offset_ms) == pytest.approx(flip_ms, abs=1.0)


def test_the_image_appears_only_after_gaze_has_rested_on_the_target(run_one):
    settings = Settings(session=SessionSettings(fixation_s=0.8))
    record, lines, _ = run_one(settings=settings)
    assert record.timeouts == 0
    assert record.shown.onset_s - record.recording_s >= 0.8
    onset = lines.index(next(line for line in lines if "SYNCTIME" in line))
    before = [line.split() for line in lines[:onset] if line[:1].isdigit()][-400:]
    distance_px = [np.hypot(float(x) - 959.5, float(y) - 539.5) for _, x, y, *_ in before]
    assert len(before) == 400
    assert max(distance_px) < 1.5 * 38.6


def test_an_observer_who_never_fixates_does_not_hold_up_the_trial(run_one):
    record, lines, journal = run_one(beside)
    assert record.status == "complete"
    assert record.timeouts == 2
    assert record.shown.frames == 360
    decisions = [line["decision"] for line in journal if line["kind"] == "fixation-timeout"]
    assert decisions == ["drift-check", "accept"]
    assert [line for line in lines if "DRIFTCORRECT L ABORTED" in line]
    assert sum(line.startswith("START") for line in lines) == 2


def test_a_skipped_trial_shows_no_image_and_says_so(run_one):
    record, lines, _ = run_one(beside, operator=lambda *asked, otherwise: Decision.SKIP)
    assert record.status == "skipped"
    assert (record.shown.frames, record.shown.dropped_frames) == (0, 0)
    assert not [line for line in lines if "SYNCTIME" in line]
    assert lines[-1].endswith("TRIAL_RESULT 1")
