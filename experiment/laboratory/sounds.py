"""Sounds for the operator: a target, a calibration that is good, one that is not.

PsychoPy's sound is not imported before it is needed, and a computer without audio is a silent one:
that is said once.
"""

from collections.abc import Callable
from typing import Any

from experiment.protocols.operator import Beep

# Frequency and length: short for a target, high for what is good, low and long for what is not.
_TONES = {Beep.TARGET: (600, 0.06), Beep.GOOD: (1000, 0.25), Beep.BAD: (250, 0.5)}
_LOUDNESS = 0.4


class Sounds:
    """Plays the sounds that it was made with.

    Parameters
    ----------
    tell
        Says something on the operator's terminal.
    """

    def __init__(self, tell: Callable[[str], None]):
        self._tell = tell
        self._sounds: dict[Beep, Any] = {}
        try:
            from psychopy import sound

            for beep, (hz, length_s) in _TONES.items():
                self._sounds[beep] = sound.Sound(
                    hz, secs=length_s, hamming=True, volume=_LOUDNESS, stereo=True
                )
        except Exception as error:  # each audio library has errors of its own
            self._fall_silent(error)

    def play(self, beep: Beep) -> None:
        """Play a sound; go on at once."""
        try:
            if beep in self._sounds:
                self._sounds[beep].stop()
                self._sounds[beep].play()
        except Exception as error:
            self._fall_silent(error)

    def _fall_silent(self, error: Exception) -> None:
        self._sounds.clear()
        first, *_ = str(error).splitlines() or [type(error).__name__]
        self._tell(f"no sounds: {first}")
