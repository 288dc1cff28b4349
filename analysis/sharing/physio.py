"""A recording of gaze samples, as BIDS ``physio``, that says neither when nor of whom it was.

It has no events of a parser, so that the analysis finds fixations in the samples: these stay as
they are, and the messages are those of known words.
"""

import gzip
import re
from pathlib import Path

from analysis.sharing.facts import known_facts, reads
from analysis.sharing.messages import is_known
from stimuli.contract.study import EYE1, PHYSIO
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, write_bytes, write_json
from stimuli.support.tables import MISSING

_NUMBER = r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?"
_CELLS = re.compile(rf"(?:{_NUMBER}|{MISSING})(?:\t(?:{_NUMBER}|{MISSING}))*+")
_TYPES = (MISSING, "fixation", "saccade", "blink")
_COLUMN = r"timestamp|[xy]_coordinate|pupil_size|onset|duration|trial_type|message"
_STATED = {
    "PhysioType": "eyetrack", "TaskName": "freeview", "RecordedEye": "left|right|cyclopean",
    "SampleCoordinateSystem": "gaze-on-screen", "SamplingFrequency": _NUMBER, "StartTime": _NUMBER,
    "CalibrationCount": _NUMBER, "CalibrationType": r"H?V?[0-9]+",
    "AverageCalibrationError": _NUMBER, "MaximalCalibrationError": _NUMBER,
    "OnsetSource": "timestamp", "Manufacturer": r"[\w ().-]{1,40}",
    "ManufacturersModelName": r"[\w ().-]{1,40}", "Columns": _COLUMN,
}  # fmt: skip


def write_shared_physio(recording: Path, target: Path) -> tuple[list[Path], int]:
    """Write the samples and messages of every eye of a recording as they may be published.

    Parameters
    ----------
    recording
        Of the preferred eye; those of the other lie beside it.
    target
        Where that is in the copy.

    Returns
    -------
    written
        The samples of every eye first.
    left_out
        Number of messages of other words.

    Raises
    ------
    InputError
        If samples are no numbers.
    """
    written: list[Path] = []
    left_out = 0
    for samples in sorted(recording.parent.glob(recording.name.replace(EYE1, "_recording-eye*"))):
        path = target.with_name(samples.name)
        for line in (lines := _lines(samples)):
            if not _CELLS.fullmatch(line):
                raise InputError(f"{samples}: {line[:80]!r} is no sample; expected numbers")
        written += _write(samples, path, lines)
        events = samples.with_name(samples.name.replace(PHYSIO, "_physioevents.tsv.gz"))
        if events.is_file():
            lines = _lines(events)
            kept = [line for line in lines if _is_shared(line, _columns(events))]
            left_out += len(lines) - len(kept)
            written += _write(events, path.with_name(events.name), kept)
    return sorted(written, key=lambda one: not one.name.endswith(PHYSIO)), left_out


def _is_shared(line: str, columns: list[str]) -> bool:
    """Return whether a line of physioevents is an event, or a message of known words."""
    cells = dict(zip(columns, line.split("\t"), strict=False))
    text, kind = cells.pop("message", MISSING), cells.pop("trial_type", MISSING)
    numbers = _CELLS.fullmatch("\t".join(cells.values()))
    return kind in _TYPES and numbers is not None and (text == MISSING or is_known(text))


def _columns(path: Path) -> list[str]:
    stated = _stated(path).get("Columns")
    if not isinstance(stated, list) or not reads(stated, _COLUMN):
        raise InputError(f"{_json(path)}: Columns is {stated!r}; expected those of BIDS gaze")
    return stated


def _stated(path: Path) -> dict:
    stated = read_json(_json(path))
    return stated if isinstance(stated, dict) else {}


def _lines(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()


def _json(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".tsv.gz") + ".json")


def _write(source: Path, target: Path, lines: list[str]) -> list[Path]:
    stated, columns = _stated(source), _columns(source)
    units = {name: known_facts(stated.get(name), {"Units": r"[a-z]{1,12}"}) for name in columns}
    text = "".join(f"{line}\n" for line in lines)
    write_bytes(target, gzip.compress(text.encode("utf-8"), mtime=0))
    write_json(_json(target), known_facts(stated, _STATED) | {k: v for k, v in units.items() if v})
    return [target, _json(target)]
