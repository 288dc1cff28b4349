"""What annotation tools write is read as meant, or the error says which export is wanted.

Each row of the table in docs/annotations.md is a case here.
"""

import base64
import io
import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from manipulation.new_study.candidates import coco_photographs
from stimuli.contract.coco_file import tidy_content
from stimuli.contract.masks import read_annotations
from stimuli.support.errors import InputError

SQUARE = [4, 4, 12, 4, 12, 12, 4, 12]  # of a photograph of 24 x 16 px
MASK = np.zeros((16, 24), bool)
MASK[4:12, 4:12] = True


def image(**changes):
    return {"id": 1, "file_name": "a.png", "width": 24, "height": 16, **changes}


def thing(**changes):
    return {"id": 5, "image_id": 1, "category_id": 2, "segmentation": [SQUARE], **changes}


def coco(images=None, things=None, **more):
    return {
        "images": [image()] if images is None else images,
        "annotations": [thing()] if things is None else things,
        "categories": [{"id": 2, "name": "cup"}],
        **more,
    }


def photographs(folder, content, *names, **options):
    for name in names or ("a.png",):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        Image.new("RGB", (24, 16), (90, 90, 90)).save(folder / name, format="PNG")
    file = folder / "annotations.json"
    text = content if isinstance(content, str) else json.dumps(content)
    file.write_text(text, encoding="utf-8")
    return coco_photographs(folder, file, **options)


def png_of(part):
    buffer = io.BytesIO()
    Image.fromarray(part).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def labelme(*shapes):
    return {"version": "5.4.1", "imagePath": "..\\photos\\a.png", "imageData": None,
            "imageHeight": 16, "imageWidth": 24, "shapes": list(shapes)}  # fmt: skip


def shape(kind, points, **more):
    return {"label": "cup", "shape_type": kind, "points": points, "group_id": None, **more}


def label_studio(kind, value, **more):
    result = {"type": kind, "original_width": 24, "original_height": 16,
              "value": {kind: ["cup"], **value}, **more}  # fmt: skip
    annotations = [{"was_cancelled": True, "result": []}, {"result": [result]}]
    data = {"image": "/data/upload/1/1a2b3c4d-a.png"}
    return [{"id": 9, "data": data, "annotations": annotations}]


def labels_apart():
    (task,) = label_studio("rectangle", PERCENT)
    (result,) = task["annotations"][1]["result"]
    del result["value"]["rectangle"]
    label = {**result, "type": "labels", "value": {**PERCENT, "labels": ["cup"]}}
    task["annotations"][1]["result"] = [result | {"id": "q"}, label | {"id": "q"}]
    return [task]


# Of MASK by Label Studio's own encoder (label-studio-brush-rle-rs 0.1.1), opacity in every channel.
PAINTED = [
    0, 0, 6, 0, 57, 27, 255, 1, 143, 0, 195, 255, 248, 252, 3, 15, 255, 227, 240, 12, 63, 255, 143,
    192, 48, 255, 254, 63, 0, 195, 255, 248, 252, 3, 15, 255, 227, 240, 12, 63, 255, 143, 192, 48,
    255, 255, 1, 175, 0, 0,
]  # fmt: skip


