"""Targets and the saliency loss: closed forms of eq. (11), eq. (12) and the divergence."""

import math

import pytest
import torch

from manipulation.prediction import entropy_bits, p_obj, salient_region
from manipulation.training.losses import saliency_loss
from manipulation.training.targets import blurred_masks, global_scale, local_shift

GENERATOR = torch.Generator().manual_seed(1)
LOG_SALIENCY = torch.randn(12, 16, generator=GENERATOR, dtype=torch.float64)
MASK = torch.zeros(12, 16, dtype=torch.float64)
MASK[2:6, 3:9] = 1


@pytest.mark.parametrize("k", [-4.0, -1.0, 0.5, 4.0])
def test_a_shift_multiplies_the_odds_of_the_object_by_its_exponential(k):
    before = p_obj(LOG_SALIENCY, MASK)
    after = p_obj(local_shift(LOG_SALIENCY, MASK[None], [k]), MASK)
    assert after / (1 - after) == pytest.approx(math.exp(k) * before / (1 - before), rel=1e-9)


def test_opposite_shifts_undo_each_other_and_several_add():
    other = 1 - MASK
    there = local_shift(LOG_SALIENCY, torch.stack([MASK, other]), [2.0, 2.0])
    torch.testing.assert_close(there, LOG_SALIENCY + 2)
    back = local_shift(local_shift(LOG_SALIENCY, MASK[None], [3.0]), MASK[None], [-3.0])
    torch.testing.assert_close(back, LOG_SALIENCY)


def test_masks_of_another_size_or_number_are_refused():
    with pytest.raises(ValueError, match="expected 2 of"):
        local_shift(LOG_SALIENCY, MASK[None], [1.0, 2.0])
    with pytest.raises(ValueError, match="expected 1 of"):
        local_shift(LOG_SALIENCY, MASK[None, :-1], [1.0])


def test_a_scale_below_one_spreads_the_density_and_above_one_gathers_it():
    entropies = [entropy_bits(global_scale(LOG_SALIENCY, k)) for k in (0.0, 0.5, 1.0, 2.0)]
    assert entropies[0] == pytest.approx(math.log2(12 * 16))
    assert entropies == sorted(entropies, reverse=True)


def test_the_blur_of_a_mask_keeps_a_uniform_mask_and_none_keeps_all():
    assert blurred_masks(MASK[None], 0.0) is not None
    torch.testing.assert_close(blurred_masks(MASK[None], 0.0), MASK[None])
    ones = torch.ones(1, 12, 16)
    torch.testing.assert_close(blurred_masks(ones, 3.0), ones)


def test_the_divergence_is_that_of_two_known_densities():
    target = torch.tensor([[[0.5, 0.25], [0.125, 0.125]]], dtype=torch.float64)
    uniform = torch.zeros(1, 2, 2, dtype=torch.float64)
    expected = math.log(4) - 1.75 * math.log(2)  # log n - H(target)
    assert saliency_loss(target.log() + 7, uniform).item() == pytest.approx(expected)
    assert saliency_loss(target.log(), target.log() - 3).item() == pytest.approx(0, abs=1e-12)


def test_the_gradient_of_the_divergence_is_the_difference_of_the_densities():
    log_saliency = LOG_SALIENCY.clone()[None].requires_grad_()
    target = global_scale(LOG_SALIENCY, 2.0)[None]
    saliency_loss(target, log_saliency).sum().backward()
    difference = torch.softmax(log_saliency.detach().flatten(), 0) - torch.softmax(
        target.flatten(), 0
    )
    torch.testing.assert_close(log_saliency.grad.flatten(), difference)
    assert torch.autograd.gradcheck(lambda s: saliency_loss(target, s), log_saliency)


def test_the_salient_region_is_the_share_asked_for_and_stays_outside():
    large = torch.randn(60, 60, generator=GENERATOR)
    taken = torch.zeros(60, 60)
    taken[:30] = 1
    region = salient_region(large, taken, share=0.2)
    assert region.sum().item() == pytest.approx(0.2 * 1800, abs=2)
    assert (region * taken).sum() == 0
    assert large[region == 1].min() > large[(region == 0) & (taken == 0)].max()
    assert salient_region(large, torch.ones(60, 60)).sum() == 0
