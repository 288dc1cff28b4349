"""A recording of samples on disk: kept as it grows, and made into BIDS ``physio`` when it is whole.

While a session runs, samples and messages are appended to plain tables in a folder of the run, so
that a crash loses at most the trial under way. `write_physio_files` makes of them what BIDS wants:
for each eye gzipped samples without a header and messages as ``physioevents``, with their JSON.
"""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from experiment.trackers.samples import SIDES, GazeSamples
from stimuli.contract.geometry import screen_to_eyelink
from stimuli.contract.study import EYE1, PHYSIO
from stimuli.support.files import read_json, write_bytes, write_json
from stimuli.support.system_errors import blaming
from stimuli.support.tables import MISSING

_COLUMNS = {
    "timestamp": ("Time of the sample on the clock of the display", "ms"),
    "x_coordinate": ("Gaze from the centre of the screen's leftmost pixels", "pixel"),
    "y_coordinate": ("Gaze from the centre of the screen's topmost pixels", "pixel"),
    "pupil_size": ("Pupil diameter or area, as the tracker has it", "arbitrary"),
}
_EVENT_COLUMNS = {
    "onset": ("Onset on the clock of the column timestamp", "ms"),
    "duration": ("0 of a message", "s"),
    "trial_type": ("n/a of a message; fixations are found by the analysis", None),
    "message": ("Text that the experiment wrote into the recording", None),
}


_RATE_TOLERANCE = 0.05


class WorkingFiles:
    """The tables of a recording that grows.

    Parameters
    ----------
    folder
        Where they lie.
    name
        What the recording is called.
    """

    def __init__(self, folder: Path, name: str):
        self.name = name
        self._samples = folder / f"{name}_samples.tsv"
        self._messages = folder / f"{name}_messages.tsv"
        self._facts = folder / f"{name}_facts.json"

    @property
    def exist(self) -> bool:
        """Whether the recording was begun and not yet handed over."""
        return self._facts.is_file()

    @property
    def missing(self) -> Path | None:
        """The first of the tables that is no longer there; None if all are that were begun."""
        if not self.exist:
            return self._facts
        if self._samples.is_file() and not self._messages.is_file():
            return self._messages
        # The onset of an image is told while samples come, and kept after them.
        onset = any("SYNCTIME" in line.split() for line in _whole_lines(self._messages))
        return self._samples if onset and not self._samples.is_file() else None

    def begin(self, facts: Mapping[str, object]) -> None:
        """Begin a recording, of which facts are known, or write down what else is known now."""
        self._facts.parent.mkdir(parents=True, exist_ok=True)
        write_json(self._facts, dict(facts))

    def add_samples(self, samples: GazeSamples) -> None:
        """Append samples; an eye that is not among them is missing."""
        lost = np.full((len(samples), 3), np.nan)
        columns = [
            1000 * samples.time_s[:, None],
            *(samples.eyes.get(side, lost) for side in SIDES),
        ]
        rows = np.hstack(columns).tolist()
        with blaming(self._samples), open(self._samples, "a", encoding="ascii") as file:
            file.writelines("\t".join(map(_cell, row)) + "\n" for row in rows)

    def add_messages(self, told: Sequence[tuple[float, str]]) -> None:
        """Append messages, each with its time in seconds."""
        with blaming(self._messages), open(self._messages, "a", encoding="utf-8") as file:
            file.writelines(
                f"{_cell(1000 * at_s)}\t{' '.join(text.split())}\n" for at_s, text in told
            )

    def remove(self) -> None:
        """Remove the tables, which have been handed over."""
        for path in (self._samples, self._messages, self._facts):
            path.unlink(missing_ok=True)

    def read(self) -> tuple[dict, np.ndarray, list[tuple[str, str]]]:
        """Return facts, samples ``(n, 7)`` and messages; a last line that was cut off is left out.

        The columns of samples are milliseconds and, of the left and the right eye, x, y and pupil.
        """
        facts = read_json(self._facts)
        assert isinstance(facts, dict)
        rows = [line.split("\t") for line in _whole_lines(self._samples)]
        numbers = [[np.nan if cell == MISSING else float(cell) for cell in row] for row in rows]
        messages = [line.split("\t", 1) for line in _whole_lines(self._messages)]
        return facts, np.array(numbers).reshape(-1, 7), [(time, text) for time, text in messages]


