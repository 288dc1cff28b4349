"""Versions of the same objects by several transforms, and what a second model sees of them."""

import numpy as np
import pytest

from manipulation.networks.files import transform_file
from manipulation.new_study.candidates import coco_photographs
from manipulation.saliency.models.files import build_saliency_model, save_saliency_model
from manipulation.study_stimuli.transfer import measure_transfer
from manipulation.study_stimuli.transfer_curve import draw_curve, mean_psnr, transfer_curve
from stimuli.contract.settings import (
    EditSettings,
    ImageSettings,
    ManipulationSettings,
    PixelSettings,
    Settings,
)
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError

SMALL = Settings(
    images=ImageSettings(size_px=256, model_px=128),
    manipulation=ManipulationSettings(memory_colour=50.0, tone=50.0),
    edits=EditSettings(steps=5),
    pixels=PixelSettings(steps=5),
)


@pytest.fixture
def photographs(tmp_path):
    """Three of the demo's photographs as a folder with annotations."""
    for one in PHOTOGRAPHS[:3]:
        (tmp_path / one.source_id).write_bytes(photograph_path(one).read_bytes())
    return coco_photographs(tmp_path, DEMO_ANNOTATIONS)


def test_a_version_that_is_its_original_has_no_part_in_the_mean_ratio():
    assert mean_psnr([30.0, np.inf, 34.0]) == 32
    assert mean_psnr([np.inf]) == np.inf


def test_every_transform_makes_two_versions_of_every_object(photographs):
    transforms = {"edits": "", "pixels": "", "mine": str(transform_file("fgtransform-shift"))}
    versions = measure_transfer(photographs, transforms, objects=2, settings=SMALL)
    assert [one.transform for one in versions] == ["edits"] * 4 + ["pixels"] * 4 + ["mine"] * 4
    assert [one.k_shift for one in versions] == [2.0, -2.0] * 6
    for one in versions:
        assert one.effect.asked_change * one.k_shift > 0
        assert one.effect.second_changes.keys() == {"scratch", "icf"}
        assert one.pixels.shape == one.original.shape == (128, 128, 3)
        assert not np.array_equal(one.pixels, one.original)
    searched = [one for one in versions if one.transform != "mine"]
    assert all(one.effect.predicted_change * one.k_shift > 0 for one in searched)
    of_one_object = {one.predicted_original for one in versions if one.photograph == "coffee"}
    assert len(of_one_object) <= 1


def test_a_curve_has_a_point_for_every_strength_and_costs_grow_along_it(photographs):
    versions = measure_transfer(
        photographs, {"edits": "", "pixels": ""}, objects=2, settings=SMALL, shares=(0.5, 1.0)
    )
    assert [one.effect.strength for one in versions] == [0.5, 1.0] * 8
    points = transfer_curve(versions)
    assert [(one.transform, one.strength) for one in points] == [
        ("edits", 0.5), ("edits", 1.0), ("pixels", 0.5), ("pixels", 1.0)
    ]  # fmt: skip
    for half, whole in (points[:2], points[2:]):
        assert half.versions == whole.versions == 4
        assert 0 < half.predicted < whole.predicted
        assert 0 < half.feature_distance < whole.feature_distance
        assert half.psnr_db > whole.psnr_db
    mine = [one.effect for one in versions if one.transform == "edits"][1::2]
    seen = [np.mean(list(one.second_changes.values())) for one in mine]
    assert points[1].increase == pytest.approx(np.mean(seen[::2]))
    assert points[1].decrease == pytest.approx(np.mean(seen[1::2]))
    assert points[1].seen == pytest.approx((points[1].increase - points[1].decrease) / 2)
    left, right = draw_curve(points).axes
    assert [len(line.get_xdata()) for line in left.lines[:2]] == [2, 2]
    assert [line.get_ydata()[0] for line in right.lines[:2]] == [0, 0]  # the photograph itself


@pytest.mark.parametrize(
    ("transforms", "options", "message"),
    [
        ({"edit": ""}, {}, "'edit'; expected one of edits, network, pixels, fgtransform-scale"),
        ({"mine": "absent.safetensors"}, {}, "transform is 'absent.safetensors'; expected one of"),
        ({"edits": ""}, {"objects": 0}, "objects is 0; expected at least 1"),
        ({"edits": ""}, {"objects": 40}, "needed for 40 sources are 35"),
        ({"edits": ""}, {"second_opinion": ()}, "the second opinion is none"),
    ],
)
def test_wrong_arguments_are_named_before_any_version_is_made(
    photographs, transforms, options, message
):
    objects = options.pop("objects", 1)
    settings = Settings(manipulation=ManipulationSettings(**options))
    with pytest.raises(InputError, match=message):
        measure_transfer(photographs, transforms, objects=objects, settings=settings)


@pytest.mark.parametrize("transform", ["fgtransform-shift", "network"])
def test_networks_do_not_go_with_further_models_as_in_a_study(photographs, transform, tmp_path):
    other = tmp_path / "other.safetensors"
    save_saliency_model(other, build_saliency_model("icf", pixels_per_degree=24))
    chosen = ManipulationSettings(also=("icf",), second_opinion=(str(other),))
    with pytest.raises(InputError, match="networks work against the model that they were trained"):
        measure_transfer(photographs, {transform: ""}, settings=Settings(manipulation=chosen))
