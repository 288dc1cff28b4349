"""The table of participants keeps what others wrote into it."""

import json

import pytest

from experiment.records.participants import add_participant
from stimuli.support.errors import InputError


def test_participants_keep_rows_columns_and_descriptions_that_others_added(tmp_path):
    table = tmp_path / "participants.tsv"
    table.write_text(
        "participant_id\tage\torder\tobserver\nsub-100\t31\t1\thuman\nsub-02\t24\t2\thuman\n"
    )
    table.with_suffix(".json").write_text('{"age": {"Units": "year"}}')
    add_participant(table, {"participant_id": "sub-07", "order": 1, "observer": "simulated"})
    assert table.read_text().splitlines() == [
        "participant_id\tage\torder\tobserver",
        "sub-02\t24\t2\thuman",
        "sub-07\tn/a\t1\tsimulated",
        "sub-100\t31\t1\thuman",
    ]
    described = json.loads(table.with_suffix(".json").read_text())
    assert described["age"] == {"Units": "year"}
    assert "observer" in described


def test_a_description_that_is_none_is_named(tmp_path):
    table = tmp_path / "participants.tsv"
    table.with_suffix(".json").write_text("[]")
    with pytest.raises(InputError, match=r"participants\.json: is \[\]; expected a description"):
        add_participant(table, {"participant_id": "sub-07", "order": 1, "observer": "simulated"})
    assert not table.exists()
