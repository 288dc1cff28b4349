import numpy as np
import pytest
import torch

from manipulation.saliency.evaluation import Prediction, evaluate
from manipulation.saliency.files import build_saliency_model

SIZE = (96, 128)


@pytest.fixture
def plain_model():
    """A model that says the same of every place."""
    return build_saliency_model("icf", pixels_per_degree=10.0).frozen()


def plain(points, subject=None):
    return Prediction(torch.zeros(12, 16), points, subject, SIZE)


def test_the_centre_bias_comes_from_the_other_photographs(plain_model):
    generator = np.random.default_rng(0)
    corners = [(10, 10), (118, 86)]
    predictions = [plain(generator.normal(corner, 2, (50, 2))) for corner in corners]
    plain_model.centre_bias.weight.zero_()
    scores = evaluate(plain_model, predictions)
    assert (scores.values["information_gain_bits"] > 3).all()


def test_what_knows_only_the_centre_bias_gains_nothing(plain_model):
    points = np.random.default_rng(0).normal((64, 48), 10, (5, 40, 2))
    scores = evaluate(plain_model, [plain(one) for one in points])
    np.testing.assert_allclose(scores.values["information_gain_bits"], 0, atol=1e-5)
    np.testing.assert_allclose(scores.values["sauc"], 0.5)
    assert (scores.values["auc"] > 0.8).all()


def test_gold_standard_is_over_the_same_centre_bias(plain_model):
    points = np.random.default_rng(0).normal((64, 48), 10, (8, 40, 2))
    subject = np.repeat(np.arange(4), 10)
    scores = evaluate(plain_model, [plain(one, subject) for one in points])
    assert scores.as_dict()["gold_standard_gain_bits"] == pytest.approx(0, abs=0.1)
