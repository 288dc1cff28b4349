"""The densities of a whole set of images, in parallel, in memory that their number leaves flat.

The work goes through joblib. In one process it is a loop; on one machine joblib's own workers do
it; on many, any backend that joblib knows does it through the same function:

    from dask.distributed import Client
    import joblib

    Client("scheduler:8786")
    with joblib.parallel_config("dask"):
        for density in image_densities(images, centre_bias, jobs=-1):
            ...

and the same with ``ray.util.joblib.register_ray()`` and ``"ray"``.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import joblib
import numpy as np

from analysis.density.centre_bias import CentreBias
from analysis.density.grid import Grid
from analysis.density.maps import density_map, leave_one_out_maps, log_probabilities
from analysis.density.mixture import DensityFit, ImageSample, MixtureModel, MixtureParameters
from analysis.density.table import ImageFixations
from stimuli.support.files import atomic_path

_IMAGES_AT_ONCE = 16


@dataclass(frozen=True)
class DensityOptions:
    """How densities are fitted and what is written of them.

    Attributes
    ----------
    truncate
        Whether kernels are cut at the image's edges and renormalised.
    shared
        Bandwidth and weights for all images; fitted to each image where this is None.
    maps, leave_one_out : Path or None
        Folders for the map of each image, and for those that leave each subject out.
    map_grid
        Grid of the maps.
    """

    truncate: bool = True
    shared: MixtureParameters | None = None
    maps: Path | None = None
    leave_one_out: Path | None = None
    map_grid: Grid | None = None


@dataclass(frozen=True)
class ImageFit:
    """The fitted density of one image.

    Attributes
    ----------
    image
        Its name.
    fit : DensityFit
        Parameters and cross-validated likelihood.
    n_outside
        Fixations beside the image, which were left out.
    """

    image: str
    fit: DensityFit
    n_outside: int


def image_densities(
    images: Iterable[ImageFixations],
    centre_bias: CentreBias,
    options: DensityOptions = DensityOptions(),
    *,
    jobs: int = 1,
) -> Iterator[ImageFit]:
    """Fit, and write if asked, the density of every image; yield them in the order of `images`.

    Parameters
    ----------
    images
        May be longer than memory holds: a few batches are under way at a time.
    centre_bias
        Centre bias from all images; each image's own fixations are taken out of it.
    jobs
        Processes; 1 works in this one, -1 in one a core.
    """
    work = partial(_batch, centre_bias=centre_bias, options=options)
    if jobs == 1:
        for image in images:
            yield from work([image])
        return
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator", pre_dispatch="2*n_jobs")
    for batch in parallel(joblib.delayed(work)(one) for one in _batches(images)):
        yield from batch


def _batches(images: Iterable[ImageFixations]) -> Iterator[list[ImageFixations]]:
    remaining = iter(images)
    while batch := list(islice(remaining, _IMAGES_AT_ONCE)):
        yield batch


def _batch(
    images: Sequence[ImageFixations], centre_bias: CentreBias, options: DensityOptions
) -> list[ImageFit]:
    return [_one(image, centre_bias, options) for image in images]


def _one(image: ImageFixations, centre_bias: CentreBias, options: DensityOptions) -> ImageFit:
    model = MixtureModel(centre_bias.grid, options.truncate)
    sample = image_sample(image, centre_bias)
    fit = model.fit(sample) if options.shared is None else model.evaluate(sample, options.shared)
    if options.maps or options.leave_one_out:
        _write_maps(image, fit, centre_bias, options)
    return ImageFit(image.image, fit, image.n_outside)


def image_sample(image: ImageFixations, centre_bias: CentreBias) -> ImageSample:
    """Return what the density of an image is fitted to, the centre bias being the others'."""
    return ImageSample(
        image.xy_px, image.subjects, centre_bias.density_at(image.xy_px, image.xy_px)
    )


def _write_maps(
    image: ImageFixations, fit: DensityFit, centre_bias: CentreBias, options: DensityOptions
) -> None:
    grid = options.map_grid or centre_bias.grid
    centre = centre_bias.density(image.xy_px)
    if grid != centre_bias.grid:
        centre = grid.area_means(centre)
        centre /= centre.sum()
    name = f"{map_name(image.image)}.npz"
    if options.maps:
        density = density_map(
            fit, image.xy_px, centre, grid, truncate=options.truncate, dtype=np.float32
        )
        log_density = log_probabilities(density, out=density)
        _save(options.maps / name, lambda file: np.savez(file, log_density=log_density))
    if options.leave_one_out:
        left_out: dict[str, Any] = dict(
            leave_one_out_maps(
                fit, image.xy_px, image.subjects, centre, grid, truncate=options.truncate
            )
        )
        _save(options.leave_one_out / name, lambda file: np.savez(file, **left_out))


def map_name(image: str) -> str:
    """Return the name of an image's maps: its own without folder and suffix, if it has one."""
    return Path(image).stem


def _save(path: Path, write: Callable[[BinaryIO], None]) -> None:
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        write(file)
