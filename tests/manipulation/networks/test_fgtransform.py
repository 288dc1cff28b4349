"""FGTransform is the network of Fig. 3(b), and its fast form the same function."""

import pytest
import torch
from torch.nn import functional

from manipulation.networks.fast_fgtransform import (
    FastFGTransform,
    add_repeated_convolution,
    four_convolutions,
)
from manipulation.networks.fgtransform import FGTransform, pyramid
from manipulation.networks.image_network import Output, relative_log_density
from manipulation.saliency.models.vgg import VGGFeatures


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def weights(module):
    return sum(one.numel() for one in module.parameters())


def small(output="sigmoid", dtype=torch.float64, **options):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = FGTransform(6, 8, width=16, blocks=2, output=output, **options).to(dtype)
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
    return network


def inputs(dtype=torch.float64, count=2, side=32):
    images = torch.rand(count, 3, side, side, generator=generator(), dtype=dtype)
    target = torch.randn(count, side, side, generator=generator(1), dtype=dtype)
    features = torch.randn(count, 6, side // 8, side // 8, generator=generator(2), dtype=dtype)
    return images, target, features


def test_at_full_size_it_has_the_channels_and_the_weights_of_the_paper():
    seen = []
    with torch.device("meta"):
        network, vgg = FGTransform(), VGGFeatures()
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):
                module.register_forward_hook(
                    lambda conv, given, out: seen.append((given[0].shape[1:], tuple(out.shape[1:])))
                )
        changed = network(
            torch.empty(1, 3, 512, 512), torch.empty(1, 512, 512), torch.empty(1, 2560, 32, 32)
        )
    assert changed.shape == (1, 3, 512, 512)
    assert weights(network) + weights(vgg) == pytest.approx(156e6, rel=0.005)
    channels = [(given[0], out) for given, out in seen]
    block = [(1024, (1024, 32, 32))] * 10
    assert channels == [
        (2564, (1024, 32, 32)), (2564, (1024, 32, 32)), (1024, (1024, 32, 32)), *block,
        (1028, (512, 64, 64)), (516, (256, 128, 128)), (260, (128, 256, 256)),
        (132, (64, 512, 512)), (64, (3, 512, 512)),
    ]  # fmt: skip


