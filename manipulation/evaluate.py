"""Measure and compare trained networks: ``python -m manipulation.evaluate``."""

import argparse
import csv
import io
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from manipulation.saliency.arguments import count
from manipulation.saliency.processes import chosen_device
from manipulation.training.coco import Photographs, load_photographs
from manipulation.training.evaluation import (
    TERMS,
    Checkpoint,
    Result,
    evaluate,
    find_checkpoints,
)
from manipulation.training.figures import loss_figure, picture_sheet
from manipulation.transforms.files import guide_of
from stimuli import commands
from stimuli.files import write_bytes, write_text
from stimuli.provenance import write_sidecar

MODULE = "manipulation.evaluate"
DESCRIPTION = """\
Measure every loss term of trained networks, over their training and side by
side: different networks, or one network without some of the losses.

The photographs are split as the runs split them (data.held_out): those that
training saw are "train", the others "test". Photographs of another folder, such
as COCO's validation images, are "test" with --test-images. All networks are
measured with the same targets; the total has the weights of the first run.

--out then holds losses.csv, losses.png (losses over steps) and pictures.png
(photographs, targets, and what each network made of them)."""
EXAMPLE = (
    f"python -m {MODULE} --checkpoints runs/fgtransform runs/resnet9 runs/unet \\\n"
    f"    --images train2017/ --annotations instances_train2017.json \\\n"
    f"    --test-images val2017/ --test-annotations instances_val2017.json --out comparison"
)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure the checkpoints, and write a table and two figures."""
    args = _arguments(argv)
    checkpoints = find_checkpoints(args.checkpoints)
    settings, device = checkpoints[0].settings, chosen_device(args.device)
    guide = guide_of(settings.guide).to(device)
    splits = _splits(args, checkpoints[0])
    with Progress() as progress:
        images = sum(len(indices) for _, indices in splits.values())
        task = progress.add_task("losses", total=images * len(checkpoints))
        results = evaluate(
            checkpoints, guide, splits, device, settings.losses,
            on_batch=lambda images: progress.advance(task, images),
        )  # fmt: skip
    last = list({one.run: one for one in checkpoints}.values())
    shown, indices = splits.get("test") or splits["train"]
    pictures = picture_sheet(last, guide, shown, indices[: args.pictures], device)

    files = [args.out / name for name in ("losses.csv", "losses.png", "pictures.png")]
    write_text(files[0], _csv(results))
    for path, figure in zip(files[1:], (loss_figure(results), pictures), strict=True):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110)
        write_bytes(path, buffer.getvalue())
    write_sidecar(
        args.out / "evaluate.provenance.json",
        command=MODULE,
        settings=settings.as_dict(),
        inputs=[one.path for one in checkpoints],
        outputs=files,
        device=device.type,
    )
    _print(results, last)


def _splits(
    args: argparse.Namespace, checkpoint: Checkpoint
) -> dict[str, tuple[Photographs, Sequence[int]]]:
    """Return the photographs of either side."""
    data = checkpoint.settings.data

    def loaded(folders: Sequence[Path], annotations: Path | None) -> Photographs:
        with Progress(transient=True) as progress:
            task = progress.add_task("photographs", total=None)
            return load_photographs(
                folders, annotations, args.cache or args.out.parent / "cache", data,
                lambda total: progress.update(task, total=total, advance=1),
            )  # fmt: skip

    splits = loaded(args.images, args.annotations).splits(data.held_out, args.count)
    if args.test_images:
        test = loaded(args.test_images, args.test_annotations)
        splits["test"] = (test, range(min(len(test), args.count)))
    return splits


def _csv(results: Sequence[Result]) -> str:
    text = io.StringIO()
    rows = [one.as_row() for one in results]
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _print(results: Sequence[Result], last: Sequence[Checkpoint]) -> None:
    """Print the last step of every run."""
    table = Table("run", "photographs", *TERMS)
    steps = {one.run: max(r.iteration for r in results if r.run == one.run) for one in last}
    for one in results:
        if one.iteration == steps[one.run]:
            losses = [f"{getattr(one, term):.3g}" for term in TERMS]
            table.add_row(one.run, f"{one.split} ({one.images})", *losses)
    console = Console()
    console.print(table)
    console.print("after " + ", ".join(f"{step} steps of {run}" for run, step in steps.items()))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--checkpoints", type=Path, nargs="+", required=True, metavar="DIR|FILE",
        help="runs of manipulation.train, or single files of weights")  # fmt: skip
    add("--images", type=commands.existing_folder, nargs="+", required=True, metavar="DIR",
        help="folders of photographs, as in training")  # fmt: skip
    add("--annotations", type=commands.existing_file, metavar="FILE",
        help="COCO annotations of their objects")  # fmt: skip
    add("--test-images", type=commands.existing_folder, nargs="+", metavar="DIR",
        help="folders of photographs that training never saw")  # fmt: skip
    add("--test-annotations", type=commands.existing_file, metavar="FILE",
        help="annotations of these")  # fmt: skip
    add("--out", type=Path, required=True, metavar="DIR", help="folder for table and figures")
    add("--count", type=count, default=1000, metavar="N",
        help="most photographs of either side (default: 1000)")  # fmt: skip
    add("--pictures", type=count, default=6, metavar="N",
        help="photographs in pictures.png (default: 6)")  # fmt: skip
    add("--cache", type=Path, metavar="DIR",
        help="decoded photographs (default: cache, beside --out)")  # fmt: skip
    add("--device", default="auto", choices=("auto", "cpu", "cuda"),
        help="where to compute (default: auto)")  # fmt: skip
    args = parser.parse_args(argv)
    if args.test_annotations and not args.test_images:
        parser.error("--test-annotations without --test-images; expected both, or neither")
    return args


if __name__ == "__main__":
    commands.run(main)
