"""The region that a matched control changes: like its target in size and saliency, and elsewhere.

In come the predicted log saliency of an original, the target, all regions that versions of the
source aim at, and the other annotated objects; out comes the object that matches best, or else a
copy of the target's outline, displaced to where the predicted saliency is most like the target's.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

SIZE_FACTOR = 1.5  # an object is of like size up to this factor
SALIENCY_NATS = 0.5  # a region is of like saliency up to this difference of mean log saliency
_GAP = (
    0.02  # least distance to every target, as a share of the longer side: edges of edits are soft
)
_EQUAL_NATS = 0.05  # places that match as well as the best; of them the eccentricity decides


@dataclass(frozen=True, eq=False)
class MatchedRegion:
    """A region and how well it matches its target.

    Attributes
    ----------
    mask : Tensor (H, W)
        1 inside, 0 outside.
    annotation_id
        COCO annotation of the object that it is; None where it is a copy of the target's outline.
    x_px, y_px
        From the centroid of the target to that of the region.
    size_ratio
        Its area over that of the target.
    saliency_difference
        Its mean log saliency less that of the target, in nats.
    """

    mask: Tensor
    annotation_id: int | None
    x_px: float
    y_px: float
    size_ratio: float
    saliency_difference: float

    @property
    def mismatch(self) -> float:
        """Distance of size and saliency from the target's; 1 where one of them is at its limit."""
        return max(
            abs(math.log(self.size_ratio)) / math.log(SIZE_FACTOR),
            abs(self.saliency_difference) / SALIENCY_NATS,
        )


def matched_region(
    log_saliency: Tensor,
    target: Tensor,
    taken: Tensor,
    objects: Iterable[tuple[int, Tensor]] = (),
) -> MatchedRegion | None:
    """Return the region that is most like a target in size and saliency, apart from all targets.

    An annotated object is taken where one matches: its size up to `SIZE_FACTOR`, its mean log
    saliency up to `SALIENCY_NATS`. Else the target's outline is moved, unturned, to where the mean
    log saliency is most like the target's; of places that match alike, to that whose distance from
    the centre of the image, where people look anyway, is most like the target's.

    Parameters
    ----------
    log_saliency : Tensor (H, W)
        Predicted for the original, in nats, un-normalised.
    target : Tensor (H, W)
        1 inside, 0 outside.
    taken : Tensor (H, W)
        Union of all targets of the source.
    objects
        Annotation and mask ``(H, W)`` of other objects.

    Returns
    -------
    MatchedRegion or None
        None where no object matches and no place is free.
    """
    log_saliency, target = log_saliency.double(), target.double()
    kept_free = _grown(taken.double())
    matches = [
        _measured(log_saliency, target, mask.double(), annotation_id)
        for annotation_id, mask in objects
        if mask.any() and not (mask.double() * kept_free).any()
    ]
    if fitting := [one for one in matches if one.mismatch <= 1]:
        return min(fitting, key=lambda one: one.mismatch)
    places = free_places(target, taken)
    if not places.any():
        return None
    mean = log_saliency.mean()
    sums = _correlation(target, log_saliency - mean)
    difference = (sums / target.sum() + mean - _mean(log_saliency, target)).abs()
    difference[~places] = torch.inf
    alike = difference <= difference.min() + _EQUAL_NATS
    eccentricity = _eccentricities(target)
    off = torch.where(alike, (eccentricity - eccentricity[0, 0]).abs(), torch.inf)
    down, right = divmod(int(off.argmin()), off.shape[1])
    copy = torch.roll(target, (down, right), dims=(0, 1))
    return _measured(log_saliency, target, copy, None)


def free_places(target: Tensor, taken: Tensor) -> Tensor:
    """Return whether a copy of a target may stand at each displacement, modulo the side.

    It may where all of it lies inside the image, apart from every region that is taken.

    Returns
    -------
    Tensor (H, W), bool
        By rows downwards and columns rightwards; negative displacements count from the end.
    """
    (_, down), (_, right) = _displacements(target, 0), _displacements(target, 1)
    apart = _correlation(target.double(), _grown(taken.double())) < 0.5
    return apart & down[:, None] & right[None]


def _measured(
    log_saliency: Tensor, target: Tensor, region: Tensor, annotation_id: int | None
) -> MatchedRegion:
    (x, y), (from_x, from_y) = _centroid(region), _centroid(target)
    return MatchedRegion(
        region.float(),
        annotation_id,
        round(x - from_x, 2),
        round(y - from_y, 2),
        float(region.sum() / target.sum()),
        float(_mean(log_saliency, region) - _mean(log_saliency, target)),
    )


def _mean(values: Tensor, region: Tensor) -> Tensor:
    return (values * region).sum() / region.sum()


def _centroid(region: Tensor) -> tuple[float, float]:
    """Return the centroid ``(x, y)`` in pixels from the outer corner of the top left pixel."""
    rows, columns = torch.nonzero(region, as_tuple=True)
    return float(columns.double().mean()) + 0.5, float(rows.double().mean()) + 0.5


def _displacements(target: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Return the displacement of each index of a circular correlation, and whether it may be.

    Forwards as far as the target stays inside the image, then backwards from the end.
    """
    length = target.shape[axis]
    covered = torch.nonzero(target.sum(dim=1 - axis))[:, 0]
    first, last = int(covered[0]), int(covered[-1])
    forwards = torch.arange(length)
    steps = torch.where(last + forwards < length, forwards, forwards - length)
    return steps, first + steps >= 0


def _correlation(target: Tensor, values: Tensor) -> Tensor:
    """Return the sum of `values` over the target at every displacement, modulo the side."""
    spectrum = torch.fft.rfft2(target).conj() * torch.fft.rfft2(values)
    return torch.fft.irfft2(spectrum, s=values.shape)


def _eccentricities(target: Tensor) -> Tensor:
    """Return the distance of the target's centroid from the centre at every displacement."""
    x, y = _centroid(target)
    height, width = target.shape
    down = y + _displacements(target, 0)[0].double() - height / 2
    right = x + _displacements(target, 1)[0].double() - width / 2
    return torch.hypot(*torch.meshgrid(down, right, indexing="ij"))


def _grown(regions: Tensor) -> Tensor:
    """Return regions with a margin of `_GAP` around them."""
    reach = max(1, round(_GAP * max(regions.shape)))
    return functional.max_pool2d(regions[None, None], 2 * reach + 1, stride=1, padding=reach)[0, 0]
