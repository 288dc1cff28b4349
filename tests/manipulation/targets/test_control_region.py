"""The region of a control is like the target and apart from all targets, on maps that are known."""

import pytest
import torch

from manipulation.targets.control_region import (
    SALIENCY_NATS,
    SIZE_FACTOR,
    free_places,
    matched_region,
)

SIDE = 96


def box(top, left, height, width):
    mask = torch.zeros(SIDE, SIDE)
    mask[top : top + height, left : left + width] = 1
    return mask


@pytest.fixture
def target():
    """An L of 16 x 12, which no turn brings onto itself."""
    mask = box(10, 6, 16, 4) + box(22, 10, 4, 8)
    assert mask.max() == 1
    return mask


def ramp():
    """Log saliency that grows by 0.05 nat a column."""
    return 0.05 * torch.arange(SIDE).float().expand(SIDE, SIDE)


def test_a_copy_goes_to_where_the_saliency_is_the_targets(target):
    log_saliency = ramp()
    log_saliency[:, : SIDE // 2] -= 10.0  # all places but those of the right half are unlike
    log_saliency += 10.0 * target  # nor is the target's own surround like it
    found = matched_region(log_saliency, target, target)
    wanted = float((log_saliency * target).sum() / target.sum())
    measured = float((log_saliency * found.mask).sum() / found.mask.sum())
    assert found.annotation_id is None
    assert found.saliency_difference == pytest.approx(measured - wanted, abs=1e-4)
    # On the ramp a column is 0.05 nat, and of places as good as the best the eccentricity decides.
    assert abs(found.saliency_difference) <= 0.051 + abs(ramp()[0, SIDE // 2] - wanted)
    assert found.size_ratio == 1
    down, right = int(found.y_px), int(found.x_px)
    assert torch.equal(torch.roll(target, (down, right), (0, 1)), found.mask)


def test_a_copy_stays_whole_inside_and_apart_from_every_target(target):
    other = box(40, 30, 40, 50)
    taken = target + other
    places = free_places(target, taken)
    found = matched_region(torch.zeros(SIDE, SIDE), target, taken)
    assert found.mask.sum() == target.sum()
    assert not (found.mask * taken).any()
    # Every displacement, tried one by one.
    for down in range(-10, SIDE - 26 + 1, 7):
        for right in range(-6, SIDE - 18 + 1, 7):
            copy = torch.roll(target, (down, right), (0, 1))
            inside = 10 + down >= 0 and 26 + down <= SIDE and 6 + right >= 0 and 18 + right <= SIDE
            gap = torch.nn.functional.max_pool2d(taken[None, None], 5, 1, 2)[0, 0]
            assert bool(places[down, right]) == (inside and not (copy * gap).any())


def test_of_places_that_match_alike_one_as_far_from_the_centre_is_taken(target):
    found = matched_region(torch.zeros(SIDE, SIDE), target, target)
    centre = torch.tensor([SIDE / 2, SIDE / 2])

    def eccentricity(mask):
        return (torch.nonzero(mask).float().mean(dim=0) + 0.5 - centre).norm().item()

    assert eccentricity(found.mask) == pytest.approx(eccentricity(target), abs=1.0)


def test_an_object_of_like_size_and_saliency_is_taken_before_a_copy(target):
    log_saliency = ramp()
    like = box(60, 8, 10, 12)  # 120 px against 96, at nearly the target's columns
    larger = box(40, 4, 14, 14)
    unlike = box(60, 70, 10, 10)
    touching = box(26, 6, 8, 12)
    objects = [(1, larger), (2, unlike), (3, touching), (4, like)]
    found = matched_region(log_saliency, target, target, objects)
    assert found.annotation_id == 4
    assert found.size_ratio == pytest.approx(120 / 96)
    assert 1 / SIZE_FACTOR <= found.size_ratio <= SIZE_FACTOR
    assert abs(found.saliency_difference) <= SALIENCY_NATS
    assert torch.equal(found.mask, like)
    without = matched_region(log_saliency, target, target, objects[:3])
    assert without.annotation_id is None


def test_where_nothing_is_free_there_is_no_region(target):
    assert matched_region(ramp(), target, torch.ones(SIDE, SIDE)) is None
    large = box(0, 0, SIDE, SIDE // 2 + 4)
    assert not free_places(large, large).any()
    assert matched_region(ramp(), large, large) is None
