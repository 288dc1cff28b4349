"""How strong a version is: as its budget allows, or as little as its aim needs."""

from dataclasses import replace

import pytest
import torch

from manipulation.study_stimuli.chosen_strength import chosen_version
from manipulation.study_stimuli.models import StudyModels
from manipulation.study_stimuli.predicted_effect import DensityMap
from manipulation.targets.intent import Intent
from manipulation.transforms.makers import between
from stimuli.contract.settings import ManipulationSettings
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
    assert (free.share, free.reached) == (1, None)
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
    assert found.reached
    assert found.share < 1
    assert sign * change(models, image, found.image, mask) == pytest.approx(abs(most) / 2, rel=0.15)
    beyond = chosen_version(Brightens(0.3), image, towards, models, replace(settings, aim=0.9))
    assert (beyond.share, beyond.reached) == (1, False)
