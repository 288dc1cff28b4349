"""Calibrations, validations and drift checks, as the tracker's own messages tell of them.

Both file formats carry them as the same texts, such as ``!CAL VALIDATION HV9 L LEFT GOOD ERROR
0.27 avg. 0.83 max OFFSET 0.11 deg. 3.7,2.4 pix.`` or, of one that was broken off, ``!CAL VALIDATION
R ABORTED``.
"""

import math
import re
from collections.abc import Iterator

import pandas as pd

_OFFSETS = ("offset_deg", "x_offset_px", "y_offset_px")
CALIBRATION = ("block", "time_ms", "eye", "model", "result")
VALIDATION = (*CALIBRATION, "error_mean_deg", "error_max_deg", *_OFFSETS)
VALIDATION_POINT = ("block", "time_ms", "eye", "point", "x_px", "y_px", *_OFFSETS)
DRIFT_CHECK = ("block", "time_ms", "eye", "x_px", "y_px", *_OFFSETS)

_NUMBER = r"\s*(-?[0-9]{1,9}(?:\.[0-9]{1,9})?)"
_PAIR = rf"{_NUMBER},{_NUMBER}"
_OFFSET = rf"OFFSET{_NUMBER} deg\.\s+{_PAIR} pix\."
_BROKEN_OFF = re.compile(r"!CAL (CALIBRATION|VALIDATION) (L|R|LR) +(ABORTED|FAILED)")
_CALIBRATION = re.compile(r"!CAL CALIBRATION (\w+) +\w+ +(LEFT|RIGHT) +(\w+)")
_VALIDATION = re.compile(
    rf"!CAL VALIDATION (\w+) +\w+ +(LEFT|RIGHT) +(\w+)"
    rf"(?: +ERROR{_NUMBER} avg\.{_NUMBER} max +{_OFFSET})?"
)
_POINT = re.compile(rf"VALIDATE \w+ +\w*POINT +([0-9]{{1,3}}) +(LEFT|RIGHT) +at{_PAIR} +{_OFFSET}")
_DRIFT = re.compile(rf"DRIFTCORRECT +\w+ +(LEFT|RIGHT) +at{_PAIR} +{_OFFSET}")
_DISPLAY = re.compile(rf"(?:DISPLAY|GAZE)_COORDS[ =]+{_NUMBER}\s{_NUMBER}\s{_NUMBER}\s{_NUMBER}")


def calibrations(messages: pd.DataFrame) -> list[tuple]:
    """Return rows by `CALIBRATION`."""
    done = [
        (*when, match[2][0], match[1], match[3]) for when, match in _found(_CALIBRATION, messages)
    ]
    return _in_order([*done, *_broken_off("CALIBRATION", messages)])


def validations(messages: pd.DataFrame) -> list[tuple]:
    """Return rows by `VALIDATION`."""
    done = [
        (*when, match[2][0], match[1], match[3], *map(_float, match.groups()[3:]))
        for when, match in _found(_VALIDATION, messages)
    ]
    unknown = (math.nan,) * (len(VALIDATION) - len(CALIBRATION))
    broken_off = _broken_off("VALIDATION", messages)
    return _in_order([*done, *((*row, *unknown) for row in broken_off)])


def validation_points(messages: pd.DataFrame) -> list[tuple]:
    """Return rows by `VALIDATION_POINT`."""
    return [
        (*when, match[2][0], int(match[1]), *map(_float, match.groups()[2:]))
        for when, match in _found(_POINT, messages)
    ]


def drift_checks(messages: pd.DataFrame) -> list[tuple]:
    """Return rows by `DRIFT_CHECK`."""
    return [
        (*when, match[1][0], *map(_float, match.groups()[1:]))
        for when, match in _found(_DRIFT, messages)
    ]


def displays_px(messages: pd.DataFrame) -> list[tuple[float, ...]]:
    """Return the tracker's pixels that messages name, each once: left, top, right, bottom."""
    found = (tuple(map(float, match.groups())) for _, match in _found(_DISPLAY, messages))
    return list(dict.fromkeys(found))


def _broken_off(what: str, messages: pd.DataFrame) -> list[tuple]:
    """Return rows by `CALIBRATION`, one an eye, of messages that name neither eye nor model."""
    return [
        (*when, eye, "", match[3])
        for when, match in _found(_BROKEN_OFF, messages) if match[1] == what
        for eye in match[2]
    ]  # fmt: skip


def _in_order(rows: list[tuple]) -> list[tuple]:
    return sorted(rows, key=lambda row: row[1])


def _found(
    pattern: re.Pattern[str], messages: pd.DataFrame
) -> Iterator[tuple[tuple[int, float], re.Match[str]]]:
    blocks, times_ms = messages["block"].to_numpy(), messages["time_ms"].to_numpy()
    for row, text in enumerate(messages["text"].tolist()):
        if match := pattern.match(text):
            yield (int(blocks[row]), float(times_ms[row])), match


def _float(text: str | None) -> float:
    return math.nan if text is None else float(text)