def chunk(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def bit_mask(mask):
    """What is painted is black, the rest transparent, as Label Studio documents it."""
    pixels = np.zeros((*mask.shape, 4), np.uint8)
    pixels[..., 3] = 255 * mask
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


# The head of a picture of 60,000 x 60,000 px, which would take all memory.
HUGE = base64.b64encode(
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0))
    + chunk(b"IDAT", b"")
).decode()
PERCENT = {"x": 400 / 24, "y": 25, "width": 800 / 24, "height": 50, "rotation": 0}
CORNERS = [[4, 4], [12, 4], [12, 12], [4, 12]]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(coco(), id="COCO"),
        pytest.param(coco(licenses=[{"id": 0, "name": None, "url": None}]), id="labelme2coco"),
        pytest.param(
            coco([image(id="1", license="x")], [thing(image_id="1", id="5", category_id="2")]),
            id="ids as text",
        ),
        pytest.param(
            coco([image(id="a-b")], [thing(image_id="a-b", id="c")]), id="ids that are no numbers"
        ),
        pytest.param(coco([image(width="24", height="16.0")]), id="sizes as text"),
        pytest.param(coco([image(width=24.0, height=16.0)]), id="sizes as floats"),
        pytest.param(coco([image(width=None, height=0)]), id="no sizes"),
        pytest.param(coco([image(file_name="images\\a.png")]), id="Label Studio's COCO"),
        pytest.param(coco([image(file_name="1a2b3c4d-a.png")]), id="Label Studio's upload"),
        pytest.param(
            coco([image(file_name="a_png.rf.0f1e2d3c4b5a.png")]), id="Roboflow, own photographs"
        ),
        pytest.param(coco([image(file_name="/home/me/photos/a.png")]), id="absolute path"),
        pytest.param(coco([image(file_name="C:\\photos\\a.png")]), id="absolute path of Windows"),
        pytest.param(coco([image(file_name="https://x.org/p/a.png?w=9#z")]), id="address"),
        pytest.param("\ufeff" + json.dumps(coco()), id="BOM"),
        pytest.param(coco(things=[thing(segmentation=SQUARE)]), id="a list too few"),
        pytest.param(
            coco(things=[{k: v for k, v in thing().items() if k != "id"}]), id="no annotation id"
        ),
        pytest.param(coco(things=[thing(), thing(id=6, image_id=3)]), id="an orphan"),
        pytest.param(coco([image(), image()]), id="the same image twice"),
        pytest.param(coco([image(), 3, {}]), id="entries that are none"),
        pytest.param(coco(things=[thing(), [], "x"]), id="annotations that are none"),
        pytest.param(coco(things=[thing(), thing()]), id="the same object twice"),
        pytest.param(labelme(shape("polygon", CORNERS)), id="LabelMe"),
        pytest.param(labelme(shape("rectangle", [[4, 4], [12, 12]])), id="LabelMe's rectangle"),
        pytest.param(
            labelme(shape("mask", [[4, 4], [11, 11]], mask=png_of(MASK[4:12, 4:12]))),
            id="LabelMe's mask",
        ),
        pytest.param(
            labelme(
                shape("polygon", [[4, 4], [8, 4], [8, 12], [4, 12]], group_id=1),
                shape("polygon", [[8, 4], [12, 4], [12, 12], [8, 12]], group_id=1),
            ),
            id="LabelMe's group",
        ),
        pytest.param(
            label_studio("polygonlabels", {"points": [[x / 0.24, y / 0.16] for x, y in CORNERS]}),
            id="Label Studio",
        ),
        pytest.param(label_studio("rectanglelabels", PERCENT), id="Label Studio's rectangle"),
        pytest.param(
            label_studio("brushlabels", {"format": "rle", "rle": PAINTED}),
            id="Label Studio's brush",
        ),
        pytest.param(
            label_studio("bitmasklabels", {"imageDataURL": bit_mask(MASK)}),
            id="Label Studio's bit mask",
        ),
        *(
            pytest.param(
                label_studio(kind, value, image_rotation=turn),
                id=f"Label Studio's {kind}, turned by {turn} on the screen",
            )
            for kind, value, turn in (
                ("rectanglelabels", PERCENT, 90),
                ("polygonlabels", {"points": [[x / 0.24, y / 0.16] for x, y in CORNERS]}, 180),
                ("brushlabels", {"format": "rle", "rle": PAINTED}, 270),
            )
        ),
        pytest.param(labels_apart(), id="Label Studio's labels in results of their own"),
        pytest.param(
            [
                label_studio("rectanglelabels", PERCENT)[0]
                | {"data": {"text": "See x.org.", "photo": "/data/local-files/?d=dir%2Fa.png"}}
            ],
            id="Label Studio's local file beside a text",
        ),
        pytest.param(labelme(shape("rectangle", CORNERS)), id="a rectangle by its four corners"),
        pytest.param(labelme(shape("rotation", CORNERS)), id="X-AnyLabeling's turned rectangle"),
        pytest.param(coco([image(file_name="A.PNG")]), id="another case"),
        pytest.param(coco([image(file_name="%61.png ")]), id="coded letters"),
        pytest.param(coco(things=[thing(iscrowd="0")]), id="iscrowd as text"),
        pytest.param(
            coco(
                things=[
                    thing(
                        iscrowd=1,
                        attributes={"occluded": False},
                        segmentation={
                            "size": [16, 24],
                            "counts": [68, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 196],
                        },
                    )
                ]
            ),
            id="CVAT's mask",
        ),
    ],
)
def test_what_a_tool_writes_is_read_as_it_was_meant(content, tmp_path):
    found = photographs(tmp_path, content)
    (candidate,) = found.candidates
    assert (candidate.source_id, candidate.path.name) == ("a", "a.png")
    annotations = found.annotations
    (one,) = annotations.of_image(candidate.image_id)
    np.testing.assert_array_equal(annotations.mask(candidate.image_id, [one["id"]]), MASK)
    assert annotations.categories[one["category_id"]] == "cup"
    assert not one.get("iscrowd")
    assert annotations.licence(candidate.image_id)


