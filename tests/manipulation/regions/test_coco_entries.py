"""A region that is kept is the same region when COCO's own code reads it."""

import json

import numpy as np
import pytest
from pycocotools import mask as coco

from manipulation.regions.coco_entries import (
    image_entry,
    removed_regions,
    with_region,
    with_region_again,
    without_region,
)
from stimuli.contract.masks import annotations_of, read_annotations
from stimuli.support.errors import InputError

EMPTY = {"images": [image_entry(3, "a.jpg", (70, 90))], "annotations": []}


@pytest.fixture
def mask():
    return np.random.default_rng(0).random((70, 90)) < 0.4


def test_what_is_written_is_decoded_bit_for_bit(mask, tmp_path):
    content, region = with_region(EMPTY, 3, mask, "speckles", "studio: click")
    path = tmp_path / "regions.json"
    path.write_text(json.dumps(content))
    annotations = read_annotations(path)
    assert np.array_equal(annotations.mask(3, [region]), mask)
    entry = annotations.by_id[region]
    assert np.array_equal(coco.decode(entry["segmentation"]).astype(bool), mask)
    assert entry["area"] == coco.area(entry["segmentation"]) == mask.sum()
    rows, columns = np.nonzero(mask)
    left, top = columns.min(), rows.min()
    assert entry["bbox"] == [left, top, columns.max() + 1 - left, rows.max() + 1 - top]
    assert annotations.categories[entry["category_id"]] == "speckles"


def test_ids_follow_those_that_are_there_and_a_known_name_keeps_its_category(mask):
    there = {
        **EMPTY,
        "info": {"year": 2017},
        "categories": [{"id": 90, "name": "cup", "supercategory": "kitchen"}],
        "annotations": [{"id": 7, "image_id": 3, "category_id": 90, "segmentation": [[0] * 6]}],
    }
    before = json.dumps(there)
    once, first = with_region(there, 3, mask, " cup ", "drawn")
    twice, second = with_region(once, 3, ~mask, "lid", "drawn")
    assert json.dumps(there) == before
    assert (first, second) == (8, 9)
    assert [one["category_id"] for one in twice["annotations"]] == [90, 90, 91]
    assert twice["info"] == {"year": 2017}
    annotations_of(twice, "regions.json")


@pytest.mark.parametrize(
    ("image_id", "name", "shape", "message"),
    [
        (3, "  ", (70, 90), "name is '  '; expected 1 to 40 printable"),
        (3, "a\nb", (70, 90), "expected 1 to 40 printable"),
        (3, "c" * 41, (70, 90), "expected 1 to 40 printable"),
        (3, "cup", (90, 70), r"size \(70, 90\) in the annotation file and the region \(90, 70\)"),
        (4, "cup", (70, 90), "image 4 has the size None"),
    ],
)
def test_what_cannot_be_kept_is_named(image_id, name, shape, message):
    with pytest.raises(InputError, match=message):
        with_region(EMPTY, image_id, np.ones(shape, dtype=bool), name, "drawn")


def test_an_empty_region_is_refused():
    with pytest.raises(InputError, match="'cup' covers no pixel"):
        with_region(EMPTY, 3, np.zeros((70, 90), dtype=bool), "cup", "drawn")


def test_a_removed_region_comes_back_as_it_was_and_lends_its_id_to_no_other(mask):
    one, first = with_region(EMPTY, 3, mask, "cup", "studio: loop")
    both, second = with_region(one, 3, ~mask, "lid", "studio: click")
    left = without_region(both, second)
    assert left["annotations"] == one["annotations"]
    assert list(annotations_of(left, "regions.json").by_id) == [first]
    more, third = with_region(left, 3, mask, "rim", "studio: click")
    assert third == second + 1
    assert with_region_again(left, second) == both
    again = with_region_again(more, second)["annotations"]
    assert [entry["id"] for entry in again] == [first, third, second]
    assert removed_regions(without_region(left, first)) == [*both["annotations"][::-1]]
    with pytest.raises(InputError, match=f"region {second} is not among {first}"):
        without_region(left, second)
