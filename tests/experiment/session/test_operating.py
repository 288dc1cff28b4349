"""What an operator asks for happens, wherever it is asked, and nothing else shows an image."""

import json

import numpy as np
import pytest

from experiment.laboratory.simulation import SimulatedOperator
from experiment.protocols.operator import Decision, SessionAborted
from experiment.records.events import event_rows
from experiment.records.journal import Journal
from experiment.schedules.schedule import scheduled_trials
from experiment.session.fixation import await_readiness
from experiment.session.session import SessionPlan, run_session
from experiment.session.texts import TEXTS
from stimuli.contract.settings import SessionSettings, Settings

QUICK = SessionSettings(image_s=0.2, blank_s=0.1, fixation_timeout_s=0.6, fixation_s=0.1)


class Scripted(SimulatedOperator):
    """Presses keys at given trials and states, and answers questions as the test says."""

    def __init__(self, clock, presses=(), answers=()):
        super().__init__(clock)
        self.presses, self.answers = list(presses), {part: list(a) for part, a in answers}
        self.questions, self.told = [], []

    def asked(self):
        return self.presses.pop(0) if self.presses else None

    def ask(self, question, choices, *, otherwise):
        self.questions.append(question)
        for part, answers in self.answers.items():
            if part in question and answers:
                return answers.pop(0)
        return super().ask(question, choices, otherwise=otherwise)

    def tell(self, text):
        self.told.append(text)


@pytest.fixture
def session(make_lab, paper_stimuli, paper_orders, tmp_path):
    """Return a function that runs a session of 12 trials; what it left, its operator, its lab."""

    def run(goal=lambda scene: np.zeros(2), *, session=QUICK, arrange=lambda lab: None, **operator):
        settings = Settings(session=session)
        schedule = scheduled_trials("01", paper_stimuli[:12], paper_orders, seed=0, longest_run=4)
        lab = make_lab(goal, settings)
        object.__setattr__(lab, "operator", Scripted(lab.clock, **operator))
        arrange(lab)
        plan = SessionPlan(schedule, (), 3, {}, TEXTS["en"], tmp_path)
        path = tmp_path / "journal.jsonl"
        try:
            with Journal(path, lab.clock) as journal:
                run_session(plan, lab, settings, journal)
        except SessionAborted:
            pass
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return event_rows(lines, schedule), lines, lab.operator

    return run


def kinds(lines):
    return [line["kind"] for line in lines]


def when_blank(lab, trial, decision):
    """Have a key pressed in the grey after a trial."""
    told = lab.operator.tell
    lab.operator.tell = lambda text: (
        lab.operator.presses.append(decision) if f"trial {trial} " in text else None,
        told(text),
    )


def test_images_that_gaze_brought_are_told_apart_and_every_block_ends_with_a_validation(session):
    rows, lines, _ = session()
    assert [row["shown_by"] for row in rows] == ["gaze"] * 12
    assert [row["on_time"] for row in rows] == [True] * 12
    assert kinds(lines).count("validated") == 3


def test_space_never_shows_an_image_that_gaze_has_not_brought(make_lab, paper_stimuli, tmp_path):
    settings = Settings(session=QUICK)
    lab = make_lab(lambda scene: np.array([8.0, 5.0]), settings)
    lab.operator.asked = lambda: Decision.GO_ON  # at every frame
    lab.operator.ask = lambda *asked, otherwise: Decision.SKIP
    trial = scheduled_trials("01", paper_stimuli, (tuple(dict.fromkeys(
        one.block for one in paper_stimuli)),), seed=0, longest_run=9)[0]  # fmt: skip
    with Journal(tmp_path / "journal.jsonl", lab.clock) as journal:
        ready = await_readiness(trial, lab, settings, journal)
    assert (ready.decision, ready.shown_by, ready.timeouts) == (Decision.SKIP, None, 2)


def test_an_image_that_is_shown_by_hand_says_so(session):
    answers = [("gaze was not on", [Decision.GO_ON, Decision.ACCEPT, Decision.SKIP])]
    rows, lines, _ = session(lambda scene: np.array([8.0, 5.0]), answers=answers)
    assert [row["shown_by"] for row in rows[:2]] == ["by-hand", None]
    assert [row["status"] for row in rows[:2]] == ["complete", "skipped"]
    # The first time, space was another drift check.
    waits = [line["decision"] for line in lines if line["kind"] == "fixation-timeout"]
    assert waits[:3] == ["drift-check", "drift-check", "accept"]


@pytest.mark.parametrize(
    ("decision", "status", "shown_by"),
    [(Decision.ACCEPT, "complete", "check-skipped"), (Decision.SKIP, "skipped", None)],
)
def test_a_key_at_the_drift_check_does_what_it_does_elsewhere(session, decision, status, shown_by):
    def arrange(lab):
        real = lab.tracker.drift_check

        def pressed():
            lab.operator.presses.append(decision)
            lab.tracker.drift_check = real

        lab.tracker.drift_check = pressed

    rows, _, _ = session(arrange=arrange)
    assert (rows[0]["status"], rows[0]["shown_by"]) == (status, shown_by)
    assert {row["shown_by"] for row in rows[1:]} == {"gaze"}


