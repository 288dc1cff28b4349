"""``python -m analysis.densities FIXATIONS.csv``: the fixation density of every image of a set.

Reads a table with the columns image, subject, x_px and y_px; writes the parameters of every
density with its cross-validated likelihood, and its map. The table may be longer than memory
holds.
"""

import argparse
import dataclasses
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from rich.console import Console

from analysis.density.centre_bias import CentreBias, CentreBiasCounts
from analysis.density.fit import fit_shared
from analysis.density.grid import Grid
from analysis.density.images import DensityOptions, ImageDensity, image_densities, map_name
from analysis.density.table import ImageFixations, read_images
from analysis.progress import progress
from stimuli.commands import parser, run
from stimuli.errors import InputError
from stimuli.files import write_json
from stimuli.provenance import write_sidecar

MOST_SHARED = 1000
"""Images that shared parameters are fitted to, the first ones; four parameters need no more."""


def main(argv: Sequence[str] | None = None) -> None:
    """Fit the densities of a set of images; see the module's first lines."""
    arguments = _arguments(argv)
    width_px, height_px = arguments.size
    grid = Grid(width_px, height_px, width_px, height_px)

    def images() -> Iterator[ImageFixations]:
        return read_images(arguments.fixations, width_px, height_px)

    # First pass: where people look on all images together.
    centre_bias, n_images = fit_bias(progress(images(), "Centre bias", None), grid)
    shared = None
    if arguments.shared:
        shared = _shared(islice(images(), MOST_SHARED), centre_bias, not arguments.no_truncation)
    out = arguments.out
    options = DensityOptions(
        truncate=not arguments.no_truncation,
        shared=shared,
        maps=None if arguments.no_maps else out / "maps",
        leave_one_out=out / "leave_one_out" if arguments.leave_one_out else None,
        map_grid=grid.coarser(arguments.grid) if arguments.grid else grid,
    )

    # Second pass: every image, with the centre bias from the others.
    found = image_densities(images(), centre_bias, options, jobs=arguments.jobs)
    densities = list(progress(found, "Densities", n_images))
    summary = summarise(densities, centre_bias, options)
    write_json(out / "summary.json", summary)
    write_sidecar(
        out / "provenance.json",
        command="analysis.densities",
        settings={name: str(value) for name, value in vars(arguments).items()},
        inputs=[arguments.fixations],
        outputs=[out / "summary.json"],
        seeds={"centre bias": 0},
    )
    _say(summary, out)


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
    command.add_argument(
        "--as-published", action="store_true",
        help="centre bias from all other images, as the paper has it; in this table every image is "
        "its own source, so that this is the default too",
    )  # fmt: skip
    command.add_argument("--no-maps", action="store_true", help="write the summary only")
    command.add_argument(
        "--leave-one-out", action="store_true",
        help="write for every image the maps that leave each subject out, too",
    )  # fmt: skip
    command.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes; -1: one a core (default: 1)"
    )
    arguments = command.parse_args(argv)
    if arguments.grid is not None and not 8 <= arguments.grid <= 8192:
        raise InputError(f"--grid is {arguments.grid}; expected 8 to 8192 cells")
    if arguments.jobs == 0:
        raise InputError("--jobs is 0; expected a number of processes, or -1 for one a core")
    return arguments


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", text)
    if not match or "0" in (match[1], match[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; expected such as 800x600")
    return int(match[1]), int(match[2])


def fit_bias(images: Iterable[ImageFixations], grid: Grid) -> tuple[CentreBias, int]:
    """Return the centre bias of a set and the number of its images.

    Raises
    ------
    InputError
        If two images would have maps of the same name, or nothing lies on any image.
    """
    counts = CentreBiasCounts(grid)
    names: Counter[str] = Counter()
    n_fixations = n_outside = 0
    for image in images:
        counts.add(image.xy_px)
        names[map_name(image.image)] += 1
        n_fixations += len(image.xy_px)
        n_outside += image.n_outside
    if not n_fixations:
        raise InputError(
            f"none of {n_outside} fixations lies on an image of {grid.width_px} x {grid.height_px} "
            f"px; expected image pixels with the origin at the top left"
        )
    (most, times), *_ = names.most_common(1)
    if times > 1:
        raise InputError(
            f"{times} images are called {most}, but for folder and suffix; expected different names"
        )
    return counts.fit(), len(names)


def _shared(
    images: Iterable[ImageFixations], centre_bias: CentreBias, truncate: bool
) -> tuple[float, tuple[float, float, float]]:
    data = [
        (one.xy_px, one.subjects, centre_bias.density_at(one.xy_px, one.xy_px)) for one in images
    ]
    bandwidth_px, weights = fit_shared(data, centre_bias.grid, truncate=truncate)
    return bandwidth_px, tuple(map(float, weights))


def summarise(
    densities: Sequence[ImageDensity], centre_bias: CentreBias, options: DensityOptions
) -> dict:
    """Return the content of ``summary.json``: means over fixations, and every image."""
    fitted = [one.fit for one in densities if one.fit.fitted]
    n = np.array([fit.n_fixations for fit in fitted])

    def mean(name: str) -> float | None:
        return (
            float(np.average([getattr(fit, name) for fit in fitted], weights=n)) if len(n) else None
        )

    return {
        "log_likelihood_bits": mean("log_likelihood_bits"),
        "information_gain_bits": mean("information_gain_bits"),
        "n_images": len(densities),
        "n_fixations": sum(one.fit.n_fixations for one in densities),
        "n_fixations_outside": sum(one.n_outside for one in densities),
        "n_images_without_estimate": len(densities) - len(fitted),
        "size_px": [centre_bias.grid.width_px, centre_bias.grid.height_px],
        "truncated": options.truncate,
        "shared_parameters": options.shared is not None,
        "centre_bias": {
            "leaves_out": "the image itself",
            "bandwidth_px": _number(centre_bias.bandwidth_px),
            "uniform_share": centre_bias.uniform_share,
        },
        "images": {
            one.image: {
                name: _number(value) for name, value in dataclasses.asdict(one.fit).items()
            } | {"n_fixations_outside": one.n_outside}
            for one in densities
        },
    }  # fmt: skip


def _number(value: float) -> float | None:
    return None if isinstance(value, float) and math.isnan(value) else value


def _say(summary: dict, out: Path) -> None:
    console = Console()
    if summary["log_likelihood_bits"] is None:
        said = "no image was looked at by two subjects, so nothing can be cross-validated"
    else:
        said = (
            f"{summary['log_likelihood_bits']:.3f} bits a fixation over uniform, "
            f"{summary['information_gain_bits']:.3f} over the centre bias, a subject left out"
        )
    console.print(
        f"{summary['n_images']} images, {summary['n_fixations']} fixations: {said}",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip
    if summary["n_fixations_outside"]:
        console.print(
            f"{summary['n_fixations_outside']} fixations beside their image were left out",
            highlight=False, markup=False,
        )  # fmt: skip
    console.print(f"Summary: {out / 'summary.json'}", highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    run(main)
