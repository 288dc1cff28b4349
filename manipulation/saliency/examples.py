"""All photographs of a table as a fit sees them, their features kept on disk."""

from pathlib import Path

from rich.progress import Progress

from manipulation.saliency.feature_cache import FeatureCache
from manipulation.saliency.features import FeatureExtractor
from manipulation.saliency.fitting import Example, example
from manipulation.saliency.fixations import FixationTable, photographs
from manipulation.saliency.processes import ALONE, Processes


def load_examples(
    table: FixationTable,
    folder: Path,
    extractor: FeatureExtractor,
    cache_folder: Path,
    *,
    height_px: int = 512,
    group: Processes = ALONE,
    progress: Progress | None = None,
) -> list[Example]:
    """Return an example for every photograph of a table.

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

    def examples_of(share: slice) -> list[Example]:
        cache, total = FeatureCache(cache_folder, extractor), len(table.images[share])
        pictures = photographs(
            table, folder, height_px=height_px, minimum_px=extractor.minimum_px, share=share
        )
        found = []
        for picture in progress.track(pictures, total=total, description="features"):
            found.append(example(extractor, picture, cache))
            if len(found) == 1:
                cache.check_space(found[0].features, total)
        return found

    if group.count > 1:
        examples_of(slice(group.rank, None, group.count))
        group.wait()
    return examples_of(slice(None))
