"""Any tracker whose library delivers gaze samples, as a tracker of a session.

It keeps the samples between start and stop, and the messages, on the clock of the display;
validates by `experiment.trackers.validation`; and hands the recording over as BIDS ``physio``.
Fixations are found by the analysis.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from experiment.protocols.display import Clock, SetupDisplay
from experiment.protocols.tracker import LostRecording, TrackerFault, Validation
from experiment.trackers.physio_files import WorkingFiles, write_physio_files
from experiment.trackers.samples import GazeSamples, SampleSource, joined
from experiment.trackers.setup_messages import validation_messages
from experiment.trackers.validation import mean_and_largest, measure_errors
from stimuli.contract.settings import Settings
from stimuli.contract.study import PHYSIO

_FIRST_SAMPLE_S, _SILENCE_S = 2.0, 1.0
_BETWEEN_LOOKS_S = 0.005
# Asked twice within so short a time, as check and gaze of one frame are, a library is asked once.
_AT_ONCE_S = 0.002


class SampledTracker:
    """An `experiment.protocols.tracker.Tracker` made of a source of samples.

    Parameters
    ----------
    source
        An `experiment.trackers.samples.SampleSource`: the tracker's library.
    display
        Where the targets of the validation are shown.
    folder
        Where recordings are kept until they are handed over.
    tell
        Says something on the operator's terminal.
    """

    suffix, tells_gaze, needs_calibration = PHYSIO, True, True

    def __init__(
        self,
        source: SampleSource,
        display: SetupDisplay,
        clock: Clock,
        settings: Settings,
        folder: Path,
        *,
        tell: Callable[[str], None] = lambda text: None,
    ):
        self._source, self._display, self._clock, self._settings = source, display, clock, settings
        self._folder, self._tell = folder, tell
        self._files: WorkingFiles | None = None
        self._facts: dict[str, object] = {}
        self._parts: list[GazeSamples] | None = None  # of the recording under way
        self._told: list[tuple[float, str]] = []  # when, and what; not yet on the disk
        self._newest_s = self._asked_s = 0.0
        self._newest_px: np.ndarray | None = None

    def open(self, subject: str) -> str:
        number = 1
        while WorkingFiles(self._folder, f"{subject}-{number}").exist:
            number += 1
        self._files = WorkingFiles(self._folder, f"{subject}-{number}")
        eyes, preferred = list(self._source.eyes), self._settings.tracker.eye
        self._facts = {
            "eyes": eyes,
            "preferred": preferred if preferred in eyes else eyes[0],
            "rate_hz": self._source.rate_hz,
            "device": dict(self._source.facts),
            "calibrations": 0,
            "validation": None,
        }
        self._files.begin(self._facts)
        return self._files.name

    def calibrate(self) -> Validation | None:
        if not self._source.calibrate():
            return None
        self._facts["calibrations"] = int(str(self._facts.get("calibrations", 0))) + 1
        for side in self._source.eyes:
            self.message(f"!CAL CALIBRATION HV9 {side[0].upper()} {side.upper()}    GOOD ")
        return self.validate()

    def validate(self) -> Validation | None:
        screen, eyes = self._settings.screen.geometry, self._source.eyes
        self._source.start()
        try:
            errors = measure_errors(
                self._display, self._source.samples, screen, eyes,
                target_s=self._settings.tracker.validation_target_s, tell=self._tell,
            )  # fmt: skip
        finally:
            self._source.stop()
        for side, errors_deg in errors.items():
            if np.isfinite(errors_deg).all():
                for text in validation_messages(errors_deg, screen, side.upper()):
                    self.message(text)
            else:
                self.message(f"!CAL VALIDATION {side[0].upper()} ABORTED")
        found = mean_and_largest(errors, str(self._facts.get("preferred", "")))
        self._facts["validation"] = None if found is None else vars(found)
        if self._files is not None:
            self._files.begin(self._facts)
        return found

    def clock_offset_ms(self) -> float | None:
        return None  # its times are those of the display

    def start_recording(self) -> float:
        if self._parts is not None:
            raise RuntimeError("is recording; stop before the next start")
        began_s = self._newest_s = self._clock.now()
        self._source.start()
        self._parts, self._newest_px = [], None
        while not self._parts:
            self._catch_up()
            if self._clock.now() - began_s > _FIRST_SAMPLE_S:
                self._parts = None
                self._source.stop()
                raise TrackerFault(f"no sample came in the first {_FIRST_SAMPLE_S:g} s")
            self._clock.wait(_BETWEEN_LOOKS_S)
        return float(self._parts[0].time_s[0])

    def check(self) -> bool:
        self._catch_up()
        if self._clock.now() - self._newest_s > _SILENCE_S:
            raise TrackerFault(f"no sample has come for {_SILENCE_S:g} s")
        return self._newest_px is not None

    def gaze(self) -> np.ndarray | None:
        self._catch_up()
        return self._newest_px

    def stop_recording(self) -> None:
        if self._parts is None:
            return
        try:
            self._asked_s = -1.0
            self._catch_up()
            self._source.stop()
        finally:
            parts, self._parts = self._parts, None
            told, self._told = self._told, []
            if self._files is not None:
                self._files.add_samples(joined(parts, self._source.eyes))
                self._files.add_messages(told)

    def message(self, text: str) -> None:
        self._told.append((self._clock.now(), text))
        if self._files is not None and self._parts is None:  # no disk while an image is shown
            self._files.add_messages(self._told)
            self._told = []

    def save(self, path: Path) -> bool:
        if self._files is None:
            return False
        with suppress(TrackerFault):  # what came up to then is here
            self.stop_recording()
        name, self._files = self._files.name, None
        return self.recover(name, path)

    def recover(self, name: str, path: Path) -> bool:
        files = WorkingFiles(self._folder, name)
        if missing := files.missing:
            raise LostRecording(missing)
        write_physio_files(files, path)
        return True

    def forget(self, name: str) -> None:
        WorkingFiles(self._folder, name).remove()
        with suppress(OSError):  # other recordings are there
            self._folder.rmdir()

    def _catch_up(self) -> None:
        """Take the samples that have come."""
        if self._parts is None:
            raise RuntimeError("is not recording; start first")
        now_s = self._clock.now()
        if 0 <= now_s - self._asked_s < _AT_ONCE_S:
            return
        new, self._asked_s = self._source.samples(), now_s
        if not len(new):
            return
        self._parts.append(new)
        self._newest_s = now_s
        seen = [new.eyes[side][-1, :2] for side in self._source.eyes]
        seen = [gaze for gaze in seen if np.isfinite(gaze).all()]
        self._newest_px = np.mean(seen, axis=0) if seen else None
