"""Tables with families of columns: those that a table has are checked, and no others are taken."""

import json

import pytest

from stimuli.support.errors import InputError
from stimuli.support.tables import Column, Schema, read_table, write_table

SCHEMA = Schema(
    "made up",
    (
        Column("name", str, "What it is called"),
        Column("size", float, "How large it is"),
        Column("size_", float, "How large it is to each", "px", optional=True, family=True),
    ),
)


@pytest.mark.parametrize("members", [(), ("a",), ("b", "a", "c_d")])
def test_a_table_has_the_members_of_a_family_that_its_rows_have(tmp_path, members):
    row = {"name": "cup", "size": 1.0} | {f"size_{one}": 0.5 for one in members}
    path = tmp_path / "table.tsv"
    write_table(path, SCHEMA, [row, row])
    assert read_table(path, SCHEMA) == [row, row]
    described = json.loads(path.with_suffix(".json").read_text())
    assert list(described) == list(row)
    assert all(described[f"size_{one}"]["Units"] == "px" for one in members)


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-a", "@SUM(A1)", "'=1", "'a", "-0.5;0.2", "-"])
def test_no_cell_is_a_formula_and_every_text_is_read_again(tmp_path, name):
    path, row = tmp_path / "table.tsv", {"name": name, "size": -1.0}
    write_table(path, SCHEMA, [row])
    cell = path.read_text().splitlines()[1].split("\t")[0]
    assert cell[0] not in "=+@"
    assert not cell.startswith("-") or cell == "-0.5;0.2"
    assert read_table(path, SCHEMA) == [row]


def test_a_member_may_have_a_description_of_its_own():
    schema = SCHEMA.with_members(["size_a", "size_b"], {"size_b": "To b"})
    assert [one.description for one in schema.columns[2:]] == ["How large it is to each", "To b"]


@pytest.mark.parametrize("name", ["sizes_a", "colour", "size_"])
def test_a_column_of_no_family_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="made up row has"):
        write_table(tmp_path / "t.tsv", SCHEMA, [{"name": "cup", "size": 1.0, name: 2.0}])


def test_a_row_that_lacks_a_member_is_refused(tmp_path):
    rows = [{"name": "cup", "size": 1.0, "size_a": 2.0}, {"name": "tree", "size": 1.0}]
    with pytest.raises(ValueError, match="made up row has"):
        write_table(tmp_path / "t.tsv", SCHEMA, rows)


def test_a_member_that_holds_no_number_is_named(tmp_path):
    path = tmp_path / "table.tsv"
    path.write_text("name\tsize\tsize_a\ncup\t1\tmuch\n")
    with pytest.raises(InputError, match="line 2: size_a is 'much'; expected a number"):
        read_table(path, SCHEMA)
