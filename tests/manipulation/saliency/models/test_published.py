"""The published DeepGaze models, each by a stand-in that is called and answers as they do."""

import sys
import types

import pytest
import torch
from torch import nn
from torch.nn import functional

from manipulation.saliency import load_saliency_model
from manipulation.saliency.models.files import saliency_model_sha256
from manipulation.saliency.models.published import PUBLISHED, PublishedDeepGaze
from stimuli.support.errors import InputError


class StandIn(nn.Module):
    """Sees every second pixel from 0 to 255, adds the centre bias, answers with log densities."""

    channel_axis = False
    centre_bias_weight = 0.7

    def __init__(self, pretrained=True):
        super().__init__()
        assert pretrained
        self.weight = nn.Parameter(torch.tensor([0.01, 0.02, -0.005]))

    def saliency(self, image):
        halved = functional.interpolate(image, scale_factor=0.5, recompute_scale_factor=False)
        maps = (halved * self.weight.view(3, 1, 1)).sum(1, keepdim=True)
        return functional.interpolate(maps, size=image.shape[-2:])[:, 0]

    def density(self, image, centerbias):
        assert centerbias.shape == (image.shape[0], *image.shape[2:])
        maps = self.saliency(image) + self.centre_bias_weight * centerbias
        maps = maps - maps.logsumexp(dim=(1, 2), keepdim=True)
        return maps[:, None] if self.channel_axis else maps

    def forward(self, x, centerbias):
        return self.density(x, centerbias)

    def train(self, mode=True):  # as theirs, it returns nothing
        self.mode = mode


class StandInWithChannel(StandIn):
    channel_axis = True


class StandInIII(StandInWithChannel):
    def forward(self, x, centerbias, x_hist=None, y_hist=None, durations=None):
        assert x_hist.shape == y_hist.shape == (len(x), 4)
        assert torch.isnan(x_hist[:, 1:]).all()
        assert (x_hist[:, 0] == x.shape[3] / 2).all()
        assert (y_hist[:, 0] == x.shape[2] / 2).all()
        return self.density(x, centerbias)


class StandInMSDB(StandIn):
    def forward(self, image, centerbias, pixel_per_dva, dataset=None):
        assert pixel_per_dva == 35.0
        assert dataset is None
        with torch.no_grad():
            saliency = self.saliency(image)
        maps = saliency + self.centre_bias_weight * centerbias
        return maps - maps.logsumexp(dim=(1, 2), keepdim=True)


STAND_INS = dict(
    zip(PUBLISHED, (StandIn, StandInWithChannel, StandInIII, StandInMSDB), strict=True)
)


@pytest.fixture(autouse=True)
def package(monkeypatch):
    module = types.ModuleType("deepgaze_pytorch")
    for name, stand_in in STAND_INS.items():
        setattr(module, name, stand_in)
    monkeypatch.setitem(sys.modules, "deepgaze_pytorch", module)


def images(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_model_predicts_as_ours_do(name):
    model, image = load_saliency_model(name), images(2, 3, 66, 81)
    assert isinstance(model, PublishedDeepGaze)
    assert not any(parameter.requires_grad for parameter in model.parameters())
    saliency = model.log_saliency(image)
    assert saliency.shape == (2, 66, 81)
    expected = STAND_INS[name]().saliency(255 * image)
    torch.testing.assert_close(saliency, torch.log_softmax(expected.flatten(1), 1).view(2, 66, 81))

    bias = torch.log_softmax(images(66 * 81), 0).view(66, 81)
    expected = torch.log_softmax((expected + 0.7 * bias).flatten(1), 1).view(2, 66, 81)
    torch.testing.assert_close(model.log_density(image, bias), expected)


@pytest.mark.parametrize(("antialias", "reached"), [(False, 1 / 4), (True, 1)])
def test_a_gradient_reaches_every_fourth_pixel_or_all(antialias, reached):
    model = PublishedDeepGaze("DeepGazeIIE", antialias=antialias).frozen()
    image = images(1, 3, 64, 64).requires_grad_()
    model(image)[0, 10, 10].backward()
    assert (image.grad != 0).float().mean() == pytest.approx(reached)


def test_where_no_gradient_can_be_had_it_is_said():
    image = images(1, 3, 64, 64).requires_grad_()
    with pytest.raises(InputError, match="DeepGazeMSDB passes no gradient to the pixels"):
        load_saliency_model("DeepGazeMSDB")(image)


def test_its_weights_are_its_identity():
    model = load_saliency_model("DeepGazeI")
    before = saliency_model_sha256(model)
    model.network.weight.data[0] += 1e-6
    assert saliency_model_sha256(model) != before


def test_without_the_package_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "deepgaze_pytorch", None)
    with pytest.raises(InputError, match="pip install git"):
        load_saliency_model("DeepGazeIIE")


def test_an_old_package_without_the_model_is_named():
    del sys.modules["deepgaze_pytorch"].DeepGazeMSDB
    with pytest.raises(InputError, match="has no such model; update it"):
        load_saliency_model("DeepGazeMSDB")


def test_images_too_small_or_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="at least 64 px"):
        load_saliency_model("DeepGazeI")(images(1, 3, 63, 64))
