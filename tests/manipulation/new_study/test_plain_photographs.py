"""A study from photographs that nobody annotated: regions are proposed, from folder to report."""

import csv
import importlib.util

import numpy as np
import pytest
from PIL import Image

from analysis import run as analysis
from experiment import run as experiment
from manipulation import generate
from manipulation.new_study import propose_study as proposing
from manipulation.new_study.plain_photographs import plain_photographs
from manipulation.study_stimuli.generation import generate_stimuli
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.masks import read_annotations
from stimuli.contract.outlines import decode
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import Condition
from stimuli.demo import PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError
from stimuli.support.files import read_image, write_image
from tests.small_study import propose_small_study

CHELSEA = ".heic" if importlib.util.find_spec("pillow_heif") else ".png"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two photographs as of a phone, one without anything on it, and files that are none."""
    folder = tmp_path_factory.mktemp("plain")
    for one in PHOTOGRAPHS:
        picture = Image.fromarray(read_image(photograph_path(one)))
        if one.source_id == "coffee":
            exif = Image.Exif()
            exif[0x0112] = 6  # stored as the sensor lay, and turned by who reads it
            stored = picture.transpose(Image.Transpose.ROTATE_90)
            stored.save(folder / "my coffee (1).jpg", exif=exif, quality=92)
        elif one.source_id == "chelsea" and CHELSEA == ".heic":
            import pillow_heif

            pillow_heif.from_pillow(picture).save(folder / "my chelsea (1).heic", quality=90)
        elif one.source_id == "chelsea":
            picture.save(folder / "my chelsea (1).png")
    Image.new("RGB", (320, 240), (120, 130, 140)).save(folder / "blank.png")
    (folder / "notes.txt").write_text("mine")
    (folder / "cut.jpg").write_bytes(photograph_path(PHOTOGRAPHS[0]).read_bytes()[:500])
    (folder / ".hidden.png").write_text("")
    (folder / "2024").mkdir()
    return folder


@pytest.fixture(scope="module")
def photographs(folder):
    return plain_photographs(folder)


def test_regions_are_proposed_on_photographs_and_others_are_named(photographs):
    assert [one.source_id for one in photographs.candidates] == [
        "blank",
        "my-chelsea-1",
        "my-coffee-1",
    ]
    assert photographs.others == ("notes.txt",)
    assert [one.photograph for one in photographs.left_out] == ["cut.jpg"]
    blank, *others = photographs.candidates
    assert photographs.annotations.of_image(blank.image_id) == []
    for one in others:
        entries = photographs.annotations.of_image(one.image_id)
        size = read_image(one.path).shape[:2]
        masks = [decode(entry, *size) for entry in entries]
        assert 1 <= len(masks) <= 6
        assert all("proposed" in entry["made_by"] for entry in entries)
        shares = [mask.mean() for mask in masks]
        assert 0.002 < min(shares) <= max(shares) < 0.6


def test_a_study_takes_as_many_photographs_as_have_regions(photographs, tmp_path, capsys, folder):
    study = proposing.propose_study(tmp_path / "study", photographs)
    assert [one.source_id for one in study.settings.sources] == ["my-chelsea-1", "my-coffee-1"]
    assert {one.condition for one in study.settings.sources} == {Condition.OBJECT}
    kept = read_annotations(study.root / study.settings.sources[0].annotations)
    assert sorted(one["file_name"] for one in kept.images.values()) == [
        "my-chelsea-1.png", "my-coffee-1.jpg",
    ]  # fmt: skip
    aim = study.settings.sources[0].versions[0].targets[0].annotation_ids
    here = photographs.annotations.mask(study.settings.sources[0].image_id, aim)
    assert np.array_equal(kept.mask(study.settings.sources[0].image_id, aim), here)
    with open(study.proposals, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert {row["used_for"] for row in rows if row["photograph"] == "blank.png"} == {"nothing"}
    (left,) = [row for row in rows if row["photograph"] == "cut.jpg"]
    assert left["because"].startswith("left out: cannot be read as an image")
    picture = read_image(study.stimuli / "proposals.png")
    assert {(0, 229, 255), (255, 255, 255)} <= set(map(tuple, picture.reshape(-1, 3).tolist()))
    with pytest.raises(InputError, match="3 photographs, 2 with an object to aim at; needed for 3"):
        proposing.propose_study(tmp_path / "more", photographs, sources=3)


def test_the_command_says_what_is_left_out(folder, tmp_path, capsys, monkeypatch):
    class EndOfTest(Exception):
        pass

    def stop(study):
        raise EndOfTest

    monkeypatch.setattr(generate, "generate_stimuli", stop)
    with pytest.raises(EndOfTest):
        generate.main(["--photographs", str(folder), "--study", str(tmp_path / "study")])
    said = " ".join(capsys.readouterr().err.split())
    assert "since no photographs: 1 file, such as notes.txt" in said
    assert "Not looked into: 1 folder in" in said
    assert "No sources are 1 of 3 photographs: blank.png." in said
    assert "cannot be used: 1 photograph or entry" in said
    assert "cut.jpg: cannot be read as an image" in said
    with pytest.raises(InputError, match=r"--aim is 0\.3, and is for a new study"):
        generate.main(["--study", str(tmp_path / "study"), "--aim", "0.3"])
    drawn = ["--study", str(tmp_path / "study"), "--masks-drawn-on", "stored"]
    with pytest.raises(InputError, match=r"--masks-drawn-on is stored.* outlines .*new study"):
        generate.main(drawn)


def test_regions_are_proposed_on_what_is_seen_of_a_photograph(tmp_path):
    cup = read_image(photograph_path(next(one for one in PHOTOGRAPHS if one.source_id == "coffee")))
    side = min(cup.shape[:2])
    wide = np.full((side, 3 * side, 3), 230, np.uint8)
    wide[:, :side] = cup[:side, :side]
    write_image(tmp_path / "wide.png", wide)

    def lefts(fit):
        found = plain_photographs(tmp_path, fit=fit).annotations
        return [one["bbox"][0] / side for one in found.by_id.values()]

    assert min(lefts("whole"), default=9) < 0.6
    assert min(lefts("crop"), default=9) > 0.8  # the cup is outside the square


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((), r"holds no photograph \(it is empty\)"),
        (
            ("a.txt", "2024/b.png"),
            r"photograph \(1 other file, such as a.txt; 1 folder, such as 2024\); expected files",
        ),
        (
            ("broken.png",),
            r"left out: 1, such as broken\.png: cannot be read as an image \(the file is empty\)",
        ),
    ],
)
def test_a_folder_that_cannot_be_used_is_named(tmp_path, files, message):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=message):
        plain_photographs(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        plain_photographs(tmp_path / "nowhere")


def test_from_plain_photographs_to_a_report(photographs, tmp_path):
    root = tmp_path / "study"
    study = propose_small_study(root, photographs, size_px=128, steps=1, resamples=200)
    generate_stimuli(study)
    for subject in ("1", "2"):
        experiment.main(["--study", str(root), "--simulate", "--subject", subject])
    analysis.main([str(root)])
    targets = {t.annotation_ids for row in read_catalogue(study.catalogue) for t in row.targets}
    with open(root / "derivatives/effects/effects.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "p_obj"]
    assert {row["annotation_ids"] for row in rows} == {"+".join(map(str, one)) for one in targets}
    assert {row["observer"] for row in rows} == {"people", "model"}
    names = {row.photograph for row in read_catalogue(study.catalogue)}
    assert names == {f"my chelsea (1){CHELSEA}", "my coffee (1).jpg"}
    assert (open_study(root).derivatives / "report" / "index.html").is_file()
