"""Pixel values as squeezed log odds: the way there and back, and the ends."""

import pytest
import torch

from manipulation.images.log_odds import image_of_log_odds, squeezed_log_odds


@pytest.mark.parametrize("shoulder", [0.01, 0.03])
def test_every_pixel_value_comes_back_black_and_white_included(shoulder):
    image = torch.arange(256, dtype=torch.float64) / 255
    odds = squeezed_log_odds(image, shoulder)
    assert odds.isfinite().all()
    torch.testing.assert_close(image_of_log_odds(odds, shoulder), image)


def test_large_changes_end_at_black_and_white():
    odds = torch.tensor([-50.0, 50.0])
    assert image_of_log_odds(odds, 0.01).tolist() == [0.0, 1.0]
