"""The budget of a version: it binds where it should, and its gradient tells the way back."""

import pytest
import torch

from manipulation.naturalness.bounds import Bounds
from manipulation.naturalness.budget import (
    Budget,
    largest_share,
    least_share,
    usable_masks,
)
from manipulation.naturalness.realism import GUIDE, load_realism_head
from manipulation.naturalness.region_features import RegionFeatures
from manipulation.naturalness.region_statistics import load_usual_range
from tests.demo_photograph import demo_photograph

SIDE = 256


@pytest.fixture(scope="module")
def features():
    return RegionFeatures()


def budget_of(
    features, image, mask, realism=0.05, distance=0.03, local=0.2, colour=4.0, tone=20.0, known=50.0
):
    bounds = Bounds(realism, distance, local, colour, tone, known)
    usual = load_usual_range("coco128")
    return Budget(
        image, usable_masks([mask], image), bounds, features, load_realism_head(GUIDE), usual
    )


def test_a_photograph_keeps_to_its_budget_and_gross_changes_do_not(features):
    image, mask = demo_photograph("coffee", 301, SIDE)
    budget = budget_of(features, image, mask)
    assert budget.holds(image)
    assert float(budget.excess(image[None])[0]) == 0
    for gross in (
        torch.where(mask > 0.5, image * 0.2, image),  # dark
        torch.where(mask > 0.5, image.mean(dim=0, keepdim=True).expand(3, -1, -1), image),  # grey
        torch.rand(image.shape, generator=torch.Generator().manual_seed(0)),
    ):
        assert not budget.holds(gross)
    assert budget_of(features, image, mask, realism=0).holds(torch.zeros_like(image))


def test_each_bound_binds_alone(features):
    image, mask = demo_photograph("coffee", 301, SIDE)
    slight = (image + 0.03 * mask).clamp(0, 1)
    assert budget_of(features, image, mask).holds(slight)
    assert not budget_of(features, image, mask, distance=1e-5).holds(slight)
    assert not budget_of(features, image, mask, local=1e-4).holds(slight)
    tinted = (image + 0.05 * mask * torch.tensor([1.0, 0.0, -1.0])[:, None, None]).clamp(0, 1)
    loose = {"realism": 1e-6, "distance": 4, "local": 4}
    assert budget_of(features, image, mask, **loose, colour=50).holds(tinted)
    assert not budget_of(features, image, mask, **loose, colour=1.5).holds(tinted)
    dim = image * (1 - 0.1 * mask)
    assert budget_of(features, image, mask, **loose).holds(dim)
    assert not budget_of(features, image, mask, **loose, tone=3).holds(dim)
    loose |= {"colour": 90, "tone": 90}
    assert budget_of(features, image, mask, **loose).holds(tinted)
    assert not budget_of(features, image, mask, **loose, known=0.1).holds(tinted)
    lighter = (image + 0.6 * mask).clamp(0, 1)
    unusual = budget_of(features, image, mask, **loose)
    assert not unusual.holds(lighter)


def test_the_gradient_of_the_excess_leads_back(features):
    image, mask = demo_photograph("coffee", 301, SIDE)
    budget = budget_of(features, image, mask)
    amount = torch.tensor(0.6, requires_grad=True)
    excess = budget.excess((image + amount * mask * (1 - image))[None])[0]
    excess.backward()
    assert excess > 0
    assert amount.grad > 0


def test_shares_are_found_by_halving():
    assert largest_share(lambda share: share <= 0.4) == pytest.approx(0.4, abs=1 / 64)
    assert largest_share(lambda share: True) == 1
    assert largest_share(lambda share: share == 0) == 0
    assert least_share(lambda share: share >= 0.3, 0.8) == pytest.approx(0.3, abs=1 / 64)
    assert least_share(lambda share: False, 0.8) is None
