"""What has been made, and from what: so that a run goes on where the last one ended.

Beside its files each stimulus has a record, ``stimuli/made/STIM_ID.json``: for every file a hash of
all that it was made from, and of what it holds; for every figure its value. What is recorded and
unchanged is kept, and everything else is made again.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from torch import Tensor

from stimuli.errors import InputError
from stimuli.files import read_json, sha256, write_json


def digest(content: object) -> str:
    """Return the SHA-256 of something JSON-ready; the order of keys does not matter."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def array_sha256(array: np.ndarray | Tensor | None) -> str | None:
    """Return the SHA-256 of an array's values; None for none."""
    if array is None:
        return None
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


class Made:
    """The record of one stimulus.

    Parameters
    ----------
    root
        Study folder; files are named relative to it.
    stim_id
        Whose record.
    on_change
        Called before anything is made anew.
    """

    def __init__(
        self, root: Path, stim_id: str, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self.root, self.stim_id, self._on_change = root, stim_id, on_change
        self.path = root / "stimuli" / "made" / f"{stim_id}.json"
        self._used: set[str] = set()
        self._entries: dict[str, dict] = {}
        if self.path.exists():
            # A record that cannot be read is as if nothing had been made.
            with suppress(InputError, TypeError, ValueError):
                self._entries = dict(read_json(self.path))

    def file(self, relative: str, made_from: object, write: Callable[[Path], None]) -> str:
        """Have a file that was made from what it would be made from now; return its SHA-256.

        Parameters
        ----------
        relative
            Path in the study.
        made_from
            JSON-ready: all that decides what the file holds.
        write
            Makes the file, whole or not at all.
        """
        key, path = digest(made_from), self.root / relative
        entry = self._entries.get(relative, {})
        self._used.add(relative)
        if entry.get("from") == key and path.is_file() and sha256(path) == entry.get("sha256"):
            return entry["sha256"]
        self._on_change()
        write(path)
        return self._keep(relative, {"from": key, "sha256": sha256(path)})["sha256"]

    def value(self, name: str, made_from: object, compute: Callable[[], object]) -> object:
        """Have a JSON-ready value that was computed from what it would be computed from now."""
        key = digest(made_from)
        self._used.add(name)
        entry = self._entries.get(name, {})
        if entry.get("from") == key and "value" in entry:
            return entry["value"]
        self._on_change()
        return self._keep(name, {"from": key, "value": compute()})["value"]

    def finish(self) -> None:
        """Forget what was not asked for this time, and remove such files."""
        stale = set(self._entries) - self._used
        for name in stale:
            if "sha256" in self._entries.pop(name):
                (self.root / name).unlink(missing_ok=True)
        if stale:
            write_json(self.path, self._entries)

    def remove(self) -> None:
        """Remove all files of the record, then the record."""
        self._used.clear()
        self.finish()
        self.path.unlink(missing_ok=True)

    def _keep(self, name: str, entry: dict) -> dict:
        self._entries[name] = entry
        write_json(self.path, self._entries)
        return entry
