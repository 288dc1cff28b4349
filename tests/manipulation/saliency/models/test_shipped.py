"""Sanity of the weights in the repository; their gain on unseen photographs is in their card."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from manipulation.saliency import load_saliency_model
from manipulation.saliency.fitting.cross_validation import set_aside
from manipulation.saliency.fixations.table import read_fixations
from manipulation.saliency.fixations.viewed import photographs
from manipulation.saliency.models.files import saliency_model_file, shipped_saliency_models
from manipulation.saliency.scoring.gains import gains_from_pixels
from stimuli.support.files import sha256
from tests.data import DATA, with_data

OSIE = DATA / "osie"
ASIDE = 100  # photographs that no part of `efficientnet` was fitted to
LARGEST_BYTES = 25_000_000


@pytest.fixture(scope="module", params=shipped_saliency_models())
def model(request):
    return load_saliency_model(request.param)


def noise(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def osie(chosen):
    """The fixations on some of OSIE's photographs."""
    table = read_fixations(OSIE / "fixations.csv", OSIE / "images")
    chosen = np.flatnonzero(chosen(len(table.images)))
    keep = np.isin(table.image, chosen)
    few = replace(
        table,
        images=tuple(table.images[index] for index in chosen),
        image=np.searchsorted(chosen, table.image[keep]),
        points=table.points[keep],
        subject=None,
    )
    return list(photographs(few, OSIE / "images", height_px=512))


def gain_in_card(name, row):
    card = saliency_model_file(name).with_suffix(".md").read_text()
    return float(re.search(rf"{re.escape(row)} \| ([\d.]+)", card)[1])


@pytest.mark.parametrize("name", shipped_saliency_models())
def test_the_weights_are_those_of_the_card_and_small_enough(name):
    path = saliency_model_file(name)
    assert path.stat().st_size <= LARGEST_BYTES
    assert f"`{sha256(path)}`" in path.with_suffix(".md").read_text()


@pytest.mark.parametrize(
    ("name", "in_card", "in_docs"),
    [
        ("efficientnet", "**`efficientnet`, one network**", "`efficientnet`, one network"),
        (
            "efficientnet",
            "**`efficientnet`, the model in the file**",
            "`efficientnet`, as it ships",
        ),
        ("efficientnet", "`icf`, five scales of intensity and contrast", "`icf`"),
        ("efficientnet", "`icf`", "`icf`, fitted to the 500"),
        ("robust", "**`robust`, the model in the file**", "`robust`, as it ships"),
        ("robust", "people (gold standard)", "people, each predicted by the others"),
    ],
)
def test_the_documentation_has_the_figures_of_the_cards(name, in_card, in_docs):
    card = saliency_model_file(name).with_suffix(".md").read_text()
    docs = (Path(__file__).parents[4] / "docs" / "saliency.md").read_text()
    figures = re.search(rf"\| {re.escape(in_card)} \| (.* \| .* to [\d.]+) \|", card)[1]
    assert f"| {in_docs} | {figures} |" in docs


def test_a_model_says_whose_fixations_it_was_fitted_to(model):
    assert model.data.startswith("OSIE (")


def test_following_the_gradient_makes_a_region_salient(model):
    image = (noise(1, 3, 160, 160) * 0.2 + 0.4).requires_grad_()
    region = (0, slice(32, 72), slice(80, 128))
    flat = torch.zeros(160, 160)
    before = model.log_density(image, flat)[region].exp().sum()
    for _ in range(20):
        share = model.log_density(image, flat)[region].logsumexp((0, 1))
        (gradient,) = torch.autograd.grad(share, image)
        image = (image + 0.01 * gradient.sign()).clamp(0, 1).detach().requires_grad_()
    assert model.log_density(image, flat)[region].exp().sum() > 2 * before


@pytest.mark.parametrize("size", [(32, 32), (128, 128), (75, 203)])
def test_almost_no_pixel_is_without_gradient(model, size):
    image = noise(1, 3, *size).requires_grad_()
    model.log_density(image, torch.zeros(size))[0, ::16, ::16].sum().backward()
    assert (image.grad.abs() > 1e-8).float().mean() > 0.99


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (101, 32), (512, 640)])
def test_images_of_any_size_have_a_density(model, size):
    density = model.log_density(noise(1, 3, *size)).exp()
    assert density.shape == (1, *size)
    assert float(density.sum()) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("name", shipped_saliency_models())
def test_a_model_is_the_same_in_double_precision(name):
    image = noise(1, 3, 96, 120)
    single = load_saliency_model(name).log_saliency(image)
    double = load_saliency_model(name).double().log_saliency(image.double())
    torch.testing.assert_close(single.double(), double, rtol=1e-3, atol=1e-3)


def test_the_centre_bias_peaks_near_the_centre(model):
    row, column = divmod(int(model.centre_bias((60, 80)).argmax()), 80)
    assert abs(row - 30) < 8
    assert abs(column - 40) < 8


def test_contrast_on_a_plain_ground_is_salient():
    image = torch.full((1, 3, 256, 256), 0.5)
    image[..., 150:190, 60:100] = noise(1, 3, 40, 40)
    saliency = load_saliency_model("icf")(image)[0]
    inside, elsewhere = saliency[150:190, 60:100].mean(), saliency[40:110, 150:220].mean()
    assert inside > elsewhere + 1


@with_data("osie")
@pytest.mark.parametrize("name", ["efficientnet", "robust"])
def test_a_model_gains_what_its_card_says_on_photographs_set_aside(name):
    unseen = osie(lambda count: set_aside(count, ASIDE, 0))
    gains = gains_from_pixels(load_saliency_model(name), unseen)
    stated = gain_in_card(name, f"**`{name}`, the model in the file**")
    assert gains.bits_per_fixation == pytest.approx(stated, abs=0.002)


@with_data("osie")
def test_scratch_knows_photographs_that_it_was_trained_on():
    """It gains more on them than the card says of new ones, and less than overfitting would."""
    seen = osie(lambda count: np.arange(count) % 60 == 0)
    gains = gains_from_pixels(load_saliency_model("scratch"), seen)
    unseen = gain_in_card("scratch", "**`scratch`, one network**")
    assert unseen - 0.1 < gains.bits_per_fixation < unseen + 0.9
