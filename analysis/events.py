"""``python -m analysis.events FILE...``: what the tracker's parser found in recordings.

Reads EyeLink EDF and ASC files (gzipped too) of any mode, and the tables that programs of Tobii,
Gazepoint and SMI export; writes one table of their fixations, saccades, blinks and messages. What
is not sound in a file is left out, counted and reported; a file that cannot be read is named at the
end, and the others are written.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.fixations.detector_options import add_detector, add_screen, chosen_detector
from analysis.recordings.events import event_counts, recording_events
from analysis.recordings.reading import read_recording
from analysis.recordings.recording import unsound_samples
from analysis.results.recordings import read_each, short_names, write_events, write_samples
from stimuli.support.commands import EXIT_FAILED, EXIT_OK, parser, run
from stimuli.support.console import messages
from stimuli.support.errors import InputError
from stimuli.support.files import write_json
from stimuli.support.provenance import write_sidecar

_NO_SAMPLES = "holds no samples, so none are written"


def main(argv: Sequence[str] | None = None) -> int:
    """Read recordings and write their events; see the module's first lines."""
    arguments = _arguments(argv)
    files: list[str] = arguments.files
    if arguments.out.resolve() in (Path(name).resolve() for name in files):
        raise InputError(f"--out {arguments.out}: is a recording; expected a table to write")
    detector = chosen_detector(
        arguments.detector, arguments.pixels_per_degree, arguments.velocity, arguments.dispersion,
        arguments.minimum_ms,
    )  # fmt: skip
    samples_names = short_names(files) if arguments.samples else {}
    events: list[pd.DataFrame] = []
    unsound: dict[str, dict[str, int]] = {}
    counts: dict[str, dict[str, int] | dict[str, str]] = {}
    written: list[Path] = []

    def read(name: str) -> None:
        recording = read_recording(name, screen_px=arguments.screen)
        told = dict(recording.warnings)
        if arguments.samples or detector:
            samples = recording.samples()
            told |= unsound_samples(samples)
            if detector:
                recording = detector.apply(recording, samples, name)
            if arguments.samples and len(samples):
                path = arguments.samples / f"{samples_names[name]}_samples.csv.gz"
                write_samples(path, samples)
                written.append(path)
            elif arguments.samples:
                told[_NO_SAMPLES] = 1
        events.append(recording_events(recording, name))
        counts[name] = {**event_counts(recording)}
        unsound[name] = told

    failures = read_each(files, read)
    sidecar: dict[str, object] = {"NotSound": unsound}
    if detector:
        sidecar["Fixations"] = f"Found in the samples by {arguments.detector}, not by the tracker"
    if failures.messages:
        sidecar["NotRead"] = failures.messages
    written += write_events(arguments.out, events, sidecar)
    if arguments.json:
        counts |= {name: {"error": text} for name, text in failures.messages.items()}
        write_json(arguments.json, {name: counts[name] for name in files})
        written.append(arguments.json)
    write_sidecar(
        arguments.out.with_name(f"{arguments.out.stem}_provenance.json"),
        command="analysis.events",
        settings=detector.stated() if detector else {},
        inputs=[name for name in files if name not in failures.messages],
        outputs=dict.fromkeys(written),
    )
    console = messages()
    for name, told in unsound.items():
        for what, number in told.items():
            console.print(f"{name}: {what}: {number}", markup=False)
    for text in failures.messages.values():
        console.print(f"not read: {text}", markup=False)
    return EXIT_FAILED if failures.messages else EXIT_OK


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(
        "analysis.events",
        "Read recordings (EyeLink's EDF and ASC; exports of Tobii Pro Lab, Gazepoint Analysis and "
        "SMI\nBeGaze; plain tables; BIDS physio) and write their fixations, saccades, blinks and "
        "messages as\none table. What is not sound in a file is counted and said; one that cannot "
        "be read is named at\nthe end (exit status 1), and the others are written.",
        "python -m analysis.events s07r1.edf s08r1.asc.gz --out events.csv --json counts.json",
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="recordings")
    command.add_argument("--out", type=Path, required=True, metavar="CSV", help="table to write")
    command.add_argument(
        "--json", type=Path, metavar="JSON",
        help="write here how many fixations, saccades, blinks and messages each file holds, or "
        "why it cannot be read",
    )  # fmt: skip
    command.add_argument(
        "--samples", type=Path, metavar="DIR",
        help="write the gaze samples of each file here too, as NAME_samples.csv.gz; files of one "
        "name have suffix and folders before it",
    )  # fmt: skip
    add_detector(command)
    add_screen(command)
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
