"""The journal of a session: what happened when, one JSON object a line, written as it happens.

It is the one file that grows in place, and every line is on the disk before the session goes on: a
power cut loses at most the trial under way. Its last line says ``session-finished`` or
``session-interrupted``; a journal that ends otherwise is that of a session that was cut off without
warning. Nothing is written while an image is shown.
"""

import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from experiment.lab import Clock

FINISHED, INTERRUPTED = "session-finished", "session-interrupted"

Line = dict[str, object]


class Journal:
    """A journal that is open.

    Leaving the ``with`` block writes the last line, and why if an exception left it.

    Parameters
    ----------
    path
        A file that does not exist yet.
    clock
        Gives the ``time`` of each line, in seconds.

    Raises
    ------
    FileExistsError
        If the journal is there: no session writes into another's.
    """

    def __init__(self, path: Path, clock: Clock):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = open(path, "x", encoding="utf-8", newline="\n")  # noqa: SIM115
        self._clock = clock

    def write(self, kind: str, **facts: object) -> None:
        """Add a line and return when it is on the disk."""
        line = {"time": round(self._clock.now(), 6), "kind": kind, **facts}
        self._file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        self.write("session-started", date=time.strftime("%Y-%m-%dT%H:%M:%S%z"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self.write(FINISHED)
        else:
            self.write(INTERRUPTED, reason=f"{kind.__name__}: {error}".removesuffix(": "))
        self._file.close()


def read_journal(path: Path) -> list[Line]:
    """Return the whole lines of a journal; one that was cut is left out."""
    lines = []
    for text in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue
        if isinstance(line, dict) and "kind" in line:
            lines.append(line)
    return lines
