"""How far changes carry over to a model that took no part in making them, transform by transform.

What fools the model that guided a change need not move people. Before anyone is asked to look, a
second model can tell the two apart: it sees most of a change that is about the picture, and next to
nothing of one that is about the first model's own ways.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from manipulation.design.proposals import coco_candidates, objects_of, propose
from manipulation.judges import Judges
from manipulation.photographs import squared, squared_mask, to_image, to_pixels
from manipulation.prediction import p_obj
from manipulation.prognosis import newly_clipped, psnr_db
from manipulation.transforms.intent import Intent
from manipulation.transforms.makers import Maker, build_maker
from stimuli import commands
from stimuli.errors import InputError
from stimuli.files import read_image, write_image
from stimuli.masks import read_annotations
from stimuli.provenance import write_sidecar
from stimuli.settings import TRANSFORMS, ManipulationSettings, Settings
from stimuli.tables import TRANSFER, write_table

console = Console(stderr=True, soft_wrap=True, highlight=False)
if not console.is_terminal:
    console.width = 130  # of the table, in a log


@dataclass(frozen=True, eq=False)
class Object:
    """A photograph ``(3, H, W)``, and the mask ``(H, W)`` of what is aimed at."""

    name: str
    annotation_id: int
    image: Tensor
    mask: Tensor


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    names = dict(pair.split("=", 1) if "=" in pair else (pair, "") for pair in arguments.transforms)
    settings = Settings(
        manipulation=replace(
            ManipulationSettings(),
            saliency=arguments.saliency,
            also=tuple(arguments.also),
            second_opinion=arguments.second_opinion,
            k_shift=arguments.k_shift,
        )
    )
    judges = Judges(settings.manipulation, "the command line")
    if judges.second is None:
        raise InputError("--second-opinion is none; expected the name or file of a saliency model")
    makers = {name: _maker(name, file, settings, judges) for name, file in names.items()}
    objects = _objects(arguments, judges, settings)
    rows = []
    for name, maker in makers.items():
        sheet = []
        for thing in track(objects, f"{name}: {len(objects)} objects", console=console):
            found = list(_versions(name, maker, thing, judges, arguments.k_shift))
            rows += [row for row, _ in found]
            sheet.append(np.concatenate([to_pixels(thing.image), *(p for _, p in found)], axis=1))
        write_image(arguments.out / f"{name}.png", np.concatenate(sheet[: arguments.pictures]))
    table = arguments.out / "transfer.tsv"
    write_table(table, TRANSFER, rows)
    write_sidecar(
        arguments.out / "transfer.provenance.json",
        command="manipulation.transfer",
        settings=settings.as_dict()["manipulation"] | {"transforms": names},
        inputs=[arguments.annotations],
        outputs=[table],
    )
    console.print(_summary(rows, arguments))
    console.print(f"wrote {table} and a sheet of pictures for each transform")


def _maker(name: str, file: str, settings: Settings, judges: Judges) -> Maker:
    if name in TRANSFORMS and name != "network":
        return build_maker(name, settings, judges.guiding)
    chosen = replace(settings.manipulation, shift_network=file or name)
    maker = build_maker("network", replace(settings, manipulation=chosen), judges.guiding)
    maker.network("shift")  # so that a wrong name is known before anything is computed
    return maker


def _objects(arguments, judges: Judges, settings: Settings) -> list[Object]:
    """Return the objects with most room in both directions, one of each photograph."""
    annotations = read_annotations(arguments.annotations)
    candidates, _ = coco_candidates(arguments.images, annotations)
    looked = [
        objects_of(one, annotations, judges.guiding[0], settings)
        for one in track(candidates, f"Looking at {len(candidates)} photographs", console=console)
    ]
    proposals = propose(candidates, looked, annotations.path, arguments.objects, pairs=False)
    side, fit = settings.images.model_px, settings.images.fit
    objects = []
    for proposal in proposals[: arguments.objects]:
        one, aim = proposal.candidate, proposal.objects[0]
        if aim.unfit:
            continue
        mask = annotations.mask(one.image_id, [aim.annotation_id])
        objects.append(
            Object(
                one.source_id, aim.annotation_id, squared(read_image(one.path), side, fit),
                squared_mask(mask, side, fit),
            )
        )  # fmt: skip
    return objects


def _versions(
    name: str, maker: Maker, thing: Object, judges: Judges, k_shift: float
) -> Iterator[tuple[dict, np.ndarray]]:
    """Yield a row and the picture of the version with the shift, and of its opposite."""
    original = to_pixels(thing.image)
    before = judges.log_saliency(thing.image)
    second_before = p_obj(judges.second_log_saliency(thing.image), thing.mask)
    for shift in (k_shift, -k_shift):
        intent = Intent(thing.mask[None], (shift,))
        start = time.perf_counter()
        pixels = to_pixels(maker(thing.image, intent))
        seconds = time.perf_counter() - start
        image = to_image(pixels)
        row = {
            "transform": name,
            "photograph": thing.name,
            "annotation_id": thing.annotation_id,
            "k_shift": shift,
            "predicted": p_obj(before, thing.mask),
            "asked_change": p_obj(intent.target(before), thing.mask) - p_obj(before, thing.mask),
            "predicted_change": p_obj(judges.log_saliency(image), thing.mask)
            - p_obj(before, thing.mask),
            "second_change": p_obj(judges.second_log_saliency(image), thing.mask) - second_before,
            "psnr_db": psnr_db(original, pixels),
            "clipped": newly_clipped(original, pixels),
            "feature_distance": judges.feature_distance(thing.image, image),
            "seconds": seconds,
        }
        yield row, pixels


def _summary(rows: Sequence[dict], arguments) -> Table:
    table = Table(
        title=f"k_shift {arguments.k_shift:+g} and {-arguments.k_shift:+g}; made against "
        f"{', '.join([arguments.saliency, *arguments.also])}, judged by {arguments.second_opinion}"
    )
    for head in (
        *("transform", "versions", "asked", "predicted", "second", "transfer", "agree", "as asked"),
        *("PSNR dB", "clipped", "features", "seconds"),
    ):
        table.add_column(head, justify="left" if head == "transform" else "right", no_wrap=True)
    for name in dict.fromkeys(row["transform"] for row in rows):
        mine = [row for row in rows if row["transform"] == name]
        signs = np.array([np.sign(row["k_shift"]) for row in mine])

        def column(key: str, mine=mine) -> np.ndarray:
            return np.array([row[key] for row in mine])

        asked, first, second = (
            signs * column(key) for key in ("asked_change", "predicted_change", "second_change")
        )
        table.add_row(
            name, str(len(mine)), f"{asked.mean():.3f}", f"{first.mean():+.3f}",
            f"{second.mean():+.3f}", f"{second.mean() / first.mean():.0%}",
            f"{np.mean(np.sign(first) == np.sign(second)):.0%}", f"{np.mean(first > 0):.0%}",
            f"{np.mean(column('psnr_db')):.1f}", f"{column('clipped').mean():.2%}",
            f"{column('feature_distance').mean():.4f}", f"{column('seconds').mean():.2f}",
        )  # fmt: skip
    return table


def _arguments(argv):
    parser = commands.parser(
        "manipulation.transfer",
        "Make versions of the same objects with several transforms, and let a saliency model that "
        "took no part judge them: how much of the predicted change it sees (transfer), and how "
        "often it agrees on the direction. Changes are counted in the direction that was asked.",
        "python -m manipulation.transfer --images coco/images --annotations coco.json \\\n"
        "    --transforms edits pixels mine=runs/shift/transform.safetensors --out transfer",
    )
    add = parser.add_argument
    add("--images", type=commands.existing_folder, required=True, help="folder of photographs")
    add("--annotations", type=commands.existing_file, required=True,
        help="COCO annotations of their objects")  # fmt: skip
    add("--out", type=Path, required=True, help="folder for the table and the pictures")
    add("--transforms", nargs="+", default=["edits", "pixels"], metavar="NAME[=FILE]",
        help="edits, pixels, a network that ships, or a file (default: edits pixels)")  # fmt: skip
    add("--objects", type=int, default=24, metavar="N", help="photographs to use (default: 24)")
    add("--k-shift", type=float, default=2.0, metavar="NATS", help="(default: 2)")
    add("--saliency", default="embedded", help="model that guides (default: embedded)")
    add("--also", nargs="*", default=[], metavar="MODEL", help="further models that guide")
    add("--second-opinion", default="icf", metavar="MODEL", help="model that judges (default: icf)")
    add("--pictures", type=int, default=6, metavar="N", help="photographs on a sheet (default: 6)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
