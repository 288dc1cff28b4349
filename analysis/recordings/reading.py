"""Any recording, told apart by how it begins, not by its name.

EyeLink's EDF and ASC, the exports of Tobii Pro Lab, Gazepoint Analysis and SMI BeGaze, PyGaze's
table of a Tobii, plain tables of samples, and BIDS ``physio``.
"""

import zlib
from pathlib import Path

from analysis.recordings import begaze, gazepoint, pygaze, smi_events, tobii
from analysis.recordings.asc import read_asc
from analysis.recordings.asc_text import GZIP
from analysis.recordings.edf import MAGIC, read_edf
from analysis.recordings.recording import Recording
from analysis.recordings.sample_tables import read_physio, read_sample_table, separator_of
from analysis.recordings.unread import refuse_unread
from analysis.recordings.vendor_tables import HEADER_LINES, header_line
from stimuli.contract.study import PHYSIO
from stimuli.support.errors import InputError

_HEAD_BYTES = 1 << 16
_EXPECTED = "EDF, ASC or one of the tables in docs/recordings.md"
# By header, on the line that begins with one of these; SMI's and PyGaze's stand below remarks.
_VENDORS = (
    (tobii.HEADER, tobii.read_tobii, 1),
    (tobii.STUDIO_HEADER, tobii.read_tobii, 1),
    (gazepoint.HEADER, gazepoint.read_gazepoint, 1),
    (begaze.HEADER, begaze.read_begaze, HEADER_LINES),
    (begaze.RAW_HEADER, begaze.read_begaze, HEADER_LINES),
    (pygaze.HEADER, pygaze.read_pygaze, HEADER_LINES),
)


def read_recording(path: str | Path, *, screen_px: tuple[int, int] | None = None) -> Recording:
    """Read a recording: EyeLink's EDF or ASC, a table of gaze samples, or BIDS ``physio``.

    Tables are those that Tobii Pro Lab, Gazepoint Analysis, SMI's BeGaze and its IDF Converter
    export, and plain ones.

    Parameters
    ----------
    path
        The tracker's own file, plain or gzipped. What it is shows in its first bytes, whatever its
        name; but for BIDS, whose samples have no header: ``..._physio.tsv.gz``. A table has the
        columns ``time_ms``, ``x_px``, ``y_px`` (or ``x_left_px``, ...), and may have ``pupil``,
        ``block`` and ``message``; see `analysis.recordings.sample_tables`. The columns of other
        trackers are those of their programs: see `analysis.recordings.tobii`,
        `analysis.recordings.gazepoint`, `analysis.recordings.begaze` and, for SMI's events alone,
        `analysis.recordings.smi_events`; PyGaze's of a Tobii are in `analysis.recordings.pygaze`.
    screen_px
        Width and height of the screen in pixels, for a recording whose positions are shares of it
        and whose file does not say: Gazepoint's.

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
        `read_sample_table`, `read_physio`, `read_tobii`, `read_gazepoint`,
        `read_begaze`, `read_smi_events` and `read_pygaze`.

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
        raise InputError(f"{path}: no such recording; expected {_EXPECTED}") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; expected {_EXPECTED}") from None
    if start.startswith(MAGIC):
        return read_edf(path)
    if path.name.endswith(PHYSIO):
        return read_physio(path)
    head = _text(start)
    if separator_of(head.partition("\n")[0].strip()):
        return read_sample_table(path)
    for header, read, lines in _VENDORS:
        if header_line("\n".join(head.splitlines()[:lines]), header):
            return read(path, screen_px)
    if smi_events.MARK in head:
        return smi_events.read_smi_events(path, screen_px)
    refuse_unread(path, head)
    return read_asc(path)


def _text(start: bytes) -> str:
    if start.startswith(GZIP):
        try:
            start = zlib.decompressobj(wbits=31).decompress(start, _HEAD_BYTES)
        except zlib.error:
            return ""
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return start.decode(encoding, "replace")
