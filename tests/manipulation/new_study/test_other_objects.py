"""Other objects are tried where one misses its aim, and the first stands where all do."""

from dataclasses import replace

import pytest

from manipulation.new_study.candidates import demo_photographs
from manipulation.new_study.other_objects import propose_other_objects
from manipulation.study_stimuli.reach_aims import reach_aims
from stimuli.contract.schemas import PROPOSALS
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import ObjectUse
from stimuli.support.errors import InputError
from stimuli.support.tables import read_table
from tests.small_study import propose_small_study


def photographs(*names):
    demo = demo_photographs()
    chosen = tuple(one for one in demo.candidates if one.source_id in names)
    return replace(demo, candidates=chosen)


def aims(study, source_id):
    source = next(one for one in study.settings.sources if one.source_id == source_id)
    return [[target.annotation_ids for target in one.targets] for one in source.versions]


def test_objects_of_a_photograph_are_tried_by_their_headroom_and_the_first_stands_again(tmp_path):
    study = propose_small_study(
        tmp_path / "study", photographs("flower", "coffee"), sources=2, aim=0.1
    )
    rows = [
        one for one in read_table(study.proposals, PROPOSALS) if one["photograph"] == "flower.jpg"
    ]
    ids = [one["annotation_id"] for one in rows]
    assert len(ids) == 3
    coffee = aims(study, "coffee")
    tried = []
    while changes := propose_other_objects(study, {"flower"}):
        (change,) = changes
        tried.append((change.missed, change.annotation_id, change.left))
        study = open_study(study.root)
        assert aims(study, "flower") == [[(change.annotation_id,)]] * 2
        assert len(tried) <= 3
    assert tried == [(ids[0], ids[1], True), (ids[1], ids[2], True), (ids[2], ids[0], False)]
    after = {one["annotation_id"]: one for one in read_table(study.proposals, PROPOSALS)}
    assert [after[one]["used_for"] for one in ids] == [ObjectUse.AIM, *[ObjectUse.NOTHING] * 2]
    assert "no object reaches the aim" in after[ids[0]]["because"]
    assert "missed the aim" in after[ids[1]]["because"]
    assert aims(study, "coffee") == coffee
    text = study.settings_file.read_text()
    study.settings_file.write_text(text.replace("aim = 0.1", "aim = 0.05"))
    study = open_study(study.root)
    (change,) = propose_other_objects(study, {"flower"})  # another aim: all are tried again
    assert (change.missed, change.left) == (ids[0], True)
    study.proposals.unlink()
    with pytest.raises(InputError, match=r"proposals\.tsv: is not there"):
        propose_other_objects(study, {"flower"})


def test_an_aim_that_nothing_reaches_ends_where_it_began(tmp_path):
    study = propose_small_study(
        tmp_path / "study", photographs("coffee"), sources=1, steps=1, aim='"+0.9"'
    )
    assert study.settings.manipulation.aim == 0.9
    (source_id,) = [one.source_id for one in study.settings.sources]
    first = aims(study, source_id)[0][0]
    generated, changes = reach_aims(study)
    assert changes[-1].annotation_id == first[0]
    assert not changes[-1].left
    assert all(one.effect.aim_reached is False for one in generated.stimuli[1:])
    assert reach_aims(open_study(study.root))[1] == ()
