"""A record of what was made removes what was made, and never anything else."""

import json

import pytest

from manipulation.study_stimuli.build_record import BuildRecord
from stimuli.support.errors import InputError


def recorded(root, name):
    made = root / "stimuli/made"
    made.mkdir(parents=True, exist_ok=True)
    content = {name: {"from": "x", "sha256": "y"}, "change": {"from": "x", "value": 1.0}}
    (made / "a.json").write_text(json.dumps(content))


@pytest.fixture
def study(tmp_path):
    (tmp_path / "victim").write_text("keep")
    (tmp_path / "study/stimuli/images").mkdir(parents=True)
    (tmp_path / "study/victim").write_text("keep")
    return tmp_path / "study"


def test_what_a_record_names_is_removed_with_it(study):
    made = study / "stimuli/images/a.png"
    made.touch()
    recorded(study, "stimuli/images/a.png")
    BuildRecord(study, "a").remove()
    assert not made.exists()
    assert not (study / "stimuli/made/a.json").exists()


@pytest.mark.parametrize("name", ["../victim", "{}/victim", "stimuli/images/out/victim", "victim"])
def test_a_record_that_names_another_file_is_refused_and_nothing_is_touched(study, tmp_path, name):
    (study / "stimuli/images/out").symlink_to(tmp_path)
    recorded(study, name.format(tmp_path))
    with pytest.raises(InputError, match=r"a\.json: .*victim.*expected a file in"):
        BuildRecord(study, "a").remove()
    assert (study / "victim").read_text() == (tmp_path / "victim").read_text() == "keep"


@pytest.mark.parametrize("content", ["[1]", "{", '{"stimuli/images/a.png": 3}', "[" * 5000])
def test_a_record_that_cannot_be_read_is_as_if_nothing_had_been_made(study, content):
    (study / "stimuli/made").mkdir()
    (study / "stimuli/made/a.json").write_text(content)
    made = []
    record = BuildRecord(study, "a", lambda: made.append(1))
    record.value_if_stale("x", 1, lambda: 1.0)
    assert made == [1]


def test_records_in_a_folder_elsewhere_are_refused(study, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (study / "stimuli/made").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="leaves the folder"):
        BuildRecord(study, "a")
