"""Train the network that upscales images: ``python -m manipulation.fit_upscaling``."""

import argparse
import hashlib
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress

from manipulation.saliency.arguments import count, positive, share
from manipulation.training.checkpoints import Stopped
from manipulation.training.upscaling import Recipe, TrainingRun
from manipulation.training.upscaling_card import Origin, upscaling_card
from manipulation.training.upscaling_measures import Quality, gathered, qualities
from manipulation.transforms.upscaling import SCALE, load_network, save_network
from stimuli import commands
from stimuli.demo.photographs import PHOTOGRAPHS, photograph_path
from stimuli.errors import InputError
from stimuli.files import image_size, sha256, write_text
from stimuli.provenance import package_versions, write_sidecar

MODULE = "manipulation.fit_upscaling"
DESCRIPTION = """\
Train the network that brings images from the size that networks see to the size
on the screen, twice as large: from random weights, on photographs and their
reductions by 2.

A share of the photographs is held out by a hash of their names. On these, on
those of --unseen folders and on the photographs of the demo the network is then
held against bicubic and Lanczos interpolation. The weights are written with a
model card (.md) and a sidecar (.json) beside them. To use them, set
images.upscale in study.toml to the file.

This takes about a quarter of an hour on one core of a processor. The state of
the run is kept beside the weights (.state.pt), and the same command goes on
where it stood, or with more --steps as long as its learning rate, which falls
in the last quarter, has not begun to. When all is written, it is removed."""
EXAMPLE = f"python -m {MODULE} --photographs osie/images --unseen val2017 --out my.safetensors"
SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
_STEPS_KEPT = 100  # between two states


def held_out(name: str, share: float) -> bool:
    """Return whether a photograph of this file name is kept from training."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") < share * 2**64


def main(argv: Sequence[str] | None = None) -> int:
    """Train the network, measure it on what it has not seen, write it with its card."""
    args = _arguments(argv)
    torch.set_num_threads(args.threads)
    recipe = Recipe(steps=args.steps, learning_rate=args.learning_rate)
    seen, unseen = _parted(args, SCALE * recipe.crop_px)
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    with Progress(console=console) as progress:
        state = args.out.with_suffix(".state.pt")
        try:
            run = _trained(seen, recipe, args.seed, state, progress)
        except Stopped as error:
            console.print(f"error: {error}", style="bold red")
            return commands.EXIT_FAILED
        save_network(args.out, run.average)
        network = load_network(args.out)  # as it is stored, and will be used
        found = {
            place: gathered(
                list(progress.track(qualities(files, network), len(files), description=place))
            )
            for place, files in unseen.items()
        }
    versions = package_versions()
    origin = Origin(
        data=args.data,
        command=f"python -m {MODULE} {shlex.join(sys.argv[1:] if argv is None else argv)}",
        photographs=len(seen),
        held_out=sum(len(unseen.get(str(folder), ())) for folder in args.photographs),
        seed=args.seed,
        sha256=sha256(args.out),
        versions={name: versions[name] for name in ("python", "torch", "numpy", "pillow")},
    )
    card = args.out.with_suffix(".md")
    write_text(card, upscaling_card(args.out.stem, network, origin, recipe, found))
    write_sidecar(
        args.out.with_suffix(".json"),
        command=MODULE,
        settings={"held_out": args.held_out, "recipe": asdict(recipe)},
        inputs=seen,
        outputs=[args.out, card],
        seeds={"run": args.seed},
    )
    state.unlink()
    for place, methods in found.items():
        print(f"{place}: {_gain(methods, 'psnr'):+.2f} dB, {_gain(methods, 'ssim'):+.4f} SSIM "
              f"against bicubic on {len(methods['network'].psnr)} unseen photographs")  # fmt: skip
    print(f"wrote {args.out}, {card}")
    return commands.EXIT_OK


def _gain(methods: dict[str, Quality], measure: str) -> float:
    return (getattr(methods["network"], measure) - getattr(methods["bicubic"], measure)).mean()


def _trained(
    seen: list[Path], recipe: Recipe, seed: int, state: Path, progress: Progress
) -> TrainingRun:
    """Return a finished run, gone on with from its state if there is one."""
    run = TrainingRun(seen, recipe, seed)
    run.restore(state)
    bar = progress.add_task("training", total=recipe.steps, completed=run.step)
    losses = []
    while not run.finished:
        losses.append(run.advance())
        progress.advance(bar)
        if run.step % _STEPS_KEPT == 0 or run.finished:
            run.write(state)
            mean = sum(losses) / len(losses)
            progress.update(bar, description=f"training, loss {mean:.5f}")
            losses.clear()
    return run


def _parted(args: argparse.Namespace, side_px: int) -> tuple[list[Path], dict[str, list[Path]]]:
    """Return photographs for training, and unseen ones by their place.

    Raises
    ------
    InputError
        If a folder has no photographs, one of them is too small, or none is left for training.
    """
    seen: list[Path] = []
    unseen: dict[str, list[Path]] = {}
    for folder in args.photographs:
        files = _photographs(folder, side_px)
        kept = [path for path in files if held_out(path.name, args.held_out)]
        seen += [path for path in files if path not in kept]
        if kept:
            unseen[str(folder)] = kept
    if not seen:
        raise InputError(
            f"--held-out is {args.held_out:g} and leaves no photograph for training; expected a "
            f"smaller share, or more photographs"
        )
    for folder in args.unseen:
        unseen[str(folder)] = _photographs(folder, side_px)
    unseen["demo"] = [photograph_path(one) for one in PHOTOGRAPHS]
    return seen, unseen


def _photographs(folder: Path, side_px: int) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(f"{folder}: no photographs; expected files that end in {SUFFIXES}")
    for path in files:
        height, width = image_size(path)
        if min(height, width) < side_px:
            raise InputError(
                f"{path}: is {width} x {height} px; expected at least {side_px} on both sides; "
                f"move it out of the folder"
            )
    return files


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--photographs", type=commands.existing_folder, nargs="+", required=True, metavar="DIR",
        help="folders of photographs, in part held out")  # fmt: skip
    add("--unseen", type=commands.existing_folder, nargs="+", default=[], metavar="DIR",
        help="further folders to measure on")  # fmt: skip
    add("--out", type=Path, required=True, metavar="FILE", help="weights to write (.safetensors)")
    add("--data", default="not stated", metavar="TEXT", help="data and licence, for the card")

    def add_number(name: str, default: float, type_, text: str) -> None:
        add(name, default=default, type=type_, metavar="N", help=f"{text} (default: %(default)s)")

    add_number("--held-out", 0.2, share, "share of the photographs, 0 to below 1")
    add_number("--steps", Recipe.steps, count, "of the optimiser")
    add_number("--learning-rate", Recipe.learning_rate, positive, "peak of Adam's")
    add_number("--threads", torch.get_num_threads(), count, "of the processor")
    add_number("--seed", 0, int, "of first weights and draws, 0 or more")
    args = parser.parse_args(argv)
    if args.out.suffix != ".safetensors":
        parser.error(f"--out is {args.out}; expected a name that ends in .safetensors")
    if args.seed < 0:
        parser.error(f"--seed is {args.seed}; expected 0 or more")
    return args


if __name__ == "__main__":
    commands.run(main)
