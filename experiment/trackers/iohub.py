"""Trackers that PsychoPy's ioHub knows, each by a package of its own, and the mouse as one of them.

ioHub runs the tracker in a process of its own and draws its calibration there. Its times are those
of PsychoPy's clock, its positions in the window's units: centred pixels, y up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import numpy as np

from experiment.display.window import WindowDisplay
from experiment.protocols.tracker import TrackerFault
from experiment.trackers.iohub_process import (
    end,
    end_left_behind,
    free_port,
    is_alive,
    out_of_reach_of_interrupts,
    wait_while_alive,
)
from experiment.trackers.samples import GazeSamples
from stimuli.contract.geometry import psychopy_to_screen
from stimuli.contract.settings import Settings
from stimuli.support.errors import InputError

# A session asks for what has come once a frame; of more than so many, the most that it takes, ioHub
# forgets the oldest.
_BUFFERED = 2048
# FIXATION_START to BLINK_END of `psychopy.iohub.constants.EventConstants`.
_MOVEMENTS = range(53, 59)
# Of an eye in a sample's status: 2 and more is lost. The left eye has the tens of both.
_LOST = 2


@dataclass(frozen=True)
class IohubDevice:
    """How ioHub is told of a tracker.

    Attributes
    ----------
    name
        Its class in ioHub, as PsychoPy's documentation and Builder name it.
    package
        What must be installed beside PsychoPy; empty where nothing.
    monocular
        Whether its one eye is whichever the study names.
    takes_rate
        Whether it is told the sample rate of the study.
    options
        Further settings.
    """

    name: str
    package: str = ""
    monocular: bool = False
    takes_rate: bool = True
    options: Mapping[str, object] = field(default_factory=dict)


MOUSE_GAZE = IohubDevice(
    "eyetracker.hw.mouse.EyeTracker",
    monocular=True,
    options={"controls": {"move": "CONTINUOUS", "blink": ["LEFT_BUTTON", "RIGHT_BUTTON"],
                          "saccade_threshold": 0.5}},
)  # fmt: skip
GAZEPOINT = IohubDevice(
    "eyetracker.hw.gazepoint.gp3.EyeTracker", "psychopy-eyetracker-gazepoint", takes_rate=False
)
PUPIL_CORE = IohubDevice(
    "eyetracker.hw.pupil_labs.pupil_core.EyeTracker", "psychopy-eyetracker-pupil-labs",
    takes_rate=False,
)  # fmt: skip
PUPIL_NEON = IohubDevice(
    "eyetracker.hw.pupil_labs.neon.EyeTracker", "psychopy-eyetracker-pupil-labs", takes_rate=False
)
EYELOGIC = IohubDevice(
    "eyetracker.eyelogic.psychopy.eyetracker.EyeTracker", "psychopy-eyetracker-eyelogic"
)
TOBII = IohubDevice("eyetracker.hw.tobii.EyeTracker", "psychopy-eyetracker-tobii")


class IohubSource:
    """An `experiment.trackers.samples.SampleSource` that is a tracker of ioHub.

    Parameters
    ----------
    tracker
        The device of an ioHub that is open.
    calibration
        Returns what `runSetupProcedure` of the device is given.
    after
        Called after a calibration, whose window may have taken the keyboard from ours.
    alive
        Returns whether ioHub's process runs.
    unhurried
        Within what it returns, an answer may take any time.
    """

    def __init__(
        self,
        tracker: Any,
        settings: Settings,
        device: IohubDevice,
        *,
        calibration: Callable[[], Mapping[str, object]],
        after: Callable[[], None] = lambda: None,
        alive: Callable[[], bool] = lambda: True,
        unhurried: Callable[[], AbstractContextManager[None]] = nullcontext,
    ):
        self._tracker, self._settings, self._device = tracker, settings, device
        self._calibration, self._after, self._alive = calibration, after, alive
        self._unhurried = unhurried
        self._stated = tracker.getConfiguration() or {}

    @property
    def facts(self) -> Mapping[str, object]:
        named = {
            "Manufacturer": self._stated.get("manufacturer_name"),
            "ManufacturersModelName": self._stated.get("model_name"),
            "DeviceSerialNumber": self._stated.get("serial_number"),
        }
        return {name: str(value) for name, value in named.items() if value}

    @property
    def rate_hz(self) -> float:
        stated = (self._stated.get("runtime_settings") or {}).get("sampling_rate")
        if isinstance(stated, int | float) and stated > 0:
            return float(stated)
        return self._settings.tracker.sample_rate_hz

    @property
    def eyes(self) -> Sequence[str]:
        return (self._settings.tracker.eye,) if self._device.monocular else ("left", "right")

    def calibrate(self) -> bool:
        with self._unhurried():
            arguments = dict(self._calibration())
            answer = self._answer(lambda: self._tracker.runSetupProcedure(arguments))
        self._after()
        if isinstance(answer, str) and "ERROR" in answer:
            raise TrackerFault(f"ioHub could not calibrate: {answer}")
        if isinstance(answer, Mapping):
            return "ABORTED" not in str(answer.get("RESULT", ""))
        return bool(answer)

    def start(self) -> None:
        self._answer(self._tracker.clearEvents)
        self._answer(lambda: self._tracker.setRecordingState(True))
        if not self._answer(self._tracker.isRecordingEnabled):
            raise TrackerFault("ioHub's tracker does not start to record; is it connected?")

    def samples(self) -> GazeSamples:
        found = self._answer(self._tracker.getEvents)
        events = [event for event in found or () if _is_sample(event)]
        return GazeSamples(
            np.array([event.time for event in events], dtype=np.float64),
            {side: self._of_eye(events, side) for side in self.eyes},
        )

    def stop(self) -> None:
        self._answer(lambda: self._tracker.setRecordingState(False))

    def _answer(self, ask: Callable[[], Any]) -> Any:
        """Return the answer of ioHub's process, which is None or an error where that has ended."""
        error: Exception | None = None
        answer = None
        try:
            answer = ask()
        except Exception as raised:
            error = raised
        if answer is None and not self._alive():
            text = "ioHub's process has ended, or gave no answer, see above; go on with --resume"
            raise TrackerFault(text, lost=True) from error
        if error is not None:
            raise error
        return answer

    def _of_eye(self, events: Sequence[Any], side: str) -> np.ndarray:
        values = np.array([_eye(event, side) for event in events]).reshape(-1, 3)
        values[:, :2] = psychopy_to_screen(values[:, :2], self._settings.screen.geometry)
        return values


