"""All photographs of a table as a fit sees them: their features in place of their pixels."""

from dataclasses import replace
from pathlib import Path

import torch
from rich.progress import Progress
from torch import Tensor

from manipulation.runs.processes import ALONE, Processes
from manipulation.saliency.fitting.feature_cache import FeatureCache
from manipulation.saliency.fixations.table import FixationTable
from manipulation.saliency.fixations.viewed import ViewedPhotograph, cell_counts, photographs
from manipulation.saliency.models.features import FeatureExtractor


@torch.no_grad()
def with_features(
    extractor: FeatureExtractor, one: ViewedPhotograph, cache: FeatureCache | None = None
) -> ViewedPhotograph:
    """Return a record with features in place of pixels, those of `cache` if one is given."""
    features = extractor(one.image[None])[0].half() if cache is None else cache(one.image)
    return replace(one, pixels=None, features=features)


def feature_counts(one: ViewedPhotograph, stride: float) -> Tensor:
    """Return the fixations per cell of a photograph's features, ``(h, w)``.

    Parameters
    ----------
    stride
        Pixels per cell.
    """
    height, width = one.known_features.shape[-2:]
    return cell_counts(one.points, (height, width), stride)


def photographs_with_features(
    table: FixationTable,
    folder: Path,
    extractor: FeatureExtractor,
    cache_folder: Path,
    *,
    height_px: int = 512,
    group: Processes = ALONE,
    progress: Progress | None = None,
) -> list[ViewedPhotograph]:
    """Return every photograph of a table with its features.

    Several processes compute the features of a share each, and then all read all of them.

    Parameters
    ----------
    folder
        Of the photographs.
    cache_folder
        Of the features; made if it is not there.
    height_px
        Photographs are resized to it.

    Raises
    ------
    InputError
        If a photograph cannot be read or has an unusable size, or the disk is too full.
    """
    progress = progress or Progress(disable=True)

    def of_share(share: slice) -> list[ViewedPhotograph]:
        cache, total = FeatureCache(cache_folder, extractor), len(table.images[share])
        pictures = photographs(
            table, folder, height_px=height_px, minimum_px=extractor.minimum_px, share=share
        )
        found = []
        for picture in progress.track(pictures, total=total, description="features"):
            found.append(with_features(extractor, picture, cache))
            if len(found) == 1:
                cache.check_space(found[0].known_features, total)
        return found

    if group.count > 1:
        of_share(slice(group.rank, None, group.count))
        group.wait()
    return of_share(slice(None))
