"""Any recording of an EyeLink: EDF or ASC, told apart by how it begins, not by its name."""

from pathlib import Path

from analysis.recordings.asc import read_asc
from analysis.recordings.edf import MAGIC, read_edf
from analysis.recordings.recording import Recording
from stimuli.support.errors import InputError


def read_recording(path: str | Path) -> Recording:
    """Read a recording of an EyeLink: an EDF file, or an ASC file, plain or gzipped.

    Parameters
    ----------
    path
        The tracker's own file. What it is shows in its first bytes, whatever its name.

    Returns
    -------
    recording : Recording
        Fixations, saccades, blinks, messages and recording blocks as tables, in milliseconds of
        the tracker's clock and in its pixels; gaze samples on demand. What is not sound in the
        file is left out and counted in ``recording.warnings``.

    Raises
    ------
    InputError
        If there is no such file, or nothing in it can be read; see `read_edf` and `read_asc`.

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
            start = file.read(len(MAGIC))
    except FileNotFoundError:
        raise InputError(f"{path}: no such recording; expected an EDF or ASC file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; expected an EDF or ASC file") from None
    return read_edf(path) if start == MAGIC else read_asc(path)
