"""A run goes on from its own state, and from no other."""

import errno

import pytest
import torch

from manipulation.runs import state as states
from manipulation.runs.state import (
    GeneratorState,
    LearnedState,
    ResumableState,
    RunIdentity,
    Stopped,
    TensorState,
)
from stimuli.support.errors import InputError

SETTINGS = {"seed": 0, "recipe": {"widths": (4, 8), "steps": 9}}


class Run:
    """Weights that wander at random, as a stand-in for any training."""

    def __init__(self, path, settings=SETTINGS, data="a", **options):
        self.weights, self.generator = torch.zeros(3), torch.Generator().manual_seed(0)
        parts = {
            "weights": TensorState(self.weights),
            "generator": GeneratorState(self.generator),
        }
        identity = RunIdentity(settings, data)
        self.state = ResumableState(path, parts, identity, option="--out", **options)

    def go_on(self, until):
        for done in range(self.state.restore(), until):
            self.weights += torch.randn(3, generator=self.generator)
            self.state.write(done + 1)
        return self.weights


def test_a_run_in_two_parts_ends_with_the_bits_of_one(tmp_path):
    whole = Run(tmp_path / "whole.pt").go_on(5)
    Run(tmp_path / "parts.pt").go_on(2)
    assert torch.equal(Run(tmp_path / "parts.pt").go_on(5), whole)


def test_without_a_file_a_run_begins_anew(tmp_path):
    assert Run(tmp_path / "state.pt").state.restore() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": {**SETTINGS, "seed": 1}}, r"step 2 of a run without seed = 1 \(it has 0\)"),
        (
            {"settings": {"seed": 0, "recipe": {"widths": [4, 9], "steps": 9}}},
            r"without recipe\.widths = \[4, 9\] \(it has \[4, 8\]\)",
        ),
        ({"settings": {"seed": 0, "recipe": {"widths": (4, 8)}}}, r"recipe\.steps = none \(it"),
        ({"data": "b"}, "without these photographs"),
    ],
)
def test_the_state_of_another_run_is_refused_and_what_differs_is_named(tmp_path, change, message):
    Run(tmp_path / "state.pt").go_on(2)
    with pytest.raises(InputError, match=message + r".*delete the file or name another --out"):
        Run(tmp_path / "state.pt", **change).go_on(3)


def test_what_would_have_changed_nothing_may_differ(tmp_path):
    Run(tmp_path / "state.pt").go_on(2)
    asked = []

    def may_change(name, value, done):
        asked.append((name, value, done))
        return True

    longer = {"seed": 0, "recipe": {"widths": [4, 8], "steps": 12}}
    assert Run(tmp_path / "state.pt", longer, may_change=may_change).state.restore() == 2
    assert asked == [("recipe.steps", 9, 2)]


@pytest.mark.parametrize("content", [b"", b"no state", None])
def test_what_is_no_state_is_refused(tmp_path, content):
    path = tmp_path / "state.pt"
    Run(path).go_on(1)
    path.write_bytes(path.read_bytes()[:-50] if content is None else content)
    with pytest.raises(InputError, match=r"cannot be read as the state of a run.*delete it"):
        Run(path).go_on(2)


def test_a_full_disk_leaves_the_state_before_and_says_what_is_kept(tmp_path, monkeypatch):
    run = Run(tmp_path / "state.pt", unit="epoch")
    run.go_on(2)
    before = run.state.path.read_bytes()

    def full(content, path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(states.torch, "save", full)
    with pytest.raises(Stopped, match=r"disk is full.*the state of epoch 2 is kept.*make room"):
        run.state.write(3)
    assert run.state.path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]


def test_what_is_not_learned_is_left_out_and_left_alone():
    first, second = (torch.nn.Sequential(*(torch.nn.Linear(2, 2) for _ in "ab")) for _ in "ab")
    fixed = second[0].weight.clone()
    LearnedState(second, "0").load_state_dict(LearnedState(first, "0").state_dict())
    assert torch.equal(second[1].weight, first[1].weight)
    assert torch.equal(second[0].weight, fixed)
