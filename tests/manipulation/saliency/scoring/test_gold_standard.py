import numpy as np
import pytest
from scipy.stats import truncnorm

from manipulation.saliency.fixations.viewed import ViewedPhotograph
from manipulation.saliency.scoring.gold_standard import density_of_others, gold_standard

SIZE = (60, 80)
UNIFORM = 1 / (60 * 80)


def viewing(points, subject):
    return ViewedPhotograph("", SIZE, points, subject)


def gain_bits(viewings):
    biases = [np.full(len(one.points), UNIFORM) for one in viewings]
    logs = np.concatenate(gold_standard(viewings, biases, pixels_per_degree=5.0))
    return (logs - np.log(UNIFORM)).mean() / np.log(2)


def test_density_is_the_mean_of_truncated_gaussians_of_the_others():
    points = np.array([[10.0, 20.0], [70.0, 5.0], [40.0, 50.0]])
    ours = density_of_others(viewing(points, np.array(["a", "a", "b"])), 8.0).numpy()

    def kernel(at, centre):
        return np.prod(
            [
                truncnorm.pdf(at[i], -centre[i] / 8, (limit - centre[i]) / 8, centre[i], 8)
                for i, limit in enumerate(SIZE[::-1])
            ]
        )

    first, second, third = points
    expected = [
        kernel(first, third),
        kernel(second, third),
        (kernel(third, first) + kernel(third, second)) / 2,
    ]
    np.testing.assert_allclose(ours, expected)


def test_a_person_alone_is_not_predicted_by_himself():
    alone = viewing(np.array([[10.0, 20.0], [11.0, 21.0]]), np.array(["a", "a"]))
    assert density_of_others(alone, 5.0).sum() == 0


def test_people_who_agree_predict_each_other():
    generator = np.random.default_rng(0)
    subject = np.repeat(np.arange(10), 10)
    viewings = [
        viewing(generator.normal(generator.uniform(20, 40, 2), 3, (100, 2)), subject)
        for _ in range(10)
    ]
    possible = -np.log2(UNIFORM) - np.log2(2 * np.pi * np.e * 3**2)
    assert gain_bits(viewings) == pytest.approx(possible, rel=0.05)


def test_people_who_look_anywhere_do_not():
    generator = np.random.default_rng(0)
    subject = np.repeat(np.arange(10), 10)
    viewings = [viewing(generator.random((100, 2)) * SIZE[::-1], subject) for _ in range(10)]
    assert gain_bits(viewings) == pytest.approx(0, abs=0.01)
