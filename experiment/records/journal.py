"""The journal of a session: what happened when, one JSON object a line, written as it happens.

It is the one file that grows in place, and every line is on the disk before the session goes on: a
power cut loses at most the trial under way. Its last line says ``session-finished`` or
``session-interrupted``; a journal that ends otherwise is that of a session that was cut off without
warning. Nothing is written while an image is shown.
"""

import os
import time
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from experiment.protocols.display import Clock
from stimuli.contract.journal import Line, journal_line
from stimuli.contract.vocabulary import TrialStatus
from stimuli.support.system import sync_folders
from stimuli.support.system_errors import blaming


class LineKind(StrEnum):
    """What a line tells of; the comments name the facts that it states."""

    SESSION_STARTED = "session-started"  # date
    # subject, run, order, seed, trials, schedule_sha256, observer, mode, recording, settings
    SCHEDULE = "schedule"
    TRACKER_FILE = "tracker-file"  # name that the tracker gave it
    TRACKER_FAULT = "tracker-fault"  # fault, and trial if one was under way
    FRAMES = "frames"  # hz, jitter_ms, late, early, priority: the screen, measured
    CALIBRATED = "calibrated"  # validation_error_deg, validation_max_deg, limit_deg, limit_max_deg
    VALIDATED = "validated"  # the same, at the end of a block
    BLOCK_STARTED = "block-started"  # block, block_position
    RESTED = "rested"
    TRIAL_STARTED = "trial-started"  # trial, stim_id
    PRACTICE_STARTED = "practice-started"  # the same
    DRIFT_CHECK = "drift-check"  # trial, offset_deg
    RECORDING_STARTED = "recording-started"  # trial, first_sample
    FIXATION_TIMEOUT = "fixation-timeout"  # trial, decision
    OPERATOR = "operator"  # decision, and trial if one was under way
    PAUSED = "paused"
    WENT_ON = "went-on"
    # trial, stim_id, status, onset, offset, frames and those amiss, frames_off, on_time, shown_by,
    # intervals (see stimuli.contract.journal.packed_intervals)
    TRIAL_ENDED = "trial-ended"
    PRACTICE_ENDED = "practice-ended"  # the same
    SESSION_FINISHED = "session-finished"
    SESSION_INTERRUPTED = "session-interrupted"  # reason


# How a trial ended whose image did not appear: it can be run again, and stands in no table.
WITHDRAWN: Final = "withdrawn"
TrialEnd = TrialStatus | Literal["withdrawn"]


class Journal:
    """A journal that is open.

    Leaving the ``with`` block writes the last line, and why if an exception left it.

    Parameters
    ----------
    path
        A file that does not exist yet.
    clock
        Gives the ``time`` of each line, in seconds.

    Attributes
    ----------
    lines
        What was written, as `stimuli.contract.journal.read_journal` reads it again.

    Raises
    ------
    FileExistsError
        If the journal is there: no session writes into another's.
    OSError
        From every method, naming the journal, if the disk is full or fails.
    """

    def __init__(self, path: Path, clock: Clock):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.lines: list[Line] = []
        self._file = open(path, "xb", buffering=0)  # noqa: SIM115
        self._length = 0
        self._clock = clock
        sync_folders(*path.parents[:3])  # up to the study, where its own folder may be new

    def write(self, kind: LineKind, **facts: object) -> None:
        """Add a line and return when it is on the disk; one that cannot be written whole is not.

        Parameters
        ----------
        kind
            What it tells of.
        facts
            What it states; JSON-ready.
        """
        line = {"time": round(self._clock.now(), 6), "kind": kind, **facts}
        text = f"{journal_line(len(self.lines) + 1, line)}\n".encode()
        try:
            with blaming(self.path):
                rest = memoryview(text)
                while rest:
                    rest = rest[self._file.write(rest) or 0 :]
                os.fsync(self._file.fileno())
        except OSError:
            with suppress(OSError):
                self._file.truncate(self._length)
                self._file.seek(self._length)
            raise
        self._length += len(text)
        self.lines.append(line)

    def __enter__(self) -> Self:
        self.write(LineKind.SESSION_STARTED, date=time.strftime("%Y-%m-%dT%H:%M:%S%z"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.write(LineKind.SESSION_FINISHED)
            else:
                reason = f"{kind.__name__}: {error}".removesuffix(": ")
                with suppress(OSError):  # what ended the session is told, not what it led to
                    self.write(LineKind.SESSION_INTERRUPTED, reason=reason)
        finally:
            self._file.close()
