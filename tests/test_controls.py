"""A study with matched controls, from generation to report, where the effects are known."""

import csv
import json
import shutil
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.report.study_report import report_study
from experiment import balance
from experiment import run as experiment
from experiment.schedules.schedule import subject_schedule
from experiment.session.images import interest_areas
from manipulation.images.photographs import resized, to_image
from manipulation.saliency import load_saliency_model
from manipulation.studio_page.saving import save
from manipulation.study_stimuli.generation import generate_stimuli
from manipulation.study_stimuli.source_material import Sources
from manipulation.targets.control_region import SALIENCY_NATS, SIZE_FACTOR
from manipulation.targets.densities import blurred_masks
from manipulation.transforms.edits import BOUNDS, develop, edit_region, prepare, regions_of
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.orders import read_blocks
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import Block, Condition, Direction
from stimuli.support.errors import InputError
from stimuli.support.files import read_image, read_log_saliency
from tests.small_study import propose_small_study

SUBJECTS = 4
SOURCES = 4  # one of them for the entropy alone


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study whose simulated observers look where the model says, long and exactly.

    What bounds versions is the realism judge, and what is usual among objects: by all of the
    default budget too little moves in images as small as these.
    """
    root = tmp_path_factory.mktemp("controls") / "study"
    propose_small_study(
        root, sources=SOURCES, controls=True, follows_model=1.0, follows_centre=0.0,
        landing_error=0.0, image_s=10.0, steps=10, step_size=0.6, strength=2.0, resamples=500,
        budget=0.05, distance=1.0, local_distance=2.0, colour=30.0, tone=30.0, memory_colour=30.0,
        second_opinion='["scratch"]', longest_run=5, sample_rate_hz=250.0,
    )  # fmt: skip
    study = open_study(root)
    generate_stimuli(study)
    return study


@pytest.fixture(scope="module")
def report(study):
    for subject in range(1, SUBJECTS + 1):
        experiment.main(["--study", str(study.root), "--simulate", "--subject", str(subject)])
    return report_study(study)


def by_source(study):
    found = defaultdict(dict)
    for one in read_catalogue(study.catalogue):
        found[one.source_id][one.direction] = one
    return found


def mask(study, path):
    return read_image(study.root / path)[..., 0] > 127


def test_every_source_with_targets_has_a_control_in_a_block_of_its_own(study):
    for versions in by_source(study).values():
        entropy = versions[Direction.INCREASE].condition == Condition.ENTROPY
        assert (Direction.CONTROL in versions) != entropy
        assert len({one.block for one in versions.values()}) == len(versions)
    blocks = Counter(one.block for one in read_catalogue(study.catalogue))
    assert sorted(blocks.values()) == [SOURCES - 1, SOURCES, SOURCES, SOURCES]
    assert {frozenset(order) for order in read_blocks(study.blocks)} == {frozenset(Block)}


def test_a_control_is_measured_by_the_target_that_it_left_alone(study):
    for versions in by_source(study).values():
        if control := versions.get(Direction.CONTROL):
            aim = versions[Direction.INCREASE].targets[0]
            assert [(one.annotation_ids, one.mask) for one in control.targets] == [
                (aim.annotation_ids, aim.mask)
            ]
            assert (control.targets[0].k_shift, control.target) == (0.0, None)
            assert control.moves_as_asked is None
            before, after = (
                _p_obj(study, versions[one], aim.mask)
                for one in (Direction.NONE, Direction.CONTROL)
            )
            assert control.effect.predicted_change == pytest.approx(after - before, abs=1e-6)


def _p_obj(study, stimulus, path):
    log_saliency = read_log_saliency(study.root / stimulus.prediction).astype(float)
    density = np.exp(log_saliency - log_saliency.max())
    return (density * mask(study, path)).sum() / density.sum()


def test_the_region_matches_as_the_table_says_and_touches_no_target(study):
    for versions in by_source(study).values():
        if Direction.CONTROL not in versions:
            continue
        control = versions[Direction.CONTROL].control
        region, aim = mask(study, control.mask), mask(study, versions["control"].targets[0].mask)
        shown = read_log_saliency(study.root / versions[Direction.NONE].prediction)
        assert control.size_ratio == pytest.approx(region.sum() / aim.sum())
        assert 1 / SIZE_FACTOR <= control.size_ratio <= SIZE_FACTOR
        difference = shown[region].mean() - shown[aim].mean()
        assert control.saliency_difference == pytest.approx(difference, abs=1e-3)
        if control.annotation_id is None:
            moved = np.roll(aim, (round(control.y_px), round(control.x_px)), (0, 1))
            assert (moved == region).all()
        else:
            assert abs(control.saliency_difference) <= SALIENCY_NATS
        for one in ("increase", "decrease"):
            for target in versions[one].targets:
                assert not (region & mask(study, target.mask)).any()
        before, after = (_p_obj(study, versions[one], control.mask) for one in ("none", "control"))
        assert control.p_obj_change == pytest.approx(after - before, abs=1e-6)


def test_the_tracker_is_told_where_the_controls_region_is(study):
    areas = interest_areas(study.root, read_catalogue(study.catalogue), study.settings)
    for source_id, versions in by_source(study).items():
        labels = {one.label for one in areas.get(source_id, ())}
        control = versions.get(Direction.CONTROL)
        named = {label for label in labels if label.startswith("control")}
        if control is None:
            assert not named
            continue
        number = control.control.annotation_id
        assert named == {"control" if number is None else f"control-{number}"}
        assert labels - named == {
            "target-" + "-".join(map(str, target.annotation_ids))
            for version in versions.values()
            for target in version.targets
        }


def test_the_control_got_the_amounts_of_the_increases_aim_and_nothing_else_changed(study):
    largest = []
    for material in Sources(study).read():
        source_id = material.source.source_id
        if not study.settings.has_control(material.source):
            continue
        control = by_source(study)[source_id]["control"].control
        record = json.loads((study.stimuli / f"made/{source_id}_increase.json").read_text())
        amounts = record["amounts"]["value"]
        stated = dict(one.split(" ") for one in control.change.split(", "))
        assert list(stated) == list(BOUNDS)
        assert [float(one) for one in stated.values()] == pytest.approx(amounts, abs=1e-4)
        largest.append(np.abs(amounts).max())
        made = to_image(read_image(study.stimuli / f"versions/{source_id}_control.png"))
        region = torch.from_numpy(mask(study, control.mask)).float()
        expected = edit_region(material.photograph, region, amounts, 0.012)
        assert (made - expected).abs().max() < 0.003  # half a step of 8 bits
        far = blurred_masks(resized(region, 128)[None], 5.0)[0] < 1e-3
        assert (made - material.photograph)[:, far].abs().max() < 0.003
    assert max(largest) > 0.1


def test_the_table_states_the_edits_that_make_the_version_again(study):
    units = (
        {name: down for name, (down, _) in BOUNDS.items()},
        {name: up for name, (_, up) in BOUNDS.items()},
    )
    for material in Sources(study).read():
        for version in material.source.versions:
            row = by_source(study)[material.source.source_id][version.direction]
            regions = [*("+".join(map(str, one.annotation_ids)) for one in row.targets)]
            assert list(row.edits) == [*regions, "salient", "rest"]
            intent, photograph = material.intent(version), material.photograph
            model = load_saliency_model("efficientnet")
            log_saliency = model.log_saliency(photograph[None])[0]
            negative = prepare(
                photograph, regions_of(photograph, intent.masks, log_saliency, 0.012)
            )
            colour = {"warmth": negative.colourfulness, "tint": negative.colourfulness}
            amounts = torch.tensor(
                [
                    [one / units[one > 0][name] / (colour.get(name, 1.0) or 1.0)
                     for name, one in region.items()]
                    for region in row.edits.values()
                ]
            )  # fmt: skip
            made = to_image(read_image(study.stimuli / f"versions/{row.stim_id}.png"))
            assert (made - develop(negative, amounts[None])[0]).abs().max() < 0.003
        control = by_source(study)[material.source.source_id].get("control")
        if control:
            increase = by_source(study)[material.source.source_id]["increase"]
            assert control.edits == {"control": next(iter(increase.edits.values()))}


def test_a_run_that_finds_everything_there_makes_nothing_anew(study):
    before = {path: path.read_bytes() for path in study.stimuli.rglob("*.tsv")}
    assert generate_stimuli(study).made_anew == 0
    assert {path: path.read_bytes() for path in before} == before


def test_a_save_from_the_studio_makes_the_control_anew(study, tmp_path):
    alone = shutil.ignore_patterns("sub-*", "sourcedata", "derivatives")
    copy = open_study(shutil.copytree(study.root, tmp_path / "study", ignore=alone))
    source = next(one for one in copy.settings.sources if one.condition == Condition.OBJECT)
    (version,) = (one for one in source.versions if one.direction == Direction.INCREASE)
    aim = replace(version.targets[0], k_shift=1.0)
    before = by_source(copy)[source.source_id]
    assert save(copy, source.source_id, replace(version, targets=(aim,)), lambda *_: None)
    after = by_source(copy)[source.source_id]
    assert after["control"].control.change != before["control"].control.change
    assert after["decrease"].image_sha256 == before["decrease"].image_sha256


def test_without_controls_the_same_versions_are_made(study, tmp_path):
    alone = shutil.ignore_patterns("sub-*", "sourcedata", "derivatives")
    root = shutil.copytree(study.root, tmp_path / "study", ignore=alone)
    toml = root / "study.toml"
    toml.write_text(toml.read_text().replace("controls = true", "controls = false"))
    generate_stimuli(open_study(root))
    with_controls = {one.stim_id: one for one in read_catalogue(study.catalogue)}
    without = read_catalogue(root / "stimuli/stimuli.tsv")
    assert len(without) == 3 * SOURCES
    for one in without:
        assert one == replace(with_controls[one.stim_id], block=one.block)
    assert len({len(order) for order in read_blocks(root / "blocks.tsv")} - {3}) == 0
    assert not list((root / "stimuli").rglob("*_control*"))


def test_four_subjects_see_each_block_once_in_each_position(study, capsys):
    places = Counter()
    for subject in range(1, 5):
        schedule = subject_schedule(study, subject)
        assert len(schedule) == 4 * SOURCES - 1
        places.update({(trial.block, trial.block_position) for trial in schedule})
    assert set(places.values()) == {1}
    assert len(places) == 16
    balance.main(["--study", str(study.root), "--subjects", "4"])
    assert "A block stands in a position 1 times: balanced." in capsys.readouterr().out


def test_orders_of_other_blocks_than_those_of_the_stimuli_are_refused(study):
    kept = study.blocks.read_text()
    study.blocks.write_text(
        "order\tfirst\tsecond\tthird\n1\toriginals\tversions-1\tversions-2\n", encoding="utf-8"
    )
    try:
        with pytest.raises(InputError, match=r"expected the blocks of stimuli\.tsv"):
            subject_schedule(study, 1)
    finally:
        study.blocks.write_text(kept)


def test_the_sessions_tables_carry_the_control(study, report):
    with open(study.events(1), newline="") as file:
        events = list(csv.DictReader(file, delimiter="\t"))
    assert Counter(one["direction"] for one in events)["control"] == SOURCES - 1
    sidecar = json.loads(study.events(1).with_suffix(".json").read_text())
    assert "control" in sidecar["direction"]["Levels"]
    assert "versions-3" in sidecar["block"]["Levels"]


def test_increases_move_observers_who_follow_the_model_and_controls_hardly_do(report):
    summary = report.analysis.summary.set_index(["condition", "direction", "observer"])
    changes = summary["mean_change"]["object"]
    assert changes["increase", "model"] > 0.03
    assert abs(changes["control", "model"]) < 0.3 * changes["increase", "model"]
    contrast = report.analysis.controls.set_index("observer").loc["people"]
    assert contrast["n"] == SOURCES - 1
    assert contrast["contrast"] > 0
    assert contrast["mean_increase"] > contrast["mean_control"]
    assert contrast["contrast_low"] < contrast["contrast"] < contrast["contrast_high"]
    assert np.isnan(summary["share_as_asked"]["object"]["control", "people"])


def test_the_report_says_and_draws_it(study, report):
    page = report.page.read_text()
    assert "more than their controls (95 % interval" in page
    assert "Increases against their matched controls" in page
    assert "Four blocks were shown" in page
    assert any("more than their controls" in one for one in report.sentences)
    figure = (study.derivatives / "report/figures/effects.svg").read_text()
    assert "increase − control" in figure
    with open(study.derivatives / "effects/controls.csv", newline="") as file:
        assert [row["observer"] for row in csv.DictReader(file)] == ["people", "model"]
