"""What a run writes is whole, and no number that is none is kept."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from manipulation import train as train_command
from manipulation.runs import state as run_state
from manipulation.runs.state import Stopped
from manipulation.training.run_folder import training_alone, weights_file
from manipulation.training.trainer import Trainer
from stimuli.support.errors import InputError
from tests.faults.processes import command, said_by, with_full_disk
from tests.manipulation.training import small_run


def test_losses_that_are_no_numbers_stop_the_run_and_name_what_is_kept(trained, tmp_path):
    folder = tmp_path / "run"
    with pytest.raises(small_run.Killed):
        trained(folder, kill_after=3)
    state = torch.load(folder / "state.pt", weights_only=True)
    state["parts"]["network"]["output_convolution.weight"].fill_(torch.nan)
    torch.save(state, folder / "state.pt")
    with pytest.raises(Stopped, match=r"step 3: .*is nan.*the state of step 2 is kept"):
        trained(folder)
    assert not weights_file(folder, 5).exists()
    assert [row["iteration"] for row in small_run.losses(folder)] == [1, 2]


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
        OSError(errno.EFBIG, "File too large"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"),
    ],
)
def test_a_full_disk_leaves_the_state_before(trained, tmp_path, monkeypatch, error):
    folder = tmp_path / "run"
    with pytest.raises(small_run.Killed):
        trained(folder, kill_after=2)
    before = (folder / "state.pt").read_bytes()

    def full(content, path):
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(run_state.torch, "save", full)
    with pytest.raises(
        Stopped, match=r"run/state\.pt: the disk is full.*the state of step 2 is kept.*make room"
    ):
        trained(folder)
    assert (folder / "state.pt").read_bytes() == before
    assert not list(folder.glob(".writing-*"))


def test_a_disk_that_is_full_between_states_is_told_in_one_line(pictures, cache, tmp_path):
    small_run.photographs(pictures, cache, small_run.settings(tmp_path))
    arguments = small_run.arguments(pictures, cache, tmp_path / "run", tmp_path / "small.toml")
    rarely = ("--set", "log.state_every = 100", "--set", "log.weights_every = 100")
    train = command(train_command.main, *arguments, *rarely)
    status, said = said_by(with_full_disk(4000, train))
    assert (status, said.count("Traceback"), said.count("error: ")) == (1, 0, 1), said
    assert f"error: {tmp_path}/run/tensorboard: the disk is full" in said
    assert "; no state is kept yet; make room" in said


def test_of_two_runs_in_one_folder_the_second_is_told_who_trains_there(trained, tmp_path):
    folder = tmp_path / "run"
    told = rf"run: process {os.getpid()} .* trains a network"
    with (
        training_alone(folder),
        ThreadPoolExecutor(1) as other,
        pytest.raises(InputError, match=told),
    ):
        other.submit(trained, folder).result()
    assert list(folder.iterdir()) == []
