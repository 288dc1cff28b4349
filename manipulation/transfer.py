"""Compare transforms by how far their changes carry over to models that took no part in them.

``python -m manipulation.transfer --images IMAGES --annotations FILE --out FOLDER`` writes a table
and a sheet of pictures for each transform.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.table import Table

from manipulation.new_study.candidates import coco_photographs
from manipulation.runs.arguments import count
from manipulation.runs.left_out import left_out_in_words, missing_in_words
from manipulation.study_stimuli.second_opinions import described
from manipulation.study_stimuli.transfer import (
    TransferredVersion,
    measure_transfer,
    models_for_transfer,
)
from manipulation.study_stimuli.transfer_curve import (
    SHARES,
    draw_curve,
    mean_psnr,
    transfer_curve,
)
from stimuli.contract.catalogue import second_change_columns
from stimuli.contract.schemas import CURVE, SECOND_CHANGE, TRANSFER
from stimuli.contract.settings import ManipulationSettings, PixelSettings, Settings
from stimuli.contract.vocabulary import left_range
from stimuli.support import commands
from stimuli.support.console import messages
from stimuli.support.errors import InputError
from stimuli.support.files import atomic_path, write_image
from stimuli.support.provenance import write_sidecar
from stimuli.support.tables import write_table

console = messages()

_BOUNDS = ("budget", "distance", "local_distance", "colour", "tone", "memory_colour")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    transforms = dict(
        pair.split("=", 1) if "=" in pair else (pair, "") for pair in arguments.transforms
    )
    settings = Settings(
        manipulation=ManipulationSettings(
            saliency=arguments.saliency,
            also=tuple(arguments.also),
            second_opinion=tuple(arguments.second_opinion),
            k_shift=arguments.k_shift,
            aim=arguments.aim,
            **{name: getattr(arguments, name) for name in _BOUNDS},
        ),
        pixels=PixelSettings(
            guides=tuple(arguments.pixel_guides), largest_change=arguments.largest_change
        ),
    )
    if arguments.curve and arguments.aim:
        raise InputError(
            f"--aim is {arguments.aim:g} with --curve, which makes every version at set shares of "
            f"its change; expected one of the two"
        )
    photographs = coco_photographs(arguments.images, arguments.annotations)
    models = models_for_transfer(settings, transforms)
    left_out = list(photographs.left_out)
    versions = measure_transfer(
        photographs, transforms, objects=arguments.objects, settings=settings, models=models,
        shares=SHARES if arguments.curve else (), left_out=left_out,
    )  # fmt: skip
    rows = [_row(version, models.shares) for version in versions]
    table = arguments.out / "transfer.tsv"
    write_table(table, second_change_columns(TRANSFER, models.shares), rows)
    write_sidecar(
        arguments.out / "transfer.provenance.json",
        command="manipulation.transfer",
        settings=settings.as_dict()["manipulation"]
        | {
            "transforms": transforms,
            "pixel_guides": arguments.pixel_guides,
            "largest_change": arguments.largest_change,
        },
        inputs=[arguments.annotations],
        outputs=[table],
    )
    if arguments.curve:
        points = transfer_curve(versions)
        write_table(arguments.out / "curve.tsv", CURVE, [asdict(one) for one in points])
        with atomic_path(arguments.out / "curve.png") as temporary:
            draw_curve(points).savefig(temporary, dpi=130)
        versions = [one for one in versions if one.effect.strength == SHARES[-1]]
        rows = [row for row in rows if row["strength"] == SHARES[-1]]
    for name in transforms:
        mine = [one for one in versions if one.transform == name]
        write_image(arguments.out / f"{name}.png", _sheet(mine[: 2 * arguments.pictures]))
    for line in (
        *missing_in_words(photographs.missing, arguments.images),
        *left_out_in_words(left_out),
    ):
        console.print(line, style="yellow", markup=False)
    console.print(_summary(rows, settings.manipulation, models.shares))
    console.print(f"wrote {table} and a sheet of pictures for each transform")


def _row(version: TransferredVersion, judges: Iterable[str]) -> dict:
    effect = version.effect
    return {
        "transform": version.transform,
        "photograph": version.photograph,
        "annotation_id": version.annotation_id,
        "k_shift": version.k_shift,
        "predicted": version.predicted_original,
        "asked_change": effect.asked_change,
        "predicted_change": effect.predicted_change,
        "second_change": effect.second_change,
        **{f"{SECOND_CHANGE}{name}": effect.second_changes.get(name) for name in judges},
        "psnr_db": effect.psnr_db,
        "clipped": effect.clipped,
        "strength": effect.strength,
        "aim_reached": effect.aim_reached,
        "realism": effect.realism,
        "second_realism": effect.second_realism,
        "within_budget": effect.within_budget,
        "ssim": effect.ssim,
        "feature_distance": effect.feature_distance,
        "local_distance": effect.local_distance,
        "colour_difference": effect.colour_difference,
        "tone_difference": effect.tone_difference,
        "memory_colour_difference": effect.memory_colour_difference,
        "seam_octaves": effect.seam_octaves,
        "unusual": effect.unusual or None,
        "seconds": version.seconds,
    }


def _sheet(versions: Sequence[TransferredVersion]) -> np.ndarray:
    """Return a row of pictures for each photograph: as it is, increase, decrease."""
    rows = [
        np.concatenate([increase.original, increase.pixels, decrease.pixels], axis=1)
        for increase, decrease in zip(versions[::2], versions[1::2], strict=True)
    ]
    return np.concatenate(rows)


def _summary(
    rows: Sequence[dict], chosen: ManipulationSettings, shares: Mapping[str, str]
) -> Table:
    """Return means over the versions, a column for each transform."""
    names = list(dict.fromkeys(row["transform"] for row in rows))
    means = [_means([row for row in rows if row["transform"] == name], shares) for name in names]
    table = Table(
        "", title=f"k_shift {chosen.k_shift:+g} and {-chosen.k_shift:+g}; predicted by "
        f"{chosen.saliency}; in brackets transfer",
    )  # fmt: skip
    for name in names:
        table.add_column(name, justify="right")
    for figure in means[0]:
        table.add_row(figure, *(mean[figure] for mean in means))
    return table


def _means(rows: Sequence[dict], shares: Mapping[str, str]) -> dict[str, str]:
    """Return the means over versions by one transform, changes in the direction that was asked."""
    signs = np.array([np.sign(row["k_shift"]) for row in rows])

    def column(key: str) -> np.ndarray:
        return np.array([row.get(key) for row in rows], dtype=float)

    asked, first, second = (
        signs * column(key) for key in ("asked_change", "predicted_change", "second_change")
    )
    seen = {
        described(name, shared): signs * column(f"{SECOND_CHANGE}{name}")
        for name, shared in shares.items()
    }
    if len(seen) > 1:
        seen["least of them"] = second
    return {
        "versions": str(len(rows)),
        "asked": f"{asked.mean():.3f}",
        "predicted": f"{first.mean():+.3f}",
        **{
            name: "took part"
            if np.isnan(change).all()
            else f"{change.mean():+.3f} ({change.mean() / first.mean():.0%})"
            for name, change in seen.items()
        },
        "agree": "-"
        if np.isnan(second).all()
        else f"{np.mean(np.sign(first) == np.sign(second)):.0%}",
        "predicted as asked": f"{np.mean(first > 0):.0%}",
        "PSNR dB": f"{mean_psnr(column('psnr_db').tolist()):.1f}",
        "clipped": f"{column('clipped').mean():.2%}",
        "SSIM": f"{column('ssim').mean():.3f}",
        "features": f"{column('feature_distance').mean():.4f}",
        "where they differ most": f"{column('local_distance').mean():.3f}",
        "colours": f"{column('colour_difference').mean():.1f}",
        "tones": f"{column('tone_difference').mean():.1f}",
        "skin, plants, sky": f"{column('memory_colour_difference').mean():.1f}",
        "seam, octaves": f"{np.abs(column('seam_octaves')).mean():.2f}",
        "unusual": f"{np.mean([_left_range(row['unusual']) for row in rows]):.0%}",
        "realism": f"{np.median(column('realism')):.2f}",
        "by the other judge": f"{np.median(column('second_realism')):.2f}",
        "within budget": "-"
        if rows[0]["within_budget"] is None
        else f"{np.mean([row['within_budget'] for row in rows]):.0%}",
        "seconds": f"{column('seconds').mean():.2f}",
    }


def _left_range(unusual: str | None) -> bool:
    return any(left_range(one) for one in (unusual or "").split(", ") if one)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(
        "manipulation.transfer",
        "Make versions of the same objects with several transforms, and let saliency models that "
        "took no part judge them: how much of the predicted change they see (transfer), and how "
        "often they agree on the direction. Of several the one that sees least of a version counts "
        "for it. Changes are counted in the direction that was asked.",
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
    default = ManipulationSettings()
    for name in _BOUNDS:
        add(f"--{name.replace('_', '-')}", type=float, default=getattr(default, name),
            metavar="BOUND",
            help=f"manipulation.{name} of study.toml (default: %(default)g)")  # fmt: skip
    add("--aim", type=float, default=0.0, metavar="CHANGE",
        help="manipulation.aim of study.toml, such as +0.10 (default: none)")  # fmt: skip
    add("--curve", action="store_true",
        help=f"make every version at {', '.join(f'{one:g}' for one in SHARES)} of its change "
        "and write what each buys and costs: curve.tsv, curve.png")  # fmt: skip
    add("--k-shift", type=float, default=2.0, metavar="NATS", help="(default: 2)")
    add("--saliency", default=default.saliency,
        help=f"model that guides edits and predicts (default: {default.saliency})")  # fmt: skip
    add("--also", nargs="*", default=[], metavar="MODEL", help="further models that guide edits")
    pixels = PixelSettings()
    add("--pixel-guides", nargs="*", default=list(pixels.guides), metavar="MODEL",
        help="models that guide pixels, such as robust (default: those that guide edits, which "
        "makes the paper's control)")  # fmt: skip
    add("--largest-change", type=float, default=pixels.largest_change, metavar="LEVELS",
        help="pixels.largest_change of study.toml: levels, of 255, by which pixels may change a "
        "value (default: %(default)g)")  # fmt: skip
    add("--second-opinion", nargs="+", default=default.second_opinion, metavar="MODEL",
        help=f"models that judge (default: {' '.join(default.second_opinion)})")  # fmt: skip
    add(
        "--pictures", type=count, default=6, metavar="N", help="photographs on a sheet (default: 6)"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