@pytest.mark.parametrize(
    ("decision", "kind"), [(Decision.PAUSE, "paused"), (Decision.RECALIBRATE, "calibrated")]
)
def test_pause_and_calibration_at_the_drift_check_run_the_trial_again(session, decision, kind):
    def arrange(lab):
        real = lab.tracker.drift_check

        def pressed():
            lab.operator.presses.append(decision)
            lab.tracker.drift_check = real

        lab.tracker.drift_check = pressed

    rows, lines, _ = session(arrange=arrange)
    ended = [line["status"] for line in lines if line["kind"] == "trial-ended"]
    assert ended == ["withdrawn", *["complete"] * 12]
    assert kinds(lines).count("calibrated") == 3 + (kind == "calibrated")
    assert kinds(lines).count("paused") == (kind == "paused")
    assert len(rows) == 12


def test_skip_in_the_grey_skips_the_next_trial(session):
    rows, _, _ = session(arrange=lambda lab: when_blank(lab, 2, Decision.SKIP))
    assert [row["status"] for row in rows[:4]] == ["complete", "complete", "skipped", "complete"]


def test_a_calibration_at_a_pause_leaves_the_pause_as_it_is(session):
    answers = [("pause", [Decision.RECALIBRATE, Decision.GO_ON])]
    rows, lines, operator = session(
        arrange=lambda lab: when_blank(lab, 2, Decision.PAUSE), answers=answers
    )
    assert operator.questions.count("pause") == 2
    told = [one for one in kinds(lines) if one in ("paused", "calibrated", "went-on")]
    assert told[1:4] == ["paused", "calibrated", "went-on"]
    assert len(rows) == 12


@pytest.mark.parametrize(("again", "trials"), [(Decision.GO_ON, 12), (Decision.ABORT, 2)])
def test_ending_is_asked_once_more(session, again, trials):
    rows, _, operator = session(
        arrange=lambda lab: when_blank(lab, 2, Decision.ABORT),
        answers=[("end the session?", [again])],
    )
    assert len(rows) == trials
    assert operator.questions.count("end the session?") == 1


@pytest.mark.parametrize(("limit_deg", "offers"), [(1.0, 3), (2.5, 0), (0.0, 0)])
def test_another_calibration_is_offered_when_the_last_drift_checks_are_far_off(
    session, limit_deg, offers
):
    def arrange(lab):
        lab.tracker.drift_check = lambda: 1.6

    chosen = SessionSettings(**{**vars(QUICK), "drift_limit_deg": limit_deg})
    answers = [("drift checks were 1.6 deg off", [Decision.RECALIBRATE] * 9)]
    _, lines, operator = session(session=chosen, arrange=arrange, answers=answers)
    asked = [question for question in operator.questions if "drift checks were" in question]
    assert len(asked) == offers
    assert kinds(lines).count("calibrated") == 3 + offers


def test_without_a_drift_check_waits_in_vain_for_gaze_offer_another_calibration(session):
    class Plain:
        def __init__(self, tracker):
            self._tracker = tracker

        def __getattr__(self, name):
            if name == "drift_check":
                raise AttributeError(name)
            return getattr(self._tracker, name)

    def arrange(lab):
        object.__setattr__(lab, "tracker", Plain(lab.tracker))

    answers = [("before 3 of the last 3 images", [Decision.RECALIBRATE] * 9)]
    goal = lambda scene: np.array([8.0, 5.0])  # noqa: E731
    _, lines, operator = session(goal, arrange=arrange, answers=answers)
    asked = [question for question in operator.questions if "gaze was not seen" in question]
    assert len(asked) == 3
    assert kinds(lines).count("calibrated") == 6


def test_whatever_waits_is_told_to_who_watches_and_drawn_on_the_screen(session):
    notes, facts = [], []

    def arrange(lab):
        class Watch:
            follows_gaze = True

            def tell(self, **told):
                facts.append(told)

            def pressed(self):
                return []

        object.__setattr__(lab, "watch", Watch())
        lab.display.draw_note = notes.append

    _, _, operator = session(arrange=arrange)
    waits = [told["waits_for"] for told in facts if told.get("waits_for")]
    for question in operator.questions:
        assert question in waits
        assert any(note.startswith(f"{question}\n") for note in notes)
    assert {tuple(told) for told in facts} >= {("gaze",)}
    # What the page has of tracker, calibration, progress, loss of data and time left.
    states = [told["tracker"] for told in facts if "tracker" in told]
    assert states[:3] == ["in its setup", "ready, not recording", "recording"]
    assert {told["validation_good"] for told in facts if "validation_good" in told} == {True}
    last = [told for told in facts if "left_s" in told]
    assert [told["done"] for told in last] == list(range(1, 13))
    assert (last[-1]["left_s"], last[-1]["lost"]) == (0, 0.0)
    assert 5 * last[0]["left_s"] > 11 * 0.3
    assert facts[-1].get("waits_for", "") == ""
    # The page's buttons are the keys, space too.
    assert any(told.get("keys", "").startswith("space: accept the target, a: ") for told in facts)
