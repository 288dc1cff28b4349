"""Gaze that other trackers' programs export: what their tables have in common.

In come the bytes of a file with a header, one row a sample; out come its columns as numbers, and
from them a `Recording`. What a flag of the tracker says is not valid is missing, never a position.
Where the table names the image on the screen, messages tell of it in the words of SR Research's
tools, so that trials are found as in any other recording (`analysis.sessions.patterns`).
"""

import io
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.recordings.asc_text import MISSING, decoded, decoded_table, text_lines
from analysis.recordings.recording import Recording, sample_columns
from analysis.recordings.sample_tables import recording_of_samples
from stimuli.support.errors import InputError, nearest

_NOTHING = frozenset({*MISSING, "", "-", "nan"})
HEADER_LINES = 400
"""Within so many lines a header stands."""

_MORE_CELLS = 8


@dataclass
class VendorTable:
    """A table of texts by the names of its columns, and where it comes from.

    Attributes
    ----------
    where
        What errors call the file.
    texts : DataFrame
        Cells without blanks around them.
    first_line
        Of the file: that of the first row.
    remarks
        Lines before the header.
    """

    where: str
    texts: pd.DataFrame
    first_line: int
    remarks: Sequence[str]
    warnings: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.texts)

    def has(self, *names: str) -> bool:
        """Return whether all these columns are there."""
        return all(name in self.texts for name in names)

    def need(self, *names: str) -> None:
        """Check that columns are there.

        Raises
        ------
        InputError
            Names the first that is missing.
        """
        for name in names:
            if name not in self.texts:
                raise InputError(
                    f"{self.where}: column {name!r} is missing; expected {', '.join(names)}"
                    f"{nearest(name, self.texts.columns)}; export it too"
                )

    def text(self, name: str) -> pd.Series:
        """Return a column as texts; nothing where it is missing."""
        if name in self.texts:
            return self.texts[name].mask(self.texts[name].str.lower().isin(_NOTHING), "")
        return pd.Series("", index=self.texts.index, dtype=object)

    def number(self, name: str) -> np.ndarray:
        """Return a column as numbers ``(n,)``, NaN where nothing is known; all, if it is missing.

        Raises
        ------
        InputError
            If a value is no number.
        """
        words = self.text(name)
        numbers = pd.to_numeric(words.str.replace(",", ".", regex=False), errors="coerce")
        wrong = np.flatnonzero((words != "") & numbers.isna())
        if len(wrong):
            line = self.first_line + int(self.texts.index[wrong[0]])
            raise InputError(
                f"{self.where}, line {line}: {name} is {words.iloc[wrong[0]]!r}; expected a number"
            )
        return numbers.to_numpy(dtype=np.float64, copy=True)

    def where_true(self, rows: np.ndarray) -> "VendorTable":
        """Return the table of some rows, which keep their lines."""
        return VendorTable(
            self.where, self.texts[rows], self.first_line, self.remarks, self.warnings
        )


def header_line(start: str, known: Sequence[str]) -> tuple[int, str] | None:
    """Return line, from 0, and separator of a header that has all `known` columns, or None."""
    for number, line in enumerate(start.splitlines()):
        if not all(name in line for name in known):
            continue
        for separator in ("\t", ",", ";"):
            cells = {cell.strip().strip('"') for cell in line.split(separator)}
            if all(any(cell.startswith(name) for cell in cells) for name in known):
                return number, separator
    return None


def read_vendor_table(
    path: str | Path, known: Sequence[str], *others: Sequence[str]
) -> VendorTable:
    """Read a table whose header has columns that begin with the `known` words, or with `others`.

    Raises
    ------
    InputError
        If there is no such header, or no row.
    """
    warnings: Counter[str] = Counter()
    lines = text_lines(Path(path).read_bytes(), str(path), warnings, cut=False)
    start = "\n".join(map(decoded, lines[:HEADER_LINES]))
    found = next(filter(None, (header_line(start, words) for words in (known, *others))), None)
    if found is None:
        raise InputError(
            f"{path}: has no header with {', '.join(known)}; expected the table as the tracker's "
            f"program exports it"
        )
    at, separator = found
    names = [name.strip().strip('"') for name in decoded(lines[at]).split(separator)]
    # A header of our own: some programs end lines with a separator, and a message may hold some.
    header = separator.join(map(str, range(len(names) + _MORE_CELLS))).encode()
    texts = pd.read_csv(
        io.StringIO(decoded_table([header, *lines[at + 1 :], b""])), sep=separator, dtype=str,
        usecols=list(map(str, range(len(names)))), index_col=False, keep_default_na=False,
        skip_blank_lines=False, quoting=3 if separator == "\t" else 0,
    )  # fmt: skip
    texts = texts.set_axis(names, axis=1)[[name for name in names if name]].fillna("")
    texts = texts.apply(lambda column: column.str.strip())
    texts = texts[(texts != "").any(axis=1)]  # blank lines
    if texts.empty:
        raise InputError(f"{path}: holds no sample; expected a row for each below the header")
    return VendorTable(str(path), texts, at + 2, [decoded(one) for one in lines[:at]], warnings)


