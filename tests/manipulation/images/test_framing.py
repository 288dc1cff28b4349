"""A photograph stands whole in the middle of the square as shown, on grey."""

import numpy as np
import pytest
import torch

from manipulation.images.framing import boxed, framing
from manipulation.images.photographs import squared, squared_mask
from stimuli.contract.geometry import Rectangle


def photograph(width, height):
    """A dark photograph with a white rectangle at its right edge, and the mask of that."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[height // 4 : height // 2, 3 * width // 4 :] = 255
    return pixels, pixels[..., 0] > 0


@pytest.mark.parametrize(
    ("width", "height", "seen", "place"),
    [
        (640, 480, (96, 128), Rectangle(0, 32, 256, 192)),
        (480, 640, (128, 96), Rectangle(32, 0, 192, 256)),
        (640, 427, (85, 128), Rectangle(0, 43, 256, 170)),
        (512, 512, (128, 128), Rectangle(0, 0, 256, 256)),
    ],
)
def test_a_photograph_keeps_its_shape_and_nothing_is_cut_off(width, height, seen, place):
    pixels, region = photograph(width, height)
    image = squared(pixels, 128, "whole")
    assert image.shape[-2:] == seen
    frame = framing(seen, 128, 256, 128)
    assert frame.photograph == place
    mask = squared_mask(region, frame.shown_size, "whole")
    assert mask.shape == frame.shown_size
    assert float(mask.mean()) == pytest.approx(region.mean(), abs=0.005)  # all of it is there

    square = frame.mask((mask * 255).byte().numpy())
    rows, columns = np.nonzero(square)
    scale = 256 / max(width, height)
    left, right = place.left_px + scale * 0.75 * width, place.left_px + scale * width
    top, bottom = place.top_px + scale * (height // 4), place.top_px + scale * (height // 2)
    found = [columns.min(), columns.max() + 1, rows.min(), rows.max() + 1]
    np.testing.assert_allclose(found, [left, right, top, bottom], atol=1)


def test_the_surround_is_grey_and_what_is_cut_out_is_what_was_framed():
    frame = framing((85, 128), 128, 256, 77)
    shown = np.random.default_rng(0).integers(0, 256, (*frame.shown_size, 3), dtype=np.uint8)
    square = frame.image(shown)
    np.testing.assert_array_equal(frame.cut(square), shown)
    surround = np.ones((256, 256), dtype=bool)
    surround[frame.photograph.rows_and_columns] = False
    assert (square[surround] == 77).all()
    assert surround.sum() == 256 * (256 - 170)


def test_a_square_is_framed_by_nothing():
    frame = framing((128, 128), 128, 256, 77)
    shown = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    np.testing.assert_array_equal(frame.image(shown), shown)
    assert frame.identity == []
    assert framing((85, 128), 128, 256, 77).identity != framing((85, 128), 128, 256, 78).identity


def test_image_and_mask_of_a_whole_photograph_agree():
    pixels, region = photograph(600, 400)
    image, mask = squared(pixels, 96, "whole"), squared_mask(region, 96, "whole")
    assert image.shape[-2:] == mask.shape == torch.Size((64, 96))
    assert (image[0] - mask).abs().mean() < 0.02
    assert boxed(mask.numpy(), 0).shape == (96, 96)
