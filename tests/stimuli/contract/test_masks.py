"""COCO masks: all three encodings, unions, and what is refused."""

import json

import numpy as np
import pytest

from stimuli.contract.masks import ObjectMasks, read_annotations
from stimuli.contract.outlines import decode
from stimuli.support.errors import InputError

SIZE = (6, 8)  # height, width
RECTANGLE = np.zeros(SIZE, dtype=bool)
RECTANGLE[1:4, 2:7] = True


def counts_of(mask):
    """Run lengths in COCO's order: columns first, starting with zeros."""
    flat = mask.flatten(order="F").astype(int)
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *edges, flat.size]).tolist()
    return runs if flat[0] == 0 else [0, *runs]


def encodings():
    from pycocotools import mask as coco

    compressed = coco.encode(np.asfortranarray(RECTANGLE.astype(np.uint8)))
    polygon = [[2, 1, 7, 1, 7, 4, 2, 4]]
    return {
        "polygon": polygon,
        "uncompressed": {"size": list(SIZE), "counts": counts_of(RECTANGLE)},
        "compressed": {"size": list(SIZE), "counts": compressed["counts"].decode()},
    }


def write(path, annotations, images=None):
    images = images or [{"id": 7, "file_name": "a.jpg", "height": SIZE[0], "width": SIZE[1]}]
    path.write_text(json.dumps({"images": images, "annotations": annotations}))
    return path


@pytest.mark.parametrize("kind", ["polygon", "uncompressed", "compressed"])
def test_every_encoding_of_a_rectangle_is_the_rectangle(kind):
    np.testing.assert_array_equal(decode({"segmentation": encodings()[kind]}, *SIZE), RECTANGLE)


def test_a_target_of_several_annotations_is_their_union(tmp_path):
    left, right = [[0, 0, 2, 0, 2, 2, 0, 2]], [[5, 3, 8, 3, 8, 6, 5, 6]]
    entries = [
        {"id": 1, "image_id": 7, "segmentation": left, "iscrowd": 0},
        {"id": 2, "image_id": 7, "segmentation": right, "iscrowd": 0},
    ]
    mask = read_annotations(write(tmp_path / "a.json", entries)).mask(7, [1, 2])
    expected = np.zeros(SIZE, dtype=bool)
    expected[:2, :2] = expected[3:, 5:] = True
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ([[0, 0, 1]], "x, y pairs of at least three corners"),
        ([[0, 0, 1, 1, float("nan"), 2]], "x, y pairs"),
        ([], "has no segmentation"),
        (None, "has no segmentation"),
        ({"size": [3, 3], "counts": [9]}, r"expected the image's \[height, width\] = \[6, 8\]"),
        ({"size": [6, 8], "counts": [5, 5]}, "run lengths sum to 10; expected 48"),
    ],
)
def test_a_malformed_segmentation_is_named(segmentation, message):
    with pytest.raises(InputError, match=message):
        decode({"id": 3, "segmentation": segmentation}, *SIZE)


def test_an_empty_mask_is_refused(tmp_path):
    entry = {"id": 1, "image_id": 7, "segmentation": {"size": list(SIZE), "counts": [48]}}
    annotations = read_annotations(write(tmp_path / "a.json", [entry]))
    with pytest.raises(InputError, match="cover no pixel"):
        annotations.mask(7, [1])


def test_an_annotation_of_an_image_that_is_not_there_is_left_out_and_named(tmp_path):
    entries = [{"id": n, "image_id": 6 + n, "segmentation": encodings()["polygon"]} for n in (1, 2)]
    annotations = read_annotations(write(tmp_path / "a.json", entries))
    assert list(annotations.by_id) == [1]
    (left,) = annotations.left_out
    assert (
        str(left) == "annotation 2: annotations, entry 2: names image 8, which is not in the file"
    )


@pytest.mark.parametrize("kind", ["polygon", "uncompressed", "compressed"])
def test_a_mask_at_a_smaller_size_is_the_mask_reduced(kind):
    corners = [120, 60, 420, 60, 420, 240, 120, 240]
    whole = np.zeros((360, 480), bool)
    whole[60:240, 120:420] = True
    from pycocotools import mask as coco

    code = coco.encode(np.asfortranarray(whole.astype(np.uint8)))["counts"].decode()
    segmentation = {
        "polygon": [corners],
        "uncompressed": {"size": [360, 480], "counts": counts_of(whole)},
        "compressed": {"size": [360, 480], "counts": code},
    }[kind]
    small = decode({"segmentation": segmentation}, 360, 480, at=(60, 80))
    np.testing.assert_array_equal(small, whole[3::6, 3::6])


def test_masks_of_a_large_photograph_are_decoded_at_the_size_that_is_enough(tmp_path):
    image = {"id": 7, "file_name": "a.jpg", "height": 600, "width": 800}
    entry = {"id": 1, "image_id": 7, "segmentation": [[200, 100, 600, 100, 600, 300, 200, 300]]}
    annotations = read_annotations(write(tmp_path / "a.json", [entry], [image]))
    small = ObjectMasks(annotations, 7, enough_px=150).union([1])
    whole = ObjectMasks(annotations, 7).union([1])
    assert (small.shape, whole.shape) == ((150, 200), (600, 800))
    np.testing.assert_array_equal(small, whole[2::4, 2::4])
    assert ObjectMasks(annotations, 7, enough_px=400).size == (600, 800)


def test_an_annotation_of_another_image_is_refused(tmp_path):
    images = [{"id": n, "file_name": "a", "height": 6, "width": 8} for n in (7, 8)]
    entry = {"id": 1, "image_id": 8, "segmentation": encodings()["polygon"]}
    annotations = read_annotations(write(tmp_path / "a.json", [entry], images))
    with pytest.raises(InputError, match="annotation 1 of image 7 belongs to image 8"):
        annotations.mask(7, [1])
    with pytest.raises(InputError, match="annotation 5 of image 8 is not in the file"):
        annotations.mask(8, [5])


def test_the_terms_of_an_image_name_licence_credit_and_where_it_comes_from(tmp_path):
    content = {
        "licenses": [
            {"id": 4, "name": "CC BY 2.0", "url": "http://by.example"},
            {"id": 7, "name": "No known restrictions"},
        ],
        "images": [
            {"id": 1, "license": 4, "flickr_url": "http://f/1.jpg", "coco_url": "http://c/1.jpg"},
            {"id": 2, "license": 7, "coco_url": "http://c/2.jpg", "credit": "A\tB"},
            {"id": 3},
            {"id": 4, "license": 99, "flickr_url": "http://f/4.jpg"},
        ],
        "annotations": [],
    }
    for entry in content["images"]:
        entry.update({"file_name": "a", "width": 8, "height": 6})
    (tmp_path / "a.json").write_text(json.dumps(content))
    annotations = read_annotations(tmp_path / "a.json")
    assert [annotations.licence(image_id) for image_id in (1, 2, 3, 4)] == [
        "CC BY 2.0 (http://by.example); photograph: http://f/1.jpg",
        "No known restrictions; credit: A B; photograph: http://c/2.jpg",
        "unknown",
        "unknown; photograph: http://f/4.jpg",
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"images": [{}], "annotations": []}'])
def test_what_is_no_annotation_file_is_refused(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match=str(path)):
        read_annotations(path)
