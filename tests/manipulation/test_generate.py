"""Generation: what a study holds afterwards, what is refused, and what an interruption leaves."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from manipulation import generate
from manipulation.stimulus_set import StimulusSet
from stimuli.catalogue import check_images, read_blocks, read_catalogue
from stimuli.errors import InputError
from stimuli.files import read_image, read_log_saliency
from stimuli.study import open_study
from stimuli.vocabulary import Block, Condition, Direction
from tests.small_study import found_small_study


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """A demo study whose stimuli are not made yet."""
    return found_small_study(
        tmp_path_factory.mktemp("new") / "study", "--demo", "--sources", "3"
    ).root


@pytest.fixture
def new_study(untouched, tmp_path):
    return open_study(shutil.copytree(untouched, tmp_path / "study"))


@pytest.fixture(scope="module")
def made(untouched, tmp_path_factory):
    study = open_study(shutil.copytree(untouched, tmp_path_factory.mktemp("made") / "study"))
    generate.generate(study)
    return study


def contents(folder, pattern="**/*"):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.glob(pattern)
        if path.is_file() and "provenance" not in path.name
    }


def test_a_study_holds_three_stimuli_of_every_source_in_balanced_blocks(made):
    stimuli = read_catalogue(made.catalogue)
    assert len(stimuli) == 9
    check_images(made.root, stimuli)
    assert len(read_blocks(made.blocks)) == 3
    for source in made.settings.sources:
        mine = {s.direction: s for s in stimuli if s.source_id == source.source_id}
        assert mine[Direction.NONE].block == Block.ORIGINALS
        assert set(mine) == set(Direction)
        images = [read_image(made.root / s.image) for s in mine.values()]
        assert {image.shape for image in images} == {(256, 256, 3)}
        assert len({image.tobytes() for image in images}) == 3


def test_a_target_is_the_originals_saliency_shifted_inside_the_mask(made):
    version = next(
        s for s in read_catalogue(made.catalogue)
        if s.condition == Condition.OBJECT and s.direction == Direction.DECREASE
    )  # fmt: skip
    other = version.target.replace("_decrease", "_increase")
    difference = read_log_saliency(made.root / other) - read_log_saliency(
        made.root / version.target
    )
    mask = read_image(made.root / version.targets[0].mask)[..., 0] > 127
    assert mask.any()
    assert not mask.all()
    np.testing.assert_allclose(difference[mask], 4.0, atol=1e-4)
    np.testing.assert_allclose(difference[~mask], 0.0, atol=1e-4)


def test_a_study_carries_photographs_licences_and_provenance(made):
    assert {s.licence for s in read_catalogue(made.catalogue)} <= {
        "Public domain (https://creativecommons.org/publicdomain/mark/1.0/)",
        "CC0 1.0 (https://creativecommons.org/publicdomain/zero/1.0/)",
        "CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/)",
        "Middlebury stereo: use and publication permitted, citation requested "
        "(https://vision.middlebury.edu/stereo/data/)",
    }
    record = json.loads((made.stimuli / "generate.provenance.json").read_text())
    assert record["seeds"] == {"study": 0}
    assert record["settings"]["images"]["size_px"] == 256
    assert len(record["outputs"]) == 10
    assert {"study.toml", "stimuli/sources/annotations.json"} <= set(record["inputs"])
    assert read_image(made.stimuli / "contact_sheet.png").std() > 20


def test_making_the_stimuli_again_gives_the_same_bytes(made, new_study):
    generate.generate(new_study)
    assert contents(new_study.root) == contents(made.root)


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("No space left on device")])
def test_what_is_interrupted_has_no_catalogue_and_is_made_again_whole(
    made, new_study, monkeypatch, error
):
    add = StimulusSet._add
    calls = []

    def broken(self, *arguments):
        calls.append(arguments)
        if len(calls) == 5:
            raise error
        return add(self, *arguments)

    monkeypatch.setattr(StimulusSet, "_add", broken)
    with pytest.raises(type(error) if isinstance(error, OSError) else error):
        generate.generate(new_study)
    assert not new_study.catalogue.exists()
    assert not list(new_study.root.rglob(".*writing*"))
    monkeypatch.setattr(StimulusSet, "_add", add)
    generate.generate(new_study)
    assert contents(new_study.root) == contents(made.root)


def test_stimuli_that_are_made_or_seen_are_not_made_again(made, tmp_path):
    study = open_study(shutil.copytree(made.root, tmp_path / "study"))
    before = contents(study.root)
    with pytest.raises(InputError, match="--replace makes them all again"):
        generate.generate(study)
    (study.root / "sourcedata" / "sub-07").mkdir(parents=True)
    with pytest.raises(InputError, match="1 subjects, such as sub-07, have seen the stimuli"):
        generate.generate(study, replace=True)
    assert contents(study.root) == before


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
    study = found_small_study(tmp_path / "study", "--coco", images, file, "--sources", "2")
    assert [source.source_id for source in study.settings.sources] == ["a", "c"]
    assert "1 annotated photographs are not in" in capsys.readouterr().err


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
        (None, {"segmentation": [[1, 2, 3]]}, "at least three corners"),
        (None, {"segmentation": {"size": [96, 128], "counts": [96 * 128]}}, "cover no pixel"),
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
        found_small_study(tmp_path / "study", "--coco", images, file, "--sources", "2")
    assert not (tmp_path / "study").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coco"]


def test_a_study_that_is_there_and_a_folder_in_use_are_left_alone(new_study, tmp_path):
    with pytest.raises(InputError, match="is a study already"):
        found_small_study(new_study.root, "--demo")
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("mine")
    with pytest.raises(InputError, match=r"is in use and has no study\.toml"):
        found_small_study(other, "--demo")
    assert [path.name for path in other.iterdir()] == ["chapter.txt"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("image_id = ", "image_id = 4", "has no image 4"),
        ("annotation_ids = [", "annotation_ids = [999, ", "annotation 999 of image"),
        ('photograph = "stimuli/sources/', 'photograph = "stimuli/lost/', "no such image"),
        ('saliency = "embedded"', 'saliency = "embeded"', r"did you mean 'embedded'\?"),
    ],
)
def test_wrong_sources_are_named_before_anything_is_made(new_study, old, new, message):
    path = new_study.settings_file
    text = path.read_text().replace('# saliency = "embedded"', 'saliency = "embedded"')
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        generate.generate(open_study(new_study.root))
    assert not (new_study.stimuli / "images").exists()


def test_a_study_without_sources_says_where_they_come_from(new_study):
    path = new_study.settings_file
    path.write_text(path.read_text().split("[[sources]]")[0])
    with pytest.raises(InputError, match="names no sources"):
        generate.generate(open_study(new_study.root))
