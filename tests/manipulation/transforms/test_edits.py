"""Parametric edits: neutral ones change nothing, bounds hold, and the search reaches its aim."""

from itertools import pairwise

import pytest
import torch

from manipulation.images.log_density import p_obj
from manipulation.images.photographs import resized
from manipulation.saliency import load_saliency_model
from manipulation.targets.intent import Intent, objective
from manipulation.transforms.edit_search import search_edits
from manipulation.transforms.edits import BOUNDS, develop, edit_region, prepare, regions_of
from stimuli.contract.settings import EditSettings
from tests.demo_photograph import demo_photograph

SIDE = 128


def photograph(source_id, annotation_id, side=SIDE):
    return demo_photograph(source_id, annotation_id, side)


def halves():
    regions = torch.zeros(2, SIDE, SIDE)
    regions[0, :, : SIDE // 2] = 1
    regions[1] = 1 - regions[0]
    return regions


def amounts(**edits):
    """Edits of the first region, in units of their bounds; the second stays as it is."""
    result = torch.zeros(1, 2, len(BOUNDS))
    for name, value in edits.items():
        result[0, 0, list(BOUNDS).index(name)] = value
    return result


def test_no_edit_leaves_the_image_as_it_is():
    image, _ = photograph("coffee", 301)
    negative = prepare(image, halves())
    torch.testing.assert_close(develop(negative, amounts())[0], image, atol=1e-6, rtol=0)


def test_a_grey_photograph_takes_hardly_any_tint():
    image, _ = photograph("coffee", 301)
    grey = image.mean(dim=0, keepdim=True).expand(3, -1, -1)

    def tinted(one):
        changed = develop(prepare(one, halves()), amounts(warmth=1.0, tint=-1.0))[0]
        return float((changed - one).std(dim=0).mean())

    assert tinted(grey) < 0.2 * tinted(image)


@pytest.mark.parametrize("name", BOUNDS)
def test_an_edit_of_one_region_leaves_the_other_and_stays_in_range(name):
    image, _ = photograph("chelsea", 201)
    negative = prepare(image, halves())
    for value in (-1.0, 1.0):
        changed = develop(negative, amounts(**{name: value}))[0]
        assert changed.min() >= 0
        assert changed.max() <= 1
        half = SIDE // 2
        assert (changed - image)[..., :half].abs().mean() > 0.003
        torch.testing.assert_close(changed[..., half:], image[..., half:], atol=1e-6, rtol=0)


def test_every_edit_does_what_its_name_says():
    image, _ = photograph("coffee", 301)
    half = SIDE // 2

    def changed(**edits):
        return develop(prepare(image, halves()), amounts(**edits))[0][..., :half]

    plain = image[..., :half]

    def spread(part):
        return part.std(dim=(1, 2)).mean()

    def colour(part):
        return (part - part.mean(dim=0)).abs().mean()

    def detail(part):
        return (part[:, 1:] - part[:, :-1]).abs().mean()

    assert changed(exposure=1).mean() > plain.mean() > changed(exposure=-1).mean()
    assert spread(changed(contrast=1)) > spread(plain) > spread(changed(contrast=-1))
    dark = plain.mean(dim=0) < plain.mean(dim=0).quantile(0.2)
    assert changed(shadows=1)[:, dark].mean() > plain[:, dark].mean()
    assert colour(changed(saturation=1)) > colour(plain) > colour(changed(saturation=-1))
    warm, cold = changed(warmth=1).mean(dim=(1, 2)), changed(warmth=-1).mean(dim=(1, 2))
    assert warm[0] > cold[0]
    assert warm[2] < cold[2]
    green, magenta = changed(tint=1).mean(dim=(1, 2)), changed(tint=-1).mean(dim=(1, 2))
    assert green[1] > magenta[1]
    assert detail(changed(sharpness=1)) > detail(plain) > detail(changed(sharpness=-1))
    assert detail(changed(clarity=1)) > detail(changed(clarity=-1))


def test_regions_sum_to_one_and_their_borders_move_to_the_edges_of_the_photograph():
    image = torch.full((3, SIDE, SIDE), 0.2)
    image[:, 40:90, 40:90] = 0.8  # the object
    drawn = torch.zeros(1, SIDE, SIDE)
    drawn[0, 42:92, 42:92] = 1  # its outline is 2 px off
    log_saliency = torch.zeros(SIDE, SIDE)
    kept = regions_of(image, drawn, log_saliency, 0.0)
    torch.testing.assert_close(kept[0], drawn[0])
    moved = regions_of(image, drawn, log_saliency, 0.03)
    torch.testing.assert_close(moved.sum(dim=0), torch.ones(SIDE, SIDE))
    assert moved.min() >= 0

    def error(weights):
        return float((weights - (image[0] > 0.5).float()).square().sum())

    assert error(moved[0]) < 0.6 * error(kept[0])
    row = moved[0, 60]
    assert row[89] - row[90] > 2 * abs(row[91] - row[92])  # the object's edge, and the outline


def test_blur_stays_inside_its_region():
    image = torch.zeros(3, SIDE, SIDE)
    image[:, :, : SIDE // 2] = 0.9  # all of the first region is bright, the second dark
    changed = develop(prepare(image, halves()), amounts(sharpness=-1))[0]
    torch.testing.assert_close(changed, image, atol=2e-3, rtol=0)


def test_an_edit_goes_from_nothing_to_its_bound_without_a_jump():
    image, _ = photograph("coffee", 301)
    negative = prepare(image, halves())
    for name in BOUNDS:
        steps = [develop(negative, amounts(**{name: one}))[0] for one in torch.linspace(-1, 1, 41)]
        sizes = [float((b - a).abs().max()) for a, b in pairwise(steps)]
        assert max(sizes) < 0.12, name


def test_the_gradient_of_developing_is_right():
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(3, 8, 8, generator=generator, dtype=torch.float64)
    regions = torch.zeros(2, 8, 8, dtype=torch.float64)
    regions[0, :4] = regions[1, 4:] = 1
    negative = prepare(image, regions)
    edits = (0.3 * torch.randn(1, 2, len(BOUNDS), generator=generator).double()).requires_grad_()
    assert torch.autograd.gradcheck(lambda one: develop(negative, one), edits)


@pytest.mark.parametrize(("source_id", "annotation_id"), [("coffee", 301), ("flower", 702)])
def test_the_search_moves_p_obj_as_asked_in_both_directions(source_id, annotation_id):
    model = load_saliency_model("scratch")
    image, mask = photograph(source_id, annotation_id, side=256)
    regions = torch.stack([mask, 1 - mask])
    before = model.log_saliency(image[None])[0]
    negative = prepare(image, regions)
    after = {}
    for k_shift in (2.0, -2.0):
        loss = objective([model], image, Intent(mask[None], (k_shift,)))
        found = search_edits(loss, negative, EditSettings(steps=25, strength=1.0))
        assert found.abs().max() <= 1
        after[k_shift] = p_obj(model.log_saliency(develop(negative, found[None]))[0], mask)
    assert after[2.0] > 1.25 * p_obj(before, mask)
    assert after[-2.0] < 0.8 * p_obj(before, mask)


def test_strength_zero_and_a_target_already_met_change_nothing():
    model = load_saliency_model("scratch")
    image, mask = photograph("coffee", 301)
    negative = prepare(image, torch.stack([mask, 1 - mask]))
    met = objective([model], image, Intent(mask[None], (0.0,)))
    assert search_edits(met, negative, EditSettings(steps=3)).abs().max() < 0.02
    far = objective([model], image, Intent(mask[:0], k_scale=3.0))
    assert search_edits(far, negative, EditSettings(steps=3, strength=0.0)).abs().max() == 0


def test_a_search_goes_on_from_where_another_ended():
    model = load_saliency_model("scratch")
    image, mask = photograph("coffee", 301)
    loss = objective([model], image, Intent(mask[None], (2.0,)))
    negative = prepare(image, torch.stack([mask, 1 - mask]))
    first = search_edits(loss, negative, EditSettings(steps=12))
    onward = search_edits(loss, negative, EditSettings(steps=1), start=first)
    torch.testing.assert_close(onward, first, atol=0.02, rtol=0)
    anew = search_edits(loss, negative, EditSettings(steps=1))
    assert loss(develop(negative, onward[None])) < loss(develop(negative, anew[None]))


def test_made_against_two_models_a_version_pleases_the_second_more_than_made_against_one():
    models = [load_saliency_model("scratch"), load_saliency_model("icf")]
    image, mask = photograph("coffee", 301, side=192)
    intent = Intent(mask[None], (2.0,))
    log_saliency = models[0].log_saliency(image[None])[0]
    negative = prepare(image, regions_of(image, mask[None], log_saliency, 0.012))
    losses = []
    for guiding in (models[:1], models):
        found = search_edits(objective(guiding, image, intent), negative, EditSettings(steps=20))
        changed = develop(negative, found[None])
        losses.append(float(objective(models[1:], image, intent)(changed)))
    assert losses[1] < losses[0]


def test_edits_found_small_apply_at_any_size():
    image, mask = photograph("coffee", 301)
    edits = amounts(exposure=0.5, saturation=-0.5)
    regions = torch.stack([mask, 1 - mask])
    small = develop(prepare(image, regions), edits)[0]
    large = develop(prepare(resized(image, 2 * SIDE), resized(regions, 2 * SIDE)), edits)[0]
    there_and_back = resized(resized(image, 2 * SIDE), SIDE)
    lost = (there_and_back - image).abs().mean()
    assert (resized(large, SIDE) - small).abs().mean() < 1.2 * lost
    region = mask > 0.5
    assert (small - image)[:, region].abs().mean() > 3 * lost


def test_what_one_region_got_can_be_done_to_another_and_to_nothing_else():
    image, _ = photograph("coffee", 301)
    image = torch.cat([image[..., : SIDE // 2]] * 2, dim=-1)  # both halves are the same
    there = amounts(exposure=0.5, saturation=-0.4, sharpness=0.6)
    left, right = (edit_region(image, region, there[0, 0].tolist(), 0.0) for region in halves())
    half = SIDE // 2
    torch.testing.assert_close(right[..., :half], image[..., :half], atol=1e-6, rtol=0)
    assert (right - image)[..., half:].abs().mean() > 0.02
    inner = slice(half // 4, -half // 4)  # detail reaches over the border
    torch.testing.assert_close(
        right[..., half:][..., inner], left[..., :half][..., inner], atol=0.02, rtol=0
    )
