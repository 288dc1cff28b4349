"""What the page says: the figures of a version, and names that stay names."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from manipulation.studio_page.html import (
    agreement,
    figures_html,
    head_html,
    message_html,
    progress_html,
)
from manipulation.studio_page.outcome import Change, Stage, outcome
from manipulation.study_stimuli.predicted_effect import ImagePredictions
from stimuli.contract.settings import ManipulationSettings, Settings, StudySettings
from stimuli.contract.vocabulary import Direction

SCRIPT = "<script>alert(1)</script>"


def shifted(*names, judges=("icf",)):
    """An outcome whose regions, halves of an even density, are shifted by one nat.

    The first judge sees the opposite, those after it a tenth of a nat more each.
    """
    even, left = torch.zeros(8, 8), torch.zeros(8, 8)
    left[:, :4] = 1
    pixels = np.zeros((8, 8, 3), np.uint8)
    original = ImagePredictions(pixels, even, dict.fromkeys(judges, even))
    seen = {name: even + (0.1 * number - 1) * left for number, name in enumerate(judges)}
    version = ImagePredictions(pixels, even + left, seen)
    regions = dict.fromkeys(names, left)
    return outcome(Stage.FULL, Direction.INCREASE, original, version, even + 2 * left, regions)


def test_figures_are_what_the_version_comes_to():
    page = figures_html(shifted("dog"), {"icf": ""}, {})
    assert "p<sub>obj</sub>" in page
    assert '<td>0.500</td>\n<td>+0.381</td>\n<td class="with">+0.231</td>' in page
    assert '<th scope="row">icf' in page
    assert '<td>-0.231</td>\n<td class="against">-100%</td>' in page
    assert '<span class="against">opposite direction</span>' in page
    assert "least" not in page.lower()
    assert "the same image" in page
    assert "p<sub>obj</sub>" not in figures_html(shifted(), {}, {})


def test_each_judge_stands_with_what_it_shares_and_the_least_is_marked():
    names = ("mine", "icf", "scratch")
    page = figures_html(shifted("dog", judges=names), {"icf": "shares OSIE", "mine": ""}, {})
    assert [page.count(f'<th scope="row">{name}') for name in names] == [1, 1, 1]
    assert page.count('<span class="tag">least</span>') == 1
    assert '<th scope="row">mine <span class="tag">least</span>' in page
    assert page.count('class="shares"') == 1
    assert '<span class="shares">shares OSIE</span>' in page


def test_statistics_that_the_photograph_had_outside_already_are_told_and_not_marked():
    found, had = shifted("dog"), "contrast -0.40 (photograph -0.50)"
    effect = replace(found.effect, ssim=0.9, seam_octaves=0.1, unusual=f"7 warmth -4.0, 7+9 {had}")
    page = figures_html(replace(found, effect=effect), {"icf": ""}, {7: "dog", 9: "cat, left"})
    assert '<span class="against">dog: warmth -4.0</span>' in page
    assert f"<span>dog + cat, left: {had}</span>" in page


def test_without_a_judge_the_page_says_so():
    assert "No second opinion" in figures_html(shifted("dog", judges=()), {}, {})


@pytest.mark.parametrize(
    ("predicted", "expected"), [(0.2, "with"), (-0.2, "against"), (0.0004, "still")]
)
def test_a_change_goes_with_what_is_asked_or_against_it(predicted, expected):
    assert agreement(Change("dog", 0.1, 0.5, 0.1 + predicted), 3) == expected


def test_no_name_reaches_the_page_unescaped():
    settings = Settings(
        study=StudySettings(name=SCRIPT), manipulation=ManipulationSettings(saliency=SCRIPT)
    )
    pages = [
        head_html(settings),
        figures_html(shifted(SCRIPT), {}, {}),
        figures_html(shifted("dog", judges=(SCRIPT,)), {}, {}),
        figures_html(shifted("dog"), {"icf": SCRIPT}, {}),
        message_html(SCRIPT, "wrong"),
        progress_html(1, 2, SCRIPT),
    ]
    for page in pages:
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page
