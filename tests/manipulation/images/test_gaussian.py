import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from manipulation.images.gaussian import GaussianBlur, resample


@pytest.mark.parametrize("sigma", [1.5, 4.0])
def test_blur_is_scipys_away_from_the_border(sigma):
    image = np.random.default_rng(0).random((80, 96))
    ours = GaussianBlur(sigma, stride=1).double()(torch.from_numpy(image), (80, 96))
    theirs = gaussian_filter(image, sigma, truncate=10)
    inner = (slice(40, -32), slice(40, -32))
    np.testing.assert_allclose(ours.detach().numpy()[inner], theirs[inner], atol=1e-7)


def test_a_constant_stays_constant_up_to_the_border():
    flat = torch.full((2, 7, 9), 3.0, dtype=torch.float64)
    torch.testing.assert_close(
        resample(flat, 12.0, size=(50, 70), from_spacing_px=8),
        torch.full((2, 50, 70), 3.0, dtype=torch.float64),
    )


def test_up_sampling_puts_cells_where_their_pixels_are():
    ramp = (torch.arange(40, dtype=torch.float64) + 0.5) * 8
    cells = ramp.repeat(40, 1)
    pixels = resample(cells, 10.0, size=(320, 320), from_spacing_px=8)
    expected = torch.arange(320, dtype=torch.float64) + 0.5
    torch.testing.assert_close(pixels[160, 80:-80], expected[80:-80], atol=1e-3, rtol=0)


def test_down_sampling_reads_the_blurred_image_at_cell_centres():
    image = torch.rand(64, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    cells = resample(image, 4.0, size=(16, 16), to_spacing_px=4)
    blurred = resample(image, 4.0, size=(64, 64))
    between = blurred.unfold(0, 2, 1).unfold(1, 2, 1).mean((-1, -2))
    torch.testing.assert_close(cells, between[1::4, 1::4], atol=2e-3, rtol=0)


def test_gradient_reaches_map_and_sigma():
    blur = GaussianBlur(6.0, stride=4).double()
    cells = torch.rand(1, 5, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda maps, log_sigma: torch.func.functional_call(
            blur, {"log_sigma": log_sigma}, (maps, (11, 9))
        ),
        (cells, blur.log_sigma.detach().clone().requires_grad_()),
    )
