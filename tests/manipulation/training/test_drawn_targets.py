"""What is asked in training: shifts and factors from the ranges of the paper."""

import numpy as np
import pytest
import torch

from manipulation.networks.settings import TargetSettings
from manipulation.training.drawn_targets import draw_k, training_target


def test_k_is_drawn_from_the_paper_s_ranges():
    generator = np.random.default_rng(0)
    shifts = draw_k(TargetSettings(), 20_000, generator)
    assert -4 <= shifts.min() < -3.99 < 3.99 < shifts.max() <= 4
    assert shifts.mean() == pytest.approx(0, abs=0.1)
    scales = draw_k(TargetSettings(manipulation="scale"), 20_000, generator)
    assert 0.5 <= scales.min() < 0.501 < 1.99 < scales.max() <= 2
    assert (scales > 1).mean() == pytest.approx(0.5, abs=0.02)
    flat = TargetSettings(manipulation="scale", k_scale_distribution="uniform")
    assert (draw_k(flat, 20_000, generator) > 1).mean() == pytest.approx(2 / 3, abs=0.02)


def test_objects_are_shifted_and_where_there_are_none_the_most_salient_region():
    generator = torch.Generator().manual_seed(3)
    log_saliency = torch.randn(2, 20, 20, generator=generator, dtype=torch.float64)
    masks = torch.zeros(2, 20, 20)
    masks[0, 5:10, 5:10] = 1
    k = torch.tensor([2.0, -3.0]).double()
    sharp = TargetSettings(mask_blur_px=0, salient_share=0.1)
    moved = training_target(log_saliency, masks, k, sharp) - log_saliency
    torch.testing.assert_close(moved[0], 2 * masks[0].double())
    assert (moved[1] == -3).sum() == pytest.approx(40, abs=1)
    assert log_saliency[1][moved[1] == -3].min() > log_saliency[1][moved[1] == 0].max()
    soft = training_target(log_saliency, masks, k, TargetSettings(mask_blur_px=2)) - log_saliency
    assert 0 < soft[0, 4, 7] < 2
    scaled = training_target(log_saliency, masks, k, TargetSettings(manipulation="scale"))
    torch.testing.assert_close(scaled[1], -3 * log_saliency[1])
