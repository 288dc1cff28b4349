"""An object against its surround: known differences are found, and what is usual is measured."""

import json

import numpy as np
import pytest
from scipy import ndimage
from skimage.color import lab2rgb

from manipulation import natural_statistics
from manipulation.naturalness.region_statistics import (
    STATISTICS,
    UsualRange,
    load_usual_range,
    region_statistics,
    save_usual_range,
    usual_range,
)
from manipulation.new_study.candidates import coco_photographs
from manipulation.new_study.object_statistics import object_statistics
from stimuli.support.errors import InputError
from stimuli.support.files import write_image
from tests.data import DATA, with_data

SIDE = 128
REGION = np.zeros((SIDE, SIDE), bool)
REGION[40:90, 30:80] = True
NOISE = np.random.default_rng(0).normal(0, 4, (SIDE, SIDE))


def pixels_of(lab):
    return (lab2rgb(lab) * 255).round().astype(np.uint8)


def scene(lightness=50.0, a=0.0, b=0.0, noise=NOISE):
    """A grey ground with noise, and a region that differs from it."""
    lab = np.zeros((SIDE, SIDE, 3))
    lab[..., 0] = 50 + noise
    lab[REGION, 0] += lightness - 50
    lab[REGION, 1:] = a, b
    return pixels_of(lab)


def test_differences_are_those_that_were_made():
    same = region_statistics(scene(), REGION)
    assert same.keys() == STATISTICS.keys()
    assert np.abs(list(same.values())).max() < 0.6
    other = region_statistics(scene(lightness=62, a=-12, b=16), REGION)
    assert other["luminance"] - same["luminance"] == pytest.approx(12, abs=0.3)
    assert other["redness"] == pytest.approx(-12, abs=0.5)
    assert other["warmth"] == pytest.approx(16, abs=0.5)
    assert other["saturation"] - same["saturation"] == pytest.approx(20, abs=0.5)


def test_contrast_and_sharpness_are_in_octaves():
    noise = ndimage.gaussian_filter(NOISE, 3) * 6
    plain, doubled = (region_statistics(scene(noise=one), REGION) for one in (
        noise, np.where(REGION, 2 * noise, noise)))  # fmt: skip
    assert doubled["contrast"] - plain["contrast"] == pytest.approx(1, abs=0.05)
    blurred = np.where(REGION, ndimage.gaussian_filter(NOISE, 1), NOISE)
    soft, sharp = (region_statistics(scene(noise=one), REGION) for one in (blurred, NOISE))
    assert soft["sharpness"] < sharp["sharpness"] - 0.8


def test_the_surround_is_near_the_region():
    far = scene()
    far[:10] = 255
    assert region_statistics(far, REGION) == region_statistics(scene(), REGION)


@pytest.mark.parametrize(
    ("region", "message"),
    [
        (np.zeros((SIDE, SIDE)), "covers 0%"),
        (np.ones((SIDE, SIDE)), "covers 100%"),
        (np.ones((3, 4)), r"region is \(3, 4\) and pixels are \(128, 128, 3\)"),
    ],
)
def test_a_region_that_cannot_be_compared_is_refused(region, message):
    with pytest.raises(InputError, match=message):
        region_statistics(scene(), region)


def test_the_usual_range_leaves_one_per_cent_at_either_end():
    values = np.random.default_rng(1).permutation(1000)
    usual = usual_range({name: float(one) for name in STATISTICS} for one in values)
    assert (usual.low["warmth"], usual.high["warmth"]) == pytest.approx((9.99, 989.01))
    found = usual.outside(dict.fromkeys(STATISTICS, 500.0) | {"contrast": 1000.0, "redness": 5.0})
    assert found == pytest.approx({"contrast": 10.99, "redness": -4.99})
    with pytest.raises(InputError, match="199 objects were measured; expected at least 200"):
        usual_range([dict.fromkeys(STATISTICS, 0.0)] * 199)
    with pytest.raises(InputError, match=r"luminance is 0 of nearly all of 200.* larger images"):
        usual_range([dict.fromkeys(STATISTICS, 0.0)] * 200)  # which loading would refuse


def test_a_range_is_read_as_it_was_written_and_a_wrong_file_is_named(tmp_path):
    ends = (dict.fromkeys(STATISTICS, -1.5), dict.fromkeys(STATISTICS, 2.0))
    usual = UsualRange(*ends, objects=300, share=0.01)
    save_usual_range(tmp_path / "usual.json", usual, "ours")
    assert load_usual_range(str(tmp_path / "usual.json")) == usual
    (tmp_path / "odd.json").write_text('{"low": {}, "high": [1]}')
    with pytest.raises(InputError, match=r"odd.json: is no range of statistics \(KeyError"):
        load_usual_range(str(tmp_path / "odd.json"))
    save_usual_range(tmp_path / "turned.json", UsualRange(*ends[::-1], 300, 0.01), "ours")
    with pytest.raises(InputError, match=r"turned.json: luminance is from 2 to -1.5"):
        load_usual_range(str(tmp_path / "turned.json"))
    with pytest.raises(InputError, match=r"manipulation.usual is 'coco'; expected coco128, or"):
        load_usual_range("coco")


def test_the_command_measures_what_it_can_read_and_names_the_rest(tmp_path, capsys):
    """Of 210 objects on noise half are brighter than their surround, and half are darker."""
    rng, images, objects = np.random.default_rng(0), [], []
    for n in (1, 2, 3, 4):
        name = f"{n}.png"
        write_image(tmp_path / name, rng.integers(90, 170, (64, 64, 3), dtype=np.uint8))
        images.append({"id": n, "file_name": name, "width": 64, "height": 64})
        for _ in range(105 if n < 3 else 1):
            x, y = (int(one) for one in rng.integers(4, 48, 2))
            box = [x, y, x + 10, y, x + 10, y + 10, x, y + 10]
            objects.append({"id": len(objects) + 1, "image_id": n, "segmentation": [box]})
    (tmp_path / "3.png").unlink()
    (tmp_path / "4.png").write_bytes((tmp_path / "4.png").read_bytes()[:900])
    objects.append({"id": 999, "image_id": 1, "segmentation": [[0, 0, 1e12, 0, 1, 1]]})
    annotations, out = tmp_path / "instances.json", tmp_path / "usual.json"
    annotations.write_text(json.dumps({"images": images, "annotations": objects}))
    natural_statistics.main(
        ["--images", str(tmp_path), "--annotations", str(annotations), "--out", str(out),
         "--size-px", "128"]
    )  # fmt: skip
    usual = load_usual_range(str(out))
    assert usual.objects == 210
    assert usual.low["luminance"] < 0 < usual.high["luminance"]
    told = capsys.readouterr()
    assert "210 objects" in told.out
    assert f"not in {tmp_path}: 1 annotated photograph, such as 3.png" in (told.err)
    assert "1 photograph or entry and 1 object" in told.err
    assert "4.png: " in told.err
    assert "  1.png, annotation 999: a corner" in told.err


@with_data("coco128")
def test_what_ships_is_the_range_of_coco128():
    folder = DATA / "coco128"
    photographs = coco_photographs(folder / "images", folder / "instances.json")
    measured, shipped = usual_range(object_statistics(photographs)), load_usual_range("coco128")
    assert measured.objects == shipped.objects
    assert measured.low == pytest.approx(shipped.low, abs=0.02)
    assert measured.high == pytest.approx(shipped.high, abs=0.02)
