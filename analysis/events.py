"""``python -m analysis.events FILE...``: what the tracker's parser found in recordings.

Reads EyeLink EDF and ASC files (gzipped too) of any mode; writes one table of their fixations,
saccades, blinks and messages. What is not sound in a file is left out,
counted and reported.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from analysis.recordings.reading import read_recording
from analysis.results.recordings import write_event_counts, write_events, write_samples
from stimuli.support.commands import parser, run
from stimuli.support.console import messages, progress
from stimuli.support.errors import InputError
from stimuli.support.provenance import write_sidecar


def main(argv: Sequence[str] | None = None) -> None:
    """Read recordings and write their events; see the module's first lines."""
    arguments = _arguments(argv)
    files: list[str] = arguments.files
    if len(set(files)) < len(files):
        raise InputError("a FILE is named twice; expected each recording once")
    recordings = {name: read_recording(name) for name in progress(files, "Recordings", len(files))}
    written: list[Path] = []
    if arguments.samples:
        written += write_samples(arguments.samples, recordings)
    written += write_events(arguments.out, recordings)
    if arguments.json:
        written += write_event_counts(arguments.json, recordings)
    write_sidecar(
        arguments.out.with_name(f"{arguments.out.stem}_provenance.json"),
        command="analysis.events",
        settings={},
        inputs=files,
        outputs=dict.fromkeys(written),
    )
    console = messages()
    for name, recording in recordings.items():
        for what, number in recording.warnings.items():
            console.print(f"{name}: {what}: {number}", markup=False)


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


if __name__ == "__main__":
    run(main)
