"""Skin, plants and sky are told by their colours, and how far they leave them is measured."""

import math

import pytest
import torch

from manipulation.naturalness.likeness import local_tones
from manipulation.naturalness.memory_colours import MEMORY_COLOURS, memory_colour_differences

# sRGB of patches of the ColorChecker, by what they stand for (McCamy, Marcus & Davidson 1976).
PATCHES = {
    "dark skin": ((115, 82, 68), "skin"),
    "light skin": ((194, 150, 130), "skin"),
    "foliage": ((87, 108, 67), "plants"),
    "blue sky": ((98, 122, 157), "sky"),
    "moderate red": ((193, 90, 99), None),
    "bright lawn": ((124, 200, 50), "plants"),
    "deep sky": ((20, 80, 180), "sky"),
    "purple": ((94, 60, 108), None),
    "neutral": ((122, 122, 121), None),
}


def tones_of(lightness, chroma, hue, size=20):
    angle = math.radians(hue)
    colour = torch.tensor([lightness, chroma * math.cos(angle), chroma * math.sin(angle), 5.0])
    return colour[None, :, None, None].expand(1, 4, size, size)


@pytest.mark.parametrize("name", PATCHES)
def test_patches_are_what_they_stand_for(name):
    rgb, expected = PATCHES[name]
    image = (torch.tensor(rgb) / 255)[None, :, None, None].expand(1, 3, 64, 64)
    tones = local_tones(image)
    found = [kind for kind, one in MEMORY_COLOURS.items() if one.counts(tones).all()]
    assert found == ([expected] if expected else [])


# The Monk Skin Tone scale (Monk 2019, CC BY 4.0), the lightest first.
MONK = (
    "f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a",
    "292420",
)  # fmt: skip


@pytest.mark.parametrize("tone", MONK)
def test_skin_of_every_tone_counts_and_may_not_turn_green_or_red(tone):
    rgb = torch.tensor(list(bytes.fromhex(tone))) / 255
    before = local_tones(rgb[None, :, None, None].expand(1, 3, 32, 32))
    assert MEMORY_COLOURS["skin"].counts(before).all()
    assert float(memory_colour_differences(before, before)) == 0
    for colour in ((-14.0, 4.0), (28.0, -14.0)):
        after = before.clone()
        after[:, 1:3] += torch.tensor(colour)[None, :, None, None]
        assert float(memory_colour_differences(before, after)) > 4


def test_the_distance_is_that_to_the_range_of_hue_and_of_chroma():
    skin = tones_of(65, 25, 50)
    turned = tones_of(65, 25, 20)  # 10 degrees beyond the first hue
    assert float(memory_colour_differences(skin, turned)) == pytest.approx(
        25 * math.sin(math.radians(10)), abs=0.01
    )
    glowing = tones_of(65, 52, 50)
    assert float(memory_colour_differences(skin, glowing)) == pytest.approx(7, abs=0.01)
    green = tones_of(65, 25, 180)  # on the far side of the grey axis
    assert float(memory_colour_differences(skin, green)) > 20
    opposite = tones_of(65, 25, 232)
    assert float(memory_colour_differences(skin, opposite)) == pytest.approx(25, abs=0.01)
    within = tones_of(55, 30, 60)
    assert float(memory_colour_differences(skin, within)) == pytest.approx(0, abs=0.01)


def test_what_was_no_memory_colour_may_become_anything():
    red, blue = tones_of(50, 60, 10), tones_of(50, 60, 250)
    assert float(memory_colour_differences(red, blue)) == 0


def test_the_largest_of_the_three_counts_and_the_gradient_leads_back():
    before = torch.cat([tones_of(65, 25, 50), tones_of(60, 25, 255)], dim=3)
    amount = torch.tensor(30.0, requires_grad=True)
    shift = torch.tensor([0.0, 1.0, 0.0, 0.0])[None, :, None, None]
    found = memory_colour_differences(before, before + amount * shift)
    found.sum().backward()
    assert found > 5
    assert amount.grad > 0
    grey = (before * torch.tensor([1.0, 0, 0, 1])[None, :, None, None]).requires_grad_()
    memory_colour_differences(before, grey).sum().backward()
    assert grey.grad.isfinite().all()
