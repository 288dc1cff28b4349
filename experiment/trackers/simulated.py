"""A tracker without a camera: it watches a simulated eye and writes EyeLink's text format.

It keeps what an EyeLink keeps: a clock of its own in whole milliseconds, its own file on a host,
messages as they arrive, samples only between start and stop. Live gaze is the newest sample
written. The host is a folder: what was recorded there outlives the session, as on the host of an
EyeLink, and can be fetched by the next.
"""

import math
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import numpy as np

from experiment.observer.eye import Gaze
from experiment.protocols.display import Clock
from experiment.protocols.tracker import LostRecording, Validation
from experiment.trackers import asc
from experiment.trackers.data_viewer import DataViewerNotes
from experiment.trackers.setup_messages import HV9, drift_check_message, validation_messages
from stimuli.contract.geometry import degrees_to_screen, eyelink_to_screen
from stimuli.contract.geometry import screen_to_eyelink as to_eyelink
from stimuli.contract.settings import Settings
from stimuli.support.system_errors import blaming

# Recordings carry no date of their own, so that a session can be simulated again to the byte.
SIMULATED = "SIMULATED RECORDING: drawn from a model, nobody looked"
_HEADER = (
    "DATE: Thu Jan  1 00:00:00 1970",
    "TYPE: ASC_FILE EVENT SAMPLE",
    "VERSION: SIMULATED 1",
    "SOURCE: SIMULATED OBSERVER",
    "RECORDED BY guiding-gaze experiment.run",
)
# How long the host takes to start or stop recording.
_MODE_CHANGE_S = 0.010
_CALIBRATION_S, _VALIDATION_S = 15.0, 15.0
_CALIBRATION_ERROR_SD_DEG = 0.25
# The operator waits for the eye to settle and gives up when its error stays too large.
_DRIFT_CHECK_S, _DRIFT_CHECK_TRIES, _DRIFT_CHECK_ERROR_DEG = 0.4, 3, 2.0


class WatchedEye(Protocol):
    """An eye whose gaze can be asked for."""

    def gaze(self, times_s: np.ndarray) -> Gaze:
        """Return gaze at ``(n,)`` rising times, none before those asked for earlier."""
        ...


