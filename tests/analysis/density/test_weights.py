"""Weights of a mixture: the best there are."""

import numpy as np
import pytest
from scipy.optimize import minimize

from analysis.density.weights import TOLERANCE, fit_weights


def log_likelihood(components, weights):
    return np.log(components @ weights).mean()


@pytest.mark.parametrize("seed", range(8))
def test_weights_equal_a_general_optimisers(seed):
    generator = np.random.default_rng(seed)
    components = generator.gamma(0.5, size=(150, 3)) * [1.0, 0.3, 3.0] ** generator.normal(size=3)
    weights = fit_weights(components)
    found = minimize(
        lambda w: -log_likelihood(components, w / w.sum()), np.full(3, 1 / 3),
        bounds=[(1e-12, 1)] * 3, options={"ftol": 1e-15, "gtol": 1e-12, "maxiter": 1000},
    )  # fmt: skip
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert log_likelihood(components, weights) >= -found.fun - 1e-9
    np.testing.assert_allclose(weights, found.x / found.x.sum(), atol=2e-3)


@pytest.mark.parametrize("seed", range(20))
def test_no_component_could_gain_more_than_the_tolerance(seed):
    generator = np.random.default_rng(seed)
    components = np.exp(generator.normal(0, 5, size=(80, 4)))
    weights = fit_weights(components, start=np.array([1.0, 0.0, 0.0, 0.0]) if seed % 2 else None)
    ratios = components / (components @ weights)[:, None]
    assert ratios.mean(axis=0).max() - 1 <= 10 * TOLERANCE


def test_weights_of_a_known_mixture_are_recovered():
    generator = np.random.default_rng(5)
    true = np.array([0.55, 0.1, 0.35])
    means, widths = np.array([0.0, 1.0, 4.0]), np.array([0.5, 6.0, 1.5])
    which = generator.choice(3, p=true, size=20_000)
    x = generator.normal(means[which], widths[which])
    components = np.exp(-0.5 * ((x[:, None] - means) / widths) ** 2) / widths
    np.testing.assert_allclose(fit_weights(components), true, atol=0.02)


def test_equal_and_useless_components_do_no_harm():
    one = np.random.default_rng(6).random(50) + 0.1
    weights = fit_weights(np.stack([one, one, np.zeros(50)], axis=1))
    assert weights[:2].sum() == pytest.approx(1)
    assert weights[2] == 0


def test_a_point_that_nothing_explains_is_an_error():
    with pytest.raises(ValueError, match="every point"):
        fit_weights(np.array([[1.0, 0.5], [0.0, 0.0]]))
