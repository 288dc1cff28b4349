"""Aims: one a target, by the sign of its own shift."""

import dataclasses

import pytest

from analysis.effects.aims import aims_of
from stimuli.catalogue import read_catalogue
from stimuli.errors import InputError
from stimuli.vocabulary import Target


@pytest.fixture
def stimuli(make_study, tmp_path):
    root = make_study(tmp_path / "study", n_sources=2, n_subjects=0)
    return list(read_catalogue(root / "stimuli" / "stimuli.tsv"))


def test_objects_are_measured_by_p_obj_and_entropy_by_itself(stimuli):
    aims = aims_of(stimuli)
    assert [(aim.version.stim_id, aim.measure, str(aim.direction)) for aim in aims] == [
        ("photo-00-increase", "entropy_bits", "increase"),
        ("photo-00-decrease", "entropy_bits", "decrease"),
        ("photo-01-increase", "p_obj", "increase"),
        ("photo-01-decrease", "p_obj", "decrease"),
    ]
    assert [aim.original.stim_id for aim in aims[2:]] == ["photo-01-original"] * 2


def test_a_version_can_raise_one_target_and_lower_another(stimuli):
    targets = (Target((7,), 2.0, "a.png"), Target((8, 9), -1.0, "b.png"), Target((3,), 0, "c.png"))
    version = dataclasses.replace(stimuli[4], targets=targets)
    aims = aims_of([stimuli[3], version])
    assert [str(aim.direction) for aim in aims] == ["increase", "decrease", "increase"]
    assert [aim.annotation_ids for aim in aims] == ["7", "8+9", "3"]


def test_a_version_without_an_original_is_refused(stimuli):
    with pytest.raises(InputError, match="has no original"):
        aims_of(stimuli[1:])
