"""``python -m analysis.collect_fixations FILE...``: fixations on images, from any experiment.

Reads recordings that no study of this toolkit made, of EyeLink, Tobii, Gazepoint or SMI trackers or
as plain tables, the messages in them, and a table of the images that were shown; writes the table
of fixations that ``analysis.densities`` reads. A file that cannot be read is named at the end, and
the others are written.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console

from analysis.fixations.detector_options import (
    add_detector,
    add_screen,
    chosen_detector,
    positive_number,
)
from analysis.fixations.image_fixations import (
    IMAGE_FIXATIONS,
    ImageFixations,
    image_fixations,
)
from analysis.fixations.shown_images import parse_placement, read_shown_images
from analysis.recordings.reading import read_recording
from analysis.results.recordings import read_each, short_names
from analysis.results.tables import write_csv
from analysis.sessions.patterns import END, IMAGE, ONSET, TRIAL, TrialPatterns
from stimuli.support.commands import EXIT_FAILED, EXIT_OK, parser, run
from stimuli.support.console import messages
from stimuli.support.errors import InputError
from stimuli.support.provenance import write_sidecar
from stimuli.support.words import counted


def main(argv: Sequence[str] | None = None) -> int:
    """Collect the fixations on images; see the module's first lines."""
    arguments = _arguments(argv)
    files: list[str] = arguments.files
    out: Path = arguments.out
    if out.resolve() in (Path(name).resolve() for name in [*files, arguments.images]):
        raise InputError(f"--out {out}: is an input; expected a table to write")
    patterns = TrialPatterns(
        arguments.trial, tuple(arguments.image or IMAGE), tuple(arguments.onset or ONSET),
        arguments.end, arguments.duration_ms,
    )  # fmt: skip
    placement = parse_placement(arguments.placement) if arguments.placement else None
    images = read_shown_images(arguments.images, placement)
    detector = chosen_detector(
        arguments.detector, arguments.pixels_per_degree, arguments.velocity, arguments.dispersion,
        arguments.minimum_ms,
    )  # fmt: skip
    subjects = _subjects(files, arguments.subject)
    found: dict[str, ImageFixations] = {}
    told: dict[str, dict[str, int]] = {}

    def read(name: str) -> None:
        recording = read_recording(name, screen_px=arguments.screen)
        if detector:
            recording = detector.apply(recording, recording.samples(), name)
        found[name] = image_fixations(
            recording, images, subject=subjects[name], file=name, patterns=patterns,
            eye=arguments.eye,
        )  # fmt: skip
        told[name] = dict(recording.warnings)

    failures = read_each(files, read)
    table = pd.concat([one.fixations for one in found.values()], ignore_index=True)
    if table.empty:
        raise InputError(_no_fixation(found))
    # Image by image, so that a table longer than memory can be read.
    table = table.sort_values("image", kind="stable", ignore_index=True)
    left_out = {name: one.left_out for name, one in found.items()}
    sidecar = {"LeftOut": left_out, "NotSound": told, "NotRead": failures.messages}
    written = write_csv(out, IMAGE_FIXATIONS, table, sidecar=sidecar)
    write_sidecar(
        out.with_name(f"{out.stem}_provenance.json"),
        command="analysis.collect_fixations",
        settings={name: str(value) for name, value in vars(arguments).items() if name != "files"},
        inputs=[*found, arguments.images],
        outputs=written,
    )
    _print_outcome(found, table, out)
    _print_remarks(left_out, told, list(failures.messages.values()))
    return EXIT_FAILED if failures.messages else EXIT_OK


def _subjects(files: Sequence[str], pattern: str | None) -> dict[str, str]:
    """Return the subject of every file: the group of a pattern, or the file's own name."""
    if pattern is None:
        return short_names(files)
    subjects = {}
    for name in files:
        try:
            match = re.search(pattern, Path(name).resolve().as_posix())
        except re.error as error:
            raise InputError(
                f"--subject {pattern!r} is no regular expression ({error}); expected such as "
                f"'sub-([0-9]+)'"
            ) from None
        if match is None or not match.groups() or not match[1]:
            raise InputError(
                f"{name}: --subject {pattern!r} finds no subject in its path; expected a pattern "
                f"with the subject in round brackets, such as 'sub-([0-9]+)'"
            )
        subjects[name] = match[1]
    return subjects


