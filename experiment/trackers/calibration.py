"""The tracker's setup on our screen: targets, camera image, keys: pylink's 18 callbacks.

pylink calls these from C while `doTrackerSetup` or `doDriftCorrect` runs, and an exception that
leaves one ends the process with a segmentation fault (measured with pylink 2.2.596). So none
leaves: the first is kept, the setup is left by pressing Esc for the operator, and it is raised
again on our side of the call. Ctrl-C is an exception like any other, raised wherever the process
happens to be, and is therefore only noted while the call lasts.
"""

import functools
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from experiment.protocols.display import SetupDisplay
from experiment.protocols.operator import Beep
from stimuli.contract.geometry import eyelink_to_screen

# pylink's codes of the keys that are no letters: as in its constants, which stay out of imports.
KEY_CODES = {
    **{f"f{number}": 0x3A00 + 0x100 * number for number in range(1, 11)},
    "pageup": 0x4900, "pagedown": 0x5100, "up": 0x4800, "down": 0x5000,
    "left": 0x4B00, "right": 0x4D00, "escape": 0x1B, "return": 0x0D, "num_enter": 0x0D,
    "space": 0x20, "tab": 0x09, "backspace": 0x08, "minus": ord("-"), "equal": ord("="),
    "plus": ord("+"), "num_add": ord("+"), "num_subtract": ord("-"),
}  # fmt: skip
_ESCAPE = 0x1B
# Cross hairs and boxes on the camera image, by pylink's numbers from 1.
_COLOURS = ("white", "white", "lime", "red", "yellow")
# pylink's numbers of sounds: what is heard, and what the operator is told.
_BEEPS = {
    1: (Beep.TARGET, ""), 3: (Beep.TARGET, ""),
    0: (Beep.GOOD, "calibration good"), 2: (Beep.GOOD, "drift check good"),
    -1: (Beep.BAD, "calibration failed"), -2: (Beep.BAD, "drift check failed"),
}  # fmt: skip
SETUP_KEYS = "enter: camera image, c: calibrate, v: validate, space: accept a target, esc: leave"
DRIFT_CHECK_KEYS = (
    "drift check; space: accept, a: show the image all the same, c: calibrate, s: skip the trial, "
    "p: pause, esc: end the session"
)
# What else the operator can ask for at a drift check, which it ends.
_LEAVES_DRIFT_CHECK = frozenset("acps")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _guarded(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Keep an exception in `callback` from reaching C."""

    @functools.wraps(callback)
    def call(self: "CalibrationScreen", *arguments: Any) -> Any:
        try:
            return callback(self, *arguments)
        except BaseException as error:
            self.failure = self.failure or error
            return None

    return call


class CalibrationScreen:
    """What pylink's `EyeLinkCustomDisplay` is asked to do.

    Parameters
    ----------
    display
        The screen, as `experiment.display.window.WindowDisplay`.
    read_keys
        Returns the names of the keys pressed since the last call, with pylink's modifier bits.
    key_input
        pylink's `KeyInput`.
    tell
        Says something on the operator's terminal.
    beep
        Plays a sound.

    Attributes
    ----------
    targets
        How many targets the setup under way, or the last, has shown.
    text
        What the participant reads while no target is shown.
    """

    def __init__(
        self,
        display: SetupDisplay,
        read_keys: Callable[[], Sequence[tuple[str, int]]],
        key_input: Callable[[int, int], Any],
        tell: Callable[[str], None],
        beep: Callable[[Beep], None],
    ):
        super().__init__()
        self._display, self._read_keys = display, read_keys
        self._key_input, self._tell, self._beep = key_input, tell, beep
        self._first_key: str | None = None
        self.failure: BaseException | None = None
        self.drift_check, self.targets, self.text = False, 0, ""
        self._title, self._palette = "", np.zeros((256, 3), np.uint8)
        self._pixels = np.zeros((1, 1, 3), np.uint8)
        self._image: Image.Image | None = None

    @contextmanager
    def in_setup(
        self, *, drift_check: bool = False, first_key: str | None = None
    ) -> Iterator[None]:
        """Hold what pylink may not see: exceptions of the callbacks, and Ctrl-C.

        `first_key` is pressed for the operator.
        """
        self.failure, self.drift_check, self._first_key = None, drift_check, first_key
        self.targets = 0
        before = [signal.signal(one, self._note) for one in _SIGNALS]
        try:
            yield
        finally:
            for one, handler in zip(_SIGNALS, before, strict=True):
                signal.signal(one, handler)
            self.drift_check = False
        if self.failure is not None:
            raise self.failure

    def _note(self, number: int, frame: object) -> None:
        self.failure = self.failure or KeyboardInterrupt()

    def _clear(self) -> None:
        # A drift check keeps the target that the trial has drawn.
        if self.drift_check:
            self._display.draw_target()
            self._display.draw_note(DRIFT_CHECK_KEYS)
        else:
            self._display.draw_blank()
        self._display.flip()

    def _show_menu(self) -> None:
        """Show what the setup waits for; a drift check waits before its target."""
        if self.drift_check:
            self._clear()
            return
        if self.text:
            self._display.draw_text(self.text)
        else:
            self._display.draw_blank()
        self._display.draw_note(SETUP_KEYS)
        self._display.flip()

    @_guarded
    def setup_cal_display(self) -> None:
        self._show_menu()

    @_guarded
    def exit_cal_display(self) -> None:
        self._clear()

    @_guarded
    def clear_cal_display(self) -> None:
        self._show_menu()

    @_guarded
    def erase_cal_target(self) -> None:
        self._clear()

    @_guarded
    def record_abort_hide(self) -> None:
        self._clear()

    @_guarded
    def draw_cal_target(self, x: float, y: float) -> None:
        self.targets += 1
        self._display.draw_target_at(eyelink_to_screen(np.array([x, y])))
        self._display.flip()

    @_guarded
    def play_beep(self, beep: int) -> None:
        sound, told = _BEEPS.get(beep, (None, ""))
        if told:
            self._tell(told)
            self._show_menu()
        if sound is not None:
            self._beep(sound)

    @_guarded
    def alert_printf(self, message: str) -> None:
        self._tell(f"tracker: {message}")

    @_guarded
    def get_input_key(self) -> list[Any]:
        pressed = list(self._read_keys())
        if self._first_key is not None:
            pressed, self._first_key = [(self._first_key, 0), *pressed], None
        keys = [
            self._key_input(code, modifiers)
            for name, modifiers in pressed
            if (code := self._code(name)) is not None
        ]
        return [self._key_input(_ESCAPE, 0)] if self.failure is not None else keys

    def _code(self, name: str) -> int | None:
        return _ESCAPE if self.drift_check and name in _LEAVES_DRIFT_CHECK else key_code(name)

    @_guarded
    def get_mouse_state(self) -> tuple[tuple[int, int], int]:
        x, y = self._display.camera_point(self._pixels.shape[1], self._pixels.shape[0])
        return (x, y), int(self._display.mouse_pressed())

    @_guarded
    def setup_image_display(self, width: int, height: int) -> int:
        self._pixels = np.zeros((height, width, 3), np.uint8)
        self._clear()
        return 1

    @_guarded
    def exit_image_display(self) -> None:
        self._show_menu()

    @_guarded
    def image_title(self, title: str) -> None:
        self._title = title

    @_guarded
    def set_image_palette(
        self, red: Sequence[int], green: Sequence[int], blue: Sequence[int]
    ) -> None:
        palette = np.stack([red, green, blue], axis=1).astype(np.uint8)
        self._palette[: len(palette)] = palette

    @_guarded
    def draw_image_line(self, width: int, line: int, lines: int, indices: Sequence[int]) -> None:
        if self._pixels.shape[:2] != (lines, width):
            self._pixels = np.zeros((lines, width, 3), np.uint8)
        self._pixels[line - 1] = self._palette[np.asarray(indices[:width], np.intp) & 255]
        if line == lines:
            self._image = Image.fromarray(self._pixels)
            self.draw_cross_hair()  # type: ignore[attr-defined]  # pylink's class has it
            self._display.draw_camera(np.asarray(self._image), self._title)
            self._display.draw_note(SETUP_KEYS)
            self._display.flip()

    @_guarded
    def draw_line(self, x1: int, y1: int, x2: int, y2: int, colour: int) -> None:
        if self._image is not None:
            ImageDraw.Draw(self._image).line([x1, y1, x2, y2], _COLOURS[colour - 1])

    @_guarded
    def draw_lozenge(self, x: int, y: int, width: int, height: int, colour: int) -> None:
        if self._image is not None:
            box = [x, y, x + width, y + height]
            ImageDraw.Draw(self._image).ellipse(box, outline=_COLOURS[colour - 1])


def key_code(name: str) -> int | None:
    """Return pylink's code of a key by PsychoPy's name, or None for one that it does not know."""
    if len(name) == 1 and name.isascii():
        return ord(name)
    return KEY_CODES.get(name)


def custom_display(
    pylink: Any,
    display: SetupDisplay,
    *,
    read_keys: Callable[[], Sequence[tuple[str, int]]],
    tell: Callable[[str], None],
    beep: Callable[[Beep], None] = lambda beep: None,
) -> CalibrationScreen:
    """Return a `CalibrationScreen` that is pylink's `EyeLinkCustomDisplay` too."""
    kind = type("CustomDisplay", (CalibrationScreen, pylink.EyeLinkCustomDisplay), {})
    screen: CalibrationScreen = kind(display, read_keys, pylink.KeyInput, tell, beep)
    return screen
