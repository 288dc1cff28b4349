"""How time and memory of densities grow: ``python -m benchmarks.density_growth --out growth.png``.

Fixations, subjects, images and pixels are each made larger while the others stay; images up to
100,000, SALICON's scale, which stream from a table. Every point is measured in a process of its
own, whose peak of memory is its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from stimuli.support import commands
from stimuli.support.files import atomic_path, write_json

BASE = {"fixations": 6, "subjects": 5, "images": 20, "pixels": 480}
MANY = {"fixations": 4, "subjects": 3}
"""Of each image where images grow: so that their number, not what is on them, takes the time."""
GROWTH = {
    "fixations": [3, 6, 12, 24, 48],
    "subjects": [3, 6, 12, 24, 48, 96],
    "images": [10, 100, 1000, 10_000, 100_000],
    "pixels": [128, 256, 512, 1024, 2048],
}


def _measure(sizes: dict[str, int], jobs: int) -> dict:
    """Write a table, fit every density from it, and one map an image where pixels grow."""
    import numpy as np

    from analysis.density.grid import Grid
    from analysis.density.image_set import centre_bias_of_images
    from analysis.density.images import DensityOptions, image_densities
    from analysis.density.table import read_images
    from benchmarks.density_data import made_up

    side = sizes["pixels"]
    grid = Grid(side, side, side, side)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "fixations.csv")
        with open(path, "w") as file:
            file.write("image,subject,x_px,y_px\n")
            done = 0
            while done < sizes["images"]:
                some = min(1000, sizes["images"] - done)
                size = (side, side)
                for image in made_up(some, sizes["subjects"], sizes["fixations"], size, done):
                    number = done + int(image.image.split("-")[1])
                    file.writelines(
                        f"{number},{subject},{x:.2f},{y:.2f}\n"
                        for subject, (x, y) in zip(image.subjects, image.xy_px, strict=True)
                    )
                done += some
        start = time.perf_counter()
        bias, _ = centre_bias_of_images(read_images(path, side, side), grid)
        bias_s = time.perf_counter() - start
        maps = Path(folder, "maps") if sizes["pixels"] != BASE["pixels"] else None
        bits = [
            density.fit.log_likelihood_bits
            for density in image_densities(
                read_images(path, side, side), bias, DensityOptions(maps=maps), jobs=jobs
            )
        ]
        seconds = time.perf_counter() - start
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "seconds": seconds, "centre_bias_s": bias_s, "peak_mib": peak / 1024,
        "log_likelihood_bits": float(np.nanmean(bits)),
    }  # fmt: skip


def _draw(rows: Sequence[dict], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), layout="constrained")
    shown = list(dict.fromkeys(row["what"] for row in rows))
    axes = figure.subplots(2, len(shown), sharey="row", squeeze=False)
    labels = {"fixations": "fixations a subject and image", "subjects": "subjects",
              "images": "images", "pixels": "pixels a side, with maps"}  # fmt: skip
    for column, what in enumerate(shown):
        own = [row for row in rows if row["what"] == what]
        sizes = [row[what] for row in own]
        per_image = [1000 * row["seconds"] / row["images"] for row in own]
        axes[0, column].loglog(sizes, per_image, "o-")
        axes[1, column].loglog(sizes, [row["peak_mib"] for row in own], "o-")
        axes[1, column].set_xlabel(labels[what])
        for one in axes[:, column]:
            one.set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=45)
            one.minorticks_off()
    axes[0, 0].set_ylabel("ms an image")
    axes[1, 0].set(ylabel="peak memory (MiB)", ylim=(50, 5000))
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)


def main(argv: Sequence[str] | None = None) -> None:
    parser = commands.parser(
        "benchmarks.density_growth",
        "Measure and plot how time and memory of densities grow.",
        "python -m benchmarks.density_growth --out growth.png --most-images 10000",
    )
    parser.add_argument("--out", type=Path, metavar="PNG", help="figure; rows beside it as JSON")
    parser.add_argument("--most-images", type=int, default=100_000, metavar="N")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (1)")
    parser.add_argument(
        "--only", nargs="+", choices=tuple(GROWTH), default=tuple(GROWTH), help="what grows"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.one:
        print(json.dumps(_measure(json.loads(arguments.one), arguments.jobs)))
        return
    rows = []
    for what in arguments.only:
        for value in GROWTH[what]:
            if what == "images" and value > arguments.most_images:
                continue
            sizes = BASE | (MANY if what == "images" else {}) | {what: value}
            command = [sys.executable, "-m", "benchmarks.density_growth", "--one",
                       json.dumps(sizes), "--jobs", str(arguments.jobs)]  # fmt: skip
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            rows.append({"what": what, **sizes, **json.loads(output.splitlines()[-1])})
            print(rows[-1], flush=True)
            if arguments.out:
                write_json(arguments.out.with_suffix(".json"), rows)
    if arguments.out:
        _draw(rows, arguments.out)


if __name__ == "__main__":
    commands.run(main)
