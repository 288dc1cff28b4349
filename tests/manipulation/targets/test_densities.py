"""Targets: closed forms of eq. (11) and eq. (12), and soft masks."""

import math

import pytest
import torch

from manipulation.images.log_density import entropy_bits, p_obj
from manipulation.targets.densities import blurred_masks, global_scale, local_shift

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
