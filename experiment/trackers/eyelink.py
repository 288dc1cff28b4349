"""An EyeLink through SR Research's pylink: what its host is told and keeps stands beside.

Faults are told apart by what helps: what can be tried again is tried again; a recording that ends,
a link that is lost and a file that does not come are a `TrackerFault`, in words for the operator.
In dummy mode (``EyeLink(None)`` of pylink) nothing is recorded, and nothing tells of gaze.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiment.protocols.display import Clock
from experiment.protocols.tracker import InterestArea, TrackerFault, Validation
from experiment.trackers.calibration import SETUP_KEYS, CalibrationScreen
from experiment.trackers.data_viewer import DataViewerNotes
from experiment.trackers.eyelink_commands import (
    host_drawing,
    setup_commands,
    software_version,
)
from experiment.trackers.eyelink_faults import LinkFaults
from experiment.trackers.eyelink_files import MODE_CHANGE_MS, HostFiles
from stimuli.contract.geometry import eyelink_to_screen
from stimuli.contract.settings import Settings
from stimuli.support.files import image_size

_TRIES = 3
_FIRST_SAMPLE_MS = 500
# The host sends a sample every 2 ms at 500 Hz; nothing for so long means that it has stopped.
_SILENCE_S = 1.0
_ESCAPE, _SAMPLE, _MISSING = 27, 200, -32768
_STATUS_LETTERS = 80
_EYES = {"left": 0, "right": 1}
# What pylink's isRecording returns, of which 1 to 3 are the choices of the host's abort menu.
_ENDED = {
    1: "the host asks to repeat the trial",
    2: "the host asks to skip the trial",
    3: "the host asks to end the session",
    -1: "the host has left the recording without being asked to",
}
_VALIDATION = re.compile(r"ERROR\s+([0-9.]+)\s+avg\.(?:\s+([0-9.]+)\s+max)?")
_OFFSET = re.compile(r"OFFSET\s+([0-9.]+)\s+deg")


class EyeLink(DataViewerNotes):
    """An `experiment.protocols.tracker.Tracker` that is an EyeLink.

    It is a `DriftChecker`, a `HostScreen` and a `TrialNotes` of `experiment.protocols.tracker` too.

    Parameters
    ----------
    pylink
        The module pylink, or what behaves as it.
    link
        The open link to the host, a `pylink.EyeLink`.
    clock
        The display's clock.
    screen
        The calibration screen, which pylink must know.
    tell
        Says something on the operator's terminal.
    """

    suffix, needs_calibration = ".edf", True

    def __init__(
        self,
        pylink: Any,
        link: Any,
        clock: Clock,
        settings: Settings,
        *,
        screen: CalibrationScreen,
        tell: Callable[[str], None],
    ):
        self._pylink, self._link, self._clock, self._settings = pylink, link, clock, settings
        self._screen, self._tell = screen, tell
        self._dummy = link.isConnected() == -1
        self.tells_gaze = not self._dummy
        self._faults = LinkFaults(link)
        self._files = HostFiles(pylink, link, clock, faults=self._faults, tell=tell)
        self._centre_px = settings.screen.geometry.size_px / 2
        self._recording = False
        self._eye = _EYES[settings.tracker.eye]
        # The tracker's time of the newest sample, and when it was new on the display's clock.
        self._newest: tuple[float | None, float] = (None, 0.0)

    @property
    def version(self) -> str:
        """What hardware and software the host has; ``none`` in dummy mode."""
        return self._link.getTrackerVersionString() or "none"

    def open(self, subject: str) -> str:
        name = self._files.open(subject)
        with self._faults():
            self._command("add_file_preamble_text 'RECORDED BY guiding-gaze experiment.run'")
            for command in setup_commands(self._settings, software_version(self.version)):
                if code := self._link.sendCommand(command):
                    self._tell_refused(command, code)
        return name

    def calibrate(self) -> Validation | None:
        self._tell(f"tracker's setup: {SETUP_KEYS}")
        return self._set_up()

    def validate(self) -> Validation | None:
        if self._dummy:
            return None
        self._tell(f"validation of the calibration: {SETUP_KEYS}")
        return self._set_up("v")

    def _set_up(self, key: str | None = None) -> Validation | None:
        """Enter the tracker's setup, with a key pressed for the operator; wait for its end."""
        with self._faults(), self._screen.in_setup(first_key=key):
            self._link.doTrackerSetup()
        if not self._screen.targets:  # what the link tells is an earlier validation's
            return None
        with self._faults():
            found = _VALIDATION.search(self._link.getCalibrationMessage() or "")
        if not found:
            return None
        return Validation(float(found[1]), float(found[2]) if found[2] else None)

    def drift_check(self) -> float | None:
        if self._dummy:
            return None
        x, y = (int(side) for side in self._centre_px)
        for _ in range(_TRIES):
            with self._faults():
                self._link.setOfflineMode()
            try:
                with self._screen.in_setup(drift_check=True):
                    code = self._link.doDriftCorrect(x, y, 0, 0)
            except RuntimeError as error:
                self._faults.check_link(error)
                continue
            if code == _ESCAPE:
                return None
            found = _OFFSET.search(self._link.getCalibrationMessage() or "")
            if code == 0 and found:
                return float(found[1])
        return None

    def show_in_setup(self, text: str) -> None:
        self._screen.text = text

    def describe(self, label: str, image: Path, areas: Sequence[InterestArea]) -> None:
        with self._faults():
            self._link.setOfflineMode()
            self._command("clear_screen 0")
            if self._settings.tracker.backdrop == "image":
                self._send_backdrop(image)
            for command in host_drawing(self._settings, areas):
                self._command(command)
        self.say(label)

    def say(self, text: str) -> None:
        with self._faults():
            # The host has the letters of ASCII, and ends the text at the quotation mark.
            line = text.replace("'", "`").replace("\n", " ")[:_STATUS_LETTERS]
            shown = line.encode("ascii", "replace").decode()
            self._command(f"record_status_message '{shown}'")

    def clock_offset_ms(self) -> float | None:
        if self._dummy:
            return None
        return self._link.trackerTimeUsec() / 1000 - 1000 * self._clock.now()

    def start_recording(self) -> float:
        if self._recording:
            raise RuntimeError("is recording; stop before the next start")
        for attempt in range(1, _TRIES + 1):
            with self._faults():
                self._link.setOfflineMode()
                self._pylink.msecDelay(MODE_CHANGE_MS)
                code = self._link.startRecording(1, 1, 1, 1)
            if code == 0:
                break
            self._tell(f"tracker: does not start to record (code {code}), attempt {attempt}")
        else:
            raise TrackerFault(f"does not start to record in {_TRIES} attempts (code {code})")
        self._recording, self._newest = True, (None, self._clock.now())
        if self._dummy:
            return self._clock.now()
        with self._faults():
            return self._first_sample()

    def check(self) -> bool:
        if self._dummy:
            return True
        with self._faults():
            code = self._link.isRecording()
            if code != 0:
                self._recording = False
                self._faults.check_link(f"code {code}")
                raise TrackerFault(_ENDED.get(code, f"recording ended, code {code}"))
            sample = self._link.getNewestSample()
        now_s = self._clock.now()
        if sample is not None and sample.getTime() != self._newest[0]:
            self._newest = sample.getTime(), now_s
        if now_s - self._newest[1] > _SILENCE_S:
            raise TrackerFault(f"no sample has come over the link for {_SILENCE_S:g} s")
        return _position(sample, self._eye) is not None

    def gaze(self) -> np.ndarray | None:
        if self._dummy:
            return None
        with self._faults():
            position = _position(self._link.getNewestSample(), self._eye)
        return None if position is None else eyelink_to_screen(position)

    def stop_recording(self) -> None:
        recording, self._recording = self._recording, False
        if not recording or self._faults.lost:
            return
        with self._faults():
            self._link.stopRecording()
            self._link.setOfflineMode()

    def message(self, text: str) -> None:
        with self._faults():
            self._link.sendMessage(text)

    def save(self, path: Path) -> bool:
        self.stop_recording()
        return self._files.save(path)

    def recover(self, name: str, path: Path) -> bool:
        return self._files.recover(name, path)

    def _first_sample(self) -> float:
        """Return the time of the first sample of the recording, on the display's clock."""
        if not self._link.waitForBlockStart(_FIRST_SAMPLE_MS, 1, 0):
            raise TrackerFault(f"no sample came in the first {_FIRST_SAMPLE_MS} ms of a recording")
        while (kind := self._link.getNextData()) != _SAMPLE:
            if kind == 0:
                return self._clock.now()
        available = self._link.eyeAvailable()
        if available in _EYES.values() and available != self._eye:
            self._tell(f"tracker: the other eye than the {self._settings.tracker.eye} is recorded")
            self._eye = available
        passed_ms = self._link.trackerTimeUsec() / 1000 - self._link.getFloatData().getTime()
        return self._clock.now() - passed_ms / 1000

    def _send_backdrop(self, image: Path) -> None:
        height, width = image_size(image)
        left, top = (int(side) for side in self._settings.placement.origin)
        self._link.imageBackdrop(
            str(image), 0, 0, width, height, left, top, self._pylink.BX_MAXCONTRAST
        )

    def _command(self, text: str) -> None:
        self._link.sendCommand(text)

    def _tell_refused(self, command: str, code: int) -> None:
        """Tell of a setting that the data depend on and the host did not take."""
        why = self._link.getLastMessage() or "no message"
        self._tell(
            f"tracker: the host did not take the setting {command!r} (code {code}, {why}); set it "
            f"on the host, or correct study.toml"
        )


def _position(sample: Any, eye: int) -> np.ndarray | None:
    """Return gaze ``(x, y)`` of a sample in the tracker's pixels, None if the eye is lost."""
    if sample is None:
        return None
    data = sample.getRightEye() if eye else sample.getLeftEye()
    if data is None:
        return None
    x, y = data.getGaze()
    return None if _MISSING in (x, y) else np.array([x, y])
