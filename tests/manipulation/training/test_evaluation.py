"""Networks are measured over their training, side by side, if that means the same."""

import pytest
import torch

from manipulation import evaluate as evaluate_command
from manipulation.training.evaluation import find_checkpoints, load_measured
from stimuli.support.errors import InputError

CPU = torch.device("cpu")


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
        load_measured(use, guide, CPU)
