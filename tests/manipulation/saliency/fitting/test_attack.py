"""Changes that hurt a loss most, within a ball."""

import pytest
import torch

from manipulation.saliency.fitting.attack import worst_case


def grey(*shape):
    return torch.full(shape, 0.5)


def test_of_a_linear_loss_the_change_is_along_its_gradient_and_as_large_as_allowed():
    direction = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    found = worst_case(lambda images: (images * direction).sum(), grey(2, 3, 8, 8), 0.02, 3)
    change = found - 0.5
    size = change.square().mean(dim=(1, 2, 3)).sqrt()
    torch.testing.assert_close(size, torch.full((2,), 0.02))
    cosine = torch.nn.functional.cosine_similarity(change.flatten(1), direction.flatten(1))
    torch.testing.assert_close(cosine, torch.ones(2))


def test_the_maximum_within_the_ball_is_found_and_each_image_has_a_ball_of_its_own():
    best = torch.stack([grey(3, 8, 8) + 0.005, grey(3, 8, 8) + 0.3])
    found = worst_case(lambda images: -(images - best).square().sum(), grey(2, 3, 8, 8), 0.02, 40)
    assert (found[0] - best[0]).abs().max() < 2e-3
    torch.testing.assert_close(found[1], grey(3, 8, 8) + 0.02)


def test_pixels_stay_in_range_and_flat_losses_change_nothing():
    white = torch.ones(1, 3, 8, 8)
    assert worst_case(lambda images: images.sum(), white, 0.1, 2).max() <= 1
    assert torch.equal(worst_case(lambda images: 0 * images.sum(), white, 0.1, 2), white)


@pytest.mark.parametrize(("radius", "steps"), [(0.0, 1), (-1.0, 1), (float("nan"), 1), (0.1, 0)])
def test_no_ball_and_no_step_are_refused(radius, steps):
    with pytest.raises(ValueError, match="expected both above 0"):
        worst_case(lambda images: images.sum(), grey(1, 3, 8, 8), radius, steps)