class SimulatedTracker(DataViewerNotes):
    """An `experiment.protocols.tracker.Tracker` that records a simulated eye.

    Parameters
    ----------
    clock
        The display's clock; calibration and drift checks take their time on it.
    eye
        What is recorded.
    generator
        Source of the tracker's own randomness: the reading of its clock, calibration errors.
    host
        Folder that stands for the disk of the tracker's host.
    remark
        First line of the file: who or what looked.
    """

    suffix, tells_gaze, needs_calibration = ".asc", True, True

    def __init__(
        self,
        clock: Clock,
        eye: WatchedEye,
        settings: Settings,
        generator: np.random.Generator,
        host: Path,
        *,
        remark: str = SIMULATED,
    ):
        self._clock = clock
        self._settings = settings
        self._eye = eye
        self._generator = generator
        self._screen = settings.screen.geometry
        self._rate_hz = settings.tracker.sample_rate_hz
        self._side = settings.tracker.eye.upper()
        # The host's clock counts from its own start, some minutes or hours ago.
        self._clock_at_zero_ms = float(generator.integers(200_000, 9_000_000))
        self._host = host
        self._remark = remark
        self._file: Path | None = None
        self._recording: _Recording | None = None

    def open(self, subject: str) -> str:
        self._host.mkdir(parents=True, exist_ok=True)
        number = 1
        while self._kept(f"{subject}-{number}").exists():
            number += 1
        path = self._kept(f"{subject}-{number}")
        with blaming(path):
            path.write_text(asc.header([self._remark, *_HEADER]), encoding="ascii", newline="\n")
        self._file = path
        return path.stem

    def calibrate(self) -> Validation | None:
        eye, side = self._side[0], self._side
        self._clock.wait(_CALIBRATION_S)
        self.message("!CAL ")
        self._write(f">>>>>>> CALIBRATION (HV9,P-CR) FOR {side}: <<<<<<<<<\n")
        self.message(f"!CAL CALIBRATION HV9 {eye} {side}    GOOD ")
        return self.validate()

    def validate(self) -> Validation | None:
        self._clock.wait(_VALIDATION_S)
        errors_deg = self._generator.normal(0.0, _CALIBRATION_ERROR_SD_DEG, (len(HV9), 2))
        for text in validation_messages(errors_deg, self._screen, self._side):
            self.message(text)
        distances_deg = np.hypot(*errors_deg.T)
        return Validation(
            *(round(float(one), 2) for one in (distances_deg.mean(), distances_deg.max()))
        )

    def drift_check(self) -> float | None:
        for _ in range(_DRIFT_CHECK_TRIES):
            self._clock.wait(_DRIFT_CHECK_S)
            gaze_deg = self._eye.gaze(np.array([self._clock.now()])).position_deg[0]
            distance_deg = float(np.hypot(*gaze_deg))
            if distance_deg <= _DRIFT_CHECK_ERROR_DEG:  # false for a lost eye, which is NaN
                self.message(drift_check_message(gaze_deg, self._screen, self._side))
                return distance_deg
        self.message(f"DRIFTCORRECT {self._side[0]} ABORTED")
        return None

    def clock_offset_ms(self) -> float | None:
        return self._clock_at_zero_ms

    def start_recording(self) -> float:
        if self._recording is not None:
            raise RuntimeError("is recording; stop before the next start")
        mode = f"CR {self._rate_hz:g} 2 1 {self._side[0]}"
        right_px, bottom_px = self._screen.size_px - 1
        self.message(f"RECCFG {mode}")
        self.message(f"GAZE_COORDS 0.00 0.00 {right_px:.2f} {bottom_px:.2f}")
        self.message(f"!MODE RECORD {mode}")
        self._clock.wait(_MODE_CHANGE_S)
        self._recording = _Recording(math.ceil(self._now_ms()), 1000 / self._rate_hz)
        return (self._recording.start_ms - self._clock_at_zero_ms) / 1000

    def check(self) -> bool:
        self._running()
        return True

    def gaze(self) -> np.ndarray | None:
        recording = self._running()
        self._catch_up(recording)
        if not recording.chunks or np.isnan(recording.chunks[-1].position_px[-1, 0]):
            return None
        return eyelink_to_screen(recording.chunks[-1].position_px[-1])

    def stop_recording(self) -> None:
        recording = self._recording
        if recording is None:
            return
        self._catch_up(recording)
        self._recording = None
        self._clock.wait(_MODE_CHANGE_S)
        self._write(
            asc.recording(
                asc.joined(recording.chunks),
                recording.messages,
                eye=self._side,
                sample_rate_hz=self._rate_hz,
                screen=self._screen,
            )
        )

    def message(self, text: str) -> None:
        arrived_ms = round(self._now_ms())
        if self._recording is None:
            self._write(asc.message(arrived_ms, text))
        else:
            self._recording.messages.append((arrived_ms, text))

    def save(self, path: Path) -> bool:
        if self._file is None:
            return False
        self.stop_recording()
        name, self._file = self._file.stem, None
        return self.recover(name, path)

    def recover(self, name: str, path: Path) -> bool:
        kept = self._kept(name)
        if not kept.is_file():
            raise LostRecording(kept)
        shutil.copyfile(kept, path)
        return True

    def forget(self, name: str) -> None:
        self._kept(name).unlink(missing_ok=True)
        with suppress(OSError):  # other files are there, or none ever was
            self._host.rmdir()

    def _kept(self, name: str) -> Path:
        return self._host / f"{name}{self.suffix}"

    def _write(self, text: str) -> None:
        if self._file is None:
            return  # as an EyeLink does before a file is opened
        with blaming(self._file), open(self._file, "a", encoding="ascii", newline="\n") as file:
            file.write(text)

    def _now_ms(self) -> float:
        return self._clock_at_zero_ms + 1000 * self._clock.now()

    def _seconds(self, time_ms: np.ndarray) -> np.ndarray:
        """Return the tracker's milliseconds ``(n,)`` as seconds on the display's clock."""
        return (time_ms - self._clock_at_zero_ms) / 1000

    def _running(self) -> "_Recording":
        if self._recording is None:
            raise RuntimeError("is not recording; start first")
        return self._recording

    def _catch_up(self, recording: "_Recording") -> None:
        """Take the samples that are due by now."""
        passed_ms = self._now_ms() - recording.start_ms
        due = math.floor(passed_ms / recording.interval_ms) + 1
        if due <= recording.taken:
            return
        numbers = np.arange(recording.taken, due)
        time_ms = recording.start_ms + numbers * recording.interval_ms
        gaze = self._eye.gaze(self._seconds(time_ms))
        position_px = to_eyelink(degrees_to_screen(gaze.position_deg, self._screen))
        recording.chunks.append(
            asc.Samples(
                time_ms,
                position_px.round(1),
                gaze.pupil.round(),
                gaze.event,
                gaze.saccade,
                recording.interval_ms,
            )
        )
        recording.taken = due


class _Recording:
    """What has come in since the last start."""

    def __init__(self, start_ms: float, interval_ms: float):
        self.start_ms = start_ms
        self.interval_ms = interval_ms
        self.taken = 0
        self.chunks: list[asc.Samples] = []
        self.messages: list[tuple[float, str]] = []
