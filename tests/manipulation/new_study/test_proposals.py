"""Proposals follow the headroom of objects, and every object has a reason."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from manipulation.images.photographs import squared
from manipulation.new_study.candidates import Candidate
from manipulation.new_study.natural_room import NaturalRoom
from manipulation.new_study.objects import ObjectCandidate, object_candidates
from manipulation.new_study.proposal_table import proposal_rows
from manipulation.new_study.proposals import most_sources, propose_sources
from manipulation.new_study.proposed_sources import proposed_sources
from manipulation.new_study.room_in_effect import entropy_room, headroom, helping_scales
from stimuli.contract.masks import ObjectMasks, read_annotations
from stimuli.contract.settings import (
    DesignSettings,
    ImageSettings,
    ManipulationSettings,
    Settings,
    parse_settings,
)
from stimuli.contract.templates import sources_text
from stimuli.support.errors import InputError


def test_an_object_that_half_of_gaze_is_on_has_most_room():
    rooms = [headroom(p, 2.0) for p in (0.02, 0.2, 0.5, 0.8, 0.98)]
    assert max(rooms) == rooms[2]
    assert headroom(0.5, 2.0) == pytest.approx(np.e**2 / (1 + np.e**2) - 0.5)
    assert headroom(0.0, 2.0) == headroom(1.0, 2.0) == pytest.approx(0)


def candidates(count):
    return [Candidate(f"s{n}", Path(f"{n}.JPG"), n) for n in range(count)]


def thing(annotation_id, headroom, rejected_because="", apart=(), crowded_by=()):
    return ObjectCandidate(
        annotation_id, "dog", 0.1, 0.2, headroom, rejected_because, frozenset(apart),
        frozenset(crowded_by),
    )  # fmt: skip


def test_24_sources_are_21_for_objects_with_most_room_and_3_for_entropy():
    objects = [(thing(100 + n, n / 100),) for n in range(40)]
    proposals = propose_sources(candidates(40), objects, Path("a.json"), 24)
    sources = proposed_sources(proposals, ManipulationSettings())
    aimed = [source for source in sources if source.condition == "object"]
    assert (len(aimed), len(sources)) == (21, 24)
    assert {source.image_id for source in aimed} == set(range(19, 40))
    for source in aimed:
        shifts = {version.direction: version.targets[0].k_shift for version in source.versions}
        assert shifts == {"increase": 2.0, "decrease": -2.0}
        assert source.photograph.endswith(".jpg")
    for source in set(sources) - set(aimed):
        scales = {version.direction: version.k_scale for version in source.versions}
        assert scales == {"increase": 0.5, "decrease": 2.0}
    assert parse_settings(sources_text(sources)).sources == sources


def test_a_second_object_apart_from_the_first_is_shifted_the_other_way():
    objects = (thing(1, 0.3, apart=(3, 4)), thing(2, 0.2), thing(3, 0.1), thing(4, 0.09))
    (proposal,) = propose_sources(candidates(1), [objects], Path("a.json"), 1)
    (source,) = proposed_sources([proposal], ManipulationSettings())
    assert [
        [(target.annotation_ids, target.k_shift) for target in version.targets]
        for version in source.versions
    ] == [[((1,), 2.0), ((3,), -2.0)], [((1,), -2.0), ((3,), 2.0)]]
    assert {row["annotation_id"]: row["because"] for row in proposal_rows([proposal], 1)} == {
        1: "most room in both directions and naturally",
        2: "overlaps the aim",
        3: "apart from the aim, with room of its own: shifted the other way",
        4: "less room than those used",
    }
    (alone,) = propose_sources(candidates(1), [objects], Path("a.json"), 1, pairs=False)
    assert alone.partner is None
    weak = (thing(1, 0.3, apart=(3,)), thing(3, 0.05))
    assert propose_sources(candidates(1), [weak], Path("a.json"), 1)[0].partner is None


def test_an_object_that_leaves_no_room_for_a_control_is_not_shifted_beside_the_aim():
    objects = (thing(1, 0.3, apart=(2, 3), crowded_by=(2,)), thing(2, 0.2), thing(3, 0.1))
    (proposal,) = propose_sources(candidates(1), [objects], Path("a.json"), 1)
    assert proposal.partner.annotation_id == 3
    reasons = {row["annotation_id"]: row["because"] for row in proposal_rows([proposal], 1)}
    assert "no room for a matched control" in reasons[2]


def test_an_object_need_not_dominate_its_picture_and_can_be_changed_naturally():
    merits = {
        name: replace(thing(1, headroom(p, 2.0)), naturalness=natural).merit
        for name, p, natural in (("dominant", 0.5, 0.5), ("small", 0.2, 0.9), ("faint", 0.01, 1.0))
    }
    assert merits["small"] > merits["dominant"] > merits["faint"]


@pytest.mark.parametrize(
    ("sources", "entropy"), [(1, 0), (3, 0), (4, 1), (12, 2), (20, 3), (24, 3)]
)
def test_photographs_for_the_entropy_do_not_vanish_by_rounding(sources, entropy):
    proposals = propose_sources(candidates(30), [(thing(1, 0.1),)] * 30, Path("a.json"), sources)
    conditions = [one.condition for one in proposals]
    assert (conditions.count("object"), conditions.count("entropy")) == (sources - entropy, entropy)


def test_a_study_of_entropy_alone_needs_no_object():
    proposals = propose_sources(candidates(5), [()] * 5, Path("a.json"), 4, entropy=4)
    assert [one.condition for one in proposals] == ["entropy"] * 4 + [None]
    assert most_sources([()] * 5, 24, 5) == 5
    with pytest.raises(InputError, match="5 of 4 sources are to be for entropy"):
        propose_sources(candidates(5), [()] * 5, Path("a.json"), 4, entropy=5)


def test_categories_are_mixed_as_long_as_others_suffice():
    people = [(replace(thing(n, 0.14), category="person"),) for n in range(20)]
    others = [(replace(thing(n, 0.08), category=f"thing {n}"),) for n in range(12)]
    proposals = propose_sources(candidates(32), people + others, Path("a.json"), 14)
    aims = [one.aim.category for one in proposals if one.aim]
    assert len(aims) == 12
    assert aims.count("person") == 3  # a quarter
    proposals = propose_sources(candidates(23), people + others[:3], Path("a.json"), 14)
    aims = [one.aim.category for one in proposals if one.aim]
    assert (len(aims), aims.count("person")) == (12, 11)


def test_an_object_with_a_partner_is_preferred():
    alone = (thing(1, 0.1),)
    pair = (thing(1, 0.09, apart=(2,)), thing(2, 0.08, apart=(1,)))
    first = propose_sources(candidates(2), [alone, pair], Path("a.json"), 1)[0]
    assert (first.candidate.source_id, first.partner.annotation_id) == ("s1", 2)
    first = propose_sources(candidates(2), [alone, pair], Path("a.json"), 1, pairs=False)[0]
    assert first.candidate.source_id == "s0"


def test_photographs_are_taken_for_the_entropy_for_their_own_room():
    objects = [(thing(1, 0.1 + n / 100),) for n in range(10)]
    rooms = [0.1, 0.2, 0.9, *[0.3] * 7]
    proposals = propose_sources(candidates(10), objects, Path("a.json"), 4, entropy_rooms=rooms)
    taken = {one.candidate.source_id: one for one in proposals if one.condition == "entropy"}
    assert taken.keys() == {"s2"}
    rows = proposal_rows(proposals, 4)
    assert {row["entropy_room"] for row in rows if row["used_for"] == "entropy"} == {0.9}


def test_room_in_entropy_is_that_of_the_direction_that_has_less():
    even = torch.zeros(32, 32)
    peak = torch.zeros(32, 32)
    peak[10:20, 10:20] = 3.0
    assert entropy_room(even, 2.0) == pytest.approx(0, abs=1e-6)
    assert entropy_room(peak, 2.0) > 0.5 > entropy_room(20 * peak, 2.0)


def test_a_mixture_of_shift_and_scale_goes_further_than_the_shift():
    log_saliency = torch.zeros(32, 32)
    log_saliency[20:30, 20:30] = 2.0  # what draws gaze elsewhere
    region = torch.zeros(32, 32)
    region[4:10, 4:10] = 1.0
    up, down = helping_scales(log_saliency, region, 2.5, 4.0)
    assert (up, down) == (2.0, 2.0)  # gathered, gaze is on the object, and then on the other
    faint = helping_scales(log_saliency - 4 * region, region, 1.0, 4.0)
    assert faint == (0.5, 2.0)  # what is outdone gains where gaze is spread
    aim = replace(thing(1, 0.1), scales=faint)
    proposals = propose_sources(candidates(1), [(aim,)], Path("a.json"), 1)
    (source,) = proposed_sources(proposals, ManipulationSettings())
    assert [one.k_scale for one in source.versions] == [0.5, 2.0]


def test_an_object_that_is_as_usual_has_room_and_a_glaring_one_has_little():
    rows, columns = np.mgrid[:96, :96]
    waves = 110 + 20 * np.sin(rows / 5) * np.cos(columns / 7)
    region = torch.zeros(96, 96)
    region[30:60, 30:60] = 1
    photographs = {}
    for name, light in (("usual", 15), ("glaring", 130)):
        picture = waves + light * region.numpy()
        pixels = np.stack([picture] * 3, axis=2).clip(0, 255).astype(np.uint8)
        photographs[name] = squared(pixels, 96, "crop")
    room = NaturalRoom(ManipulationSettings(budget=0.0))
    assert room.of(photographs["usual"], region) > room.of(photographs["glaring"], region) + 0.1
    bound = NaturalRoom(ManipulationSettings())
    assert 0.05 <= bound.of(photographs["glaring"], region) <= 1


def boxes(path, *polygons):
    """Objects of a photograph of 64 x 64 px, each of rectangles (left, top, right, bottom)."""
    annotations = [
        {"id": n, "image_id": 1, "segmentation": [[x, y, to, y, to, end, x, end]
                                                  for x, y, to, end in rectangles]}
        for n, rectangles in enumerate(polygons, start=1)
    ]  # fmt: skip
    image = {"id": 1, "width": 64, "height": 64, "file_name": "a.png"}
    path.write_text(json.dumps({"images": [image], "annotations": annotations}))
    return ObjectMasks(read_annotations(path), 1)


def test_with_controls_objects_leave_room_for_a_copy_of_their_outline(tmp_path):
    masks = boxes(
        tmp_path / "a.json",
        [(0, 0, 36, 28)],  # a copy of it fits below, and nowhere else
        [(0, 44, 40, 60)],
        [(0, 29, 64, 35), (29, 0, 35, 64)],  # a cross from edge to edge
    )
    model = SimpleNamespace(log_saliency=lambda images: torch.zeros(1, 64, 64))
    settings = Settings(images=ImageSettings(size_px=64, model_px=64))
    pixels = np.zeros((64, 64, 3), np.uint8)

    def found(controls):
        asked = replace(settings, design=DesignSettings(controls=controls))
        return {one.annotation_id: one for one in object_candidates(pixels, masks, model, asked)}

    without = found(False)
    assert [without[n].rejected_because for n in (1, 3)] == ["", ""]
    assert without[1].crowded_by == frozenset()
    beside = found(True)
    assert beside[1].rejected_because == ""
    assert beside[1].crowded_by == {2}
    assert "no room for a matched control" in beside[3].rejected_because


def test_too_few_photographs_or_objects_are_named():
    with pytest.raises(InputError, match=r"5 photographs, 5 with .*for 8 sources are 7"):
        propose_sources(candidates(5), [(thing(1, 0.1),)] * 5, Path("a.json"), 8)
    rejected = (thing(1, 0.1, rejected_because="too small"),)
    with pytest.raises(InputError, match=r"8 photographs, 0 with an object.*: 4 too small"):
        propose_sources(candidates(8), [rejected] * 4 + [()] * 4, Path("a.json"), 8)
