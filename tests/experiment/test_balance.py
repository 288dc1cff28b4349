"""The command writes the balance table, and says what is balanced and what would be."""

import json

import pytest

from experiment import balance
from experiment.schedules.balance import BALANCE
from stimuli.contract.orders import read_blocks, write_blocks
from stimuli.support import commands
from stimuli.support.tables import read_table


def rows_of(study, subjects):
    balance.main(["--study", str(study), "--subjects", str(subjects)])
    return read_table(study / "derivatives" / "balance.tsv", BALANCE)


def values(rows, measure, **named):
    return [
        row["value"]
        for row in rows
        if row["measure"] == measure and all(row[key] == value for key, value in named.items())
    ]


def test_23_subjects_of_the_papers_design(make_study, capsys):
    study = make_study(sources=24)
    rows = rows_of(study, 23)
    assert values(rows, "position", position=1) == [8, 8, 7]
    assert values(rows, "carry-over", before="originals", block="versions-1") == [15]
    assert values(rows, "carry-over", before="versions-1", block="originals") == [0]
    assert values(rows, "mean-trial", condition="original") == [
        pytest.approx((8 * 12.5 + 7 * 36.5 + 8 * 60.5) / 23, abs=1e-12)
    ]
    assert len(values(rows, "mean-trial")) == 5
    runs = values(rows, "longest-run")
    assert max(runs) <= 4
    assert {row["balanced"] for row in rows if row["measure"] == "longest-run"} == {4}
    sidecar = json.loads((study / "derivatives" / "balance.json").read_text())
    assert sidecar["Subjects"] == 23
    told = capsys.readouterr().out
    assert "First block of 23 subjects: originals 8, versions-1 8, versions-2 7." in told
    assert "7 to 8 times: not balanced; 21 or 24 subjects would be." in told
    assert "0 to 16 times: not balanced, nor would it be" in told
    assert 'design.orders = "williams"' in told


def test_six_subjects_in_williams_orders_are_balanced(make_study, capsys):
    study = make_study(sources=24)
    orders = read_blocks(study / "blocks.tsv")
    write_blocks(study / "blocks.tsv", orders + tuple(order[::-1] for order in orders))
    rows = rows_of(study, 6)
    for measure, number in (("position", 9), ("carry-over", 6)):
        assert values(rows, measure) == [2.0] * number
    assert values(rows, "mean-trial", condition="original") == [36.5]
    assert capsys.readouterr().out.count("2 times: balanced.") == 2


def test_a_study_without_stimuli_ends_with_status_2(make_study, capsys):
    study = make_study()
    (study / "blocks.tsv").unlink()
    with pytest.raises(SystemExit) as ended:
        commands.run(balance.main, ["--study", str(study), "--subjects", "3"])
    assert ended.value.code == commands.EXIT_WRONG_INPUT
    assert "blocks.tsv: no such table" in capsys.readouterr().err
