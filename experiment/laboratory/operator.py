"""The operator at the keyboard of the display computer, and the terminal that speaks to them."""

import sys
from collections.abc import Callable, Mapping

from experiment.protocols.display import Clock
from experiment.protocols.operator import Decision, keys_in_words
from experiment.protocols.watch import Watch

KEYS = {
    "space": Decision.GO_ON,
    "return": Decision.GO_ON,
    "a": Decision.ACCEPT,
    "c": Decision.RECALIBRATE,
    "s": Decision.SKIP,
    "p": Decision.PAUSE,
    "escape": Decision.ABORT,
}
_BETWEEN_LOOKS_S = 0.01
# A window that gets no key for so long may have lost the keyboard to another.
_PATIENCE_S = 20.0
_MODIFIERS = {"shift": 0x0001, "ctrl": 0x0040, "alt": 0x0100}


class KeyOperator:
    """An `experiment.protocols.operator.Operator` who presses keys in PsychoPy's open window.

    Parameters
    ----------
    bring_to_front
        Gives the window the keyboard, where another has taken it.
    """

    def __init__(self, clock: Clock, bring_to_front: Callable[[], None] = lambda: None):
        from psychopy import event

        self._event, self._clock, self._bring_to_front = event, clock, bring_to_front
        self._wish: Decision | None = None  # of a key that the tracker's setup was given
        self._pressed_elsewhere: Callable[[], list[str]] = list

    def listen_to(self, watch: Watch) -> None:
        """Take the keys of whoever watches as those of the keyboard."""
        self._pressed_elsewhere = watch.pressed

    def asked(self) -> Decision | None:
        asked, self._wish = self._wish, None
        pressed = [*self._event.getKeys(keyList=list(KEYS)), *self._elsewhere()]
        return _last_wish(pressed) or asked

    def keys(self) -> list[tuple[str, int]]:
        """Return the keys pressed since the last call, with modifiers as pylink counts them.

        What one of them asks for is what `asked` returns next.
        """
        elsewhere: list[tuple[str, dict]] = [(key, {}) for key in self._elsewhere()]
        pressed = [*self._event.getKeys(modifiers=True), *elsewhere]
        self._wish = _last_wish([key for key, _ in pressed]) or self._wish
        return [
            (key, sum(bit for name, bit in _MODIFIERS.items() if held.get(name)))
            for key, held in pressed
        ]

    def typed(self) -> list[str]:
        """Return the keys typed at the keyboard since the last call, which ask for nothing but Esc.

        Of what is pressed elsewhere only Esc is among them; `asked` returns it next.
        """
        elsewhere, typed = self._elsewhere(), self._event.getKeys()
        escapes = [key for key in (*elsewhere, *typed) if key == "escape"]
        self._wish = _last_wish([*elsewhere, *escapes]) or self._wish
        return [*(key for key in typed if key != "escape"), *escapes]

    def _elsewhere(self) -> list[str]:
        """Return the keys pressed elsewhere; a click there has taken the keyboard from us."""
        pressed = self._pressed_elsewhere()
        if pressed:
            self._bring_to_front()
        return pressed

    def clear(self) -> None:
        self._wish = None
        self._event.clearEvents(eventType="keyboard")
        self._pressed_elsewhere()

    def ask(
        self, question: str, choices: Mapping[Decision, str], *, otherwise: Decision
    ) -> Decision:
        keys = keys_in_words(choices)
        self.clear()
        self.tell(f"{question}  [{keys}]")
        waited_s = 0.0
        while True:
            decision = self.asked()
            if decision is not None and decision in choices:
                return decision
            if decision is not None:
                self.tell(f"that key does nothing here  [{keys}]")
            self._clock.wait(_BETWEEN_LOOKS_S)
            waited_s += _BETWEEN_LOOKS_S
            if waited_s > _PATIENCE_S:
                waited_s = 0.0
                self._bring_to_front()

    def tell(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


def _last_wish(keys: list[str]) -> Decision | None:
    """Return what the last of some keys asks for; that of going on gives way to any other."""
    wishes = [KEYS[key] for key in keys if key in KEYS]
    others = [wish for wish in wishes if wish != Decision.GO_ON]
    return (others or wishes or [None])[-1]
