"""The command that trains: processes that share, are killed, and what they leave."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from manipulation.networks.settings import read_run_settings
from manipulation.runs import state
from manipulation.training import evaluation
from manipulation.training import train_network as train_network_module
from manipulation.training.run_folder import weights_file
from manipulation.training.run_log import COLUMNS
from manipulation.training.train_network import NETWORK_FILE, is_finished, train_network
from tests.manipulation.training import small_run


def environment():
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def test_a_process_that_was_killed_goes_on_with_the_same_losses(pictures, cache, trained, tmp_path):
    change = "schedule.iterations = 40"
    trained(tmp_path / "whole", change)
    settings = tmp_path / "small.toml"
    settings.write_text(small_run.SETTINGS.replace("iterations = 5", "iterations = 40", 1))
    out = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, "-m", "manipulation.train",
         *small_run.arguments(pictures, cache, out, settings)],
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
    assert small_run.losses(out) == small_run.losses(tmp_path / "whole")


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
         *small_run.arguments(pictures, cache, tmp_path / "two", settings)],
        capture_output=True, text=True, env=environment(), timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = (small_run.losses(tmp_path / name) for name in ("one", "two"))
    for one, two in zip(*rows, strict=True):
        assert two == pytest.approx(one, rel=1e-3)
    one, two = (load_file(weights_file(tmp_path / name, 4)) for name in ("one", "two"))
    for name, tensor in one.items():
        # Adam makes steps of 1e-3 even of gradients that are little more than rounding.
        torch.testing.assert_close(two[name], tensor, rtol=0, atol=5e-4)


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


@pytest.mark.parametrize("killed_in", ["evaluation", "state", "card"])
def test_a_run_that_is_killed_while_it_evaluates_or_writes_goes_on(
    runs, pictures, cache, tmp_path, monkeypatch, capsys, killed_in
):
    """A killed process leaves half of a file, and does not tidy up."""
    settings = read_run_settings(runs / "small.toml", ['network.kind = "resnet9"'])

    def train():
        train_network(
            settings, images=[pictures / "images"], annotations=pictures / "instances.json",
            out=tmp_path / "resnet9", cache=cache,
        )  # fmt: skip

    def killed(*arguments, **options):
        (tmp_path / "resnet9" / ".writing-1-00000000-half.pt").write_bytes(b"half")
        raise small_run.Killed

    with monkeypatch.context() as patch:
        if killed_in == "evaluation":
            patch.setattr(evaluation, "measure_batch", killed)
        elif killed_in == "state":
            patch.setattr(state.torch, "save", killed)
        else:
            patch.setattr(train_network_module, "write_text", killed)
        with pytest.raises(small_run.Killed):
            train()
    assert not is_finished(tmp_path / "resnet9", settings)
    capsys.readouterr()
    train()
    assert is_finished(tmp_path / "resnet9", settings)
    said = capsys.readouterr().err
    assert (killed_in == "state") != ("goes on after step 5 of 5" in said)
    assert small_run.losses(tmp_path / "resnet9") == small_run.losses(runs / "resnet9")
    whole, again = (one / "resnet9" / NETWORK_FILE for one in (runs, tmp_path))
    assert again.read_bytes() == whole.read_bytes()
