import pytest
import torch
import torchvision.models.vgg
from torch.nn import functional

from manipulation.saliency.models.vgg import (
    CAFFE,
    DEEPGAZE_LAYERS,
    FEATURE_LAYER,
    LAYERS,
    TEXTURE_LAYERS,
    VGGFeatures,
)

SMALL = (3, 4, 5, 6, 7)


def small_vgg(**settings):
    model = VGGFeatures(channels=SMALL, **settings)
    return model.initialise(torch.Generator().manual_seed(0)).double()


def images(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_named_layers_are_those_of_torchvision_by_the_papers_indices():
    """The whole architecture with random weights."""
    theirs = torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["E"])
    ours, weights = VGGFeatures(), iter(theirs.parameters())
    for parameter in ours.parameters():
        parameter.data = next(weights).data
    assert next(weights, None) is None
    image = images(1, 3, 48, 64).float()
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected = [(image - mean.view(3, 1, 1)) / deviation.view(3, 1, 1)]
    for module in theirs[:36]:
        expected.append(module(expected[-1].clone()))  # their rectifiers work in place
    indices = dict(zip(DEEPGAZE_LAYERS, (28, 29, 31, 32, 35), strict=True))
    indices |= dict(zip(TEXTURE_LAYERS, (1, 6, 11, 20, 29), strict=True))
    for name, values in ours(image, tuple(indices)).items():
        torch.testing.assert_close(values, expected[1 + indices[name]])


def test_one_pass_for_everything_equals_a_pass_for_each():
    vgg, image = small_vgg(), images(2, 3, 40, 56)
    everything = vgg(image, LAYERS)
    for name in LAYERS:
        torch.testing.assert_close(vgg(image, [name])[name], everything[name], rtol=0, atol=0)
        if name.startswith("conv"):
            rectified = everything[name.replace("conv", "relu")]
            torch.testing.assert_close(rectified, everything[name].relu(), rtol=0, atol=0)


def test_the_pass_ends_at_the_deepest_layer_asked_for():
    vgg = small_vgg()
    seen = []
    for name, module in vgg.named_children():
        module.register_forward_hook(lambda *_, name=name: seen.append(name))
    vgg(images(1, 3, 32, 32), ["relu2_1", "relu1_1"])
    assert seen == ["conv1_1", "conv1_2", "conv2_1"]


def test_strides_are_the_papers_at_any_size():
    layers = small_vgg()(images(1, 3, 67, 97), LAYERS)
    for block, stride in enumerate((1, 2, 4, 8, 16), start=1):
        assert layers[f"relu{block}_1"].shape == (1, SMALL[block - 1], 67 // stride, 97 // stride)


def test_caffe_weights_see_blue_first_and_255_times_the_difference():
    image = images(1, 3, 2, 2)
    seen = small_vgg(preprocessing=CAFFE).preprocess(image)
    torch.testing.assert_close(seen[:, 0], (image[:, 2] - 0.4076) * 255, rtol=0, atol=0.01)
    torch.testing.assert_close(seen[:, 2], (image[:, 0] - 0.4850) * 255, rtol=0, atol=0.01)


def test_average_pooling_averages():
    vgg = small_vgg(pooling="average")
    layers = vgg(images(1, 3, 32, 32), ["relu1_2", "conv2_1"])
    expected = vgg.conv2_1(functional.avg_pool2d(layers["relu1_2"], 2))
    torch.testing.assert_close(layers["conv2_1"], expected)


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_gradients_of_all_layers_together_are_those_of_finite_differences(pooling):
    vgg = small_vgg(pooling=pooling)
    wanted = (*DEEPGAZE_LAYERS, FEATURE_LAYER, *TEXTURE_LAYERS)

    def function(image):
        return tuple(vgg(image, wanted).values())

    image = images(1, 3, 16, 16).requires_grad_()
    assert torch.autograd.gradcheck(function, image, fast_mode=True)


def test_unknown_layers_and_pooling_are_refused():
    with pytest.raises(ValueError, match="relu6_1"):
        small_vgg()(images(1, 3, 16, 16), ["relu6_1"])
    with pytest.raises(ValueError, match="'min'"):
        VGGFeatures(pooling="min")
