"""The material of a source is read once, whoever makes versions of it."""

from collections import Counter

import numpy as np
import pytest

from manipulation.new_study.candidates import coco_photographs
from manipulation.regions.coco_entries import image_entry, with_region
from manipulation.studio_page.session import Session
from manipulation.study_stimuli.generation import generate_stimuli
from manipulation.study_stimuli.source_material import Sources, source_material
from manipulation.study_stimuli.transfer import measure_transfer
from stimuli.contract import masks
from stimuli.contract.settings import (
    EditSettings,
    ImageSettings,
    Settings,
    SourceSettings,
    TargetSettings,
    VersionSettings,
)
from stimuli.contract.vocabulary import Condition
from stimuli.demo import DEMO_ANNOTATIONS, PHOTOGRAPHS, photograph_path
from stimuli.support.errors import InputError
from tests.small_study import propose_small_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Sources with one object, with a pair of them, and for entropy alone."""
    return propose_small_study(tmp_path_factory.mktemp("new") / "study", size_px=128, steps=1)


@pytest.fixture
def decoded(study, monkeypatch):
    """How often each annotation was decoded."""
    counts, decode = Counter(), masks.decode

    def counting(annotation, *size, **options):
        counts[annotation["id"]] += 1
        return decode(annotation, *size, **options)

    monkeypatch.setattr(masks, "decode", counting)
    return counts


def target_annotations(study):
    return {
        one
        for source in study.settings.sources
        for version in source.versions
        for target in version.targets
        for one in target.annotation_ids
    }


def source_with_a_pair(study):
    return next(s for s in study.settings.sources if len(s.versions[0].targets) == 2)


def test_generating_a_study_decodes_the_mask_of_every_target_once(study, decoded, monkeypatch):
    monkeypatch.setattr(
        "manipulation.study_stimuli.sheets.write_contact_sheets", lambda *_, **__: None
    )
    generate_stimuli(study)
    assert source_with_a_pair(study)
    assert decoded == dict.fromkeys(target_annotations(study), 1)


def test_the_studio_decodes_every_object_of_a_source_once(study, decoded):
    session, source = Session(study.root), source_with_a_pair(study)
    session.show(source.source_id, "increase")
    session.look()
    session.tune([1.0, -1.0], 1.2, "edits")
    session.look()
    session.finish()
    annotations = masks.read_annotations(study.root / source.annotations)
    objects = {entry["id"] for entry in annotations.of_image(source.image_id)}
    assert decoded == dict.fromkeys(objects | target_annotations(study), 1)


def test_transfer_decodes_every_object_once(decoded, tmp_path):
    chosen = PHOTOGRAPHS[:3]
    for one in chosen:
        (tmp_path / one.source_id).write_bytes(photograph_path(one).read_bytes())
    settings = Settings(
        images=ImageSettings(size_px=128, model_px=128), edits=EditSettings(steps=1)
    )
    photographs = coco_photographs(tmp_path, DEMO_ANNOTATIONS)
    measure_transfer(photographs, {"edits": ""}, objects=2, settings=settings)
    assert set(decoded.values()) == {1}
    assert len(decoded) >= len(chosen)


def test_an_intent_holds_the_regions_of_all_targets_the_aim_first(study):
    source = next(s for s in study.settings.sources if s.condition == Condition.OBJECT)
    material = Sources(study).material(source)
    version = source.versions[0]
    intent = material.intent(version)
    assert intent.masks.shape == (len(version.targets), 128, 128)
    assert (intent.masks[0] == material.aim(version)).all()
    assert set(intent.masks.unique().tolist()) == {0.0, 1.0}


def test_sources_of_a_run_keep_no_mask_at_the_size_of_the_photograph(study, decoded):
    for material in Sources(study).read():
        before = sum(decoded.values())
        assert all(material.mask(ids).shape == (128, 128) for ids in material.target_ids)
        assert sum(decoded.values()) == before
        for ids in material.target_ids:
            material.objects.union(ids)
        assert sum(decoded.values()) > before or not material.target_ids


def _one_source(shape, mask, fit):
    content = with_region(
        {"images": [image_entry(1, "a.png", shape)], "annotations": []}, 1, mask, "spot", "test"
    )[0]
    objects = masks.ObjectMasks(masks.annotations_of(content, "a.json"), 1)
    versions = (VersionSettings("increase", (TargetSettings((1,), 2.0),)),
                VersionSettings("decrease", (TargetSettings((1,), -2.0),)))  # fmt: skip
    source = SourceSettings("a", "a.png", "a.json", 1, "object", versions)
    settings = Settings(images=ImageSettings(size_px=128, model_px=64, fit=fit))
    return source, np.zeros((*shape, 3), np.uint8), objects, settings, "study.toml"


def test_what_vanishes_at_the_size_of_the_networks_is_refused():
    mask = np.zeros((400, 600), bool)
    mask[100:104, 300:304] = True
    with pytest.raises(InputError, match=r"annotations \[1\]: nothing is left .* 64 x 64 px"):
        source_material(*_one_source((400, 600), mask, "crop"))
    narrow = np.zeros((100, 2000), bool)
    narrow[20:80, 900:1000] = True
    with pytest.raises(InputError, match="shown whole 64 x 3 px for the networks, which need 32"):
        source_material(*_one_source((100, 2000), narrow, "whole"))
