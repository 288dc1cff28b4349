"""Any recording: EDF, ASC or a table of samples, told apart by how it begins, not by its name."""

import zlib
from pathlib import Path

from analysis.recordings.asc import read_asc
from analysis.recordings.asc_text import GZIP
from analysis.recordings.edf import MAGIC, read_edf
from analysis.recordings.recording import Recording
from analysis.recordings.sample_tables import (
    PHYSIO,
    read_physio,
    read_sample_table,
    separator_of,
)
from stimuli.support.errors import InputError

_HEAD_BYTES = 4096


def read_recording(path: str | Path) -> Recording:
    """Read a recording: an EyeLink's EDF or ASC file, a table of gaze samples, or BIDS ``physio``.

    Parameters
    ----------
    path
        The tracker's own file, plain or gzipped. What it is shows in its first bytes, whatever its
        name; but for BIDS, whose samples have no header: ``..._physio.tsv.gz``. A table has the
        columns ``time_ms``, ``x_px``, ``y_px`` (or ``x_left_px``, ...), and may have ``pupil``,
        ``block`` and ``message``; see `analysis.recordings.sample_tables`.

    Returns
    -------
    recording : Recording
        Fixations, saccades, blinks, messages and recording blocks as tables, in milliseconds of
        the tracker's clock and in its pixels; gaze samples on demand. What is not sound in the
        file is left out and counted in ``recording.warnings``.

    Raises
    ------
    InputError
        If there is no such file, or nothing in it can be read; see `read_edf`, `read_asc`,
        `read_sample_table` and `read_physio`.

    Examples
    --------
    >>> from analysis import read_recording
    >>> recording = read_recording("demo-study/sourcedata/sub-01/s01r1.asc")
    >>> durations_ms = recording.fixations["duration_ms"]
    >>> recording.samples().columns[:4].to_list()
    ['block', 'time_ms', 'x_left_px', 'y_left_px']
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            start = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise InputError(f"{path}: no such recording; expected an EDF or ASC file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; expected an EDF or ASC file") from None
    if start.startswith(MAGIC):
        return read_edf(path)
    if path.name.endswith(PHYSIO):
        return read_physio(path)
    return read_sample_table(path) if separator_of(_first_line(start)) else read_asc(path)


def _first_line(start: bytes) -> str:
    if start.startswith(GZIP):
        try:
            start = zlib.decompressobj(wbits=31).decompress(start, _HEAD_BYTES)
        except zlib.error:
            return ""
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return start.decode(encoding, "replace").partition("\n")[0].strip()
