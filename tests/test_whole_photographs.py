"""Photographs shown whole on grey, from generation to report: nothing of it is on the grey."""

import csv
import re

import numpy as np
import pytest

from analysis import run as analysis
from experiment import run as experiment
from manipulation.images.photographs import squared_mask
from manipulation.new_study.candidates import coco_photographs
from manipulation.study_stimuli.generation import generate_stimuli
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.masks import read_annotations
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.support.files import image_size, read_image, read_log_saliency
from tests.small_study import propose_small_study

SIDE = 256
GREY = 102  # 0.4 of 255


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two landscapes and a portrait, seen by two simulated observers."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "images").mkdir()
    for one in PHOTOGRAPHS:
        if one.source_id in ("coffee", "china", "grace_hopper"):
            (folder / "images" / one.source_id).write_bytes(photograph_path(one).read_bytes())
    root, photographs = folder / "study", coco_photographs(folder / "images", DEMO_ANNOTATIONS)
    study = propose_small_study(
        root, photographs, sources=3, fit="whole", grey=0.4, resamples=200,
        second_opinion="[]",
    )  # fmt: skip
    assert 'fit = "whole"' in study.settings_file.read_text()
    generate_stimuli(study)
    for subject in (1, 2):
        experiment.main(["--study", str(root), "--simulate", "--subject", str(subject)])
    analysis.main([str(root)])
    return study


@pytest.fixture(scope="module")
def stimuli(study):
    return read_catalogue(study.catalogue)


def surround(stimulus):
    grey = np.ones((SIDE, SIDE), dtype=bool)
    grey[stimulus.photograph_px.rows_and_columns] = False
    return grey


def test_photographs_keep_their_shape_and_stand_in_the_middle(study, stimuli):
    shapes = set()
    files = {one.source_id: study.root / one.photograph for one in study.settings.sources}
    for stimulus in stimuli:
        place = stimulus.photograph_px
        height, width = image_size(files[stimulus.source_id])
        assert place.width_px / place.height_px == pytest.approx(width / height, rel=0.01)
        assert max(place.shape) == SIDE
        assert 2 * place.left_px + place.width_px == pytest.approx(SIDE, abs=1)
        assert 2 * place.top_px + place.height_px == pytest.approx(SIDE, abs=1)
        shapes.add(place.shape)
    assert any(height < width for height, width in shapes)
    assert any(height > width for height, width in shapes)


def test_the_surround_of_every_image_is_the_grey_of_the_screen_and_of_every_mask_empty(
    study, stimuli
):
    changed = 0
    originals = {
        one.source_id: read_image(study.root / one.image)
        for one in stimuli
        if one.direction == "none"
    }
    for stimulus in stimuli:
        image, grey = read_image(study.root / stimulus.image), surround(stimulus)
        assert image.shape == (SIDE, SIDE, 3)
        assert (image[grey] == GREY).all()
        changed += (image != originals[stimulus.source_id]).any()
        for target in stimulus.targets:
            mask = read_image(study.root / target.mask)[..., 0]
            assert not mask[grey].any()
            assert mask.any()
    assert changed >= len(originals)


def test_masks_are_where_the_annotations_put_them(study, stimuli):
    sources = {one.source_id: one for one in study.settings.sources}
    for stimulus in stimuli:
        source = sources[stimulus.source_id]
        annotations = read_annotations(study.root / source.annotations)
        for target in stimulus.targets:
            whole = annotations.mask(source.image_id, target.annotation_ids)
            place = stimulus.photograph_px
            expected = squared_mask(whole, place.shape, "stretch").numpy() > 0.5
            mask = read_image(study.root / target.mask)[..., 0] > 127
            np.testing.assert_array_equal(mask[place.rows_and_columns], expected)


def test_predictions_and_targets_are_of_the_photograph_alone(study, stimuli):
    for stimulus in stimuli:
        for path in filter(None, (stimulus.prediction, stimulus.target)):
            assert read_log_saliency(study.root / path).shape == stimulus.photograph_px.shape
        assert stimulus.effect.entropy_bits < np.log2(np.prod(stimulus.photograph_px.shape))


def test_fixations_on_the_grey_count_as_off_the_image(study, stimuli):
    places = {one.stim_id: one.photograph_px for one in stimuli}
    with open(study.derivatives / "fixations" / "fixations.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    on_grey = 0
    for row in rows:
        x_px, y_px = float(row["x_px"]), float(row["y_px"])
        assert (row["inside"] == "true") == places[row["stim_id"]].holds([x_px, y_px])
        on_grey += row["inside"] == "false" and 0 <= x_px < SIDE and 0 <= y_px < SIDE
    assert on_grey > 0
    with open(study.derivatives / "densities" / "parameters.csv", newline="") as file:
        used = sum(int(row["n_fixations"]) for row in csv.DictReader(file))
    assert used == sum(row["inside"] == "true" and int(row["fixation"]) > 0 for row in rows)


def test_densities_sum_to_one_over_the_photograph(study, stimuli):
    for stimulus in stimuli:
        path = study.derivatives / "densities" / "maps" / f"{stimulus.stim_id}.npz"
        height, width = stimulus.photograph_px.shape
        with np.load(path) as maps:
            assert {"people", "model"} <= set(maps.files)
            for log_density in maps.values():
                assert np.exp(log_density.astype(float)).sum() == pytest.approx(1, abs=1e-4)
                rows, columns = log_density.shape
                assert columns / rows == pytest.approx(width / height, rel=0.03)


def test_the_tracker_is_told_of_photograph_and_targets_in_their_places(study, stimuli):
    (path,) = (study.root / "sourcedata" / "sub-01").glob("*.asc*")
    text = path.read_text()
    left, top = study.settings.placement.origin
    areas = re.findall(r"!V IAREA FREEHAND \d+ (\d+),(\d+) \S+ (\d+),(\d+) \S+ photograph", text)
    expected = {
        (left + one.left_px, top + one.top_px, left + one.left_px + one.width_px,
         top + one.top_px + one.height_px)
        for one in (stimulus.photograph_px for stimulus in stimuli)
    }  # fmt: skip
    assert {tuple(map(float, area)) for area in areas} == expected
    assert len(areas) == len(stimuli)


def test_the_report_says_how_photographs_were_shown(study):
    page = (study.derivatives / "report" / "index.html").read_text()
    assert "a whole photograph on the grey of the screen (pixel value 102;" in page
