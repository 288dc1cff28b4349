"""How the objects of photographs differ from their surround (`region_statistics`)."""

from collections.abc import Iterator

from manipulation.images.photographs import squared, squared_mask, to_pixels
from manipulation.naturalness.region_statistics import region_statistics
from manipulation.new_study.candidates import CandidatePhotographs, read_candidate
from manipulation.new_study.objects import AREA
from stimuli.contract.coco_file import LeftOut
from stimuli.support.console import progress
from stimuli.support.errors import InputError


def object_statistics(
    photographs: CandidatePhotographs,
    *,
    size_px: int = 512,
    fit: str = "crop",
    left_out: list[LeftOut] | None = None,
) -> Iterator[dict[str, float]]:
    """Yield the statistics of each object that a study could aim at by its size.

    Photographs and outlines that cannot be read are left out, and added to `left_out`.
    """
    left_out = [] if left_out is None else left_out
    candidates, annotations = photographs.candidates, photographs.annotations
    for candidate in progress(candidates, f"Looking at {len(candidates)} photographs"):
        name = candidate.path.name
        try:
            pixels, masks = read_candidate(candidate, annotations)
        except InputError as error:
            left_out.append(LeftOut(name, None, str(error).removeprefix(f"{candidate.path}: ")))
            continue
        square = to_pixels(squared(pixels, size_px, fit))
        for entry in annotations.of_image(masks.image_id):
            if fault := masks.fault(entry["id"]):
                left_out.append(LeftOut(name, entry["id"], fault))
                continue
            region = squared_mask(masks.union([entry["id"]]), size_px, fit).numpy() > 0.5
            if not entry.get("iscrowd") and AREA[0] <= region.mean() <= AREA[1]:
                yield region_statistics(square, region)
