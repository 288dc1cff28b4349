"""Events alone of SMI's trackers: the text that BeGaze and the IDF Event Detector export.

After some remarks the file names, under ``Table Header for Fixations:`` and so on, the columns of
every kind of line, separated by tabs or commas: ``Fixation L`` with ``Start``, ``End``,
``Duration`` (microseconds), ``Location X``, ``Location Y`` (pixels) and the mean pupil,
``Saccade R``, ``Blink L``, and ``UserEvent`` with a message. In come the lines, out comes the
`Recording` that they make up, without samples. An event ends when the next begins, so that it lasts
from its start to its end. ``B`` of both eyes together stands in place of the left eye's.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from analysis.recordings.asc_text import MISSING, decoded, number, text_lines
from analysis.recordings.begaze import message_text, pictures
from analysis.recordings.recording import Recording, assemble
from analysis.recordings.vendor_tables import (
    display_message,
    no_samples,
    runs_of,
    shown_messages,
)
from stimuli.support.errors import InputError

MARK = "Table Header for Fixations:"
_SECTION = re.compile(r"Table Header for (.+):")
_SAMPLE_RATE = re.compile(r"(?:## )?Sample Rate:\s*([0-9.]+)")
_TIMES = ("Start", "End", "Duration")
_PLACES = {
    "Fixation": ("Location X", "Location Y", "Avg. Pupil Size X"),
    "Saccade": ("Start Loc.X", "Start Loc.Y", "End Loc.X", "End Loc.Y", "Amplitude", "Peak Speed"),
    "Blink": (),
}
_KINDS = {"Fixations": "Fixation", "Saccades": "Saccade", "Blinks": "Blink",
          "User Events": "UserEvent"}  # fmt: skip
_SHORTEST_MS = 1.0
"""Fixations that are half of them shorter have no microseconds."""


def read_smi_events(path: str | Path, screen_px: tuple[int, int] | None = None) -> Recording:
    """Read a text of events that BeGaze or the IDF Event Detector exported.

    Parameters
    ----------
    screen_px
        Width and height of the screen, which the file does not say.

    Raises
    ------
    InputError
        If a kind of event lacks a column, the file holds no event, or times are no microseconds.
    """
    warnings: Counter[str] = Counter()
    lines = [decoded(line) for line in
             text_lines(Path(path).read_bytes(), str(path), warnings, cut=False)]  # fmt: skip
    rows = _rows(lines, _columns(lines, str(path)))
    events = {kind: _events(kind, rows[kind], warnings) for kind in _PLACES}
    if not any(events.values()):
        raise InputError(
            f"{path}: holds no fixation, saccade or blink; expected a line of each, such as "
            f"'Fixation L', below their headers; export the events anew"
        )
    durations_ms = [row[4] for row in events["Fixation"]]
    if durations_ms and np.median(durations_ms) < _SHORTEST_MS:
        raise InputError(
            f"{path}: fixations last {np.median(durations_ms):g} ms if their times are "
            f"microseconds, as in the middle of all; expected microseconds; export them so"
        )
    told = [(1, time_us / 1000, message_text(cells["Description"]))
            for cells in rows["UserEvent"]
            if (time_us := number(cells["Start"])) is not None]  # fmt: skip
    found = [row for one in events.values() for row in one]
    first_ms, last_ms = min(row[2] for row in found), max(row[3] for row in found)
    shown = pictures(told, last_ms) or _by_column(rows["Fixation"])
    rate = next((float(match[1]) for line in lines if (match := _SAMPLE_RATE.match(line))), 0.0)
    eyes = "".join(eye for eye in "LR" if any(row[1] == eye for row in found))
    messages = sorted([*shown_messages(shown, [1] * len(shown)), *told], key=lambda one: one[1])
    return assemble(
        fixations=events["Fixation"], saccades=events["Saccade"], blinks=events["Blink"],
        messages=[*display_message(screen_px, first_ms), *messages],
        blocks=[(1, first_ms, last_ms, eyes, rate or math.nan)],
        begun={name: set() for name in ("fixations", "saccades", "blinks")},
        preamble=lines[: lines.index(MARK)], warnings=warnings,
        read_samples=lambda: no_samples(eyes),
    )  # fmt: skip


def _columns(lines: Sequence[str], where: str) -> dict[str, list[str]]:
    """Return the names of the columns of every kind of line."""
    columns: dict[str, list[str]] = {}
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        match = _SECTION.fullmatch(line.strip())
        if match and match[1] in _KINDS:
            separator = "\t" if "\t" in after else ","
            columns[_KINDS[match[1]]] = [name.strip() for name in after.split(separator)]
    for kind, names in columns.items():
        wanted = ("Start", "Description") if kind == "UserEvent" else (*_TIMES, *_PLACES[kind][:2])
        for name in wanted:
            if name not in names:
                raise InputError(
                    f"{where}: the lines of {kind} have no column {name!r}; expected "
                    f"{', '.join(wanted)}; export them too"
                )
    return columns


def _rows(
    lines: Sequence[str], columns: Mapping[str, Sequence[str]]
) -> dict[str, list[dict[str, str]]]:
    """Return the lines of every kind as cells by the names of their columns."""
    rows: dict[str, list[dict[str, str]]] = {kind: [] for kind in _KINDS.values()}
    for line in lines:
        first = re.split(r"[\t,]", line, maxsplit=1)[0]
        kind = first.split(" ")[0]
        if kind not in columns or first == line:
            continue
        names = columns[kind]
        cells = line.split(line[len(first)], len(names) - 1)
        rows[kind].append(dict(zip(names, map(str.strip, cells), strict=False)))
    return rows


def _events(kind: str, rows: Sequence[Mapping[str, str]], warnings: Counter[str]) -> list[tuple]:
    """Return rows as `Recording` has them, in order; those that cannot be read are counted."""
    found = []
    for cells in rows:
        eye = cells["Event Type"].removeprefix(kind).strip().replace("B", "L")
        times_us = [number(cells.get(name, "")) for name in _TIMES]
        texts = [cells.get(name, "") for name in _PLACES[kind]]
        values = [number(text) for text in texts]
        sound = all(value is not None or text.lower() in (*MISSING, "", "-")
                    for value, text in zip(values, texts, strict=True))  # fmt: skip
        if eye not in ("L", "R") or None in times_us or not sound:
            warnings[f"{kind} lines that cannot be read"] += 1
            continue
        found.append(
            (1, eye, *(float(time or 0) / 1000 for time in times_us),
             *(math.nan if value is None else value for value in values))
        )  # fmt: skip
    return sorted(found, key=lambda row: row[2])


def _by_column(fixations: Sequence[Mapping[str, str]]) -> list[tuple[str, float, float]]:
    """Return the images that the column ``Image`` names, from their first fixation to the last."""
    named = sorted(
        (start, end, cells["Image"])
        for cells in fixations
        if cells.get("Image", "-") not in ("", "-")
        and (start := number(cells["Start"])) is not None
        and (end := number(cells["End"])) is not None
    )
    return [
        (str(name), named[first][0] / 1000, named[last][1] / 1000)
        for name, first, last in runs_of([name for *_, name in named])
    ]
