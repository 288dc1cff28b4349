"""Masks lie where the object is, whichever copy of the photograph they were drawn on."""

import json

import numpy as np
import pytest
from PIL import Image, ImageOps

from manipulation.new_study.candidates import coco_photographs
from manipulation.new_study.drawn_masks import DrawnOn
from stimuli.support.errors import InputError
from stimuli.support.files import read_image

STORED = (60, 90)  # height and width


def study(folder, turn, *, size=STORED, stated="stored", kind="polygon", scale=1):
    """A photograph that EXIF turns, dark but for an object, annotated as on one of its copies."""
    folder.mkdir(exist_ok=True)
    pixels = np.zeros((*size, 3), np.uint8)
    pixels[6:24, 12:36] = 200
    picture = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = turn
    picture.save(folder / "a.png", exif=exif)
    copy = ImageOps.exif_transpose(Image.open(folder / "a.png")) if stated == "upright" else picture
    copy = copy.resize((copy.width // scale, copy.height // scale), Image.Resampling.NEAREST)
    mask = np.asarray(copy)[..., 0] > 100
    (top, left), (bottom, right) = np.argwhere(mask).min(0), np.argwhere(mask).max(0) + 1
    segmentation = [[int(n) for n in (left, top, right, top, right, bottom, left, bottom)]]
    if kind == "runs":
        from pycocotools import mask as coco

        code = coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
        segmentation = {"size": list(mask.shape), "counts": code}
    image = {"id": 1, "file_name": "a.png"}
    if stated != "nothing":
        image |= {"height": mask.shape[0], "width": mask.shape[1]}
    one = {"id": 5, "image_id": 1, "segmentation": segmentation,
           "bbox": [int(n) for n in (left, top, right - left, bottom - top)]}  # fmt: skip
    file = folder / "a.json"
    file.write_text(json.dumps({"images": [image], "annotations": [one]}))
    return folder, file


def check(folder, file, **options):
    photographs = coco_photographs(folder, file, **options)
    object_ = read_image(folder / "a.png")[..., 0] > 100
    np.testing.assert_array_equal(photographs.annotations.mask(1, [5]), object_)
    rows, columns = np.nonzero(object_)
    left, top, wide, high = photographs.annotations.by_id[5]["bbox"]
    assert (left, top) == (columns.min(), rows.min())
    assert (left + wide, top + high) == (columns.max() + 1, rows.max() + 1)
    return photographs


@pytest.mark.parametrize("kind", ["polygon", "runs"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_mask_drawn_on_the_stored_photograph_is_turned_with_it(turn, kind, tmp_path):
    folder, file = study(tmp_path, turn, kind=kind)
    photographs = check(folder, file, drawn_on=DrawnOn.STORED)
    assert photographs.ambiguous == (("a.png",) if 1 < turn < 5 else ())
    if turn >= 5:  # the sizes tell
        check(folder, file, drawn_on=DrawnOn.UPRIGHT)


@pytest.mark.parametrize("turn", [3, 6, 7])
def test_a_mask_drawn_on_the_upright_photograph_stays(turn, tmp_path):
    photographs = check(*study(tmp_path, turn, stated="upright"))
    assert photographs.ambiguous == (("a.png",) if turn == 3 else ())


@pytest.mark.parametrize("turn", [5, 6, 8])
def test_on_a_square_photograph_the_choice_decides(turn, tmp_path):
    folder, file = study(tmp_path, turn, size=(60, 60))
    assert check(folder, file, drawn_on=DrawnOn.STORED).ambiguous == ("a.png",)


@pytest.mark.parametrize("kind", ["polygon", "runs"])
def test_a_size_that_is_not_stated_is_the_photographs(kind, tmp_path):
    check(*study(tmp_path, 1, stated="nothing", kind=kind))
    if kind == "runs":  # its run-length code has one
        check(*study(tmp_path, 6, stated="nothing", kind=kind))


@pytest.mark.parametrize("kind", ["polygon", "runs"])
@pytest.mark.parametrize("turn", [1, 6])
def test_masks_of_a_reduced_photograph_are_scaled_on_request(turn, kind, tmp_path):
    folder, file = study(tmp_path, turn, kind=kind, scale=3)
    said = "was it enlarged by a factor of 3" if turn == 1 else "its EXIF turns it from 90 x 60"
    with pytest.raises(InputError, match=rf"{said}.*--rescale-masks scales them"):
        coco_photographs(folder, file)
    check(folder, file, rescale=True)


def test_another_photograph_is_neither_scaled_nor_turned(tmp_path):
    folder, file = study(tmp_path, 1)
    Image.new("RGB", (77, 31)).save(folder / "a.png")
    with pytest.raises(InputError, match=r"77 x 31 px; a\.json states 90 x 60; expected the"):
        coco_photographs(folder, file, rescale=True)
