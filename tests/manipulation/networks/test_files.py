"""Files of networks come back as they were written, and what does not fit is refused."""

import pytest
import torch

from manipulation.networks.files import load_checkpoint, read_run_settings_of, transform_file
from stimuli.support.errors import InputError


def test_a_network_and_its_discriminator_come_back(checkpoints, guide):
    path = checkpoints / "unet.safetensors"
    found = load_checkpoint(path, guide)
    assert found.settings == read_run_settings_of(path)
    assert (found.settings.network.kind, found.iteration) == ("unet", 5)
    assert found.discriminator is not None
    for module in (found.network, found.discriminator):
        assert not module.training
        assert not any(one.requires_grad for one in module.parameters())


def test_for_use_weights_have_16_bits_and_no_discriminator(checkpoints, guide):
    whole = load_checkpoint(checkpoints / "resnet9.safetensors", guide)
    use = load_checkpoint(checkpoints / "resnet9-use.safetensors", guide)
    assert use.discriminator is None
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(use.network.state_dict()[name], weight.half().float())


def test_files_that_are_no_checkpoints_are_refused(checkpoints, tmp_path):
    good = checkpoints / "fgtransform.safetensors"
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(good.read_bytes()[:-50])
    with pytest.raises(InputError, match="cannot be read as safetensors"):
        read_run_settings_of(cut)
    with pytest.raises(InputError, match=r"or an existing \.safetensors file"):
        transform_file(tmp_path / "absent.safetensors")
    with pytest.raises(InputError, match="did you mean 'fgtransform-shift'"):
        transform_file("fgtransform-shif")


def test_a_network_is_not_used_with_another_saliency_model(checkpoints, guide, monkeypatch):
    monkeypatch.setattr("manipulation.networks.files.saliency_model_sha256", lambda model: "0" * 64)
    with pytest.raises(InputError, match="was trained with a saliency model 'robust'"):
        load_checkpoint(checkpoints / "fgtransform.safetensors", guide)
