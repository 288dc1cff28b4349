"""``large-photographs``: making a study from large photographs, many objects and many sources.

A photograph of 10,000 x 10,000 px with 43 objects, one with 200 objects, 300 photographs that
become a study, and the contact sheet of 300 sources; each in a process of its own, whose memory is
measured. ``python -m benchmarks.large_photographs KIND`` runs one of them.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.harness import Row

Size = tuple[int, int]


def run() -> list[Row]:
    """Run each kind in a process of its own."""
    rows = []
    for kind in KINDS:
        command = [sys.executable, "-m", "benchmarks.large_photographs", kind]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows.append(Row(**json.loads(out.splitlines()[-1])))
    return rows


def write_photographs(folder: Path, number: int, size: Size, objects: int) -> tuple[Path, Path]:
    """Write photographs with discs on them, and the COCO annotation file of these."""
    generator = np.random.default_rng(0)
    images, annotations = [], []
    (folder / "images").mkdir()
    height, width = size
    side = (height * width / max(objects, 4)) ** 0.5
    circle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    for image_id in range(1, number + 1):
        small = generator.integers(60, 200, (12, 16, 3), dtype=np.uint8)
        picture = Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)
        draw = ImageDraw.Draw(picture)
        for _ in range(objects):
            radius = side * generator.uniform(0.2, 0.45)
            x, y = generator.uniform(radius, (width - radius, height - radius))
            corners = np.stack([x + radius * np.cos(circle), y + radius * np.sin(circle)], axis=1)
            draw.polygon(list(map(tuple, corners)), fill=tuple(generator.integers(0, 255, 3)))
            annotations.append(
                {"id": len(annotations) + 1, "image_id": image_id, "category_id": 1,
                 "segmentation": [corners.ravel().round(1).tolist()]}
            )  # fmt: skip
        name = f"{image_id:04d}.jpg"
        picture.save(folder / "images" / name, quality=85)
        images.append({"id": image_id, "file_name": name, "height": height, "width": width})
    content = {"images": images, "annotations": annotations,
               "categories": [{"id": 1, "name": "disc"}]}  # fmt: skip
    (folder / "instances.json").write_text(json.dumps(content))
    return folder / "images", folder / "instances.json"


def _proposed(number: int, size: Size, objects: int, sources: int) -> Callable[[Path], str]:
    def measure(folder: Path) -> str:
        from manipulation import coco_photographs, propose_study

        photographs = coco_photographs(folder / "images", folder / "instances.json")
        study = propose_study(folder / "study", photographs, sources=sources)
        return (
            f"{number} photographs of {size[1]} x {size[0]} px, {objects} objects each, "
            f"{len(study.settings.sources)} sources proposed"
        )

    return measure


def _contact_sheet(folder: Path) -> str:
    from manipulation.images.contact_sheet import Panel, write_contact_sheets

    generator = np.random.default_rng(0)
    image = generator.integers(0, 255, (256, 256, 3), dtype=np.uint8)
    density = np.full((256, 256), 2.0**-16)
    mask = np.zeros((256, 256), bool)
    mask[60:120, 80:160] = True
    rows = [[Panel(f"source {n}", "p_obj 0.2", image, density, mask)] * 3 for n in range(300)]
    write_contact_sheets(folder, rows, "300 sources")
    sizes = [Image.open(path).size for path in folder.glob("contact_sheet*.png")]
    return f"{len(sizes)} pictures of at most {max(w * h for w, h in sizes) / 1e6:.0f} megapixels"


KINDS: dict[str, tuple[tuple[int, Size, int, int] | None, Callable[[Path], str]]] = {
    name: (one, _proposed(*one))
    for name, one in {
        "10000-px": (1, (10_000, 10_000), 43, 1),
        "200-objects": (1, (960, 1280), 200, 1),
        "300-sources": (300, (480, 640), 4, 300),
    }.items()
} | {"contact-sheet": (None, _contact_sheet)}


def measured(kind: str) -> Row:
    """Run one kind here."""
    made, measure = KINDS[kind]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if made is not None:
            write = [
                sys.executable,
                "-c",
                "import sys; from pathlib import Path; "
                "from benchmarks.large_photographs import write_photographs; "
                f"write_photographs(Path(sys.argv[1]), {made[0]}, {made[1]}, {made[2]})",
                name,
            ]
            subprocess.run(write, check=True)  # so that its memory is not counted  # fmt: skip
        start = time.perf_counter()
        note = measure(folder)
        seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    note += (
        f"; {usage.ru_utime + usage.ru_stime:.0f} s of processor with start, at most "
        f"{usage.ru_maxrss / 2**20:.1f} GiB"
    )
    return Row(f"large-photographs/{kind}", seconds, note=note)


if __name__ == "__main__":
    print(json.dumps(vars(measured(sys.argv[1]))))
