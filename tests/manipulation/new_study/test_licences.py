"""Photographs whose licence forbids changes are not proposed for any, unless asked for."""

from pathlib import Path

import pytest

from manipulation.new_study.candidates import (
    Candidate,
    CandidatePhotographs,
    unchangeable,
    without_unchangeable,
)
from stimuli.contract.masks import annotations_of
from stimuli.support.errors import InputError


def photographs(*licences):
    content = {
        "images": [
            {"id": n, "file_name": f"{n}.jpg", "width": 8, "height": 8, "license": one}
            for n, one in enumerate(licences, start=1)
        ],
        "annotations": [],
        "licenses": [
            {"id": 1, "name": "Attribution License"},
            {"id": 2, "name": "Attribution-NoDerivs License"},
        ],
    }
    annotations = annotations_of(content, Path("instances.json"))
    candidates = (Candidate(f"p{n}", Path(f"{n}.jpg"), n) for n in annotations.images)
    return CandidatePhotographs(tuple(candidates), annotations)


def test_no_derivatives_means_no_version():
    some = photographs(1, 2, 9)
    assert unchangeable(some) == ["2.jpg"]
    assert [one.source_id for one in without_unchangeable(some).candidates] == ["p1", "p3"]


def test_a_set_of_which_nothing_may_be_changed_is_refused():
    with pytest.raises(InputError, match=r"all 2 photographs forbid changes.*--no-derivatives"):
        without_unchangeable(photographs(2, 2))
