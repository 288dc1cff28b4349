"""A demo photograph at a small size, and the mask of one of its objects."""

from torch import Tensor

from manipulation.images.photographs import squared, squared_mask
from stimuli.contract.masks import read_annotations
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.support.files import read_image


def demo_photograph(source_id: str, annotation_id: int, side: int) -> tuple[Tensor, Tensor]:
    """Return the photograph ``(3, side, side)`` in [0, 1] and the mask ``(side, side)``."""
    chosen = next(one for one in PHOTOGRAPHS if one.source_id == source_id)
    annotations = read_annotations(DEMO_ANNOTATIONS)
    mask = annotations.mask(annotations.by_id[annotation_id]["image_id"], [annotation_id])
    image = squared(read_image(photograph_path(chosen)), side, "crop")
    return image, squared_mask(mask, side, "crop")
