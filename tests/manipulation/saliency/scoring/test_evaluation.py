import numpy as np
import pytest
import torch

from manipulation.saliency.fixations.viewed import ViewedPhotograph
from manipulation.saliency.models.files import build_saliency_model
from manipulation.saliency.scoring.evaluation import evaluate

SIZE = (96, 128)


@pytest.fixture
def plain_model():
    """A model that says the same of every place."""
    model = build_saliency_model("icf", pixels_per_degree=10.0).frozen()
    for parameter in model.readout.parameters():
        parameter.zero_()
    return model


def scored(model, fixations, subject=None):
    viewed = [ViewedPhotograph("", SIZE, points, subject) for points in fixations]
    return evaluate(model, viewed, (torch.rand(3, *SIZE) for _ in viewed))


def test_the_centre_bias_comes_from_the_other_photographs(plain_model):
    generator = np.random.default_rng(0)
    corners = [(10, 10), (118, 86)]
    plain_model.centre_bias.weight.zero_()
    scores = scored(plain_model, [generator.normal(corner, 2, (50, 2)) for corner in corners])
    assert (scores.values["information_gain_bits"] > 3).all()


def test_what_knows_only_the_centre_bias_gains_nothing(plain_model):
    points = np.random.default_rng(0).normal((64, 48), 10, (5, 40, 2))
    scores = scored(plain_model, points)
    np.testing.assert_allclose(scores.values["information_gain_bits"], 0, atol=1e-5)
    np.testing.assert_allclose(scores.values["sauc"], 0.5)
    assert (scores.values["auc"] > 0.8).all()


def test_gains_over_both_baselines_fit_together(plain_model):
    points = np.random.default_rng(0).normal((64, 48), 10, (5, 40, 2))
    plain_model.centre_bias.weight.fill_(0.5)
    values = scored(plain_model, points).values
    np.testing.assert_allclose(
        values["information_gain_over_uniform_bits"],
        values["information_gain_bits"] + values["centre_bias_gain_over_uniform_bits"],
        atol=1e-5,
    )
    np.testing.assert_allclose(
        values["log_likelihood_bits"],
        values["information_gain_over_uniform_bits"] - np.log2(SIZE[0] * SIZE[1]),
        atol=1e-5,
    )
    assert (values["centre_bias_gain_over_uniform_bits"] > 1).all()


def test_gold_standard_is_over_the_same_centre_bias(plain_model):
    points = np.random.default_rng(0).normal((64, 48), 10, (8, 40, 2))
    scores = scored(plain_model, points, subject=np.repeat(np.arange(4), 10))
    assert scores.as_dict()["gold_standard_gain_bits"] == pytest.approx(0, abs=0.1)


def test_the_report_names_every_measure_and_its_baseline(plain_model):
    points = np.random.default_rng(0).normal((64, 48), 10, (4, 20, 2))
    report = scored(plain_model, points, subject=np.repeat(np.arange(4), 5)).as_dict()
    asked = {"information_gain_bits", "information_gain_explained", "auc", "sauc", "nss", "cc",
             "sim", "kl", "n_images", "n_fixations"}  # fmt: skip
    assert asked <= report.keys()
    assert "centre bias of the other photographs" in report["baselines"]["information_gain_bits"]
    assert report["intervals_95"].keys() >= asked - {"n_images", "n_fixations"}


def test_what_is_infinite_is_none(plain_model):
    points = np.random.default_rng(0).normal((64, 48), 10, (3, 20, 2))
    scores = scored(plain_model, points)
    scores.values["kl"][1] = np.inf
    report = scores.as_dict(draws=50)
    assert report["kl"] is None
    assert report["intervals_95"]["kl"] == [None, None]
