"""Fits that are killed, and fits by several processes, end where an undisturbed one ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from manipulation.runs.state import LearnedState
from manipulation.saliency import load_saliency_model
from manipulation.saliency.fitting.feature_cache import FeatureCache
from manipulation.saliency.fitting.fit import fit, negative_log_likelihoods
from manipulation.saliency.fitting.fit_state import BestEpoch
from manipulation.saliency.fitting.photograph_features import with_features
from manipulation.saliency.fitting.schedule import Schedule
from manipulation.saliency.fixations.viewed import ViewedPhotograph
from manipulation.saliency.models.files import build_saliency_model
from stimuli.support.errors import InputError

FEATURES = {"scales_px": (4.0, 8.0), "stride": 8}
SCHEDULE = Schedule(epochs=6, steps=(3,), patience=6, validation=0.25, seed=1)


def new_model():
    return build_saliency_model("icf", features=FEATURES, pixels_per_degree=20.0)


@pytest.fixture(scope="module")
def data():
    generator = np.random.default_rng(0)
    extractor = new_model().extractor
    pictures = [
        ViewedPhotograph(
            f"{i}.png",
            size=(64, 80),
            pixels=torch.from_numpy(generator.integers(0, 256, (3, 64, 80), dtype=np.uint8)),
            points=generator.uniform((0, 0), (80, 64), (12, 2)),
        )
        for i in range(12)
    ]
    return [with_features(extractor, picture) for picture in pictures]


class Killed(Exception):
    pass


def fitted(data, schedule=SCHEDULE, kill_after=None, checkpoint=None):
    epochs = []

    def on_epoch(epoch):
        epochs.append(epoch)
        if epoch.number == kill_after:
            raise Killed

    model = new_model()
    kept = fit(model, data, schedule, on_epoch, checkpoint=checkpoint)
    return model, kept, epochs


def assert_same(first, second):
    first, second = first.state_dict(), second.state_dict()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


@pytest.mark.parametrize("kill_after", [1, 3, 5])
def test_a_fit_that_was_killed_ends_with_the_same_bits(data, tmp_path, kill_after):
    undisturbed, kept, epochs = fitted(data)
    checkpoint = tmp_path / "fit.pt"
    with pytest.raises(Killed):
        fitted(data, kill_after=kill_after, checkpoint=checkpoint)
    resumed, kept_then, later = fitted(data, checkpoint=checkpoint)
    assert_same(resumed, undisturbed)
    assert kept_then == kept
    assert later == epochs[kill_after:]
    finished, _, none = fitted(data, checkpoint=checkpoint)
    assert none == []
    assert_same(finished, undisturbed)


def test_the_rate_falls_in_steps_and_the_best_epoch_is_kept(data):
    schedule = Schedule(epochs=9, learning_rate=0.1, steps=(2, 4), patience=9, validation=0.25)
    model, kept, epochs = fitted(data, schedule)
    rates = [epoch.rate for epoch in epochs]
    assert rates == pytest.approx([0.1] * 2 + [0.01] * 2 + [0.001] * 5)
    watched = [epoch.watched_nats for epoch in epochs]
    assert kept == 1 + int(np.argmin(watched))
    weight = float(model.centre_bias.weight)
    assert weight == epochs[kept - 1].centre_bias_weight


def test_it_stops_when_the_watched_are_predicted_no_better(data):
    """Fixations are random here, so a high rate over-fits at once."""
    schedule = Schedule(epochs=40, learning_rate=0.05, steps=(), patience=3, validation=0.25)
    _, kept, epochs = fitted(data, schedule)
    assert len(epochs) == kept + 3 < 40


def test_every_photograph_counts_the_same_however_many_fixations_it_has(data):
    model = new_model()
    once = negative_log_likelihoods(model, data[:2])
    doubled = [replace(data[0], points=np.repeat(data[0].points, 2, axis=0)), data[1]]
    torch.testing.assert_close(negative_log_likelihoods(model, doubled), once)


def test_the_state_of_another_fit_is_refused(data, tmp_path):
    checkpoint = tmp_path / "fit.pt"
    with pytest.raises(Killed):
        fitted(data, kill_after=1, checkpoint=checkpoint)
    with pytest.raises(InputError, match=r"epoch 1 of a run without these photographs.*--work"):
        fitted(data[1:], checkpoint=checkpoint)
    with pytest.raises(InputError, match=r"without .*schedule\.seed = 2 \(it has 1\)"):
        fitted(data, Schedule(epochs=6, seed=2), checkpoint=checkpoint)
    checkpoint.write_bytes(checkpoint.read_bytes()[:-1000])
    with pytest.raises(InputError, match="cannot be read as the state of a run"):
        fitted(data, checkpoint=checkpoint)


def test_an_interrupted_write_leaves_the_state_before(data, tmp_path, monkeypatch):
    checkpoint = tmp_path / "fit.pt"
    with pytest.raises(Killed):
        fitted(data, kill_after=2, checkpoint=checkpoint)
    before = checkpoint.read_bytes()

    def interrupted(content, path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fitted(data, checkpoint=checkpoint)
    assert checkpoint.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["fit.pt"]


# -- features on disk ----------------------------------------------------------------------------


def test_features_are_computed_once_and_read_back(tmp_path):
    extractor = new_model().extractor
    image = torch.rand(3, 40, 56, generator=torch.Generator().manual_seed(0))
    expected = extractor(image[None])[0].half()
    torch.testing.assert_close(FeatureCache(tmp_path, extractor)(image), expected, rtol=0, atol=0)
    (file,) = tmp_path.iterdir()

    again = FeatureCache(tmp_path, extractor)
    again.extractor = None  # computing would fail
    again._key = FeatureCache(tmp_path, extractor)._key
    torch.testing.assert_close(again(image), expected, rtol=0, atol=0)

    other = build_saliency_model(
        "icf", features={"scales_px": (4.0, 9.0), "stride": 8}, pixels_per_degree=20.0
    ).extractor
    FeatureCache(tmp_path, other)(image)
    assert len(list(tmp_path.iterdir())) == 2  # other settings, other features

    file.write_bytes(file.read_bytes()[:-2])
    torch.testing.assert_close(FeatureCache(tmp_path, extractor)(image), expected, rtol=0, atol=0)


def test_a_full_disk_is_noticed_before_the_work(tmp_path):
    cache = FeatureCache(tmp_path, new_model().extractor)
    with pytest.raises(InputError, match=r"GB are free, and .* photographs need"):
        cache.check_space(torch.zeros(1000, 1000), 10**9)


# -- whole runs ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    generator = np.random.default_rng(0)
    lines = ["image,x_px,y_px"]
    for index in range(9):
        pixels = generator.integers(0, 256, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
        points = generator.normal((40, 20), 8, (20, 2))
        lines += [f"{index}.png,{x:.1f},{y:.1f}" for x, y in points]
    (folder / "fixations.csv").write_text("\n".join(lines) + "\n")
    return folder


def command(photographs, out, *more):
    return [
        *("--images", str(photographs), "--fixations", str(photographs / "fixations.csv")),
        *("--height-px", "48", "--folds", "2", "--epochs", "30", "--steps", "20"),
        *("--patience", "30", "--device", "cpu", "--out", str(out), *more),
    ]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def run(*arguments):
    result = subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, env=environment()
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def undisturbed(photographs, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "model.safetensors"
    run("manipulation.fit_saliency", *command(photographs, out))
    assert not out.with_suffix(".work").exists()
    return out


def test_a_run_that_was_killed_goes_on_and_ends_with_the_same_bits(
    photographs, undisturbed, tmp_path
):
    out, curves = tmp_path / "model.safetensors", tmp_path / "curves"
    more = ("--tensorboard", str(curves))
    process = subprocess.Popen(
        [sys.executable, "-m", "manipulation.fit_saliency", *command(photographs, out, *more)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(),
    )  # fmt: skip
    state = out.with_suffix(".work") / "fold-2.pt"
    deadline = time.monotonic() + 600
    while not state.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert state.exists()
    assert not out.exists()
    run("manipulation.fit_saliency", *command(photographs, out, *more))
    resumed = load_file(out)
    for name, tensor in load_file(undisturbed).items():
        assert torch.equal(resumed[name], tensor), name
    assert {path.name for path in curves.iterdir()} == {"fold-1", "fold-2", "all"}


def test_two_processes_fit_what_one_does(photographs, undisturbed, tmp_path):
    out = tmp_path / "model.safetensors"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    printed = run(
        "torch.distributed.run", "--nproc-per-node", "2", "--master-port", port,
        "-m", "manipulation.fit_saliency", *command(photographs, out),
    )  # fmt: skip
    assert printed.count("wrote") == 1
    image = torch.rand(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    predicted = load_saliency_model(out).log_density(image)
    one = load_saliency_model(undisturbed).log_density(image)
    assert (one - one.mean()).abs().max() > 1
    torch.testing.assert_close(predicted, one, rtol=0, atol=2e-3)


def test_the_best_weights_are_copies(data):
    model = new_model()
    best = BestEpoch(LearnedState(model, "extractor"))
    best.advance(1.0)
    kept = model.readout.layers[0].weight.clone()
    with torch.no_grad():
        model.readout.layers[0].weight.add_(1)
    best.advance(2.0)
    best.take()
    assert torch.equal(model.readout.layers[0].weight, kept)
    assert (best.epoch, best.best) == (2, 1)
