"""Settings of a run state what differs and say what is wrong."""

import pytest

from manipulation.networks.settings import (
    RunSettings,
    as_toml,
    differences,
    read_run_settings,
)
from stimuli.support.errors import InputError


def test_settings_state_only_differences_and_survive_as_toml(tmp_path):
    defaults = RunSettings()
    assert differences(defaults) == {}
    assert (defaults.schedule.iterations, defaults.schedule.batch_size) == (150_000, 4)
    weights = defaults.losses
    assert (weights.saliency, weights.feature, weights.texture, weights.adversarial) == (
        1, 1e-2, 2e-2, 1e-1,
    )  # fmt: skip
    changed = read_run_settings(changes=["losses.texture = 0", 'network.kind = "unet"'])
    assert differences(changed)["losses.texture"] == 0
    (tmp_path / "again.toml").write_text(as_toml(changed))
    assert read_run_settings(tmp_path / "again.toml") == changed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("losses.textur = 0", "did you mean 'texture'"),
        ("network.kind = 'u-net'", "did you mean 'unet'"),
        ("losses.texture = -1", "expected 0 to"),
        ("losses.texture", "expected SECTION.NAME=VALUE"),
        ("targets.k_shift_low = 5", "expected at most 4"),
        ("schedule.batch_size = 1.5", "expected a whole number"),
    ],
)
def test_wrong_settings_are_named(change, message):
    with pytest.raises(InputError, match=message):
        read_run_settings(changes=[change])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"[data]\nsize_px = {'1' * 5000}", "line 2: a whole number has"),
        ("a = " + "[" * 9999, "deep"),
    ],
)
def test_a_file_of_settings_that_python_cannot_take_is_named(tmp_path, text, message):
    (tmp_path / "run.toml").write_text(text)
    with pytest.raises(InputError, match=rf"run\.toml: not TOML: .*{message}"):
        read_run_settings(tmp_path / "run.toml")
