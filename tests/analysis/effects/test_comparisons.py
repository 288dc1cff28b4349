"""Comparisons: one a target, by the sign of its own shift."""

import dataclasses

import pytest

from analysis.effects.comparisons import comparisons_of
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.vocabulary import Target
from stimuli.support.errors import InputError


@pytest.fixture
def stimuli(make_study, tmp_path):
    root = make_study(tmp_path / "study", n_sources=2, n_subjects=0)
    return list(read_catalogue(root / "stimuli" / "stimuli.tsv"))


def test_objects_are_measured_by_p_obj_and_entropy_by_itself(stimuli):
    found = comparisons_of(stimuli)
    assert [(one.version.stim_id, one.measure, one.direction) for one in found] == [
        ("photo-00-increase", "entropy_bits", "increase"),
        ("photo-00-decrease", "entropy_bits", "decrease"),
        ("photo-01-increase", "p_obj", "increase"),
        ("photo-01-decrease", "p_obj", "decrease"),
    ]
    assert [one.original.stim_id for one in found[2:]] == ["photo-01-original"] * 2


def test_a_version_can_raise_one_target_and_lower_another(stimuli):
    targets = (Target((7,), 2.0, "a.png"), Target((8, 9), -1.0, "b.png"), Target((3,), 0, "c.png"))
    version = dataclasses.replace(stimuli[4], targets=targets)
    found = comparisons_of([stimuli[3], version])
    assert [one.direction for one in found] == ["increase", "decrease", "increase"]
    assert [one.annotation_ids for one in found] == ["7", "8+9", "3"]


def test_a_version_without_an_original_is_refused(stimuli):
    with pytest.raises(InputError, match="has no original"):
        comparisons_of(stimuli[1:])
