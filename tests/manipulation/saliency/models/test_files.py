import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from manipulation.saliency import load_saliency_model, save_saliency_model
from manipulation.saliency.models.files import build_saliency_model, saliency_model_sha256
from stimuli.support.errors import InputError


@pytest.fixture
def model():
    features = {"scales_px": [3.0, 9.0], "stride": 4}
    model = build_saliency_model("icf", features=features, pixels_per_degree=17.5)
    model.readout.initialise(torch.Generator().manual_seed(1))
    return model.frozen()


def test_a_written_model_predicts_the_same_when_read(model, tmp_path):
    save_saliency_model(tmp_path / "own.safetensors", model)
    read = load_saliency_model(tmp_path / "own.safetensors")
    images = torch.rand(1, 3, 50, 60, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(read.log_density(images), model.log_density(images), rtol=0, atol=0)
    assert read.pixels_per_degree == 17.5
    assert read.architecture == "icf"
    assert not read.training
    assert not any(parameter.requires_grad for parameter in read.parameters())


def test_the_same_model_is_the_same_bytes_and_known_by_its_arrays(model, tmp_path):
    paths = [tmp_path / "one.safetensors", tmp_path / "other.safetensors"]
    for path in paths:
        save_saliency_model(path, model)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with safe_open(paths[0], framework="pt") as file:
        metadata, names = file.metadata(), list(file.keys())
        tensors = {name: file.get_tensor(name).double().float() for name in reversed(names)}
    save_file(tensors, tmp_path / "again.safetensors", metadata)  # the library's own order
    again = load_saliency_model(tmp_path / "again.safetensors")
    assert saliency_model_sha256(again) == saliency_model_sha256(model)
    again.readout.linear[0].weight.data[0, 0] += 1e-6
    assert saliency_model_sha256(again) != saliency_model_sha256(model)


def test_what_16_bits_hold_exactly_takes_no_more(tmp_path):
    model = load_saliency_model("scratch")
    save_saliency_model(tmp_path / "scratch.safetensors", model)
    assert (tmp_path / "scratch.safetensors").stat().st_size < 9.1e6


def test_names_and_files_of_before_are_known(model, tmp_path):
    with pytest.raises(InputError, match=r"'embedded'; .*it is called 'scratch' now"):
        load_saliency_model("embedded")
    save_saliency_model(tmp_path / "own.safetensors", model)
    with safe_open(tmp_path / "own.safetensors", framework="pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    del metadata["data"]
    save_file(tensors, tmp_path / "old.safetensors", metadata)
    assert load_saliency_model(tmp_path / "old.safetensors").data == "not stated"


def test_an_unknown_name_is_answered_with_the_nearest_known():
    with pytest.raises(InputError, match=r"'ifc'; expected one of .*did you mean 'icf'"):
        load_saliency_model("ifc")


def test_a_truncated_file_is_refused(model, tmp_path):
    path = tmp_path / "own.safetensors"
    save_saliency_model(path, model)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="copy it again"):
        load_saliency_model(path)


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "text.safetensors").write_text("no weights here, only words")
    with pytest.raises(InputError, match="cannot be read as safetensors"):
        load_saliency_model(tmp_path / "text.safetensors")
    save_file({"weight": torch.zeros(3)}, tmp_path / "foreign.safetensors")
    with pytest.raises(InputError, match="format is None"):
        load_saliency_model(tmp_path / "foreign.safetensors")


def test_weights_that_do_not_fit_their_settings_are_refused(model, tmp_path):
    model.extractor.scales_px = (3.0, 9.0, 27.0)
    save_saliency_model(tmp_path / "own.safetensors", model)
    with pytest.raises(InputError, match="do not fit together"):
        load_saliency_model(tmp_path / "own.safetensors")
