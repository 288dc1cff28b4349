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
from typing import Any, TypeVar, cast

import numpy as np
from torch import Tensor

from stimuli.support.errors import InputError
from stimuli.support.files import confined, read_json, sha256, write_json

# Where files are made; everything else in a study is somebody's own.
_MADE = tuple(
    f"stimuli/{one}/" for one in ("images", "masks", "targets", "predictions", "versions")
)


def digest(content: object) -> str:
    """Return the SHA-256 of something JSON-ready; the order of keys does not matter."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def array_sha256(array: np.ndarray | Tensor) -> str:
    """Return the SHA-256 of an array's values."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


T = TypeVar("T")


class BuildRecord:
    """The record of what was made for one stimulus.

    Parameters
    ----------
    root
        Study folder; files are named relative to it.
    stim_id
        The stimulus.
    on_change
        Called before anything is made anew.

    Raises
    ------
    InputError
        If the record names a file outside the study, or one that is not made.
    """

    def __init__(
        self, root: Path, stim_id: str, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self.root, self.stim_id, self._on_change = root, stim_id, on_change
        self.path = confined(root, f"stimuli/made/{stim_id}.json", root)
        self._used: set[str] = set()
        self._entries: dict[str, dict[str, Any]] = {}
        if self.path.exists():
            # A record that cannot be read is as if nothing had been made.
            with suppress(InputError, AttributeError):
                entries = cast(dict, read_json(self.path)).items()
                self._entries = {name: entry for name, entry in entries if isinstance(entry, dict)}
        for name, entry in self._entries.items():
            if "sha256" in entry:
                self._file(name)

    def file_if_stale(self, relative: str, made_from: object, write: Callable[[Path], None]) -> str:
        """Return the SHA-256 of a file; rebuild the file if an input changed.

        Parameters
        ----------
        relative
            Path of the file in the study.
        made_from
            All that decides what the file holds, JSON-ready.
        write
            Writes the file, whole or not at all.
        """
        key, path = digest(made_from), self._file(relative)
        entry = self._entries.get(relative, {})
        self._used.add(relative)
        if entry.get("from") == key and path.is_file() and sha256(path) == entry.get("sha256"):
            return entry["sha256"]
        self._on_change()
        write(path)
        return self._keep(relative, {"from": key, "sha256": sha256(path)})["sha256"]

    def value_if_stale(self, name: str, made_from: object, compute: Callable[[], T]) -> T:
        """Return what was computed, JSON-ready; compute it again if an input changed."""
        key = digest(made_from)
        self._used.add(name)
        entry = self._entries.get(name, {})
        if entry.get("from") == key and "value" in entry:
            return entry["value"]
        self._on_change()
        return self._keep(name, {"from": key, "value": compute()})["value"]

    def note(self, name: str, made_from: object, value: object) -> None:
        """Record something JSON-ready that is known while a file is made; see `noted`."""
        self._keep(name, {"from": digest(made_from), "value": value})

    def noted(self, name: str, made_from: object) -> Any:
        """Return what was noted while a file was made from this; None if nothing was."""
        self._used.add(name)
        entry = self._entries.get(name, {})
        return entry.get("value") if entry.get("from") == digest(made_from) else None

    def value(self, name: str) -> Any:
        """Return what was computed under a name; None if nothing is recorded."""
        return self._entries.get(name, {}).get("value")

    def finish(self) -> None:
        """Forget what was not asked for this time, and remove such files."""
        stale = set(self._entries) - self._used
        for name in stale:
            if "sha256" in self._entries.pop(name):
                self._file(name).unlink(missing_ok=True)
        if stale:
            write_json(self.path, self._entries)

    def remove(self) -> None:
        """Remove all files of the record, then the record."""
        self._used.clear()
        self.finish()
        self.path.unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        """Return the path of a file of a record, which is one that is made."""
        path = confined(self.root, name, self.path)
        if not name.startswith(_MADE):
            raise InputError(
                f"{self.path}: names {name!r}, which is not made from a photograph; expected a "
                f"file in one of {', '.join(_MADE)}; delete this record"
            )
        return path

    def _keep(self, name: str, entry: dict[str, Any]) -> dict[str, Any]:
        self._entries[name] = entry
        write_json(self.path, self._entries)
        return entry
