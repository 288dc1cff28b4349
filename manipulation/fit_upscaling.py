"""Train the network that upscales images: ``python -m manipulation.fit_upscaling``."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from rich.progress import Progress

from manipulation.runs.alone import fitting_alone
from manipulation.runs.arguments import count, positive, share
from manipulation.runs.model_card import Origin
from manipulation.runs.state import Stopped
from manipulation.upscaling.card import upscaling_card
from manipulation.upscaling.fit import fit_upscaling_network, measure_upscaling, partition
from manipulation.upscaling.measures import Quality
from manipulation.upscaling.network import load_network, save_network
from manipulation.upscaling.recipe import UpscalingRecipe
from stimuli.support import commands
from stimuli.support.console import messages
from stimuli.support.files import write_text
from stimuli.support.provenance import write_sidecar

MODULE = "manipulation.fit_upscaling"
DESCRIPTION = """\
Train the network that brings images from the size that networks see to the size
on the screen, twice as large: from random weights, on photographs and their
reductions by 2, of which --degraded have noise and the artefacts of JPEG, so that
the network learns not to sharpen these.

A share of the photographs is held out by a hash of their names. On these, on
those of --unseen folders and on the photographs of the demo the network is then
held against bicubic and Lanczos interpolation, on clean reductions and on
reductions stored as JPEG files. The weights are written with a
model card (.md) and a sidecar (.json) beside them. To use them, set
images.upscale in study.toml to the file.

This takes about a quarter of an hour on one core of a processor. The state of
the run is kept beside the weights (.state.pt), and the same command goes on
where it stood, or with more --steps as long as its learning rate, which falls
in the last quarter, has not begun to. When all is written, it is removed."""
EXAMPLE = f"python -m {MODULE} --photographs osie/images --unseen val2017 --out my.safetensors"


def main(argv: Sequence[str] | None = None) -> int:
    """Train the network, measure it on what it has not seen, write it with its card."""
    args = _arguments(argv)
    torch.set_num_threads(args.threads)
    with fitting_alone(args.out, f"trains {args.out.name}"):
        return _fit(args, commands.command_line(MODULE, argv))


def _fit(args: argparse.Namespace, command: str) -> int:
    recipe = UpscalingRecipe(
        steps=args.steps,
        learning_rate=args.learning_rate,
        degraded=args.degraded,
        bfloat16=not args.float32,
    )
    parts = partition(args.photographs, args.unseen, held_out=args.held_out, crop_px=recipe.crop_px)
    console = messages()
    state = args.out.with_suffix(".state.pt")
    with Progress(console=console) as progress:
        try:
            trained = fit_upscaling_network(
                parts.seen, state, recipe=recipe, seed=args.seed, progress=progress
            )
        except Stopped as error:
            console.print(f"error: {error}", style="bold red")
            return commands.EXIT_FAILED
        save_network(args.out, trained)
        network = load_network(args.out)  # as it is stored, and will be used
        found = measure_upscaling(network, parts.unseen, progress)
    text = upscaling_card(
        args.out.stem,
        network,
        Origin.of_file(args.out, data=args.data, command=command),
        recipe,
        found,
        photographs=len(parts.seen),
        held_out=parts.held_out,
        seed=args.seed,
    )
    card = args.out.with_suffix(".md")
    write_text(card, text)
    write_sidecar(
        args.out.with_suffix(".json"),
        command=MODULE,
        settings={"held_out": args.held_out, "recipe": asdict(recipe)},
        inputs=parts.seen,
        outputs=[args.out, card],
        seeds={"run": args.seed},
    )
    state.unlink()
    for place, methods in found.items():
        print(f"{place}: {_gain(methods, 'psnr'):+.2f} dB, {_gain(methods, 'ssim'):+.4f} SSIM "
              f"against bicubic on {len(methods['network'].psnr)} unseen photographs")  # fmt: skip
    print(f"wrote {args.out}, {card}")
    return commands.EXIT_OK


def _gain(methods: Mapping[str, Quality], measure: str) -> float:
    return (getattr(methods["network"], measure) - getattr(methods["bicubic"], measure)).mean()


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--photographs", type=commands.existing_folder, nargs="+", required=True, metavar="DIR",
        help="folders of photographs, in part held out")  # fmt: skip
    add("--unseen", type=commands.existing_folder, nargs="+", default=[], metavar="DIR",
        help="further folders to measure on")  # fmt: skip
    add("--out", type=Path, required=True, metavar="FILE", help="weights to write (.safetensors)")
    add("--data", default="not stated", metavar="TEXT", help="data and licence, for the card")

    def add_number(name: str, default: float, type_: Callable[[str], float], text: str) -> None:
        add(name, default=default, type=type_, metavar="N", help=f"{text} (default: %(default)s)")

    add("--float32", action="store_true",
        help="convolutions in 32 bits: faster where the processor has no bfloat16")  # fmt: skip
    add_number("--held-out", 0.2, share, "share of the photographs, 0 to below 1")
    add_number("--steps", UpscalingRecipe.steps, count, "of the optimiser")
    add_number("--learning-rate", UpscalingRecipe.learning_rate, positive, "peak of Adam's")
    add_number("--degraded", UpscalingRecipe.degraded, share, "share of reductions with noise and "
               "JPEG, 0 to below 1")  # fmt: skip
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
