"""The densities of a set of images, from one table of fixations: centre bias first, then each.

In comes a table with the columns image, subject, x_px and y_px, in memory or a CSV file that may
be longer than memory holds; out come the parameters of every density with its cross-validated
likelihood, and its map if a folder is given.
"""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.density.centre_bias import CentreBias, CentreBiasCounts
from analysis.density.grid import Grid
from analysis.density.images import (
    DensityOptions,
    ImageFit,
    image_densities,
    image_sample,
    map_name,
)
from analysis.density.mixture import MixtureModel, MixtureParameters
from analysis.density.table import ImageFixations, images_in, read_images
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.words import counted

MOST_SHARED = 1000
"""Images that shared parameters are fitted to, the first ones; four parameters need no more."""


@dataclasses.dataclass(frozen=True, eq=False)
class DensitySet:
    """The fitted densities of a set of images.

    Attributes
    ----------
    images
        One fit an image, in the order of the table.
    centre_bias : CentreBias
        Where people look on all images; each image's own fixations are taken out of it for its
        density.
    options : DensityOptions
        How the densities were fitted.
    """

    images: list[ImageFit]
    centre_bias: CentreBias
    options: DensityOptions

    @property
    def parameters(self) -> pd.DataFrame:
        """One row an image: parameters, likelihoods and numbers of fixations."""
        return pd.DataFrame(
            [
                {"image": one.image, **dataclasses.asdict(one.fit), "n_outside": one.n_outside}
                for one in self.images
            ]
        )

    def summary(self) -> dict[str, object]:
        """Return means over fixations and the parameters of every image, ready for JSON."""
        fitted = [one.fit for one in self.images if one.fit.fitted]
        n = np.array([fit.n_fixations for fit in fitted])

        def mean(values: list[float]) -> float | None:
            return float(np.average(values, weights=n)) if values else None

        grid = self.centre_bias.grid
        return {
            "log_likelihood_bits": mean([fit.log_likelihood_bits for fit in fitted]),
            "information_gain_bits": mean([fit.information_gain_bits for fit in fitted]),
            "n_images": len(self.images),
            "n_fixations": sum(one.fit.n_fixations for one in self.images),
            "n_fixations_outside": sum(one.n_outside for one in self.images),
            "n_images_without_estimate": len(self.images) - len(fitted),
            "size_px": [grid.width_px, grid.height_px],
            "truncated": self.options.truncate,
            "shared_parameters": self.options.shared is not None,
            "centre_bias": {
                "leaves_out": "the image itself",
                "bandwidth_px": _known(self.centre_bias.bandwidth_px),
                "uniform_share": self.centre_bias.uniform_share,
            },
            "images": {
                one.image: {
                    name: _known(value) for name, value in dataclasses.asdict(one.fit).items()
                } | {"n_fixations_outside": one.n_outside}
                for one in self.images
            },
        }  # fmt: skip


def fit_densities(
    fixations: pd.DataFrame | str | Path,
    size_px: tuple[int, int],
    *,
    shared: bool = False,
    truncate: bool = True,
    maps: Path | None = None,
    leave_one_out: Path | None = None,
    map_cells: int | None = None,
    jobs: int = 1,
) -> DensitySet:
    """Fit the fixation density of every image of a set, by leave-one-subject-out likelihood.

    Parameters
    ----------
    fixations : DataFrame or path
        With the columns ``image``, ``subject``, ``x_px`` and ``y_px`` (image pixels, origin at the
        top left). A CSV file streams, so that it may be longer than memory holds.
    size_px
        ``(width, height)`` of every image.
    shared
        Whether one bandwidth and one set of weights serve all images, instead of each its own.
    truncate
        Whether kernels are cut at the image's edges and renormalised.
    maps, leave_one_out : Path, optional
        Folders to write, one npz an image: natural-log probability of every cell from all
        fixations, and from those of all subjects but one, for each subject.
    map_cells
        Cells of the maps' longer side; the image's pixels where it is not given.
    jobs
        Processes; -1 works in one a core.

    Returns
    -------
    densities : DensitySet
        Parameters and likelihoods of every image, and the centre bias.

    Raises
    ------
    InputError
        If the table is none, two images would have maps of the same name, or no fixation lies on
        any image.

    Examples
    --------
    >>> from analysis import fit_densities
    >>> densities = fit_densities("fixations.csv", size_px=(800, 600))
    >>> gains = densities.parameters.set_index("image")["information_gain_bits"]
    """
    if map_cells is not None and not 8 <= map_cells <= 8192:
        raise InputError(f"map_cells is {map_cells}; expected 8 to 8192 cells")
    if jobs == 0:
        raise InputError("jobs is 0; expected a number of processes, or -1 for one a core")
    width_px, height_px = size_px
    grid = Grid(width_px, height_px, width_px, height_px)

    def images() -> Iterator[ImageFixations]:
        if isinstance(fixations, pd.DataFrame):
            return images_in(fixations, width_px, height_px)
        return read_images(fixations, width_px, height_px)

    # First pass: where people look on all images together.
    centre_bias, n_images = centre_bias_of_images(progress(images(), "Centre bias", None), grid)
    options = DensityOptions(
        truncate=truncate,
        shared=_shared_parameters(images(), centre_bias, truncate) if shared else None,
        maps=maps,
        leave_one_out=leave_one_out,
        map_grid=grid.coarser(map_cells) if map_cells else grid,
    )

    # Second pass: every image, with the centre bias from the others.
    found = image_densities(images(), centre_bias, options, jobs=jobs)
    return DensitySet(list(progress(found, "Densities", n_images)), centre_bias, options)


def centre_bias_of_images(images: Iterable[ImageFixations], grid: Grid) -> tuple[CentreBias, int]:
    """Return the centre bias of a set and the number of its images.

    Raises
    ------
    InputError
        If two images would have maps of the same name, or nothing lies on any image.
    """
    counts = CentreBiasCounts(grid)
    names: Counter[str] = Counter()
    n_fixations = n_outside = 0
    for image in images:
        counts.add(image.xy_px)
        names[map_name(image.image)] += 1
        n_fixations += len(image.xy_px)
        n_outside += image.n_outside
    if not n_fixations:
        raise InputError(
            f"none of {counted(n_outside, 'fixation')} lies on an image of "
            f"{grid.width_px} x {grid.height_px} px; expected image pixels with the origin "
            f"at the top left"
        )
    (most, times), *_ = names.most_common(1)
    if times > 1:
        raise InputError(
            f"{times} images are called {most}, but for folder and suffix; expected different names"
        )
    return counts.fit(), len(names)


def _shared_parameters(
    images: Iterable[ImageFixations], centre_bias: CentreBias, truncate: bool
) -> MixtureParameters:
    samples = [image_sample(one, centre_bias) for one in islice(images, MOST_SHARED)]
    return MixtureModel(centre_bias.grid, truncate).fit_shared(samples)


def _known(value: float) -> float | None:
    return None if isinstance(value, float) and math.isnan(value) else value
