"""Photographs and masks are cut alike."""

import numpy as np
import torch

from manipulation.images.photographs import square_box, squared, squared_mask


def test_the_crop_is_the_largest_centred_square_for_image_and_mask_alike():
    assert square_box(640, 480, "crop") == (80, 0, 560, 480)
    assert square_box(640, 480, "stretch") == (0, 0, 640, 480)
    pixels = np.zeros((48, 64, 3), dtype=np.uint8)
    pixels[:24, 8:32] = 255
    image = squared(pixels, 24, "crop")
    mask = squared_mask(pixels[..., 0] > 0, 24, "crop")
    expected = torch.zeros(24, 24)
    expected[:12, :12] = 1
    torch.testing.assert_close(mask, expected)
    assert (image[0] - expected).abs().mean() < 0.03
