import numpy as np
import pytest
import torch

from manipulation.images.gaussian import resample
from manipulation.saliency.models.icf import OHTA_FROM_RGB, IntensityContrast

SCALES = (4.0, 10.0, 20.0)
FLOOR = 0.01


@pytest.fixture(scope="module")
def features():
    """Features of an image as an array: scale, intensity or contrast, colour, height, width."""
    extractor = IntensityContrast(SCALES, stride=8, contrast_floor=FLOOR).double()

    def compute(image):
        return extractor(image[None])[0].unflatten(0, (len(SCALES), 2, 3))

    return compute


def noise(*size, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*size, generator=generator, dtype=torch.float64)


def test_a_uniform_colour_has_its_intensity_and_no_contrast(features):
    colour = torch.tensor([0.9, 0.5, 0.2], dtype=torch.float64)
    maps = features(colour[:, None, None].expand(3, 64, 72))
    opponent = torch.tensor(OHTA_FROM_RGB, dtype=torch.float64) @ colour
    expected = opponent[:, None, None].expand(3, 8, 9)
    for intensity, contrast in maps:
        torch.testing.assert_close(intensity, expected, atol=1e-7, rtol=0)
        torch.testing.assert_close(contrast, torch.full_like(contrast, FLOOR), atol=1e-7, rtol=0)


def test_intensity_is_the_image_blurred_to_its_scale(features):
    step = torch.cat([torch.zeros(256, 120), torch.ones(256, 136)], dim=1).double()
    for scale, (intensity, _) in zip(SCALES, features(step.expand(3, 256, 256)), strict=True):
        blurred = resample(step, scale, size=(32, 32), to_spacing_px=8)
        torch.testing.assert_close(intensity[0], blurred, atol=2e-3, rtol=0)


def test_contrast_of_noise_is_its_standard_deviation(features):
    grey = 0.5 + 0.1 * noise(1, 256, 256).expand(3, 256, 256)
    finest = features(grey)[0, 1, 0]
    assert float(finest.mean()) == pytest.approx(np.hypot(0.1, FLOOR), rel=0.03)


def test_contrast_does_not_depend_on_brightness(features):
    image = 0.3 + 0.1 * noise(3, 64, 64)
    torch.testing.assert_close(features(image)[:, 1], features(image + 0.4)[:, 1])


def test_coarse_contrast_does_not_see_fine_texture(features):
    rows, columns = torch.meshgrid(torch.arange(128), torch.arange(128), indexing="ij")
    checks = 0.5 + 0.4 * ((rows + columns) % 2 * 2.0 - 1).double().expand(3, 128, 128)
    fine, coarse, _ = features(checks)[:, 1, 0]
    assert fine.min() > 0.39
    torch.testing.assert_close(coarse, torch.full_like(coarse, FLOOR), atol=1e-3, rtol=0)
