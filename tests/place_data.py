"""Put data that tests read, and the repository does not hold, where they look: see docs/data.md.

    python -m tests.place_data --osie predicting-human-gaze-beyond-pixels --coco128 COCO128

In come clones of the public repositories; out comes the folder that `tests.data.DATA` names.
"""

import argparse
import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

from scipy.io import loadmat

from stimuli.support.files import atomic_path
from tests.data import DATA

_COLUMNS = ("image", "subject", "index", "x_px", "y_px", "duration_ms")
_KEPT = 600  # of OSIE's 700 photographs; the others are for evaluation alone


def osie_rows(fixations: Path) -> Iterator[tuple[str, str, int, float, float, int]]:
    """Yield a row for every fixation in OSIE's ``fixations.mat``."""
    for entry in loadmat(fixations)["fixations"].flatten()[:_KEPT]:
        photograph = entry[0, 0]
        for number, one in enumerate(photograph["subjects"].flatten(), start=1):
            viewed = one[0, 0]
            columns = (viewed[name].flatten() for name in ("fix_x", "fix_y", "fix_duration"))
            for index, (x, y, duration) in enumerate(zip(*columns, strict=True), start=1):
                name = str(photograph["img"][0])
                yield name, f"{number:02d}", index, float(x), float(y), int(duration)


def place_osie(clone: Path, out: Path) -> None:
    """Write ``osie/fixations.csv`` and copy the photographs that it names."""
    rows = list(osie_rows(clone / "data" / "eye" / "fixations.mat"))
    (out / "osie" / "images").mkdir(parents=True, exist_ok=True)
    for name in sorted({row[0] for row in rows}):
        shutil.copyfile(clone / "data" / "stimuli" / name, out / "osie" / "images" / name)
    with (
        atomic_path(out / "osie" / "fixations.csv") as temporary,
        open(temporary, "w", newline="", encoding="utf-8") as file,
    ):
        csv.writer(file, lineterminator="\n").writerows([_COLUMNS, *rows])


def place_coco128(clone: Path, out: Path) -> None:
    """Copy the annotations of COCO128, and its photographs wherever the clone has them."""
    folder = out / "coco128"
    (folder / "images").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(clone / "annotations" / "instances_train2017.json", folder / "instances.json")
    for photograph in sorted(clone.rglob("*.jpg")):
        shutil.copyfile(photograph, folder / "images" / photograph.name)


def main() -> None:
    """Place what the options name."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--osie", type=Path, help="clone of predicting-human-gaze-beyond-pixels")
    parser.add_argument("--coco128", type=Path, help="clone of COCO128")
    parser.add_argument("--out", type=Path, default=DATA, help=f"(default: {DATA})")
    arguments = parser.parse_args()
    if arguments.osie:
        place_osie(arguments.osie, arguments.out)
    if arguments.coco128:
        place_coco128(arguments.coco128, arguments.out)


if __name__ == "__main__":
    main()
