"""A new study is whole or not there, and what is wrong with its photographs is named."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from manipulation import generate
from manipulation.new_study.candidates import coco_photographs
from manipulation.new_study.propose_study import propose_study
from stimuli.support.errors import InputError


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
    assert ": 1 annotated photograph, such as " in capsys.readouterr().err


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
        (truncate, {}, r"1 photograph, .*left out: 1, such as a\.jpg: cannot be read as an"),
        (shrink, {}, r"1 photograph, .*a\.jpg: is 64 x 48 px; .*states 128 x 96: was it reduced"),
        (empty, {}, "holds none of the 2 photographs"),
        (None, {"image_id": 9}, r"such as annotation 11: .*names image 9, which is not in the"),
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
def test_a_photograph_outside_the_coco_folder_is_left_out(tmp_path, name):
    images, file = coco(tmp_path / "coco")
    shutil.copyfile(f"{images}/a.jpg", tmp_path / "coco" / "victim.jpg")
    (tmp_path / "coco/images/out").symlink_to(tmp_path / "coco")
    content = json.loads((tmp_path / "coco/instances.json").read_text())
    content["images"][0]["file_name"] = name.format(tmp_path / "coco")
    (tmp_path / "coco/instances.json").write_text(json.dumps(content))
    photographs = coco_photographs(images, file)
    assert [one.source_id for one in photographs.candidates] == ["b"]
    (left,) = photographs.left_out
    assert "leaves the folder" in str(left)
