"""The command that reads recordings: its table, its counts, and what it says of odd files."""

import errno
import gzip
import json
import re

import pandas as pd
import pytest

from analysis import events
from analysis.events import main
from stimuli.support.errors import InputError
from tests.analysis.recordings.cases import case
from tests.data import DATA, with_data


@with_data("eyelink")
def test_counts_of_every_real_recording(tmp_path, capsys):
    pytest.importorskip("eyelinkio")
    files = [str(path) for path in sorted((DATA / "eyelink").iterdir()) if path.suffix != ".md"]
    main([*files, "--out", str(tmp_path / "events.csv"), "--json", str(tmp_path / "counts.json")])
    counts = json.loads((tmp_path / "counts.json").read_text())
    assert list(counts) == files
    table = pd.read_csv(tmp_path / "events.csv", na_values="n/a", low_memory=False)
    words = {"fixations": b"EFIX", "saccades": b"ESACC", "blinks": b"EBLINK", "messages": b"MSG"}
    for name in files:
        rows = table.loc[table["file"] == name, "kind"].value_counts()
        assert {kind: rows.get(kind[:-1], 0) for kind in words} == counts[name]
        if ".asc" in name:
            opened = gzip.open if name.endswith(".gz") else open
            with opened(name, "rb") as file:
                content = file.read()
            lines = {k: len(re.findall(rb"(?m)^" + word + rb"\b", content)) for k, word in
                     words.items()}  # fmt: skip
            assert counts[name] == lines
    # What is not sound is said, by file.
    assert "rlmw_events.asc: recording blocks without an end: 1" in capsys.readouterr().err


@with_data("eyelink")
def test_samples_on_demand(tmp_path):
    name = str(DATA / "eyelink" / "cran_eyelinker_mono500.asc.gz")
    main([name, "--out", str(tmp_path / "events.csv"), "--samples", str(tmp_path)])
    samples = pd.read_csv(tmp_path / "cran_eyelinker_mono500_samples.csv.gz", na_values="n/a")
    assert list(samples.columns) == ["block", "time_ms", "x_left_px", "y_left_px", "pupil_left"]
    assert samples.iloc[0].tolist() == [1, 7196720, 512.8, 394.5, 1063]
    assert samples["block"].nunique() == 4


def test_a_full_disk_is_not_taken_for_a_bad_recording(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "samples.csv.gz"))

    monkeypatch.setattr(events, "write_samples", full)
    files = ["--out", str(tmp_path / "events.csv"), "--samples", str(tmp_path)]
    with pytest.raises(OSError, match="No space left"):
        main([str(case("bare_samples")), *files])


def test_a_bad_file_is_named_at_the_end_and_the_others_are_written(tmp_path, capsys):
    good, bad = str(case("href_events")), tmp_path / "wrong.asc"
    bad.write_text("onset\tduration\n")
    absent = str(tmp_path / "absent.asc")
    out, counts = tmp_path / "events.csv", tmp_path / "counts.json"
    status = main([str(bad), good, absent, "--out", str(out), "--json", str(counts)])
    assert status == 1
    assert set(pd.read_csv(out)["file"]) == {good}
    read = json.loads(counts.read_text())
    assert list(read) == [str(bad), good, absent]
    assert "no EyeLink event" in read[str(bad)]["error"]
    assert read[good]["fixations"] == 2
    *_, first, second = capsys.readouterr().err.splitlines()
    assert "wrong.asc: holds no EyeLink event" in first
    assert "absent.asc: no such recording" in second


def test_where_no_file_can_be_read_nothing_is_written(tmp_path):
    wrong = tmp_path / "wrong.asc"
    wrong.write_text("onset\tduration\n")
    with pytest.raises(InputError, match=r"wrong\.asc: holds no EyeLink event"):
        main([str(wrong), "--out", str(tmp_path / "events.csv")])
    with pytest.raises(InputError, match="is a recording"):
        main([str(wrong), "--out", str(wrong)])
    with pytest.raises(InputError, match="named twice"):
        main([str(wrong), f"{tmp_path}/./wrong.asc", "--out", str(tmp_path / "events.csv")])
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.asc"]


def test_files_of_one_name_in_several_folders_keep_their_own_samples(tmp_path):
    content = case("decimal_comma").read_text()
    files = []
    for number, folder in enumerate(("a/one", "b/one", "b/two")):
        path = tmp_path / folder / "s1.asc"
        path.parent.mkdir(parents=True)
        path.write_text(content.replace("960,0", f"96{number},0"))
        files.append(str(path))
    other = tmp_path / "b" / "two" / "S1.v2.asc"
    other.write_text(content)
    out = tmp_path / "samples"
    main([*files, str(other), "--out", str(tmp_path / "events.csv"), "--samples", str(out)])
    written = {path.name: pd.read_csv(path)["x_right_px"].iloc[0] for path in out.iterdir()}
    assert written == {
        "a_one_s1_asc_samples.csv.gz": 960, "b_one_s1_asc_samples.csv.gz": 961,
        "two_s1_asc_samples.csv.gz": 962, "S1.v2_samples.csv.gz": 960,
    }  # fmt: skip


@pytest.mark.parametrize("detector", ["velocity", "dispersion"])
@pytest.mark.parametrize(("name", "fixations"), [("2khz_duplicates", 2), ("bare_samples", 1)])
def test_fixations_are_found_in_the_samples_of_any_file(tmp_path, detector, name, fixations):
    pytest.importorskip("pymovements")
    out = tmp_path / "events.csv"
    options = ["--detector", detector, "--pixels-per-degree", "45", "--minimum-ms", "40"]
    main([str(case(name)), "--out", str(out), *options])
    found = pd.read_csv(out, na_values="n/a")
    found = found[found["kind"] == "fixation"]
    assert found["x_px"].round().tolist() == pytest.approx([960, 1160][:fixations], abs=1)
    assert found["duration_ms"].between(40, 205).all()


def test_a_file_without_samples_is_told_and_cannot_be_searched(tmp_path, capsys):
    name = str(case("href_events"))
    out = ["--out", str(tmp_path / "events.csv")]
    assert main([name, *out, "--samples", str(tmp_path / "samples")]) == 0
    assert "holds no samples, so none are written" in capsys.readouterr().err
    assert not (tmp_path / "samples").exists()
    with pytest.raises(InputError, match="holds no samples to find fixations in"):
        main([name, *out, "--detector", "velocity", "--pixels-per-degree", "45"])
    with pytest.raises(InputError, match="--detector velocity needs --pixels-per-degree"):
        main([name, *out, "--detector", "velocity"])
