"""Networks and ablations of the losses are compared by one command."""

from dataclasses import replace

import pytest

from manipulation import compare as compare_command
from manipulation.networks.files import read_run_settings_of
from manipulation.networks.settings import differences, read_run_settings
from manipulation.training import compare_networks as compare_networks_module
from manipulation.training import train_network as train_network_module
from manipulation.training.compare_networks import (
    ablations_to_compare,
    compare_networks,
    networks_to_compare,
)
from manipulation.training.train_network import is_finished
from stimuli.support.errors import InputError
from tests.manipulation.training import small_run


def test_a_comparison_is_one_command(pictures, cache, tmp_path, monkeypatch, capsys):
    settings = tmp_path / "small.toml"
    settings.write_text(small_run.SETTINGS.replace("iterations = 5", "iterations = 2", 1))
    command = [
        "--what",
        "networks",
        *small_run.arguments(pictures, cache, tmp_path / "runs", settings),
    ]
    assert compare_command.main(command) == 0
    lines = (tmp_path / "runs" / "comparison" / "losses.csv").read_text().splitlines()
    assert {line.split(",")[0] for line in lines[1:]} == {"fgtransform", "resnet9", "unet"}
    told = capsys.readouterr()
    assert "unet" in told.out
    said = " ".join(told.err.split())
    for sentence in (
        "fgtransform on cpu: 2 steps of 2 of 8 photographs, 32 px; 0 are held out",
        f"tensorboard --logdir {tmp_path / 'runs'}", "the first step is done",
        "step 2 of 2, loss", "0.0 s left",
    ):  # fmt: skip
        assert sentence in said
    card = (tmp_path / "runs" / "unet" / "transform.md").read_text()
    assert "python -m manipulation.compare --what networks" in card
    network = tmp_path / "runs" / "unet" / "transform.safetensors"
    further = read_run_settings_of(network)
    assert is_finished(network.parent, further)
    begun = replace(further, network=replace(further.network, start=str(network)))
    with monkeypatch.context() as patch:  # its state alone knows which network that file was
        patch.setattr(train_network_module, "read_run_settings_of", lambda _: begun)
        assert not is_finished(network.parent, begun)
    with pytest.raises(InputError, match="three kinds of networks are compared; expected none"):
        networks_to_compare(begun)
    longer = read_run_settings(settings, ["schedule.iterations = 3"])
    assert not is_finished(tmp_path / "runs" / "unet", longer)
    again = "what is finished is trained again"
    monkeypatch.setattr(
        compare_networks_module, "train_network", lambda *_, **__: pytest.fail(again)
    )
    assert compare_command.main(command) == 0


def test_ablations_differ_in_the_weights_of_the_losses_alone(pictures, cache, tmp_path):
    settings = small_run.settings(tmp_path, "schedule.iterations = 1")
    runs = ablations_to_compare(settings)
    for name in ("feature", "texture", "adversarial"):
        assert differences(runs[f"no-{name}"], settings) == {f"losses.{name}": 0}
    two = {name: runs[name] for name in ("all", "saliency-alone")}
    results = compare_networks(
        two, images=[pictures / "images"], annotations=pictures / "instances.json",
        cache=cache, out=tmp_path / "runs",
    )  # fmt: skip
    assert {one.run for one in results} == set(two)
    stated = (tmp_path / "runs" / "saliency-alone" / "settings.toml").read_text()
    for name in ("feature", "texture", "adversarial"):
        assert f"\n{name} = 0" in stated
