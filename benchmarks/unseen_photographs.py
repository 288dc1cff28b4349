"""What the models that ship gain on OSIE's photographs that they were not fitted to.

``python -m benchmarks.unseen_photographs OSIE`` reads ``OSIE/images`` and ``OSIE/fixations.csv``
(docs/data.md), and draws the 100 photographs that were set aside and the folds of the others as
`manipulation.fit_networks` does. Of the five networks of `scratch` each photograph is predicted by
the one that was trained without it; people predict each other. All gains are over one centre bias,
that of the 500 other photographs.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from manipulation.saliency import load_saliency_model
from manipulation.saliency.fitting.cross_validation import fold_numbers, set_aside
from manipulation.saliency.fixations.table import read_fixations
from manipulation.saliency.fixations.viewed import ViewedPhotograph, photographs, relative_counts
from manipulation.saliency.models.centre_bias import GRID, fit_centre_bias
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.scoring.gains import (
    Gains,
    gains_from_pixels,
    gold_standard_gains,
    joined,
    uniform_gains,
)

ASIDE, FOLDS, SEED = 100, 5, 0
PIXELS_PER_DEGREE = 20.48


def main(folder: Path) -> None:
    table = read_fixations(folder / "fixations.csv", folder / "images")
    data = list(photographs(table, folder / "images", height_px=512))
    fold = fold_numbers(len(data), FOLDS, SEED)  # of `scratch`, over all 600
    apart = set_aside(len(data), ASIDE, SEED)
    counts = [relative_counts(one, GRID) for one, left in zip(data, apart, strict=True) if not left]
    bias, _ = fit_centre_bias(torch.stack(counts))
    unseen = np.flatnonzero(apart)
    everyone = [data[index] for index in unseen]
    rows = {
        "uniform": uniform_gains(everyone, [bias] * ASIDE),
        "scratch, the network that did not see it": joined(
            gains_from_pixels(one_network("scratch", int(fold[index]), bias), [data[index]])
            for index in unseen
        ),
        "efficientnet": whole("efficientnet", bias, everyone),
        "robust": whole("robust", bias, everyone),
        "people": gold_standard_gains(everyone, [bias] * ASIDE, PIXELS_PER_DEGREE),
    }
    shown = Table("model", "bits over the centre bias", "95 % interval", "share of people's")
    for name, gains in rows.items():
        low, high = gains.interval()
        share = gains.bits_per_fixation / rows["people"].bits_per_fixation
        shown.add_row(name, f"{gains.bits_per_fixation:.3f}", f"{low:.3f} to {high:.3f}",
                      f"{share:.0%}")  # fmt: skip
    Console().print(shown)


def whole(name: str, bias: torch.Tensor, unseen: list[ViewedPhotograph]) -> Gains:
    model = own_model(name)
    model.centre_bias.log_map.copy_(bias)
    return gains_from_pixels(model, unseen)


def one_network(name: str, number: int, bias: torch.Tensor) -> SaliencyModel:
    """Return a model of several networks as the one of them that has a number."""
    model = own_model(name)
    model.centre_bias.log_map.copy_(bias)
    (only,) = model.readout.linear
    only.weight.zero_()[0, number] = 1.0
    return model


def own_model(name: str) -> SaliencyModel:
    model = load_saliency_model(name)
    assert isinstance(model, SaliencyModel)
    return model


if __name__ == "__main__":
    main(Path(sys.argv[1]))
