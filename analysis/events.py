"""``python -m analysis.events FILE...``: what the tracker's parser found in recordings.

Reads EyeLink EDF and ASC files (gzipped too) of any mode; writes one table of their fixations,
saccades, blinks and messages. What is not sound in a file is counted, said, and left out.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console

from analysis.progress import progress
from analysis.recordings.reading import read_recording
from analysis.recordings.recording import Recording
from analysis.tables import write_csv
from stimuli.commands import parser, run
from stimuli.errors import InputError
from stimuli.files import atomic_path, write_json
from stimuli.provenance import write_sidecar
from stimuli.tables import Column, Schema

EVENTS = Schema(
    "events",
    (
        Column("file", str, "Recording, as named on the command line"),
        Column("block", int, "Stretch of recording, counted from 1; 0 between two of them"),
        Column(
            "kind", str, "What happened",
            levels={"fixation": "By the tracker's parser", "saccade": "By the tracker's parser",
                    "blink": "By the tracker's parser", "message": "Sent to the tracker"},
        ),
        Column("eye", str, "Whose event", levels={"L": "Left eye", "R": "Right eye"}),
        Column("start_ms", float, "First sample, or time of the message, tracker's clock", "ms"),
        Column("end_ms", float, "Last sample", "ms"),
        Column("duration_ms", float, "Duration, last sample included", "ms"),
        Column("x_px", float, "Mean of a fixation, start of a saccade, tracker's pixels", "px"),
        Column("y_px", float, "The same, down", "px"),
        Column("x_end_px", float, "End of a saccade", "px"),
        Column("y_end_px", float, "The same, down", "px"),
        Column("amplitude_deg", float, "Of a saccade", "deg"),
        Column("peak_velocity_deg_s", float, "Of a saccade", "deg/s"),
        Column("pupil", float, "Mean pupil size of a fixation, tracker's units"),
        Column("text", str, "Of a message"),
    ),
)  # fmt: skip
_SACCADE = {"x_start_px": "x_px", "y_start_px": "y_px"}


def main(argv: Sequence[str] | None = None) -> None:
    """Read recordings and write their events; see the module's first lines."""
    arguments = _arguments(argv)
    if len(set(arguments.files)) < len(arguments.files):
        raise InputError("a FILE is named twice; expected each recording once")
    recordings = {
        name: read_recording(name)
        for name in progress(arguments.files, "Recordings", len(arguments.files))
    }
    written = _write_samples(recordings, arguments.samples) if arguments.samples else []
    _write(arguments, recordings, written)
    console = Console(stderr=True)
    for name, recording in recordings.items():
        for what, number in recording.warnings.items():
            console.print(
                f"{name}: {what}: {number}", highlight=False, markup=False, soft_wrap=True
            )


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(
        "analysis.events",
        "Read EyeLink recordings (EDF; ASC, plain or gzipped) and write their fixations, saccades, "
        "blinks\nand messages as one table. What is not sound in a file is counted and said.",
        "python -m analysis.events s07r1.edf s08r1.asc.gz --out events.csv --json counts.json",
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="recordings")
    command.add_argument("--out", type=Path, required=True, metavar="CSV", help="table to write")
    command.add_argument(
        "--json", type=Path, metavar="JSON",
        help="write here how many fixations, saccades, blinks and messages each file holds",
    )  # fmt: skip
    command.add_argument(
        "--samples", type=Path, metavar="DIR",
        help="write the gaze samples of each file here too, as NAME_samples.csv.gz",
    )  # fmt: skip
    return command.parse_args(argv)


def count(recording: Recording) -> dict[str, int]:
    """Return how many events of each kind a recording holds."""
    kinds = ("fixations", "saccades", "blinks", "messages")
    return {kind: len(getattr(recording, kind)) for kind in kinds}


def events_of(recording: Recording, name: str) -> pd.DataFrame:
    """Return rows by `EVENTS`, in the order of time within a block and kind."""
    messages = recording.messages.rename(columns={"time_ms": "start_ms"})
    parts = [
        recording.fixations.assign(kind="fixation"),
        recording.saccades.rename(columns=_SACCADE).assign(kind="saccade"),
        recording.blinks.assign(kind="blink"),
        messages.assign(kind="message"),
    ]
    whole = [part.assign(file=name).reindex(columns=list(EVENTS.names)) for part in parts]
    filled = [part.astype(object) for part in whole if len(part)]
    table = pd.concat(filled, ignore_index=True)
    return table.sort_values(["block", "start_ms"], kind="stable", ignore_index=True)


def _write_samples(recordings: Mapping[str, Recording], folder: Path) -> list[Path]:
    paths = []
    for name in progress(recordings, "Samples", len(recordings)):
        paths.append(folder / f"{Path(name).name.split('.')[0]}_samples.csv.gz")
        with atomic_path(paths[-1]) as temporary:
            samples = recordings[name].samples()
            samples.to_csv(temporary, index=False, na_rep="n/a", float_format="%.10g")
    return paths


def _write(
    arguments: argparse.Namespace, recordings: Mapping[str, Recording], written: list[Path]
) -> None:
    events = pd.concat([events_of(one, name) for name, one in recordings.items()])
    unsound = {name: dict(one.warnings) for name, one in recordings.items()}
    written = written + write_csv(arguments.out, EVENTS, events, sidecar={"NotSound": unsound})
    if arguments.json:
        write_json(arguments.json, {name: count(one) for name, one in recordings.items()})
        written.append(arguments.json)
    write_sidecar(
        arguments.out.with_name(f"{arguments.out.stem}_provenance.json"),
        command="analysis.events",
        settings={},
        inputs=arguments.files,
        outputs=dict.fromkeys(written),
    )


if __name__ == "__main__":
    run(main)
