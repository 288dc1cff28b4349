"""Waiting for the operator: said on the screen, on the tracker's host, to who watches, and aloud.

Whatever waits for somebody waits here, so that no screen stands still without a word, and a key
means the same everywhere.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from experiment.protocols.lab import Lab
from experiment.protocols.operator import Decision, SessionAborted, keys_in_words
from experiment.protocols.tracker import HostScreen, TrackerFault

_END = {Decision.ABORT: "end the session", Decision.GO_ON: "do not end it"}


def announce(lab: Lab, text: str) -> None:
    """Tell the tracker's host and whoever watches what the session does or waits for.

    A host that does not answer keeps nobody waiting; its next command says so.
    """
    if isinstance(lab.tracker, HostScreen):
        with suppress(TrackerFault):
            lab.tracker.say(text)
    lab.watch.tell(waits_for=text)


def ask_operator(
    lab: Lab,
    question: str,
    choices: Mapping[Decision, str],
    *,
    otherwise: Decision,
    where: str,
    draw: Callable[[], None] | None = None,
) -> Decision:
    """Wait for a decision of the operator, who can always end the session, and is asked twice.

    Parameters
    ----------
    question
        What is waited for, and why.
    choices
        What can be decided, and what each does; ending the session need not be among them.
    otherwise
        What a simulated operator decides.
    where
        Where in the session it is asked: ``at a calibration``.
    draw
        Draws what the participant sees meanwhile; by default grey.

    Raises
    ------
    SessionAborted
        If the operator ends it, and says so again.
    """
    draw = lab.display.draw_blank if draw is None else draw
    choices = {**choices, Decision.ABORT: "end the session"}
    while True:
        decision = _asked(lab, question, choices, otherwise, draw)
        if decision != Decision.ABORT:
            return decision
        confirm_end(lab, where, draw)


def confirm_end(lab: Lab, where: str, draw: Callable[[], None] | None = None) -> None:
    """Ask once more before the session is ended; return if it is not.

    Raises
    ------
    SessionAborted
        If it is.
    """
    draw = lab.display.draw_blank if draw is None else draw
    again = _asked(lab, "end the session?", _END, Decision.ABORT, draw)
    if again == Decision.ABORT:
        raise SessionAborted(where)


def _asked(
    lab: Lab,
    question: str,
    choices: Mapping[Decision, str],
    otherwise: Decision,
    draw: Callable[[], None],
) -> Decision:
    draw()
    lab.display.draw_note(f"{question}\n{keys_in_words(choices)}")
    lab.display.flip()
    announce(lab, question)
    lab.watch.tell(keys=keys_in_words(choices))
    try:
        return lab.operator.ask(question, choices, otherwise=otherwise)
    finally:
        lab.watch.tell(waits_for="", keys="")
