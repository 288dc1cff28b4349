import numpy as np
import pytest
import torch

from manipulation.images.sizes import to_bytes
from manipulation.saliency.fitting.cross_validation import cross_validate
from manipulation.saliency.fitting.fit import fit
from manipulation.saliency.fitting.photograph_features import with_features
from manipulation.saliency.fitting.schedule import Schedule
from manipulation.saliency.fixations.viewed import ViewedPhotograph, cell_counts
from manipulation.saliency.models.centre_bias import GRID, fit_centre_bias, smoothed_log_density
from manipulation.saliency.models.files import build_saliency_model
from manipulation.saliency.scoring import measures
from manipulation.saliency.scoring.gains import Gains, gains_from_features
from stimuli.support.errors import InputError

SIZE = (96, 128)
FEATURES = {"scales_px": (4.0, 8.0, 16.0), "stride": 8}
SCHEDULE = Schedule(epochs=25, batch_size=4, learning_rate=1e-2, seed=3)


def seen(name, image, points):
    picture = ViewedPhotograph(name, tuple(image.shape[-2:]), points, pixels=to_bytes(image))
    return with_features(new_model().extractor, picture)


def noise(seed, *size):
    return torch.rand(3, *size, generator=torch.Generator().manual_seed(seed))


def photograph_of_a_disc(generator, index):
    """Grey noise with one disc of strong contrast; all fixations on the disc."""
    rows, columns = np.indices(SIZE)
    centre = generator.uniform((20, 20), (SIZE[1] - 20, SIZE[0] - 20))
    disc = np.hypot(columns - centre[0], rows - centre[1]) < 12
    noise = generator.uniform(-1, 1, SIZE)
    image = 0.5 + np.where(disc, 0.4, 0.05) * noise
    points = generator.normal(centre, 5, size=(20, 2)).clip(0, np.array(SIZE[::-1]) - 1)
    return seen(f"{index}.png", torch.from_numpy(image).float().expand(3, *SIZE), points)


def new_model():
    return build_saliency_model("icf", features=FEATURES, pixels_per_degree=20.0)


@pytest.fixture(scope="module")
def discs():
    generator = np.random.default_rng(0)
    return [photograph_of_a_disc(generator, index) for index in range(24)]


def fitted(examples, schedule=SCHEDULE):
    model = new_model()
    fit(model, examples, schedule)
    return model


def test_fit_finds_what_was_looked_at_on_unseen_photographs(discs):
    gains = gains_from_features(fitted(discs[:18]), discs[18:])
    assert gains.bits_per_fixation > 3
    assert (gains.bits > 0).all()


def test_no_gain_where_fixations_have_nothing_to_do_with_the_image(discs):
    shuffled = np.random.default_rng(1).permutation(len(discs))
    unrelated = [
        seen(f"{index}.png", noise(index, *SIZE), discs[other].points)
        for index, other in enumerate(shuffled)
    ]
    gains = cross_validate(fitted, unrelated, folds=3, seed=0)
    assert gains.bits_per_fixation < 0.05


def test_equal_seeds_give_equal_weights(discs):
    short = Schedule(epochs=2, seed=5)
    first, second = fitted(discs[:6], short).state_dict(), fitted(discs[:6], short).state_dict()
    for name, tensor in first.items():
        torch.testing.assert_close(tensor, second[name], rtol=0, atol=0)
    other = fitted(discs[:6], Schedule(epochs=2, seed=6))
    assert not torch.equal(other.readout.layers[0].weight, first["readout.layers.0.weight"])


def test_a_model_that_is_its_centre_bias_gains_nothing(discs):
    model = new_model()
    for parameter in model.readout.parameters():
        torch.nn.init.zeros_(parameter)
    assert gains_from_features(model, discs[:4]).bits_per_fixation == pytest.approx(0, abs=1e-5)


def test_photographs_of_several_sizes_are_fitted_together(discs):
    square = seen("square.png", noise(0, 64, 64), np.full((9, 2), 32.0))
    gains = gains_from_features(fitted([*discs[:6], square], Schedule(epochs=1)), [square])
    assert np.isfinite(gains.bits).all()


def test_mirroring_takes_image_fixations_and_centre_bias_along():
    points = np.random.default_rng(0).normal((90, 40), 10, (24, 30, 2))
    unrelated = [seen("", noise(index, *SIZE), one) for index, one in enumerate(points)]
    model = fitted(unrelated)
    row, column = divmod(int(model.centre_bias(SIZE).argmax()), SIZE[1])
    assert (column, row) == pytest.approx((90, 40), abs=5)
    assert float(model.centre_bias.weight) > 1


def test_a_fit_that_diverges_says_so(discs):
    with pytest.raises(InputError, match="fit with a lower --learning-rate than 1e\\+30"):
        fitted(discs[:6], Schedule(learning_rate=1e30))


def test_gain_is_that_of_the_measure_on_pixels(discs):
    model = fitted(discs[:6])
    image, points = to_bytes(noise(0, *SIZE)) / 255, np.array([[10.2, 20.9], [120.0, 90.0]])
    gain = gains_from_features(model, [seen("", image, points)]).bits_per_fixation
    log_density, bias = model.log_density(image[None])[0], model.centre_bias(SIZE)
    assert gain == pytest.approx(measures.information_gain(log_density, bias, points), rel=1e-2)


def test_no_mass_of_a_fixation_leaves_the_image():
    counts = torch.zeros(GRID)
    counts[0, 0] = counts[30, 40] = 1
    density = smoothed_log_density(counts, 0.03).exp()
    assert float(density[:15, :20].sum()) == pytest.approx(0.5, abs=0.01)
    assert float(density.sum()) == pytest.approx(1)


def test_centre_bias_finds_the_density_that_made_the_fixations():
    generator = np.random.default_rng(2)
    points = generator.normal(0.5, (0.15, 0.1), size=(40, 300, 2)).clip(0, 0.999)
    counts = torch.stack([cell_counts(one * GRID[::-1], GRID) for one in points])
    log_density, _ = fit_centre_bias(counts)
    x, y = ((np.arange(count) + 0.5) / count for count in GRID[::-1])
    true = np.exp(-0.5 * (((y[:, None] - 0.5) / 0.1) ** 2 + ((x - 0.5) / 0.15) ** 2))
    true /= true.sum()
    divergence = float((true * (np.log(true) - log_density.numpy())).sum())
    assert 0 <= divergence < 0.03


def test_interval_holds_the_mean_and_narrows_with_more_images():
    generator = np.random.default_rng(0)

    def width(images):
        gains = Gains(("",) * images, generator.normal(70, 30, images), np.full(images, 100))
        low, high = gains.interval()
        assert low < gains.bits_per_fixation < high
        return high - low

    assert width(400) == pytest.approx(width(100) / 2, rel=0.25)
