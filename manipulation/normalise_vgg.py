"""Normalise VGG-19 on a folder of photographs: ``python -m manipulation.normalise_vgg``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.progress import Progress

from manipulation.runs.arguments import add_device, count
from manipulation.runs.processes import chosen_device
from manipulation.saliency.models.vgg_normalisation import normalise_vgg_network
from manipulation.saliency.models.vgg_weights import DOWNLOADS, load_vgg, save_vgg, vgg_file
from stimuli.support import commands
from stimuli.support.errors import InputError
from stimuli.support.files import sha256
from stimuli.support.provenance import write_sidecar

MODULE = "manipulation.normalise_vgg"
DESCRIPTION = """\
Normalise VGG-19 as DeepGaze II and the losses of the paper want it: weights are
rescaled so that the mean activation of each filter over photographs and
positions is 1 (Gatys, Ecker & Bethge 2015). The network computes the same as
before, each channel of each layer in other units.

The photographs should resemble those that the network will see; some hundreds
are enough. --weights is torchvision (fetched once, 575 MB, and kept), or a file
of yours: torchvision's checkpoint, or a state dict with the names conv1_1.weight
to conv5_4.bias, which is taken to be converted from Caffe (blue first)."""
EXAMPLE = f"python -m {MODULE} --images osie/images --out vgg19-normalised.safetensors"
PHOTOGRAPHS = (".jpg", ".jpeg", ".png", ".tif", ".tiff")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure mean activations, rescale the weights and write the network."""
    args = _arguments(argv)
    files = sorted(f for f in args.images.iterdir() if f.suffix.lower() in PHOTOGRAPHS)
    if not files:
        raise InputError(f"{args.images}: holds no photograph; expected files {PHOTOGRAPHS}")
    source = vgg_file(args.weights)
    device = chosen_device(args.device)
    with Progress() as progress:
        result, silent = normalise_vgg_network(
            load_vgg(source, pooling=args.pooling),
            files,
            height_px=args.height_px,
            device=device,
            progress=progress,
        )

    licence = DOWNLOADS[args.weights].licence if args.weights in DOWNLOADS else "of the file given"
    notes = {"source": source.name, "source_sha256": sha256(source), "licence": licence,
             "photographs": len(files), "height_px": args.height_px, "pooling": args.pooling,
             "silent_filters": silent}  # fmt: skip
    save_vgg(args.out, result, notes)
    write_sidecar(
        args.out.with_suffix(".json"),
        command=MODULE,
        settings=notes,
        inputs=[source, *files],
        outputs=[args.out],
        device=str(device),
    )
    print(
        f"normalised on {len(files)} photographs; {silent} filters never responded and are as they "
        f"were\nwrote {args.out}"
    )


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--images", type=commands.existing_folder, required=True, metavar="DIR",
        help="folder of photographs")  # fmt: skip
    add("--out", type=Path, required=True, metavar="FILE", help="weights to write (.safetensors)")
    add("--weights", default="torchvision", metavar="NAME|FILE", help="default: torchvision")
    add("--pooling", choices=("max", "average"), default="max", help="default: max")
    add("--height-px", type=count, default=512, metavar="N",
        help="photographs are resized to this height (default: 512)")  # fmt: skip
    add_device(parser)
    args = parser.parse_args(argv)
    if args.out.suffix != ".safetensors":
        parser.error(f"--out is {args.out}; expected a name that ends in .safetensors")
    return args


if __name__ == "__main__":
    commands.run(main)
