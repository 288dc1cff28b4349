"""Any recording of an EyeLink: EDF or ASC, told apart by how it begins, not by its name."""

from pathlib import Path

from analysis.recordings.asc import read_asc
from analysis.recordings.edf import MAGIC, read_edf
from analysis.recordings.recording import Recording
from stimuli.errors import InputError


def read_recording(path: str | Path) -> Recording:
    """Read an EDF or ASC file; see `read_edf` and `read_asc` for what is refused."""
    path = Path(path)
    try:
        with open(path, "rb") as file:
            start = file.read(len(MAGIC))
    except FileNotFoundError:
        raise InputError(f"{path}: no such recording; expected an EDF or ASC file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder; expected an EDF or ASC file") from None
    return read_edf(path) if start == MAGIC else read_asc(path)
