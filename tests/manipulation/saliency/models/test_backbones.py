"""Networks of timm as features: names, stages, files, and what a wrong one is told."""

import pytest
import timm
import torch
from safetensors.torch import save_file

from manipulation.saliency.models.backbones import TimmBackbone
from manipulation.saliency.models.files import (
    build_saliency_model,
    load_saliency_model,
    save_saliency_model,
)
from stimuli.support.errors import InputError

RESNET, VIT = "test_resnet.r160_in1k", "test_vit.r160_in1k"


@pytest.fixture
def weights(tmp_path):
    """Files in timm's names, with random weights."""
    torch.manual_seed(0)
    files = {}
    for name in (RESNET, VIT):
        files[name] = tmp_path / f"{name}.safetensors"
        save_file(timm.create_model(name, pretrained=False).state_dict(), files[name])
    return files


@pytest.mark.parametrize(("name", "stride"), [(RESNET, 8), (VIT, 16)])
def test_stages_become_maps_on_the_finest_grid(weights, name, stride):
    backbone = TimmBackbone(name, weights[name]).eval()
    maps = backbone(torch.rand(2, 3, 100, 131))
    assert backbone.stride == stride
    assert maps.shape == (2, backbone.channels, -(-100 // stride), -(-131 // stride))


def test_the_maps_are_those_of_the_network_itself(weights):
    backbone = TimmBackbone(RESNET, weights[RESNET], stages=[3]).eval()
    whole = timm.create_model(RESNET, pretrained=False)
    whole.load_state_dict(torch.load(_as_torch(weights[RESNET]), weights_only=True))
    images = torch.rand(1, 3, 64, 96)
    config = timm.models.get_pretrained_cfg(RESNET)
    inputs = (images - torch.tensor(config.mean).view(3, 1, 1)) / torch.tensor(config.std).view(
        3, 1, 1
    )
    expected = whole.eval().forward_intermediates(inputs, indices=[3], intermediates_only=True)[0]
    torch.testing.assert_close(backbone(images), expected)


# Of each kind: timm joins the names of the first two; the others' maps have the channels last, or
# they must be told that images may have any size.
@pytest.mark.parametrize(
    "name", ["convnext_atto", "vgg11", "mambaout_femto", "deit_tiny_patch16_224"]
)
def test_a_whole_file_of_any_kind_of_network_is_read(tmp_path, name):
    torch.manual_seed(0)
    whole = timm.create_model(name, pretrained=False).eval()
    torch.save(whole.state_dict(), tmp_path / "whole.pth")
    backbone = TimmBackbone(name, tmp_path / "whole.pth").eval()
    maps = backbone(torch.rand(1, 3, 96, 130))
    assert maps.shape == (
        1,
        backbone.channels,
        -(-96 // backbone.stride),
        -(-130 // backbone.stride),
    )
    assert backbone.trained_on == ("ImageNet",)


def test_a_network_for_images_of_one_size_is_refused():
    with pytest.raises(InputError, match=r"levit_128s: gives no maps .* any size .*choose another"):
        TimmBackbone("levit_128s", "nowhere.pth")


def test_the_file_of_a_backbone_is_found_beside_the_model(weights, tmp_path):
    features = {"name": RESNET, "weights": str(weights[RESNET])}
    model = build_saliency_model("timm", features=features, pixels_per_degree=24.0).eval()
    moved = tmp_path / "moved"
    moved.mkdir()
    save_saliency_model(moved / "model.safetensors", model)
    weights[RESNET].rename(moved / weights[RESNET].name)
    image = torch.rand(1, 3, 96, 96)
    again = load_saliency_model(moved / "model.safetensors")
    torch.testing.assert_close(again.log_saliency(image), model.log_saliency(image))


def _as_torch(path):
    from safetensors.torch import load_file

    torch.save(load_file(path), path.with_suffix(".pth"))
    return path.with_suffix(".pth")


def test_a_model_on_a_backbone_is_read_again_and_refuses_other_weights(weights, tmp_path):
    features = {"name": RESNET, "weights": str(weights[RESNET])}
    model = build_saliency_model("timm", features=features, pixels_per_degree=24.0).eval()
    save_saliency_model(tmp_path / "model.safetensors", model)
    again = load_saliency_model(tmp_path / "model.safetensors")
    images = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(again.log_saliency(images), model.log_saliency(images))

    torch.manual_seed(1)
    save_file(timm.create_model(RESNET, pretrained=False).state_dict(), weights[RESNET])
    with pytest.raises(InputError, match="the weights that this readout was fitted to"):
        load_saliency_model(tmp_path / "model.safetensors")


def test_gradients_reach_every_pixel(weights):
    backbone = TimmBackbone(RESNET, weights[RESNET]).eval().double()
    images = torch.rand(1, 3, 64, 64, dtype=torch.float64, requires_grad=True)
    backbone(images).square().sum().backward()
    assert (images.grad.abs().sum(dim=1) > 0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "resnet51"}, "knows no such network.*did you mean"),
        ({"name": "resnet50.nothing"}, "no weights have that tag; expected one of"),
        ({"stages": [9]}, r"stages are \[9\]; expected some of 0 to 4"),
        ({"stages": []}, r"stages are \[\]"),
        ({"weights": "absent.safetensors"}, "absent.safetensors: no such file"),
    ],
)
def test_what_cannot_be_is_named(weights, changes, message):
    with pytest.raises(InputError, match=message):
        TimmBackbone(**({"name": RESNET, "weights": weights[RESNET]} | changes))


def test_a_file_of_another_network_or_cut_short_is_refused(weights):
    with pytest.raises(InputError, match=r"no usable weights of timm:test_vit.*no blocks"):
        TimmBackbone(VIT, weights[RESNET])
    whole = weights[RESNET].read_bytes()
    weights[RESNET].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="fetch it again"):
        TimmBackbone(RESNET, weights[RESNET])


def test_without_a_connection_it_is_said_what_to_place_where(monkeypatch):
    def unreachable(*_, pretrained=False, **options):
        if pretrained:
            raise ConnectionError("Name or service not known")
        return create(*_, **options)

    create = timm.create_model
    monkeypatch.setattr(timm, "create_model", unreachable)
    with pytest.raises(InputError, match=r"fetch https://huggingface.co/timm/test_resnet.r160_in1k/"
                       r"resolve/main/model.safetensors on another computer"):  # fmt: skip
        TimmBackbone(RESNET)
