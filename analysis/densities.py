"""``python -m analysis.densities FIXATIONS.csv``: the fixation density of every image of a set.

Reads a table with the columns image, subject, x_px and y_px; writes the parameters of every
density with its cross-validated likelihood, and its map. The table may be longer than memory
holds.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from rich.console import Console

from analysis.density.image_set import fit_densities
from stimuli.support.commands import parser, run
from stimuli.support.files import write_json
from stimuli.support.provenance import write_sidecar
from stimuli.support.words import counted


def main(argv: Sequence[str] | None = None) -> None:
    """Fit the densities of a set of images; see the module's first lines."""
    arguments = _arguments(argv)
    out: Path = arguments.out
    densities = fit_densities(
        arguments.fixations,
        arguments.size,
        shared=arguments.shared,
        truncate=not arguments.no_truncation,
        maps=None if arguments.no_maps else out / "maps",
        leave_one_out=out / "leave_one_out" if arguments.leave_one_out else None,
        map_cells=arguments.grid,
        jobs=arguments.jobs,
    )
    summary = densities.summary()
    write_json(out / "summary.json", summary)
    write_sidecar(
        out / "provenance.json",
        command="analysis.densities",
        settings={name: str(value) for name, value in vars(arguments).items()},
        inputs=[arguments.fixations],
        outputs=[out / "summary.json"],
        seeds={"centre bias": 0},
    )
    _print_summary(summary, out)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(
        "analysis.densities",
        "Fit the fixation density of every image of a set: a Gaussian KDE, a uniform density and "
        "the\ncentre bias, by leave-one-subject-out likelihood.",
        "python -m analysis.densities fixations.csv --size 800x600 --out densities",
    )
    command.add_argument(
        "fixations", type=Path, metavar="CSV",
        help="table with the columns image, subject, x_px, y_px (image pixels, origin top left)",
    )  # fmt: skip
    command.add_argument(
        "--size", type=_size, required=True, metavar="WxH", help="of every image, in pixels"
    )
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    command.add_argument(
        "--shared", action="store_true", help="one bandwidth and weights for all images"
    )
    command.add_argument(
        "--no-truncation", action="store_true",
        help="let kernels reach beyond the image, as pysaliency does",
    )  # fmt: skip
    command.add_argument(
        "--grid", type=int, metavar="CELLS", help="longer side of the maps (default: the image's)"
    )
    command.add_argument("--no-maps", action="store_true", help="write the summary only")
    command.add_argument(
        "--leave-one-out", action="store_true",
        help="write for every image the maps that leave each subject out, too",
    )  # fmt: skip
    command.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes; -1: one a core (default: 1)"
    )
    return command.parse_args(argv)


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", text)
    if not match or "0" in (match[1], match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; expected such as 800x600")
    return int(match[1]), int(match[2])


def _print_summary(summary: Mapping[str, object], out: Path) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if summary["log_likelihood_bits"] is None:
        outcome = "no image was looked at by two subjects, so nothing can be cross-validated"
    else:
        outcome = (
            f"{summary['log_likelihood_bits']:.3f} bits a fixation over uniform, "
            f"{summary['information_gain_bits']:.3f} over the centre bias, a subject left out"
        )
    images, fixations, outside = (
        cast(int, summary[name]) for name in ("n_images", "n_fixations", "n_fixations_outside")
    )
    console.print(f"{counted(images, 'image')}, {counted(fixations, 'fixation')}: {outcome}")
    if outside:
        console.print(f"Beside their image and left out: {counted(outside, 'fixation')}")
    console.print(f"Summary: {out / 'summary.json'}")


if __name__ == "__main__":
    run(main)
