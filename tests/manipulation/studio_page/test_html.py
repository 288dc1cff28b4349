"""What the page says: the figures of a version, and names that stay names."""

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


def shifted(*names):
    """An outcome whose regions, halves of an even density, are shifted by one nat."""
    even, left = torch.zeros(8, 8), torch.zeros(8, 8)
    left[:, :4] = 1
    pixels = np.zeros((8, 8, 3), np.uint8)
    original = ImagePredictions(pixels, even, even)
    version = ImagePredictions(pixels, even + left, even - left)
    regions = dict.fromkeys(names, left)
    return outcome(Stage.FULL, Direction.INCREASE, original, version, even + 2 * left, regions)


def test_figures_are_what_the_version_comes_to():
    page = figures_html(shifted("dog"), "icf")
    assert "p<sub>obj</sub>" in page
    assert '<td>0.500</td>\n<td>+0.381</td>\n<td class="with">+0.231</td>' in page
    assert "Second opinion (icf), aim" in page
    assert '<span class="against">opposite direction</span>' in page
    assert "the same image" in page
    assert "p<sub>obj</sub>" not in figures_html(shifted(), "icf")


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
        figures_html(shifted(SCRIPT), SCRIPT),
        message_html(SCRIPT, "wrong"),
        progress_html(1, 2, SCRIPT),
    ]
    for page in pages:
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page
