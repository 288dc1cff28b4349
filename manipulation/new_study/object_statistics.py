"""How the objects of photographs differ from their surround (`region_statistics`)."""

from collections.abc import Iterator

from manipulation.images.photographs import squared, squared_mask, to_pixels
from manipulation.naturalness.region_statistics import region_statistics
from manipulation.new_study.candidates import CandidatePhotographs, read_candidate
from manipulation.new_study.objects import AREA
from stimuli.support.console import progress


def object_statistics(
    photographs: CandidatePhotographs, *, size_px: int = 512, fit: str = "crop"
) -> Iterator[dict[str, float]]:
    """Yield the statistics of each object that a study could aim at by its size.

    Raises
    ------
    InputError
        If a photograph is wrong.
    """
    candidates, annotations = photographs.candidates, photographs.annotations
    for candidate in progress(candidates, f"Looking at {len(candidates)} photographs"):
        pixels, masks = read_candidate(candidate, annotations)
        square = to_pixels(squared(pixels, size_px, fit))
        for entry in annotations.of_image(masks.image_id):
            if masks.fault(entry["id"]):
                continue  # an outline that cannot be read
            region = squared_mask(masks.union([entry["id"]]), size_px, fit).numpy() > 0.5
            if not entry.get("iscrowd") and AREA[0] <= region.mean() <= AREA[1]:
                yield region_statistics(square, region)
