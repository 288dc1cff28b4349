import pytest
import torch

from manipulation.saliency.models.files import build_saliency_model

SCALES = (2.0, 4.0, 8.0)


def random_model(seed=0, **features):
    features = {"scales_px": SCALES, "stride": 4, **features}
    model = build_saliency_model("icf", features=features, pixels_per_degree=20.0)
    model.readout.initialise(torch.Generator().manual_seed(seed))
    for layer in model.readout.layers:
        layer.weight.data.mul_(5)  # saliency that spans several nats, as after a fit
    return model.double().frozen()


def random_images(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("size", [(32, 32), (61, 97), (128, 40)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_density_sums_to_one_at_any_size(size, dtype):
    model = random_model().to(dtype)
    log_density = model.log_density(random_images(2, 3, *size).to(dtype))
    assert log_density.shape == (2, *size)
    assert log_density.dtype == dtype
    torch.testing.assert_close(log_density.exp().sum((1, 2)), torch.ones(2, dtype=dtype))


def test_every_image_of_a_batch_is_predicted_alone():
    model, images = random_model(), random_images(3, 3, 48, 64)
    alone = torch.cat([model(image[None]) for image in images])
    torch.testing.assert_close(model(images), alone)


def test_saliency_moves_with_the_image():
    model = random_model()
    images = torch.full((1, 3, 320, 320), 0.4, dtype=torch.float64)
    images[..., 144:176, 144:176] = random_images(1, 3, 32, 32)
    moved = model(images.roll((8, -12), dims=(2, 3)))
    inner = (..., slice(128, 192), slice(128, 192))
    here = model(images).roll((8, -12), dims=(1, 2))
    torch.testing.assert_close(moved[inner], here[inner], atol=1e-4, rtol=0)
    assert here[inner].std() > 0.05


def test_a_mirrored_image_is_salient_at_the_mirrored_places():
    model, images = random_model(), random_images(1, 3, 64, 96)
    torch.testing.assert_close(model(images.flip(-1)), model(images).flip(-1))


def test_gradient_is_that_of_finite_differences():
    model = random_model()
    images = random_images(1, 3, 32, 36).requires_grad_()
    assert torch.autograd.gradcheck(model, images, fast_mode=True)
    assert torch.autograd.gradcheck(model.log_density, images, fast_mode=True)


def test_gradient_is_finite_on_a_uniform_image():
    images = torch.full((1, 3, 64, 64), 0.5, dtype=torch.float64, requires_grad=True)
    random_model().log_density(images)[0, 20, 30].backward()
    assert torch.isfinite(images.grad).all()
    assert images.grad.abs().max() > 0


def test_centre_bias_enters_only_the_density_and_with_its_weight():
    model, images = random_model(), random_images(1, 3, 40, 56)
    model.centre_bias.weight.data.fill_(0.5)
    model.centre_bias.log_map.copy_(random_images(60, 80, seed=1))
    without = model.log_density(images, centre_bias=torch.zeros(40, 56, dtype=torch.float64))
    torch.testing.assert_close(
        without, torch.log_softmax(model(images).flatten(1), 1).view(1, 40, 56)
    )

    def contrast(maps):
        return maps - maps.mean()

    difference = contrast(model.log_density(images)[0] - without[0])
    torch.testing.assert_close(difference, contrast(0.5 * model.centre_bias((40, 56))))


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 1, 64, 64), (1, 3, 16, 64)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="expected \\(B, 3, H, W\\) of at least 32 px"):
        random_model()(torch.zeros(shape, dtype=torch.float64))


def test_scales_that_would_miss_pixels_are_refused():
    with pytest.raises(ValueError, match="half the stride"):
        random_model(scales_px=(1.0, 4.0), stride=8)