def _no_fixation(found: dict[str, ImageFixations]) -> str:
    reasons = {reason for one in found.values() for reason in one.left_out}
    return f"no trial has a fixation on an image; found: {'; '.join(sorted(reasons))}"


def _print_outcome(found: dict[str, ImageFixations], table: pd.DataFrame, out: Path) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    n_trials = sum(one.n_trials for one in found.values())
    n_left_out = sum(len(trials) for one in found.values() for trials in one.left_out.values())
    console.print(
        f"{counted(len(table), 'fixation')} of {counted(table['subject'].nunique(), 'subject')} on "
        f"{counted(table['image'].nunique(), 'image')}, on {n_trials - n_left_out} of "
        f"{counted(n_trials, 'trial')}"
    )
    sizes = sorted(set().union(*(one.sizes_px for one in found.values())))
    if len(sizes) == 1:
        (width, height), folder = sizes[0], out.with_name("densities")
        console.print(
            f"Next: python -m analysis.densities {out} --size {width}x{height} --out {folder}"
        )
    else:
        listed = ", ".join(f"{width}x{height}" for width, height in sizes)
        console.print(f"Images have sizes {listed}; analysis.densities wants those of one size")


def _print_remarks(
    left_out: dict[str, dict[str, list[str]]], told: dict[str, dict[str, int]], failed: list[str]
) -> None:
    console = messages()
    for name, reasons in left_out.items():
        for reason, trials in reasons.items():
            console.print(f"{name}: trials {', '.join(trials)} left out: {reason}", markup=False)
    for name, warnings in told.items():
        for what, number in warnings.items():
            console.print(f"{name}: {what}: {number}", markup=False)
    for text in failed:
        console.print(f"not read: {text}", markup=False)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(
        "analysis.collect_fixations",
        "Collect the fixations on images from recordings of any experiment, as a table for\n"
        "analysis.densities. Patterns are regular expressions that a message begins with; a group "
        "in\nround brackets is the name. Defaults are the words of SR Research's tools.",
        "python -m analysis.collect_fixations data/*.asc --images images.csv --out fixations.csv "
        "\\\n    --trial 'start_trial (.+)' --image 'var picture (.+)' --onset 'show picture'",
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="recordings")
    command.add_argument(
        "--images", type=Path, required=True, metavar="TABLE",
        help="CSV with the column image, and where images did not fill the screen left_px, top_px, "
        "width_px, height_px on it, and image_width_px, image_height_px if they were scaled",
    )  # fmt: skip
    command.add_argument("--out", type=Path, required=True, metavar="CSV", help="table to write")
    command.add_argument(
        "--placement", metavar="LEFT,TOP,WIDTH,HEIGHT",
        help="where images stood for which the table does not say, in pixels of the screen",
    )  # fmt: skip
    command.add_argument(
        "--trial", default=TRIAL, metavar="PATTERN", help="begins a trial (default: %(default)s)"
    )
    command.add_argument(
        "--image", action="append", metavar="PATTERN",
        help="names the image of a trial (default: !V IMGLOAD, or a !V TRIAL_VAR such as image)",
    )  # fmt: skip
    command.add_argument(
        "--onset", action="append", metavar="PATTERN",
        help="the image appears (default: SYNCTIME, DISPLAY ON, or else !V IMGLOAD)",
    )  # fmt: skip
    command.add_argument(
        "--end", default=END, metavar="PATTERN", help="the trial ends (default: %(default)s)"
    )
    command.add_argument(
        "--duration-ms",
        type=positive_number,
        metavar="MS",
        help="for how long an image was shown at most",
    )
    command.add_argument(
        "--subject", metavar="PATTERN",
        help="finds the subject in a file's path, such as 'sub-([0-9]+)' (default: its name)",
    )  # fmt: skip
    command.add_argument(
        "--eye", choices=("left", "right"), default="left",
        help="in a recording of both; where it is missing, the other (default: left)",
    )  # fmt: skip
    add_detector(command)
    add_screen(command)
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)
