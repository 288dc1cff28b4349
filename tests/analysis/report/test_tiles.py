"""What the colours of a density map stand for."""

import numpy as np
import pytest

from analysis.report import tiles


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_colour_bar_shows_the_colour_of_its_density(share):
    behind = tiles.backdrop(np.full((64, 64, 3), 128, np.uint8), [])
    log_density = np.full((8, 8), np.log(max(share, 1e-12)))
    picture = tiles.density_over(behind, log_density, highest=0.0)
    bar = tiles.colour_bar(401, 3)
    assert bar.shape == (3, 401, 3)
    np.testing.assert_allclose(
        picture[20, 20].astype(int), bar[1, round(400 * share)].astype(int), atol=1
    )
