"""Recordings as tables: their events, their gaze samples, and how many events there are.

In come recordings by the names of their files; out come tables, and the paths of what was written.
A file that cannot be read does not stop the others: it is among the failures.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.recordings.events import RECORDING_EVENTS
from analysis.results.tables import write_csv
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.files import atomic_path
from stimuli.support.system_errors import is_wrong_input, told
from stimuli.support.tables import MISSING

_SUFFIXES = (".gz", ".asc", ".edf", ".csv", ".tsv")


@dataclass
class Failures:
    """Files that could not be read, each with its message; the others go on."""

    messages: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def noted(self, name: str) -> Iterator[None]:
        """Keep the message of a failure with the file of this name, and go on after it."""
        try:
            yield
        except InputError as error:
            self.messages[name] = str(error)
        except OSError as error:
            if not is_wrong_input(error):  # but of the disk, on which nothing else goes either
                raise
            self.messages[name] = told(error)


def read_each(files: Sequence[str], read: Callable[[str], None]) -> Failures:
    """Read files one after the other; a bad one does not stop the others.

    Raises
    ------
    InputError
        If a file is named twice, or none can be read.
    """
    resolved = [Path(name).resolve() for name in files]
    for number, path in enumerate(resolved):
        if path in resolved[:number]:
            raise InputError(f"{files[number]}: is named twice; expected each recording once")
    failures = Failures()
    for name in progress(files, "Recordings", len(files)):
        with failures.noted(name):
            read(name)
    if len(failures.messages) == len(files):
        raise InputError("; ".join(failures.messages.values()))
    return failures


def short_names(files: Sequence[str]) -> dict[str, str]:
    """Return a name for every file, no two alike even where letters' case does not count.

    It is the file's name without its suffix; with it, and then with as many folders before it as it
    takes, where files would have the same.
    """
    parts = {name: Path(name).resolve().parts for name in files}
    short = {name: _without_suffix(parts[name][-1]) for name in files}
    depth = 0
    while twice := _alike(short):
        depth += 1
        for name in twice:
            *folders, last = parts[name]
            before = [part.strip("/\\:") for part in folders[max(len(folders) - depth + 1, 0) :]]
            short[name] = "_".join([*before, last.replace(".", "_")])
        if depth > max(map(len, parts.values())) + 1:
            raise InputError(f"{twice[0]} and {twice[1]}: would have one name; rename one of them")
    return short


def _alike(short: Mapping[str, str]) -> list[str]:
    folded = [one.casefold() for one in short.values()]
    return [name for name, one in short.items() if folded.count(one.casefold()) > 1]


def _without_suffix(name: str) -> str:
    for suffix in _SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            name = name[: -len(suffix)]
    return name


def write_events(
    path: Path, events: Sequence[pd.DataFrame], sidecar: Mapping[str, object]
) -> list[Path]:
    """Write the events of recordings as one table; `sidecar` adds entries beside the columns'."""
    return write_csv(path, RECORDING_EVENTS, pd.concat(events), sidecar=sidecar)


def write_samples(path: Path, samples: pd.DataFrame) -> None:
    """Write the gaze samples of a recording, gzipped."""
    with atomic_path(path) as temporary:
        samples.to_csv(temporary, index=False, na_rep=MISSING, float_format="%.10g")