@pytest.mark.parametrize(
    "content",
    [
        labelme(shape("circle", [[12, 8], [18, 8]])),
        label_studio("ellipselabels", {"x": 50, "y": 50, "radiusX": 25, "radiusY": 37.5}),
        label_studio("ellipselabels", {"x": 50, "y": 50, "radiusX": 25, "radiusY": 37.5,
                                       "rotation": 90}),
    ],
)  # fmt: skip
def test_circles_and_ellipses_are_outlines(content, tmp_path):
    annotations = photographs(tmp_path, content).annotations
    assert annotations.mask(1, [1]).sum() == pytest.approx(np.pi * 6**2, rel=0.06)


def test_a_folder_of_labelme_files_is_one_annotation_file(tmp_path):
    for name in ("a", "b"):
        content = labelme(shape("polygon", CORNERS)) | {"imagePath": f"{name}.png"}
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
        Image.new("RGB", (24, 16)).save(tmp_path / f"{name}.png")
    found = coco_photographs(tmp_path, tmp_path)
    assert [one.source_id for one in found.candidates] == ["a", "b"]
    assert all(found.annotations.mask(n, [n]).sum() == MASK.sum() for n in (1, 2))


NO_OUTLINE = {k: v for k, v in thing().items() if k != "segmentation"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (coco(things=[{"image_id": 1, "segments_info": []}]), "panoptic files have; expected a f"),
        (coco(things=[{"id": 1, "image_id": 1, "caption": "a cup"}]), "captions and no outlines"),
        (coco(things=[NO_OUTLINE | {"keypoints": [1, 2, 2]}]), "keypoints and no outlines"),
        (coco(things=[NO_OUTLINE | {"bbox": [1, 2, 3, 4]}]), "boxes and no outlines.*--boxes"),
        ([{"image_id": 1, "category_id": 2, "bbox": [], "score": 0.5}], "is a list of results"),
        ([thing()], "is a list of annotations alone, without their `images`"),
        ([{"id": 1, "image": "a.png", "label": []}], "JSON-MIN; export JSON or COCO"),
        ([{"id": 1, "data": {"image": "a.png"}}], "tasks, which nobody annotated"),
        ([{"id": 1, "data": {"image": "a.png"}, "annotations": []}], "nobody annotated"),
        ([{"data_row": {}, "projects": {}}], "Labelbox's; convert it to COCO"),
        ([], "is a list of 0 entries"),
        ({"_via_img_metadata": {}}, "VGG Image Annotator; export annotations in COCO"),
        ({"a.png123": {"filename": "a.png", "regions": []}}, "VGG Image Annotator"),
        ({"items": []}, "Datumaro's; convert it to COCO"),
        ({"objects": [], "size": {}}, "Supervisely's; export COCO"),
        ({"info": {}}, "not a COCO annotation file; expected `images` and `annotations`"),
        ('<?xml version="1.0"?>\n<annotations><image/></annotations>', 'CVAT.*"COCO 1.0"'),
        ("<annotation><object/></annotation>", "Pascal VOC, which has boxes"),
        ("<annotation><object><polygon/></object></annotation>", "LabelMe's XML"),
        ("<!DOCTYPE html><html></html>", "is HTML or XML"),
        ("PK\x03\x04", "is a ZIP archive; expected the JSON file in it"),
        ("0 0.5 0.5 0.1 0.1\n", "not a JSON file"),
        ("", "not a JSON file"),
    ],
)
def test_of_what_is_not_read_the_error_says_what_it_is_and_what_is_wanted(
    content, message, tmp_path
):
    with pytest.raises(InputError, match=message):
        photographs(tmp_path, content)


def test_boxes_are_outlines_on_request(tmp_path):
    content = coco(things=[NO_OUTLINE | {"bbox": [4, 4, 8, 8]}])
    annotations = photographs(tmp_path, content, boxes=True).annotations
    np.testing.assert_array_equal(annotations.mask(1, [5]), MASK)


def test_ids_that_occur_twice_are_two_objects_and_two_images_with_one_are_none(tmp_path):
    images = [image(), image(id=2, file_name="b.png"), image(id=2, file_name="c.png")]
    things = [thing(), thing(segmentation=[[0, 0, 4, 0, 4, 4, 0, 4]]), thing(id=9, image_id=2)]
    found = photographs(tmp_path, coco(images, things), "a.png", "b.png", "c.png")
    assert [one.path.name for one in found.candidates] == ["a.png"]
    assert [one["id"] for one in found.annotations.of_image(1)] == [5, 10]
    assert sorted(one.photograph for one in found.left_out if one.photograph) == ["b.png", "c.png"]
    tidy, _ = tidy_content(coco(images[:1], things[:1]), tmp_path)
    assert tidy == coco(images[:1], things[:1])  # what is right stays as it is