def write_physio_files(files: WorkingFiles, path: Path) -> None:
    """Write a recording as BIDS has it.

    Parameters
    ----------
    path
        Of the samples of the preferred eye, ``..._recording-eye1_physio.tsv.gz``; the other files
        lie beside it.
    """
    facts, samples, messages = files.read()
    eyes, preferred = facts["eyes"], facts["preferred"]
    facts["rate_hz"] = _sound_rate(float(facts["rate_hz"]), samples[:, 0])
    for number, side in enumerate(sorted(eyes, key=lambda side: side != preferred), start=1):
        own = path.with_name(path.name.replace(EYE1, f"_recording-eye{number}"))
        first = 1 + 3 * SIDES.index(side)
        values = samples[:, [0, first, first + 1, first + 2]]
        values[:, 1:3] = screen_to_eyelink(values[:, 1:3])
        values[np.isnan(values[:, 1]), 3] = np.nan
        _write(own, values.tolist(), _sidecar(facts, side, number == 1))
        events = own.with_name(own.name.replace(PHYSIO, "_physioevents.tsv.gz"))
        _write(
            events,
            [(time, "0", MISSING, text) for time, text in messages],
            {
                "Description": "Messages of the experiment, in the order of time",
                "TaskName": "freeview",
                "OnsetSource": "timestamp",
                **_described(_EVENT_COLUMNS),
            },
        )


def _sound_rate(stated_hz: float, time_ms: np.ndarray) -> float:
    """Return the rate that was stated, or that of the samples where it is another."""
    if len(time_ms) < 2:
        return stated_hz
    measured_hz = 1000.0 / float(np.median(np.diff(time_ms)))
    return (
        stated_hz if abs(measured_hz / stated_hz - 1) <= _RATE_TOLERANCE else round(measured_hz, 1)
    )


def _sidecar(facts: Mapping, side: str, preferred: bool) -> dict[str, object]:
    errors = facts.get("validation") or {}
    return {
        "PhysioType": "eyetrack",
        "TaskName": "freeview",
        "RecordedEye": side,
        "SampleCoordinateSystem": "gaze-on-screen",
        "SamplingFrequency": facts["rate_hz"],
        # Events count from the first sample of the run, which is that of this file.
        "StartTime": 0.0,
        "CalibrationCount": facts.get("calibrations", 0),
        **({
            "CalibrationType": "HV9",
            "AverageCalibrationError": errors["mean_deg"],
            "MaximalCalibrationError": errors["max_deg"],
        } if errors and preferred else {}),
        **facts.get("device", {}),
        **_described(_COLUMNS),
    }  # fmt: skip


def _described(columns: Mapping[str, tuple[str, str | None]]) -> dict[str, object]:
    described: dict[str, object] = {"Columns": list(columns)}
    for name, (description, units) in columns.items():
        described[name] = {"Description": description, **({"Units": units} if units else {})}
    return described


def _write(path: Path, rows: Sequence[Sequence], sidecar: Mapping[str, object]) -> None:
    lines = ("\t".join(map(_cell, row)) for row in rows)
    text = "".join(f"{line}\n" for line in lines)
    write_bytes(path, gzip.compress(text.encode("utf-8"), mtime=0))
    write_json(path.with_name(path.name.removesuffix(".tsv.gz") + ".json"), sidecar)


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return MISSING if np.isnan(value) else f"{value:.3f}".rstrip("0").rstrip(".")


def _whole_lines(path: Path) -> list[str]:
    if not path.is_file():
        return []
    *lines, _ = path.read_text(encoding="utf-8").split("\n")
    return lines
