"""Free pixels please the model that guides them, within levels that nobody sees.

Of a robust guide, with more levels, others see the change too.
"""

import pytest
import torch

from manipulation import make_version
from manipulation.images.log_odds import image_of_log_odds, squeezed_log_odds
from manipulation.study_stimuli.models import StudyModels
from manipulation.transforms.pixels import search_pixels
from stimuli.contract.settings import ManipulationSettings, PixelSettings, Settings
from tests.demo_photograph import demo_photograph


@pytest.fixture(scope="module")
def chelsea():
    """A photograph of 256 px with black and with white in it, and the outline of an eye."""
    image, mask = demo_photograph("chelsea", 201, 256)
    image = (image * 255).round() / 255
    image[:, :16], image[:, -16:] = 0, 1
    return image, mask[None]


def version_of(chelsea, k_shift, **settings):
    pixels = PixelSettings(**settings)
    chosen = ManipulationSettings(second_opinion=("scratch",), budget=0)
    models = StudyModels(chosen, pixel_guides=pixels.guides)
    settings = Settings(manipulation=chosen, pixels=pixels)
    return make_version(*chelsea, k_shift, transform="pixels", settings=settings, models=models)


def test_a_model_that_took_no_part_sees_what_a_robust_guide_does_and_nothing_of_the_control(
    chelsea,
):
    _, control = version_of(chelsea, 2.0, steps=10)
    _, robust = version_of(chelsea, 2.0, steps=10, guides=("robust",), largest_change=16)
    assert control.predicted_change > robust.predicted_change  # under the guide of the control
    assert robust.second_changes["scratch"] > 0.05
    assert robust.second_changes["scratch"] > 5 * abs(control.second_changes["scratch"])
    assert control.transfer < 0.1 < robust.transfer


@pytest.mark.parametrize(("levels", "k_shift"), [(1, 2.0), (3, -2.0)])
def test_within_a_few_levels_the_guide_is_moved_either_way(chelsea, levels, k_shift):
    image, effect = version_of(chelsea, k_shift, steps=4, largest_change=levels)
    changed = (255 * (image - chelsea[0])).abs()
    assert changed.max() == pytest.approx(levels, abs=1e-3)
    assert (changed > 0.5).float().mean() > 0.5
    assert effect.predicted_change * k_shift / 2 > 0.05


def search(levels, steps):
    """Return a ramp from black to white, where it is to be lighter, and what the search makes."""
    image = (torch.arange(256) / 255).expand(3, 2, 256).clone()
    signs = torch.tensor([1.0, -1.0])[:, None].expand_as(image)
    settings = PixelSettings(steps=steps, step_size=0.1, largest_change=levels, fidelity=0.0)

    def loss(images):
        return -(images * signs).sum()[None]

    return image, signs, search_pixels(loss, image, settings)


@pytest.mark.parametrize("levels", [1, 2.5])
def test_no_value_leaves_its_levels_black_and_white_included(levels):
    image, signs, changed = search(levels, 80)
    assert (changed - (image + signs * levels / 255).clamp(0, 1)).abs().max() < 1e-5


def test_all_levels_bound_nothing():
    image, signs, changed = search(255, 3)
    free = image_of_log_odds(squeezed_log_odds(image, 0.01) + 3 * 0.1 * signs, 0.01)
    assert (changed - free).abs().max() < 1e-3
    assert 255 * (changed - image).abs().max() > 15
