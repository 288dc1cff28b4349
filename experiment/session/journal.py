"""The journal of a session: what happened when, one JSON object a line, written as it happens.

It is the one file that grows in place: after a crash it shows how far the session came. Its last
line says ``session-finished`` or ``session-interrupted``; a journal that ends otherwise is that of
a session that was cut off without warning.
"""

import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from experiment.lab import Clock

FINISHED, INTERRUPTED = "session-finished", "session-interrupted"


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
        self._file = open(path, "x", encoding="utf-8", newline="\n")  # noqa: SIM115
        self._clock = clock

    def write(self, kind: str, **facts: object) -> None:
        """Add a line."""
        line = {"time": round(self._clock.now(), 6), "kind": kind, **facts}
        self._file.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
        self._file.flush()

    def sync(self) -> None:
        """Return when what was written is on the disk."""
        os.fsync(self._file.fileno())

    def __enter__(self) -> Self:
        self.write("session-started", date=time.strftime("%Y-%m-%dT%H:%M:%S%z"))
        self.sync()
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
        self.sync()
        self._file.close()


def last_kind(path: Path) -> str | None:
    """Return the kind of a journal's last whole line, or None if it has none."""
    for line in reversed(path.read_text(encoding="utf-8", errors="replace").splitlines()):
        try:
            return json.loads(line)["kind"]
        except (json.JSONDecodeError, KeyError, TypeError):
            continue
    return None
