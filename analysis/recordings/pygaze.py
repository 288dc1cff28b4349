"""Recordings of PyGaze, which OpenSesame uses, with a Tobii: its ``..._TOBII_output.tsv``.

Reports come first, among them ``display resolution: 1024x768``, then a header with ``TimeStamp``
(milliseconds), ``Event`` and gaze of each eye in pixels, both -1 where the eye was lost, and
pupils. A message of the experiment stands in a row of its own, under ``Event``; which of them
begins a trial or names an image is the experiment's (`analysis.sessions.patterns`).
"""

import math
import re
from pathlib import Path

from analysis.recordings.recording import Recording
from analysis.recordings.vendor_checks import check_pixels, check_times
from analysis.recordings.vendor_tables import eye_samples, read_vendor_table, vendor_recording

HEADER = ("TimeStamp", "Event", "GazePointXLeft", "PupilValidityLeft")
_DISPLAY = re.compile(r"display resolution:\s*([0-9]{2,5})\s*x\s*([0-9]{2,5})\s*")


def read_pygaze(path: str | Path, screen_px: tuple[int, int] | None = None) -> Recording:
    """Read the table of samples and messages that PyGaze writes with a Tobii.

    Parameters
    ----------
    screen_px
        Width and height of the screen, where the file has no report of it.

    Raises
    ------
    InputError
        If a column is missing, a value is no number, or samples are not in the order of time.
    """
    table = read_vendor_table(path, HEADER)
    time_ms = table.number("TimeStamp")
    sampled = (table.text("GazePointXLeft") != "").to_numpy()
    rows = table.where_true(sampled)
    check_times(rows, "TimeStamp", time_ms[sampled])
    columns = []
    for side in ("Left", "Right"):
        rows.need(f"GazePointX{side}", f"GazePointY{side}", f"Validity{side}", f"PupilSize{side}")
        x, y, pupil = (
            rows.number(name) for name in
            (f"GazePointX{side}", f"GazePointY{side}", f"PupilSize{side}")
        )  # fmt: skip
        lost = ((x == -1) & (y == -1)) | (rows.number(f"Validity{side}") == 0)
        x[lost] = y[lost] = math.nan
        pupil[pupil <= 0] = math.nan
        columns += [x, y, pupil]
    check_pixels(rows, "GazePoint", *(columns[at] for at in (0, 1, 3, 4)))
    told = [
        (1, float(time), str(text))
        for time, text in zip(time_ms, table.text("Event"), strict=True)
        if text and math.isfinite(time)
    ]
    display = next(filter(None, map(_DISPLAY.fullmatch, table.remarks)), None)
    return vendor_recording(
        table, eye_samples(time_ms[sampled], "LR", columns), "LR", messages=told,
        screen_px=(int(display[1]), int(display[2])) if display else screen_px,
    )  # fmt: skip
