"""``python -m benchmarks NAME... [--json FILE]``: run benchmarks and print their rows."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import print_rows
from stimuli.support import commands
from stimuli.support.errors import InputError, nearest
from stimuli.support.files import write_json

# Name on the command line: module whose `run()` returns the rows.
BENCHMARKS = {
    "analysis": "benchmarks.analysis",
    "demo": "benchmarks.demo",
    "deepgaze": "benchmarks.deepgaze",
    "density-fit": "benchmarks.density_fit",
    "density-map": "benchmarks.density_map",
    "default-model": "benchmarks.default_model",
    "fgtransform": "benchmarks.fgtransform",
    "fgtransform-slider": "benchmarks.fgtransform_slider",
    "fgtransform-train": "benchmarks.fgtransform_train",
    "gpu": "benchmarks.gpu",
    "large-photographs": "benchmarks.large_photographs",
    "large-study": "benchmarks.large_study",
    "studio": "benchmarks.studio",
    "upscaling": "benchmarks.upscaling",
}


def main(argv: Sequence[str] | None = None) -> None:
    parser = commands.parser(
        "benchmarks",
        "Measure our code and a peer, or the plain version of the same thing, in one run.\n\n"
        f"names: {', '.join(BENCHMARKS)}",
        "python -m benchmarks demo --json rows.json",
    )
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows here too")
    arguments = parser.parse_args(argv)
    for name in arguments.names:
        if name not in BENCHMARKS:
            raise InputError(
                f"benchmark is {name!r}; expected one of {', '.join(BENCHMARKS)}"
                f"{nearest(name, BENCHMARKS)}"
            )
    rows = []
    for name in arguments.names:
        rows += importlib.import_module(BENCHMARKS[name]).run()
    print_rows(rows)
    if arguments.json:
        write_json(arguments.json, [row.as_dict() for row in rows])


if __name__ == "__main__":
    commands.run(main)