def eye_samples(
    time_ms: np.ndarray, eyes: str, columns: Sequence[np.ndarray], block: np.ndarray | None = None
) -> pd.DataFrame:
    """Return samples as `Recording.samples` does: x, y and pupil of each of `eyes` in `columns`.

    A pair of which one is missing is missing whole.
    """
    values = [np.array(column, dtype=np.float64) for column in columns]
    for at in range(0, len(values), 3):
        lost = ~np.isfinite(values[at]) | ~np.isfinite(values[at + 1])
        values[at][lost] = values[at + 1][lost] = math.nan
    samples = pd.DataFrame(
        dict(zip(sample_columns(eyes), [time_ms, *values], strict=True)), copy=False
    )
    samples.insert(0, "block", np.ones(len(samples), np.int64) if block is None else block)
    return samples


def mean_of_known(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of columns ``(n,)`` in every row, of those that are known; NaN if none is."""
    values = np.stack(columns)
    known = np.isfinite(values)
    number = np.where(known.any(axis=0), known.sum(axis=0), math.nan)
    return np.where(known, values, 0.0).sum(axis=0) / number


def runs_of(labels: Sequence[object]) -> list[tuple[object, int, int]]:
    """Return every stretch of equal labels: the label, its first row and its last."""
    values = np.asarray(labels, dtype=object)
    if not len(values):
        return []
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    return [
        (values[first], int(first), int(last) - 1)
        for first, last in zip(starts, [*starts[1:], len(values)], strict=True)
    ]


def shown_messages(shown: Sequence[tuple[str, float, float]], blocks: Sequence[int]) -> list[tuple]:
    """Return messages of trials, each of an image ``(name, onset_ms, gone_ms)``, in a block."""
    told: list[tuple] = []
    for number, ((name, onset_ms, gone_ms), block) in enumerate(
        zip(shown, blocks, strict=True), start=1
    ):
        told += [
            (block, onset_ms, f"TRIALID {number}"),
            (block, onset_ms, f"!V TRIAL_VAR image {name}"),
            (block, onset_ms, "SYNCTIME"),
            (block, gone_ms, "TRIAL_RESULT 0"),
        ]
    return told


def display_message(screen_px: tuple[int, int] | None, time_ms: float) -> list[tuple]:
    """Return the message that tells of the screen, none where its size is not known."""
    if screen_px is None:
        return []
    return [(1, time_ms, f"DISPLAY_COORDS 0 0 {screen_px[0] - 1} {screen_px[1] - 1}")]


def no_samples(eyes: str) -> pd.DataFrame:
    """Return samples as `Recording.samples` does, of a table of events alone."""
    nothing = np.empty(0)
    return eye_samples(nothing, eyes, [nothing] * 3 * len(eyes))


def vendor_recording(
    table: VendorTable, samples: pd.DataFrame, eyes: str, *, fixations: Sequence[tuple] = (),
    blinks: Sequence[tuple] = (), messages: Sequence[tuple] = (),
    screen_px: tuple[int, int] | None = None, rate_hz: float = math.nan,
) -> Recording:  # fmt: skip
    """Return the recording; the screen, where it is known, stands among the messages."""
    first_ms = float(samples["time_ms"].iloc[0]) if len(samples) else 0.0
    told = sorted(messages, key=lambda one: (one[0], one[1]))
    return recording_of_samples(
        samples.reset_index(drop=True), eyes, [*display_message(screen_px, first_ms), *told],
        table.warnings, {"fixations": list(fixations), "blinks": list(blinks)}, rate_hz,
        preamble=table.remarks,
    )  # fmt: skip