@pytest.mark.parametrize("stride", [4, 8, 16])
def test_it_undoes_the_stride_of_its_features(stride):
    network = FGTransform(5, stride, width=16, blocks=1)
    assert len(network.up_sampling_blocks) == {4: 2, 8: 3, 16: 4}[stride]
    images = torch.rand(1, 3, 64, 32)
    changed = network(images, torch.zeros(1, 64, 32), torch.zeros(1, 5, 64 // stride, 32 // stride))
    assert changed.shape == images.shape


def test_a_change_of_nothing_is_where_training_starts():
    images, target, features = inputs(torch.float32)
    fresh = FGTransform(6, 8, width=16, blocks=1, output="change")
    torch.testing.assert_close(fresh(images, target, features), images, atol=1e-6, rtol=0)


@pytest.mark.parametrize("output", list(Output))
def test_results_stay_between_black_and_white(output):
    images, target, features = inputs(torch.float32)
    images[:, :, :8], images[:, :, 8:16] = 0, 1
    network = small(output, torch.float32)
    changed = network(images, 100 * target, 100 * features)
    assert 0 <= changed.min() <= changed.max() <= 1


def test_an_image_does_not_depend_on_the_others_of_its_batch():
    images, target, features = inputs()
    network = small()
    together = network(images, target, features)
    alone = network(images[1:], target[1:], features[1:])
    torch.testing.assert_close(together[1:], alone)


@pytest.mark.parametrize("output", list(Output))
def test_gradients_of_image_target_and_features_are_right(output):
    given = [one.requires_grad_() for one in inputs(count=1, side=16)]
    network = small(output)
    assert torch.autograd.gradcheck(network, given, fast_mode=True)


def test_the_pyramid_halves_by_the_mean():
    images, target, _ = inputs()
    levels = pyramid(images, target, 2)
    assert [level.shape[-1] for level in levels] == [32, 16, 8]
    torch.testing.assert_close(levels[2][0, 3, 0, 0], target[0, :4, :4].mean())
    torch.testing.assert_close(levels[1][0, 1, 3, 5], images[0, 1, 6:8, 10:12].mean())


def test_the_target_is_relative_to_the_uniform_density():
    log_saliency = torch.randn(2, 8, 16, generator=generator(), dtype=torch.float64)
    relative = relative_log_density(log_saliency)
    torch.testing.assert_close(relative.exp().mean(dim=(1, 2)), torch.ones(2).double())
    torch.testing.assert_close(relative_log_density(log_saliency + 7), relative)
    assert relative_log_density(torch.zeros(1, 4, 4)).abs().max() < 1e-6


@pytest.mark.parametrize(
    ("side", "message"), [(36, "multiples of 8"), (8, "at least 16"), (20, "multiples")]
)
def test_images_that_it_cannot_halve_are_refused(side, message):
    network = FGTransform(6, 8, width=16, blocks=1)
    with pytest.raises(ValueError, match=message):
        network(torch.rand(1, 3, side, side), torch.zeros(1, side, side), torch.zeros(1, 6, 1, 1))


@pytest.mark.parametrize("options", [{"stride": 6}, {"width": 20}, {"blocks": 0}])
def test_sizes_without_meaning_are_refused(options):
    with pytest.raises(ValueError, match="expected"):
        FGTransform(**{"feature_channels": 4, "stride": 8, "width": 16, **options})


@pytest.mark.parametrize("size", [(5, 7), (1, 1), (4, 4)])
def test_four_small_convolutions_are_one_of_repeated_pixels(size):
    maps = torch.randn(2, 5, *size, generator=generator(), dtype=torch.float64)
    weight = torch.randn(3, 5, 3, 3, generator=generator(1), dtype=torch.float64)
    larger = functional.interpolate(maps, scale_factor=2.0, mode="nearest")
    already = torch.randn(2, 3, *larger.shape[-2:], generator=generator(2), dtype=torch.float64)
    torch.testing.assert_close(
        add_repeated_convolution(already.clone(), maps, four_convolutions(weight)),
        already + functional.conv2d(larger, weight, padding=1),
        rtol=1e-12,
        atol=1e-12,
    )


@pytest.mark.parametrize("output", list(Output))
def test_the_fast_form_is_the_same_function_for_every_target_of_an_image(output):
    images, target, features = inputs()
    network = small(output)
    fast = FastFGTransform(network, torch.float64)
    contribution = fast.contribution(features)
    for scale in (1.0, -2.0):
        torch.testing.assert_close(
            fast(images, scale * target, contribution),
            network(images, scale * target, features),
            rtol=1e-10,
            atol=1e-10,
        )


def test_with_32_bits_the_fast_form_differs_by_rounding_and_with_16_by_less_than_a_grey_level():
    images, target, features = inputs(torch.float32, side=64)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = FGTransform(6, 8, width=64, blocks=6)
    plain = network(images, target, features)
    for dtype, mean, most in ((torch.float32, 1e-6, 1e-4), (torch.bfloat16, 1 / 255, 0.05)):
        fast = FastFGTransform(network, dtype)
        difference = (fast(images, target, fast.contribution(features)) - plain).abs()
        assert difference.mean() < mean
        assert difference.max() < most


def test_the_fast_form_leaves_the_network_as_it_was():
    network = small(dtype=torch.float32)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    FastFGTransform(network, torch.bfloat16)
    for name, one in network.state_dict().items():
        torch.testing.assert_close(one, before[name], rtol=0, atol=0)
    assert all(one.requires_grad for one in network.parameters())
