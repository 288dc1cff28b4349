"""Runs that are killed, shared among processes or out of luck; what a run leaves is of use."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import torch
from matplotlib.figure import Figure
from safetensors.torch import load_file

from manipulation import compare as compare_command
from manipulation import evaluate as evaluate_command
from manipulation import train as train_command
from manipulation.saliency.processes import ALONE, Processes
from manipulation.training import checkpoints, run
from manipulation.training.batches import ready
from manipulation.training.checkpoints import Stopped
from manipulation.training.evaluation import find_checkpoints, loaded
from manipulation.training.run import train
from manipulation.training.run_folder import weights_file
from manipulation.training.run_log import COLUMNS, read_losses
from manipulation.training.settings import ScheduleSettings
from manipulation.training.targets import local_shift
from manipulation.training.trainer import Trainer
from manipulation.transforms.fgtransform import relative_log_density
from manipulation.transforms.files import guide_of, load_trained
from manipulation.transforms.inference import load_transform
from stimuli.errors import InputError
from tests.manipulation import small_run

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")
TIMES = ("seconds", "waiting_s")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return small_run.make_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def guide(tmp_path_factory):
    return guide_of(small_run.settings(tmp_path_factory.mktemp("settings")).guide)


class Killed(BaseException):
    pass


@pytest.fixture
def trained(pictures, cache, guide, tmp_path):
    """Return what trains in a folder, with changed settings, and may be killed after a step."""

    def go(folder, *changes, kill_after=None, **options):
        settings = small_run.settings(tmp_path, *changes)
        photographs = small_run.photographs(pictures, cache, settings)

        def on_step(done, means):
            if done == kill_after:
                raise Killed

        return train(settings, photographs, guide, folder, CPU, on_step=on_step, **options)

    return go


def losses(folder):
    return [
        {name: value for name, value in row.items() if name not in TIMES}
        for row in read_losses(folder / "losses.csv")
    ]


def assert_same_bits(first, second):
    first, second = load_file(first), load_file(second)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


@pytest.mark.parametrize(
    "change",
    ['network.kind = "fgtransform"', 'network.kind = "unet"', 'schedule.precision = "float16"'],
)
def test_a_run_that_was_killed_twice_ends_with_the_same_bits(trained, tmp_path, change):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    trained(whole, change)
    for step in (1, 3):  # before the first state, and between two
        with pytest.raises(Killed):
            trained(parts, change, kill_after=step)
    trained(parts, change)
    assert losses(parts) == losses(whole)
    assert [row["iteration"] for row in losses(whole)] == [1, 2, 3, 4, 5]
    for step in (3, 5):
        assert_same_bits(weights_file(parts, step), weights_file(whole, step))


def test_a_run_goes_on_for_longer_but_not_as_another(trained, tmp_path):
    whole, longer = tmp_path / "whole", tmp_path / "longer"
    trained(whole, "schedule.iterations = 4")
    trained(longer, "schedule.iterations = 2")
    trained(longer, "schedule.iterations = 4", "log.images_every = 1")
    assert_same_bits(weights_file(longer, 4), weights_file(whole, 4))
    with pytest.raises(InputError, match=r"without losses\.texture = 0"):
        trained(longer, "losses.texture = 0")
    state = longer / "state.pt"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot be read as the state of a run"):
        trained(longer)


def test_the_learning_rate_falls_to_zero_over_the_last_share(trained, tmp_path):
    schedule = ScheduleSettings(iterations=10, decay=0.5, learning_rate=1.0)
    rates = [run.rate_at(schedule, step) for step in range(1, 11)]
    assert rates == pytest.approx([1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2])
    assert run.rate_at(ScheduleSettings(iterations=10), 10) == 1e-3
    # The rate of a step depends on the number of all steps, so a run cannot be made longer.
    falling = ("schedule.decay = 0.5", "schedule.iterations = 2")
    trainer = trained(tmp_path / "run", *falling)
    assert trainer.optimiser.param_groups[0]["lr"] == pytest.approx(1e-3)
    with pytest.raises(InputError, match=r"without schedule\.iterations = 4"):
        trained(tmp_path / "run", "schedule.decay = 0.5", "schedule.iterations = 4")


def arguments(pictures, cache, out, settings):
    return [
        *("--images", str(pictures / "images")),
        *("--annotations", str(pictures / "instances.json")),
        *("--cache", str(cache), "--out", str(out), "--settings", str(settings)),
        *("--device", "cpu"),
    ]


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def test_a_process_that_was_killed_goes_on_with_the_same_losses(pictures, cache, trained, tmp_path):
    change = "schedule.iterations = 40"
    trained(tmp_path / "whole", change)
    settings = tmp_path / "small.toml"
    settings.write_text(small_run.SETTINGS.replace("iterations = 5", "iterations = 40", 1))
    out = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, "-m", "manipulation.train", *arguments(pictures, cache, out, settings)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(),
    )  # fmt: skip
    deadline = time.monotonic() + 600
    while not (out / "state.pt").exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not weights_file(out, 40).exists()
    trained(out, change)
    assert losses(out) == losses(tmp_path / "whole")


def test_two_processes_do_what_one_does_with_the_double_batch(pictures, cache, trained, tmp_path):
    trained(tmp_path / "one", "schedule.iterations = 4")
    settings = tmp_path / "small.toml"
    settings.write_text(small_run.SETTINGS.replace("iterations = 5", "iterations = 4", 1))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
         "--master-addr", "127.0.0.1", "--master-port", str(port), "-m", "manipulation.train",
         *arguments(pictures, cache, tmp_path / "two", settings)],
        capture_output=True, text=True, env=environment(), timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for one, two in zip(losses(tmp_path / "one"), losses(tmp_path / "two"), strict=True):
        assert two == pytest.approx(one, rel=1e-3)
    one, two = (load_file(weights_file(tmp_path / name, 4)) for name in ("one", "two"))
    for name, tensor in one.items():
        # Adam makes steps of 1e-3 even of gradients that are little more than rounding.
        torch.testing.assert_close(two[name], tensor, rtol=0, atol=5e-4)


def test_a_batch_that_processes_cannot_share_is_refused(trained, tmp_path):
    with pytest.raises(InputError, match="expected a multiple of the 3 processes"):
        trained(tmp_path / "run", processes=Processes(rank=0, count=3))


def test_a_step_looks_twice_and_no_more(trained, guide, tmp_path):
    looks = []
    handle = guide.register_forward_hook(lambda *_: looks.append(1))
    try:
        trained(tmp_path / "run")
    finally:
        handle.remove()
    assert len(looks) == 2 * 5


def test_as_an_auto_encoder_a_network_learns_to_return_its_input_and_nothing_else(
    trained, tmp_path
):
    folder = tmp_path / "run"
    trainer = trained(folder, 'network.kind = "unet"', "schedule.iterations = 60",
                      "schedule.autoencoder_iterations = 60", "losses.adversarial = 1e4",
                      "schedule.batch_size = 4", "schedule.learning_rate = 1e-2")  # fmt: skip
    course = [row["reconstruction"] for row in losses(folder)]
    assert sum(course[-5:]) < 0.6 * sum(course[:5])
    assert trainer.judge_optimiser.state_dict()["state"] == {}


@pytest.mark.parametrize("term", ["saliency", "feature", "texture", "adversarial"])
def test_the_weight_of_a_term_decides_whether_it_is_learned(pictures, cache, guide, tmp_path, term):
    """The gradient of the total is that of the one term whose weight is not zero."""
    names = ("saliency", "feature", "texture", "adversarial")
    only = [f"losses.{name} = {float(name == term)}" for name in names]
    settings = small_run.settings(tmp_path, *only)
    photographs = small_run.photographs(pictures, cache, settings)
    trainer = Trainer(settings, guide, CPU)
    batch = next(ready(run._batches(settings, photographs, ALONE), range(1), CPU))
    before = [one.clone() for one in trainer.network.parameters()]
    means = trainer.step(batch).means
    assert float(means["total"]) == pytest.approx(float(means[term]))
    assert any(
        not torch.equal(one, other)
        for one, other in zip(before, trainer.network.parameters(), strict=True)
    )


def test_losses_fall(trained, tmp_path):
    folder = tmp_path / "run"
    trained(folder, "schedule.iterations = 30", 'network.output = "change"',
            "losses.adversarial = 0", "schedule.batch_size = 4")  # fmt: skip
    course = [row["total"] for row in losses(folder)]
    assert sum(course[-10:]) < 0.9 * sum(course[:10])


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_with_16_bits_losses_are_those_of_32_to_their_precision(trained, tmp_path, precision):
    trained(tmp_path / "32", "schedule.iterations = 1")
    trained(tmp_path / "16", "schedule.iterations = 1", f'schedule.precision = "{precision}"')
    (exact,), (rough,) = losses(tmp_path / "32"), losses(tmp_path / "16")
    assert rough == pytest.approx(exact, rel=0.05)


def test_losses_that_are_no_numbers_stop_the_run_and_name_what_is_kept(trained, tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(Killed):
        trained(folder, kill_after=3)
    state = torch.load(folder / "state.pt", weights_only=True)
    state["parts"]["network"]["output_convolution.weight"].fill_(torch.nan)
    torch.save(state, folder / "state.pt")
    with pytest.raises(Stopped, match=r"step 3: .*is nan.*the state of step 2 is kept"):
        trained(folder)
    assert not weights_file(folder, 5).exists()
    assert [row["iteration"] for row in losses(folder)] == [1, 2]


def test_weights_that_are_no_numbers_are_never_kept(trained, tmp_path, monkeypatch):
    step = Trainer.step

    def ruined(self, batch, **options):
        result = step(self, batch, **options)
        torch.nn.init.constant_(self.network.output_convolution.weight, torch.inf)
        return result

    monkeypatch.setattr(Trainer, "step", ruined)
    with pytest.raises(Stopped, match=r"weight output_convolution\.weight.*no state is kept yet"):
        trained(tmp_path / "run", "log.state_every = 1")
    assert not (tmp_path / "run" / "state.pt").exists()


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"),
    ],
)
def test_a_full_disk_leaves_the_state_before(trained, tmp_path, monkeypatch, error):
    folder = tmp_path / "run"
    with pytest.raises(Killed):
        trained(folder, kill_after=2)
    before = (folder / "state.pt").read_bytes()

    def full(content, path):
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(checkpoints.torch, "save", full)
    with pytest.raises(Stopped, match=r"the disk is full.*the state of step 2 is kept.*make room"):
        trained(folder)
    assert (folder / "state.pt").read_bytes() == before
    assert not list(folder.glob(".writing-*"))


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_too_little_memory_says_what_to_lower(trained, tmp_path, monkeypatch, error):
    def exhausted(self, batch, **options):
        raise error

    monkeypatch.setattr(Trainer, "step", exhausted)
    with pytest.raises(Stopped, match=r"2 images of 32 px; lower schedule\.batch_size"):
        trained(tmp_path / "run")


def test_other_errors_are_not_taken_for_a_lack_of_memory(trained, tmp_path, monkeypatch):
    def broken(self, batch, **options):
        raise RuntimeError("something else")

    monkeypatch.setattr(Trainer, "step", broken)
    with pytest.raises(RuntimeError, match="something else"):
        trained(tmp_path / "run")


def test_a_processor_compiles_nothing_and_a_missing_compiler_is_told(
    trained, tmp_path, monkeypatch
):
    def missing(function):
        raise RuntimeError("no C++ compiler\nhere")

    monkeypatch.setattr(torch, "compile", missing)
    assert run.compiler_missing(CPU) == "no C++ compiler"
    monkeypatch.setattr(Trainer, "compile", missing)
    trained(tmp_path / "run", "schedule.compile = true", "schedule.iterations = 1")
    assert len(losses(tmp_path / "run")) == 1


# -- what a run leaves -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs(pictures, cache, tmp_path_factory):
    """Runs of two networks by the command, one photograph in four held out."""
    folder = tmp_path_factory.mktemp("runs")
    settings = folder / "small.toml"
    settings.write_text(small_run.SETTINGS.replace("[data]", "[data]\nheld_out = 0.4"))
    for kind in ("fgtransform", "resnet9"):
        command = arguments(pictures, cache, folder / kind, settings)
        assert train_command.main([*command, "--network", kind]) == 0
    return folder


def test_a_run_leaves_a_network_for_use_its_card_and_its_course(runs):
    left = {path.name for path in (runs / "fgtransform").iterdir()}
    assert left == {
        "losses.csv", "settings.toml", "state.pt", "tensorboard", "train.provenance.json",
        "transform.md", "transform.safetensors", "weights",
    }  # fmt: skip
    card = (runs / "fgtransform" / "transform.md").read_text()
    assert "| train (" in card
    assert "| test (" in card
    assert "schedule.iterations = 5" in card
    assert tuple((runs / "fgtransform" / "losses.csv").read_text().splitlines()[0].split(",")) == (
        COLUMNS
    )


def test_the_network_for_use_does_what_it_did_in_training(runs, guide):
    transform = load_transform(runs / "fgtransform" / "transform.safetensors")
    trained = load_trained(weights_file(runs / "fgtransform", 5), guide)
    images = torch.rand(1, 3, 64, 32, generator=torch.Generator().manual_seed(0))
    look = transform.look(images)
    mask = torch.zeros(1, 64, 32)
    mask[:, 10:30, 5:20] = 1
    for k in (-3.0, 2.0):
        target = local_shift(look.log_saliency[0].clone(), mask, [k])[None]
        expected = trained.network(
            images, relative_log_density(target), guide(images).guidance
        ).detach()
        # Its weights are stored with 16 bits.
        torch.testing.assert_close(transform(look, target), expected, atol=5e-3, rtol=0)
    rough = load_transform(runs / "fgtransform" / "transform.safetensors", precision="bfloat16")
    difference = (rough(rough.look(images), target) - expected).abs()
    assert difference.mean() < 1 / 255


def test_baselines_are_used_in_the_same_way(runs, guide):
    transform = load_transform(runs / "resnet9" / "transform.safetensors")
    images = torch.rand(2, 3, 32, 40)
    look = transform.look(images)
    changed = transform(look, look.log_saliency)
    assert changed.shape == images.shape
    with pytest.raises(InputError, match="multiples of 4 px"):
        transform.look(torch.rand(1, 3, 34, 40))


def test_evaluation_compares_networks_over_their_training(runs, pictures, cache, capsys):
    out = runs / "comparison"
    evaluate_command.main(
        [
            *("--checkpoints", str(runs / "fgtransform"), str(runs / "resnet9")),
            *("--images", str(pictures / "images")),
            *("--annotations", str(pictures / "instances.json")),
            *("--cache", str(cache), "--out", str(out), "--pictures", "2", "--device", "cpu"),
        ]
    )
    lines = (out / "losses.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 * 2 * 2  # networks, steps, train and test
    assert {line.split(",")[3] for line in lines[1:]} == {"train", "test"}
    for name in ("losses.png", "pictures.png"):
        assert (out / name).stat().st_size > 5000
    assert "resnet9" in capsys.readouterr().out


def test_a_comparison_trains_what_is_not_finished_and_evaluates_all(
    pictures, cache, tmp_path, monkeypatch
):
    settings = tmp_path / "small.toml"
    settings.write_text(small_run.SETTINGS.replace("iterations = 5", "iterations = 1", 1))
    runs = compare_command.COMPARISONS["ablations"]
    for name in ("feature", "texture", "adversarial"):
        assert runs[f"no-{name}"] == (f"losses.{name} = 0",)
    two = {name: runs[name] for name in ("all", "saliency-alone")}
    monkeypatch.setitem(compare_command.COMPARISONS, "ablations", two)
    monkeypatch.setattr(evaluate_command, "picture_sheet", lambda *given: Figure())
    command = ["--what", "ablations", *arguments(pictures, cache, tmp_path / "runs", settings)]
    assert compare_command.main(command) == 0
    lines = (tmp_path / "runs" / "comparison" / "losses.csv").read_text().splitlines()
    assert {line.split(",")[0] for line in lines[1:]} == set(two)
    stated = (tmp_path / "runs" / "saliency-alone" / "settings.toml").read_text()
    for name in ("feature", "texture", "adversarial"):
        assert f"\n{name} = 0" in stated
    monkeypatch.setattr(train_command, "main", lambda argv: pytest.fail("trained twice"))
    assert compare_command.main(command) == 0


def test_losses_that_mean_different_things_are_not_compared(runs, trained, guide, tmp_path):
    trained(tmp_path / "other", 'targets.manipulation = "scale"', "schedule.iterations = 1")
    with pytest.raises(InputError, match=r"its targets is .*cannot be compared"):
        find_checkpoints([runs / "resnet9", tmp_path / "other"])
    with pytest.raises(InputError, match="no checkpoint"):
        find_checkpoints([tmp_path])
    trained(tmp_path / "resnet9", "schedule.iterations = 1")
    with pytest.raises(InputError, match="have one name"):
        find_checkpoints([runs / "resnet9", tmp_path / "resnet9"])
    (use,) = find_checkpoints([runs / "resnet9" / "transform.safetensors"])
    with pytest.raises(InputError, match="without its discriminator"):
        loaded(use, guide, CPU)


def test_files_that_are_no_checkpoints_are_refused(runs, guide, tmp_path):
    good = runs / "fgtransform" / "transform.safetensors"
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(good.read_bytes()[:-50])
    for path, message in (
        (cut, "cannot be read as safetensors"),
        (tmp_path / "absent.safetensors", "or an existing .safetensors file"),
    ):
        with pytest.raises(InputError, match=message):
            load_transform(path)


def test_a_network_is_not_used_with_another_saliency_model(runs, guide, monkeypatch):
    monkeypatch.setattr(
        "manipulation.transforms.files.saliency_model_sha256", lambda name, model: "0" * 64
    )
    with pytest.raises(InputError, match="was trained with a saliency model 'icf'"):
        load_trained(runs / "fgtransform" / "transform.safetensors", guide)
