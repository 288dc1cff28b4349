"""A Tobii through the library titta, which has a setup and a calibration display of its own.

Niehorster, Andersson & Nyström (2020), "Titta: A toolbox for creating PsychToolbox and Psychopy
experiments with Tobii eye trackers". Its times are microseconds of a clock of its own, its
positions shares of the screen from the top left corner.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from experiment.display.window import WindowDisplay
from experiment.protocols.display import Clock
from experiment.trackers.samples import SIDES, GazeSamples
from stimuli.contract.settings import Settings
from stimuli.support.errors import InputError


class TobiiSource:
    """An `experiment.trackers.samples.SampleSource` that is a Tobii.

    Parameters
    ----------
    titta
        What ``Titta.Connect`` of the library returns, after its ``init``.
    window
        The PsychoPy window that its setup is drawn in.
    clock
        The display's clock.
    """

    def __init__(self, titta: Any, window: Any, clock: Clock, settings: Settings):
        self._titta, self._window, self._clock = titta, window, clock
        self._size_px = settings.screen.geometry.size_px
        # Both clocks run at one rate; they are laid side by side at every start.
        self._offset_s = 0.0
        self._started = False

    @property
    def facts(self) -> Mapping[str, object]:
        info = self._titta.system_info()
        named = {
            "ManufacturersModelName": info.get("model"),
            "DeviceSerialNumber": info.get("serial_number"),
            "SoftwareVersions": f"firmware {info.get('firmware_version')}, titta "
            f"{info.get('titta_version')}",
        }
        return {"Manufacturer": "Tobii AB"} | {
            name: str(value) for name, value in named.items() if value
        }

    @property
    def rate_hz(self) -> float:
        return float(self._titta.get_sample_rate())

    @property
    def eyes(self) -> Sequence[str]:
        return SIDES

    def calibrate(self) -> bool:
        before = len(self._titta.calibration_history())
        with _left_open(self._window):
            self._titta.calibrate(self._window)
        return len(self._titta.calibration_history()) > before

    def start(self) -> None:
        self._titta.buffer.consume_N("gaze", sys.maxsize)  # what its own display left
        self._offset_s = self._clock.now() - 1e-6 * self._titta.get_system_time_stamp()
        self._titta.start_recording(gaze=True)
        self._started = True

    def samples(self) -> GazeSamples:
        found = self._titta.buffer.consume_N("gaze", sys.maxsize)
        time_s = 1e-6 * np.asarray(found["system_time_stamp"], dtype=np.float64) + self._offset_s
        return GazeSamples(time_s, {side: self._of_eye(found, side) for side in SIDES})

    def stop(self) -> None:
        if self._started:
            self._titta.stop_recording(gaze=True)
            self._started = False

    def _of_eye(self, found: Mapping[str, Any], side: str) -> np.ndarray:
        place = f"{side}_gaze_point_on_display_area"
        shares = [np.asarray(found[f"{place}_{axis}"], dtype=np.float64) for axis in "xy"]
        pupil = np.array(found[f"{side}_pupil_diameter"], dtype=np.float64)
        pupil[~np.asarray(found[f"{side}_pupil_valid"], dtype=bool)] = np.nan
        values = np.column_stack([*shares, pupil])
        values[:, :2] *= self._size_px
        values[~np.asarray(found[f"{side}_gaze_point_valid"], dtype=bool)] = np.nan
        return values


@contextmanager
def _left_open(window: Any) -> Iterator[None]:
    """Keep Esc in titta's setup, which closes the window and ends the program, to leaving it."""
    window.close = lambda: None
    try:
        with suppress(SystemExit):
            yield
    finally:
        del window.close


@contextmanager
def open_tobii(
    display: WindowDisplay, clock: Clock, settings: Settings, *, library: Any = None
) -> Iterator[TobiiSource]:
    """Yield the Tobii that ``tracker.device`` names.

    Parameters
    ----------
    library
        What behaves as ``titta.Titta``; by default that.

    Raises
    ------
    InputError
        If titta is not installed, does not know the tracker, or does not find it; or if the tracker
        has not the study's sample rate.
    """
    library = _import_titta() if library is None else library
    name = settings.tracker.device
    if not name:
        raise InputError(
            'study.toml: tracker.device is ""; expected the name of the tracker as titta has it, '
            'such as device = "Tobii Pro Spectrum"'
        )
    with tempfile.TemporaryDirectory(prefix="titta-") as pictures:  # of its validations
        try:
            chosen = library.get_defaults(name)
            chosen.SAMPLING_RATE = settings.tracker.sample_rate_hz
            chosen.N_CAL_TARGETS = 9
            chosen.DATA_STORAGE_PATH = pictures
            if settings.tracker.address.startswith("tet-"):
                chosen.TRACKER_ADDRESS = settings.tracker.address
            titta = library.Connect(chosen)
            titta.init()
        except Exception as error:  # titta raises these, and assertions, with a text alone
            raise InputError(
                f"titta does not open {name!r} at {settings.tracker.sample_rate_hz:g} samples a "
                f"second ({error}); switch the tracker on, and compare study.toml: tracker.device "
                f"and tracker.sample_rate_hz with what it is"
            ) from error
        source = TobiiSource(titta, display.window, clock, settings)
        try:
            yield source
        finally:
            source.stop()


def _import_titta() -> Any:
    try:
        from titta import Titta
    except ImportError as error:
        raise InputError(
            f"titta cannot be imported ({error}); install it with "
            f'`pip install -e ".[tobii]"`, or name another tracker'
        ) from None
    return Titta
