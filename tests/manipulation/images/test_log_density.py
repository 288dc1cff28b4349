"""Regions of a map of log density."""

import pytest
import torch

from manipulation.images.log_density import salient_region


def test_the_salient_region_is_the_share_asked_for_and_stays_outside():
    large = torch.randn(60, 60, generator=torch.Generator().manual_seed(1))
    taken = torch.zeros(60, 60)
    taken[:30] = 1
    region = salient_region(large, taken, share=0.2)
    assert region.sum().item() == pytest.approx(0.2 * 1800, abs=2)
    assert (region * taken).sum() == 0
    assert large[region == 1].min() > large[(region == 0) & (taken == 0)].max()
    assert salient_region(large, torch.ones(60, 60)).sum() == 0
