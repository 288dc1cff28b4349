"""A new study is whole or not there, and what is wrong with its photographs is named."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from manipulation import generate
from manipulation.new_study.candidates import coco_photographs
from manipulation.new_study.propose_study import propose_study
from stimuli.contract.schemas import PROPOSALS
from stimuli.support.errors import InputError
from stimuli.support.tables import read_table


def coco(folder, names=("a", "b"), size=(96, 128), **changes):
    """A small COCO folder of random photographs with one square object each."""
    images = folder / "images"
    images.mkdir(parents=True)
    generator = np.random.default_rng(0)
    entries, annotations = [], []
    for number, name in enumerate(names, start=1):
        pixels = generator.integers(0, 255, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(images / f"{name}.jpg")
        entries.append(
            {"id": number, "file_name": f"{name}.jpg", "height": size[0], "width": size[1]}
        )
        square = [50, 30, 70, 30, 70, 50, 50, 50]
        entry = {"id": 10 + number, "image_id": number, "iscrowd": 0, "segmentation": [square]}
        annotations.append({**entry, **changes})
    file = folder / "instances.json"
    file.write_text(json.dumps({"images": entries, "annotations": annotations}))
    return str(images), str(file)


def test_photographs_that_are_not_there_are_left_out_and_said(tmp_path, capsys):
    images, file = coco(tmp_path / "coco", names=("a", "b", "c"))
    (tmp_path / "coco" / "images" / "b.jpg").unlink()
    photographs = coco_photographs(images, file)
    assert photographs.missing == ("b.jpg",)
    study = propose_study(tmp_path / "study", photographs, sources=2)
    assert [source.source_id for source in study.settings.sources] == ["a", "c"]
    with pytest.raises(InputError, match="ask for fewer sources"):
        generate.main(["--study", str(tmp_path / "other"), "--coco", images, file])
    assert "1 annotated photographs are not in" in capsys.readouterr().err


def test_a_panorama_is_named_before_anything_is_made_and_never_a_source(tmp_path):
    images, file = coco(tmp_path / "coco", names=("a", "b", "c"))
    content = json.loads(Path(file).read_text())
    content["images"][1] |= {"width": 2000, "height": 100}
    Path(file).write_text(json.dumps(content))
    Image.new("RGB", (2000, 100)).save(Path(images) / "b.jpg")
    photographs = coco_photographs(images, file)
    study = propose_study(tmp_path / "study", photographs, sources=2, fit="whole")
    assert [source.source_id for source in study.settings.sources] == ["a", "c"]
    (row,) = [one for one in read_table(study.proposals, PROPOSALS) if one["photograph"] == "b.jpg"]
    assert row["because"] == (
        "too narrow to be shown whole: 2000 x 100 px would be 512 x 26 px for the networks, which "
        "need 32"
    )
    assert row["used_for"] == "nothing"
    with pytest.raises(InputError, match=r"1 more cannot be shown, such as b\.jpg, too narrow"):
        propose_study(tmp_path / "other", photographs, sources=3, fit="whole")
    assert not (tmp_path / "other").exists()


def truncate(folder):
    path = folder / "images" / "a.jpg"
    path.write_bytes(path.read_bytes()[:400])


def shrink(folder):
    Image.new("RGB", (64, 48)).save(folder / "images" / "a.jpg")


def empty(folder):
    shutil.rmtree(folder / "images")
    (folder / "images").mkdir()


@pytest.mark.parametrize(
    ("damage", "changes", "message"),
    [
        (truncate, {}, r"a\.jpg: cannot be read as an image"),
        (shrink, {}, r"a\.jpg: is 64 x 48 px; .*states 128 x 96"),
        (empty, {}, "holds none of the 2 photographs"),
        (None, {"image_id": 9}, "name images that are not in the file"),
        (None, {"segmentation": [[1, 2, 3]]}, "0 with an object to aim at"),
        (
            None,
            {"segmentation": {"size": [96, 128], "counts": [96 * 128]}},
            "0 with an object to aim at",
        ),
        (None, {"segmentation": [[0, 0, 3, 0, 3, 90, 0, 90]]}, "0 with an object to aim at"),
    ],
)
def test_wrong_photographs_and_annotations_are_named_and_no_study_is_made(
    tmp_path, damage, changes, message
):
    images, file = coco(tmp_path / "coco", **changes)
    if changes.get("image_id"):
        content = json.loads((tmp_path / "coco" / "instances.json").read_text())
        content["annotations"] = content["annotations"][:1]
        (tmp_path / "coco" / "instances.json").write_text(json.dumps(content))
    if damage:
        damage(tmp_path / "coco")
    with pytest.raises(InputError, match=message):
        propose_study(tmp_path / "study", coco_photographs(images, file), sources=2)
    assert not (tmp_path / "study").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coco"]


def test_a_study_that_is_there_and_a_folder_in_use_are_left_alone(tmp_path):
    there = tmp_path / "study"
    there.mkdir()
    (there / "study.toml").write_text("")
    with pytest.raises(InputError, match="is a study already"):
        propose_study(there)
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("mine")
    with pytest.raises(InputError, match=r"is in use and has no study\.toml"):
        propose_study(other)
    assert [path.name for path in other.iterdir()] == ["chapter.txt"]
    with pytest.raises(InputError, match="sources is 0; expected at least 1"):
        propose_study(tmp_path / "new", sources=0)


@pytest.mark.parametrize("name", ["../victim.jpg", "{}/victim.jpg", "out/victim.jpg"])
def test_a_photograph_outside_the_coco_folder_is_refused(tmp_path, name):
    images, file = coco(tmp_path / "coco")
    shutil.copyfile(f"{images}/a.jpg", tmp_path / "coco" / "victim.jpg")
    (tmp_path / "coco/images/out").symlink_to(tmp_path / "coco")
    content = json.loads((tmp_path / "coco/instances.json").read_text())
    content["images"][0]["file_name"] = name.format(tmp_path / "coco")
    (tmp_path / "coco/instances.json").write_text(json.dumps(content))
    with pytest.raises(
        InputError, match=r"instances\.json: path '.*victim\.jpg' leaves the folder"
    ):
        coco_photographs(images, file)
