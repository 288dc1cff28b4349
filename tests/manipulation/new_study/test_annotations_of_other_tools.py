"""Annotation files as other tools leave them: each is read, or an error says what is wrong."""

import json
import shutil
from dataclasses import replace
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
import torch
from PIL import Image

from manipulation.new_study.candidates import coco_photographs
from manipulation.new_study.look import looked_at
from manipulation.new_study.proposal_table import proposal_rows
from manipulation.new_study.proposals import propose_sources
from stimuli.contract.settings import ImageSettings, Settings
from stimuli.support.errors import InputError
from stimuli.support.files import read_json
from tests.data import DATA

FOLDER = DATA.parent / "cases" / "coco"
SETTINGS = Settings(images=ImageSettings(size_px=128, model_px=128, upscale="none"))


class _Flat:
    """A model that finds all places alike; what is proposed does not depend on it here."""

    def log_saliency(self, images):
        return torch.zeros(len(images), *images.shape[-2:])


def case(name: str, folder: Path):
    """The candidates of a case, its photographs under the names that the file states."""
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{path} is absent; docs/data.md says where it comes from")
    images = read_json(path)["images"]
    for image in images:
        number = 144 if len(images) == 1 else int(image["id"])
        name = image["file_name"]
        copy = folder / (PureWindowsPath(name).name if "\\" in name else name)
        copy.parent.mkdir(exist_ok=True, parents=True)
        shutil.copyfile(DATA / "coco128" / "images" / f"{number:012d}.jpg", copy)
    return coco_photographs(folder, path)


@pytest.mark.parametrize(
    ("name", "source_id"),
    [
        ("15-string-image-ids", "000000000144"),
        ("18-float-sizes", "000000000144"),
        ("24-flat-polygon", "000000000144"),
        ("30-labelme2coco", "000000000144"),
        ("32-label-studio-windows", "000000000144"),
        ("33-roboflow-name", "000000000086_jpg-rf-0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
        ("40-bom", "000000000144"),
        ("42-name-space", "IMG-0042-1"),
    ],
)
def test_what_is_written_otherwise_is_read_as_it_was_meant(name, source_id, tmp_path):
    photographs = case(name, tmp_path)
    assert photographs.missing == ()
    assert [one.source_id for one in photographs.candidates] == [source_id]
    annotations, (candidate,) = photographs.annotations, photographs.candidates
    for one in annotations.of_image(candidate.image_id):  # COCO states the area of each
        covered = annotations.mask(candidate.image_id, [one["id"]]).sum()
        assert covered == pytest.approx(one["area"], rel=2e-3)
    assert len(annotations.by_id) == 3
    assert photographs.annotations.licence(photographs.candidates[0].image_id)


@pytest.mark.parametrize(
    ("name", "left_out", "because"),
    [
        ("01-rle-string-too-long", {595892}, "run length"),
        ("05-rle-list-negative", {595892}, "a run length is -5"),
        ("08-empty-segmentation", {595892}, "has no segmentation"),
        (
            "80-one-bad-object-of-another-photograph",
            {1103403, 1970089, 1977657}, "has no segmentation",
        ),
    ],
)  # fmt: skip
def test_an_outline_that_cannot_be_read_is_left_out_and_named(name, left_out, because, tmp_path):
    photographs = case(name, tmp_path)
    objects = [one.objects for one in looked_at(photographs, _Flat(), SETTINGS)]
    proposals = propose_sources(photographs.candidates, objects, Path("a.json"), 1)
    rows = {row["annotation_id"]: row for row in proposal_rows(proposals, 1)}
    named = {one for one, row in rows.items() if "cannot be read" in row["because"]}
    assert named == left_out
    assert all(because in rows[one]["because"] for one in left_out)
    assert proposals[0].aim is not None
    assert len(rows) == len(photographs.annotations.by_id)
    one, annotations = min(left_out), photographs.annotations
    with pytest.raises(InputError, match=because):  # what is asked for by its id is an error
        annotations.mask(annotations.by_id[one]["image_id"], [one])


def test_a_panoptic_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"panoptic files have; expected a file of instances"):
        case("37-panoptic", tmp_path)


def test_a_file_that_two_photographs_may_mean_is_neither(tmp_path):
    (tmp_path / "1.png").write_bytes(b"")
    image = {"width": 4, "height": 4}
    images = [{"id": 1, "file_name": "a/1.png"}, {"id": 2, "file_name": "b\\1.png"}]
    path = tmp_path / "a.json"
    path.write_text(str({"images": [one | image for one in images], "annotations": []})
                    .replace("'", '"'))  # fmt: skip
    with pytest.raises(InputError, match="holds none of the 2 photographs"):
        coco_photographs(tmp_path, path)


def test_a_photograph_that_cannot_be_decoded_or_is_too_narrow_is_left_out_of_a_look(tmp_path):
    names = ("1.png", "2.png", "3.jpg")
    images = [{"id": n, "file_name": name} for n, name in enumerate(names, start=1)]
    Image.new("RGB", (64, 48)).save(tmp_path / "1.png")
    Image.new("RGB", (900, 6)).save(tmp_path / "2.png")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8)).save(
        tmp_path / "3.jpg"
    )
    whole = (tmp_path / "3.jpg").read_bytes()
    (tmp_path / "3.jpg").write_bytes(whole[: len(whole) // 2])
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"images": images, "annotations": []}))
    left_out = []
    settings = replace(SETTINGS, images=replace(SETTINGS.images, fit="whole"))
    found = list(looked_at(coco_photographs(tmp_path, path), _Flat(), settings, left_out=left_out))
    assert [one.candidate.source_id for one in found] == ["1"]
    assert [one.photograph for one in left_out] == ["2.png", "3.jpg"]
    assert "too narrow to be shown whole" in left_out[0].because
    assert "cannot be read as an image" in left_out[1].because