def _is_sample(event: Any) -> bool:
    """Return whether an event is a sample; the start of a fixation or saccade has a place, too."""
    places = hasattr(event, "gaze_x") or hasattr(event, "left_gaze_x")
    return places and event.type not in _MOVEMENTS


def _eye(event: Any, side: str) -> tuple[float, float, float]:
    """Return x, y and pupil of an eye in ioHub's own units, NaN if it is lost."""
    if hasattr(event, "gaze_x"):
        prefix, status = "", int(event.status)
    else:
        prefix = f"{side}_"
        status = int(event.status) // 10 if side == "left" else int(event.status) % 10
    if status >= _LOST:
        return (np.nan,) * 3
    x, y = (float(getattr(event, f"{prefix}gaze_{axis}")) for axis in "xy")
    return x, y, float(getattr(event, f"{prefix}pupil_measure1"))


@contextmanager
def open_iohub(
    device: IohubDevice, display: WindowDisplay, settings: Settings
) -> Iterator[IohubSource]:
    """Yield a tracker of ioHub, and end ioHub.

    Raises
    ------
    InputError
        If its package is not installed, or it does not answer.
    """
    _check_installed(device)
    from psychopy import iohub, visual
    from psychopy.hardware.eyetracker import EyetrackerCalibration

    end_left_behind()
    rate = {"sampling_rate": _whole(settings.tracker.sample_rate_hz)}
    options: dict[str, object] = {
        "name": "tracker",
        "event_buffer_length": _BUFFERED,
        **({"runtime_settings": rate} if device.takes_rate else {}),
        **({"model_name": settings.tracker.device} if settings.tracker.device else {}),
        **device.options,
    }
    try:
        with _in_known_colours(display.window), out_of_reach_of_interrupts():
            hub = iohub.launchHubServer(
                window=display.window, udp_port=free_port(), **{device.name: options}
            )
    except Exception as error:  # whatever the maker's library raises in ioHub's process
        raise InputError(
            f"ioHub does not start with {device.name} ({type(error).__name__}: {error}); "
            f"switch the tracker on, and see what ioHub said above"
        ) from error
    unhurried = wait_while_alive(hub)
    try:
        tracker = getattr(hub.devices, "tracker", None)
        if not hasattr(tracker, "getConfiguration"):
            raise InputError(
                f"ioHub has no tracker {device.name}; switch the tracker on, and see what ioHub "
                f"said above"
            )
        target = visual.TargetStim(
            display.window, units="pix", radius=15, innerRadius=4, autoLog=False
        )
        calibration = EyetrackerCalibration(
            display.window, tracker, target, units="pix", colorSpace="rgb", progressMode="time",
            targetDur=settings.tracker.validation_target_s,
            targetDelay=settings.tracker.validation_target_s / 2, randomisePos=True,
        )  # fmt: skip
        yield IohubSource(
            tracker, settings, device, calibration=lambda: dict(calibration),
            after=display.bring_to_front, alive=is_alive, unhurried=unhurried,
        )  # fmt: skip
    finally:
        end(hub)


def _check_installed(device: IohubDevice) -> None:
    if not device.package:
        return
    try:
        metadata.version(device.package)
    except metadata.PackageNotFoundError:
        raise InputError(
            f"{device.package} is not installed; install it with `pip install {device.package}`, "
            f"or name another tracker"
        ) from None


@contextmanager
def _in_known_colours(window: Any) -> Iterator[None]:
    """Let a window name its colours, which stay as they are, in a space that ioHub knows."""
    before = window.colorSpace
    window.colorSpace = "rgb"
    try:
        yield
    finally:
        window.colorSpace = before


def _whole(rate_hz: float) -> float:
    return int(rate_hz) if rate_hz.is_integer() else rate_hz