@pytest.mark.parametrize(
    "rle", [PAINTED[:20], PAINTED[4:], [], ["x"], [300], "x", None, [*PAINTED[:3], 1, *PAINTED[4:]]]
)
def test_what_a_brush_painted_and_cannot_be_read_is_left_out(rle, tmp_path):
    found = photographs(tmp_path, label_studio("brushlabels", {"rle": rle}))
    with pytest.raises(InputError, match="annotation 1"):
        found.annotations.mask(1, [1])


@pytest.mark.parametrize(
    ("content", "because"),
    [
        (label_studio("bitmasklabels", {}), "is no PNG in base64"),
        (label_studio("bitmasklabels", {"imageDataURL": bit_mask(MASK[:8])}), "is 24 x 8 px"),
        (label_studio("bitmasklabels", {"imageDataURL": HUGE}), "is no PNG in base64"),
        (label_studio("brushlabels", {"rle": PAINTED[:20]}), "a brush painted ends early"),
    ],
)
def test_why_what_label_studio_has_is_not_read_is_said(content, because, tmp_path):
    found = photographs(tmp_path, content)
    with pytest.raises(InputError, match=f"annotation 1: .*{because}"):
        found.annotations.mask(1, [1])


@pytest.mark.parametrize(
    "segmentation",
    [
        None, [], [[]], [[1, 2]], [[1, 2, 3, 4]], [[1, 1, 5, 5, 9, 9]], {}, {"counts": "x"},
        {"size": [16, 24], "counts": [-5, 389]}, {"size": [16, 24], "counts": [2**70]},
        {"size": [16, 24], "counts": "PP"}, {"size": [16, 24], "counts": [10, 10]},
        {"size": None, "counts": None}, {"size": ["16", 24], "counts": 3}, "polygon", 7,
        [[1, 1, 9, 1, 1e300, 5]], [[1, 1, None, 1, 4, 5]], [[["a", 1]]], [{"x": 1}],
    ],
)  # fmt: skip
def test_whatever_is_wrong_with_an_object_the_others_stay(segmentation, tmp_path):
    things = [thing(), thing(id=6, segmentation=segmentation, bbox="x")]
    found = photographs(tmp_path, coco(things=things))
    np.testing.assert_array_equal(found.annotations.mask(1, [5]), MASK)
    with pytest.raises(InputError, match="annotation"):  # what is asked for by its id
        found.annotations.mask(1, [6])


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>not found</html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"II*\0",
     b"\0\0\0\x18ftypheic\0\0\0\0"],
)  # fmt: skip
def test_whatever_is_wrong_with_a_photograph_the_others_stay(content, tmp_path):
    (tmp_path / "b.png").write_bytes(content)
    images = [image(), image(id=2, file_name="b.png")]
    found = photographs(tmp_path, coco(images), "a.png")
    assert [one.path.name for one in found.candidates] == ["a.png"]
    (left,) = found.left_out
    assert left.photograph == "b.png"
    assert str(tmp_path) not in left.because
    with pytest.raises(InputError, match=r"can be used; all are left out, such as b\.png"):
        photographs(tmp_path, coco(images[1:]), "a.png")


def test_every_file_name_becomes_a_name_of_its_own(tmp_path):
    names = [
        "IMG 1 (2).png", "img-1-2.jpeg", "x/1.png", "y/1.png", "--v.png", "ä ö.png", "猫.png",
        "犬.png", "a.b.c.png", "n" * 80 + ".png", "N" * 81 + ".png", "CON.png", "[1].png",
    ]  # fmt: skip
    images = [image(id=n, file_name=name) for n, name in enumerate(names, start=1)]
    found = photographs(tmp_path, coco(images, []), *names)
    ids = [one.source_id for one in found.candidates]
    assert found.missing == found.left_out == ()
    assert len({one.lower() for one in ids}) == len(names)
    assert ids[:9] == ["IMG-1-2", "img-1-2-2", "1", "1-2", "v", "a-o", "photograph", "photograph-2",
                       "a-b-c"]  # fmt: skip
    assert max(map(len, ids)) <= 64
    assert "con" not in [one.lower() for one in ids]


def test_a_name_that_differs_in_accents_or_case_means_the_one_file_that_is_there(
    tmp_path,
):
    images = [image(file_name="Cafe\u0301.png"), image(id=2, file_name="b.PNG")]
    names = ("caf\u00e9.png", "b.png", "B.png")
    found = photographs(tmp_path, coco(images, []), *names)
    assert [one.path.name for one in found.candidates] == ["caf\u00e9.png"]
    assert found.missing == ("b.PNG",)


def test_a_file_of_annotations_alone_is_read_without_photographs(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(coco([image(width=None)])))
    with pytest.raises(InputError, match=r"states no size of image 1, a\.png"):
        read_annotations(path).mask(1, [5])
