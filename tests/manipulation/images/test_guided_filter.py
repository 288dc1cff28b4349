"""The guided filter against its definition, window by window."""

import numpy as np
import pytest
import torch

from manipulation.images.guided_filter import guided_filter

SIDE, RADIUS, EPSILON = 20, 2, 1e-2


def by_definition(guide, target):
    """Ridge regression in every window, then the mean of all fits that hold a pixel."""
    channels, inner = len(guide), range(RADIUS, SIDE - RADIUS)
    sums, counts = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for row in inner:
        for column in inner:
            window = np.s_[row - RADIUS : row + RADIUS + 1, column - RADIUS : column + RADIUS + 1]
            pixels, wanted = guide[:, *window].reshape(channels, -1), target[window].ravel()
            centred = pixels - pixels.mean(axis=1, keepdims=True)
            variance = centred @ centred.T / pixels.shape[1] + EPSILON * np.eye(channels)
            slope = np.linalg.solve(variance, centred @ (wanted - wanted.mean()) / len(wanted))
            fitted = wanted.mean() + slope @ centred
            sums[window] += fitted.reshape(2 * RADIUS + 1, -1)
            counts[window] += 1
    return sums / np.maximum(counts, 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_the_mean_of_the_fits_of_all_windows(channels):
    rng = np.random.default_rng(0)
    guide, target = rng.random((channels, SIDE, SIDE)), rng.random((SIDE, SIDE))
    found = guided_filter(torch.from_numpy(guide), torch.from_numpy(target)[None], RADIUS, EPSILON)[
        0
    ]
    inside = np.s_[2 * RADIUS : -2 * RADIUS, 2 * RADIUS : -2 * RADIUS]  # away from the border
    np.testing.assert_allclose(found[inside], by_definition(guide, target)[inside], atol=1e-9)


def test_what_is_even_stays_even_and_edges_stay():
    guide = torch.zeros(1, SIDE, SIDE)
    guide[..., SIDE // 2 :] = 1
    torch.testing.assert_close(
        guided_filter(guide, torch.full((1, SIDE, SIDE), 0.3), RADIUS, EPSILON),
        torch.full((1, SIDE, SIDE), 0.3),
    )
    smooth = guided_filter(guide, guide, RADIUS, 1e-4)
    assert (smooth - guide).abs().max() < 0.01
