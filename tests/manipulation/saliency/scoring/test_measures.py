import numpy as np
import pytest
from scipy.stats import entropy
from sklearn.metrics import roc_auc_score

from manipulation.saliency.scoring import measures


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def log_density(generator, height=30, width=40):
    values = generator.normal(size=(height, width))
    return values - np.log(np.exp(values).sum())


def drawn(log_density, count, generator):
    """Fixations drawn from a density."""
    cells = generator.choice(log_density.size, size=count, p=np.exp(log_density).ravel())
    rows, columns = np.unravel_index(cells, log_density.shape)
    return np.column_stack([columns, rows]) + generator.random((count, 2))


def test_a_point_reads_the_pixel_that_covers_it():
    values = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(measures.at(values, np.array([[0, 0], [2.99, 1.99]])), [0, 5])
    with pytest.raises(ValueError, match="beyond the map"):
        measures.at(values, np.array([[3.0, 1.0]]))
    with pytest.raises(ValueError, match="at least one fixation"):
        measures.at(values, np.zeros((0, 2)))


def test_the_truth_gains_its_divergence_from_the_baseline(generator):
    truth, baseline = log_density(generator), log_density(generator)
    expected = entropy(np.exp(truth).ravel(), np.exp(baseline).ravel(), base=2)
    gain = measures.information_gain(truth, baseline, drawn(truth, 200_000, generator))
    assert gain == pytest.approx(expected, rel=0.02)


def test_uniform_density_has_the_likelihood_of_a_pixel(generator):
    uniform = np.full((30, 40), -np.log(1200))
    points = drawn(log_density(generator), 50, generator)
    assert measures.log_likelihood(uniform, points) == pytest.approx(-np.log(1200))


def test_auc_is_scikit_learns_with_ties(generator):
    saliency = generator.integers(0, 5, size=(30, 40))
    points = drawn(log_density(generator), 70, generator)
    positives = measures.at(saliency, points)
    labels = np.r_[np.ones(70), np.zeros(1200)]
    expected = roc_auc_score(labels, np.r_[positives, saliency.ravel()])
    assert measures.auc(saliency, points) == pytest.approx(expected)


def test_shuffled_auc_gives_the_centre_bias_no_credit(generator):
    rows, columns = np.indices((60, 80))
    centre = -np.hypot(rows - 30, columns - 40)
    here, there = generator.normal((40, 30), 8, (2, 4000, 2)).clip(0, 59.9)
    assert measures.auc(centre, here) > 0.8
    assert measures.shuffled_auc(centre, here, there) == pytest.approx(0.5, abs=0.02)


def test_nss_is_in_standard_deviations_and_ignores_scale(generator):
    saliency = generator.normal(size=(200, 200))
    peak = np.array([saliency.argmax() % 200, saliency.argmax() // 200])[None]
    expected = (saliency.max() - saliency.mean()) / saliency.std()
    assert measures.nss(saliency, peak) == pytest.approx(expected)
    assert measures.nss(5 * saliency - 3, peak) == pytest.approx(expected)
    assert measures.nss(np.ones((5, 5)), np.array([[1.0, 1.0]])) == 0


def test_maps_are_compared_as_numpy_and_scipy_do(generator):
    first, second = np.exp(log_density(generator)), np.exp(log_density(generator))
    assert measures.cc(first, second) == pytest.approx(
        np.corrcoef(first.ravel(), second.ravel())[0, 1]
    )
    assert measures.kl(first, second) == pytest.approx(entropy(second.ravel(), first.ravel()))
    assert measures.sim(first, second) == pytest.approx(1 - np.abs(first - second).sum() / 2)


def test_equal_maps_are_the_limit_of_every_comparison(generator):
    density = np.exp(log_density(generator))
    assert measures.cc(density, 7 * density) == pytest.approx(1)
    assert measures.sim(density, 7 * density) == pytest.approx(1)
    assert measures.kl(density, 7 * density) == pytest.approx(0, abs=1e-12)


def test_looking_where_the_density_is_zero_diverges():
    assert measures.kl(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]])) == np.inf
    with pytest.raises(ValueError, match="somewhere positive"):
        measures.kl(np.zeros((2, 2)), np.ones((2, 2)))
