"""Recordings of a Gazepoint: the tables ``all_gaze`` and ``fixations`` of Gazepoint Analysis.

The columns that readers of its exports know, with the meanings of the
Open Gaze API: ``TIME`` (seconds; the date of the recording stands in brackets in the header),
``BPOGX``, ``BPOGY``, ``BPOGV`` (the best point of gaze, both eyes together, and whether it is
valid, 1 or 0), ``FPOGX``, ``FPOGY``, ``FPOGS``, ``FPOGD``, ``FPOGID``, ``FPOGV`` (the program's own
fixation: where, its start and duration in seconds, its number, whether it is valid), ``LPMM`` and
``RPMM`` (pupils), ``MEDIA_ID`` and ``MEDIA_NAME`` (what was shown) and ``USER`` (texts of the
experiment). Positions are shares of the screen from its top left corner, so
its size is needed. The gaze of both eyes together stands in place of the left eye's. Where the
clock begins anew with a medium, a second lies between the two.
"""

import math
from pathlib import Path

import numpy as np

from analysis.recordings.recording import Recording
from analysis.recordings.vendor_checks import check_times, shares_to_pixels
from analysis.recordings.vendor_tables import (
    VendorTable,
    eye_samples,
    mean_of_known,
    no_samples,
    read_vendor_table,
    runs_of,
    shown_messages,
    vendor_recording,
)
from stimuli.support.errors import InputError

HEADER = ("FPOGX", "FPOGY")
_PAUSE_MS = 1000.0


def read_gazepoint(path: str | Path, screen_px: tuple[int, int] | None = None) -> Recording:
    """Read a table of one user that Gazepoint Analysis exported.

    Parameters
    ----------
    screen_px
        Width and height of the screen in pixels.

    Raises
    ------
    InputError
        If the screen's size is not given, a column is missing, or positions are no shares of it.
    """
    table = read_vendor_table(path, HEADER)
    if screen_px is None:
        raise InputError(
            f"{path}: positions are shares of the screen, whose size the file does not say; "
            f"expected it with --screen WIDTHxHEIGHT, such as --screen 1920x1080"
        )
    table.texts = table.texts.rename(
        columns={name: "TIME" for name in table.texts if str(name).startswith("TIME(")}
    )
    table.need("FPOGS", "FPOGD", "FPOGID")
    sampled = table.has("TIME", "BPOGX", "BPOGY") and not _fixations_alone(table)
    stamps = "TIME" if sampled else "FPOGS"
    stamps_ms = 1000 * table.number(stamps)
    media = [
        f"{number} {name}"
        for number, name in zip(table.text("MEDIA_ID"), table.text("MEDIA_NAME"), strict=True)
    ]
    block, later_ms = _blocks(table, stamps_ms, media)
    time_ms = stamps_ms + later_ms
    check_times(table, stamps, time_ms)
    if sampled:
        samples = eye_samples(time_ms, "L", _gaze(table, screen_px), block)
        next_ms = np.append(time_ms[1:], time_ms[-1])
        ends_ms = np.where(np.diff(block, append=block[-1]), time_ms, next_ms)
    else:
        table.warnings["table of fixations alone: a medium appears with its first fixation"] += 1
        samples = no_samples("L")
        ends_ms = time_ms + 1000 * table.number("FPOGD")
    return vendor_recording(
        table, samples, "L", fixations=_fixations(table, block, later_ms, screen_px),
        messages=_messages(table, time_ms, ends_ms, block, media), screen_px=screen_px,
    )  # fmt: skip


def _fixations_alone(table: VendorTable) -> bool:
    """Return whether every row is a fixation of its own, as in the table ``fixations``."""
    return len(table) > 1 and len(runs_of(table.text("FPOGID").tolist())) == len(table)


def _blocks(
    table: VendorTable, stamps_ms: np.ndarray, media: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return block of every row, a new one where the clock starts anew, and what to add to it."""
    block, later_ms = np.ones(len(stamps_ms), np.int64), np.zeros(len(stamps_ms))
    for _, first, _last in runs_of(media)[1:]:
        if not stamps_ms[first] < stamps_ms[first - 1]:
            continue
        block[first:] += 1
        later_ms[first:] += stamps_ms[first - 1] + _PAUSE_MS - stamps_ms[first]
        table.warnings["clock that starts anew with a medium"] += 1
    return block, later_ms


def _gaze(table: VendorTable, screen_px: tuple[int, int]) -> list[np.ndarray]:
    """Return x and y of the best point of gaze, in pixels, and the mean pupil."""
    columns = []
    for axis, side_px in zip("XY", screen_px, strict=True):
        shares = _valid(table, f"BPOG{axis}", "BPOGV")
        columns.append(shares_to_pixels(table, f"BPOG{axis}", shares, side_px))
    pupils = [_valid(table, f"{eye}PMM", f"{eye}PMMV") for eye in "LR"]
    return [*columns, mean_of_known(pupils)]


def _valid(table: VendorTable, name: str, flag: str) -> np.ndarray:
    values = table.number(name)
    if table.has(flag):
        values[table.number(flag) != 1] = math.nan
    return values


def _fixations(
    table: VendorTable, block: np.ndarray, later_ms: np.ndarray, screen_px: tuple[int, int]
) -> list[tuple]:
    """Return the program's own fixations; a sample repeats its own, which grows until its last."""
    x, y = (
        shares_to_pixels(table, f"FPOG{axis}", table.number(f"FPOG{axis}"), side_px)
        for axis, side_px in zip("XY", screen_px, strict=True)
    )
    start, lasted = 1000 * table.number("FPOGS"), 1000 * table.number("FPOGD")
    valid = np.isfinite(x) & np.isfinite(y) & np.isfinite(start) & np.isfinite(lasted)
    if table.has("FPOGV"):
        valid &= table.number("FPOGV") == 1
    labels = [f"{one} {number}" for one, number in zip(block, table.text("FPOGID"), strict=True)]
    found = []
    for _, first, last in runs_of(labels):
        own = first + np.flatnonzero(valid[first : last + 1])
        if len(own):
            at = own[-1]
            begun = float(start[at] + later_ms[at])
            found.append((int(block[at]), "L", begun, begun + float(lasted[at]),
                          float(lasted[at]), float(x[at]), float(y[at]), math.nan))  # fmt: skip
    return found


def _messages(
    table: VendorTable, time_ms: np.ndarray, ends_ms: np.ndarray, block: np.ndarray,
    media: list[str],
) -> list[tuple]:  # fmt: skip
    """Return messages of the media that were shown, and the experiment's own."""
    names, shown, blocks = table.text("MEDIA_NAME").to_numpy(), [], []
    for _, first, last in runs_of(media):
        if names[first]:
            shown.append((str(names[first]), float(time_ms[first]), float(ends_ms[last])))
            blocks.append(int(block[first]))
    told = [
        (int(block[first]), float(time_ms[first]), str(text))
        for text, first, _ in runs_of(table.text("USER").tolist()) if text
    ]  # fmt: skip
    return [*shown_messages(shown, blocks), *told]
