"""How strong a version is: as its budget allows, or as little as its aim needs."""

from dataclasses import replace

import pytest
import torch

from manipulation.study_stimuli.chosen_strength import aim_reached, chosen_version
from manipulation.study_stimuli.models import StudyModels
from manipulation.study_stimuli.predicted_effect import DensityMap
from manipulation.targets.intent import Intent
from manipulation.transforms.makers import between
from stimuli.contract.settings import ManipulationSettings
from stimuli.contract.vocabulary import PredictedEffect
from tests.demo_photograph import demo_photograph

SIDE = 256


class Brightens:
    """Makes the object brighter: a change whose every share is known."""

    identity, parts = {}, ()

    def __init__(self, by):
        self.by = by

    def graded(self, image, intent, excess=None):
        return between(image, (image + self.by * intent.masks[0]).clamp(0, 1))


@pytest.fixture(scope="module")
def photograph():
    return demo_photograph("coffee", 301, SIDE)


def models_of(**settings):
    chosen = ManipulationSettings(saliency="icf", second_opinion=("scratch",), **settings)
    return StudyModels(chosen), chosen


def change(models, photograph, image, mask):
    """The mean change of p_obj under both models."""

    def mean(one):
        maps = [models.log_saliency(one), *models.second_log_saliency(one).values()]
        return sum(DensityMap(found).measure(mask) for found in maps) / len(maps)

    return mean(image) - mean(photograph)


def test_without_bounds_all_of_the_change_is_made_and_with_them_a_share(photograph):
    image, mask = photograph
    intent = Intent(mask[None], (2.0,))
    models, settings = models_of(budget=0)
    free = chosen_version(Brightens(0.5), image, intent, models, settings)
    assert free.share == 1
    models, settings = models_of()
    bound = chosen_version(Brightens(0.5), image, intent, models, settings)
    assert 0 < bound.share < 1
    assert models.budget(image, intent).holds(bound.image)
    more = Brightens(0.5).graded(image, intent).at(min(bound.share + 1 / 32, 1))
    assert not models.budget(image, intent).holds(more)
    assert torch.equal((bound.image * 255).round() / 255, bound.image)


def test_an_aim_is_reached_by_the_least_change_or_said_to_be_out_of_reach(photograph):
    image, mask = photograph
    intent = Intent(mask[None], (2.0,))
    models, settings = models_of(budget=0)
    free = chosen_version(Brightens(0.3), image, intent, models, settings)
    most = change(models, image, free.image, mask)
    sign = 1 if most > 0 else -1
    towards = replace(intent, k_shift=(2.0 * sign,))
    aimed = replace(settings, aim=abs(most) / 2)
    found = chosen_version(Brightens(0.3), image, towards, models, aimed)
    assert found.share < 1
    assert sign * change(models, image, found.image, mask) == pytest.approx(abs(most) / 2, rel=0.15)
    beyond = chosen_version(Brightens(0.3), image, towards, models, replace(settings, aim=0.9))
    assert beyond.share == 1


def test_an_aim_is_reached_where_the_image_as_shown_reaches_it_to_a_tenth():
    def reached(change, second, asked=0.3, aim=0.1):
        effect = PredictedEffect(0.5, asked, change, second)
        settings = ManipulationSettings(aim=aim)
        return aim_reached(effect, settings, of_entropy=False)

    assert reached(0.12, {"icf": 0.07})
    assert not reached(0.12, {"icf": 0.05})
    assert reached(-0.12, {"icf": -0.07}, asked=-0.3)
    assert not reached(0.12, {"icf": 0.07}, asked=-0.3)
    assert reached(0.12, {}, aim=0) is None


def test_a_judge_that_took_part_does_not_count_in_the_aim(photograph):
    image, mask = photograph
    intent, maker = Intent(mask[None], (2.0,)), Brightens(0.3)
    models, settings = models_of(budget=0)
    free = maker.graded(image, intent).at(1)
    alone = DensityMap(models.log_saliency(free)).measure(mask) - DensityMap(
        models.log_saliency(image)
    ).measure(mask)
    towards = replace(intent, k_shift=(2.0 if alone > 0 else -2.0,))
    aimed = replace(settings, aim=abs(alone) / 2)
    models.took_part = lambda parts: frozenset({"scratch"})
    found = chosen_version(maker, image, towards, models, aimed)
    reached = DensityMap(models.log_saliency(found.image)).measure(mask) - DensityMap(
        models.log_saliency(image)
    ).measure(mask)
    assert reached == pytest.approx(alone / 2, rel=0.1)


def test_a_region_that_is_the_whole_picture_has_a_budget_too(photograph):
    image, mask = photograph
    models, settings = models_of(distance=0.001)
    everything = Intent(torch.ones_like(mask)[None], (2.0,))
    assert chosen_version(Brightens(0.5), image, everything, models, settings).share < 0.5


def test_a_version_keeps_to_its_budget_on_the_screen_too(photograph):
    image, mask = photograph
    intent = Intent(mask[None], (2.0,))
    models, settings = models_of(budget=1e-6, distance=0.004)

    def harsher(one):  # a way to the screen that doubles every change
        return (image + 2 * (one - image)).clamp(0, 1)

    free = chosen_version(Brightens(0.3), image, intent, models, settings)
    bound = chosen_version(Brightens(0.3), image, intent, models, settings, harsher)
    assert 0 < bound.share < free.share
    assert models.budget(image, intent).holds_as_shown(harsher(bound.image))
    assert not models.budget(image, intent).holds_as_shown(harsher(free.image))
