"""The operator at the keyboard of the display computer, and the terminal that speaks to them."""

import sys

from experiment.protocols.display import Clock
from experiment.protocols.operator import Decision

KEYS = {
    "space": Decision.ACCEPT,
    "return": Decision.ACCEPT,
    "c": Decision.RECALIBRATE,
    "s": Decision.SKIP,
    "p": Decision.PAUSE,
    "escape": Decision.ABORT,
}
_CHOICES = "space: go on, c: calibrate, s: skip the trial, p: pause, esc: end the session"
_BETWEEN_LOOKS_S = 0.01
_MODIFIERS = {"shift": 0x0001, "ctrl": 0x0040, "alt": 0x0100}


class KeyOperator:
    """An `experiment.protocols.operator.Operator` who presses keys in PsychoPy's open window."""

    def __init__(self, clock: Clock):
        from psychopy import event

        self._event, self._clock = event, clock

    def asked(self) -> Decision | None:
        keys = self._event.getKeys(keyList=list(KEYS))
        return KEYS[keys[-1]] if keys else None

    def keys(self) -> list[tuple[str, int]]:
        """Return the keys pressed since the last call, with modifiers as pylink counts them."""
        pressed = self._event.getKeys(modifiers=True)
        return [
            (key, sum(bit for name, bit in _MODIFIERS.items() if held.get(name)))
            for key, held in pressed
        ]

    def ask(self, question: str, *, otherwise: Decision) -> Decision:
        self.tell(f"{question}  [{_CHOICES}]")
        self._event.clearEvents(eventType="keyboard")
        while (decision := self.asked()) is None:
            self._clock.wait(_BETWEEN_LOOKS_S)
        return decision

    def tell(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)
