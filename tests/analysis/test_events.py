"""The command that reads recordings: its table, its counts, and what it says of odd files."""

import gzip
import json
import re

import pandas as pd
import pytest

from analysis.events import main
from stimuli.support.errors import InputError
from tests.data import DATA, needs_data

pytestmark = needs_data("eyelink")


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


def test_samples_on_demand(tmp_path):
    name = str(DATA / "eyelink" / "cran_eyelinker_mono500.asc.gz")
    main([name, "--out", str(tmp_path / "events.csv"), "--samples", str(tmp_path)])
    samples = pd.read_csv(tmp_path / "cran_eyelinker_mono500_samples.csv.gz", na_values="n/a")
    assert list(samples.columns) == ["block", "time_ms", "x_left_px", "y_left_px", "pupil_left"]
    assert samples.iloc[0].tolist() == [1, 7196720, 512.8, 394.5, 1063]
    assert samples["block"].nunique() == 4


def test_one_wrong_file_is_named_and_nothing_is_written(tmp_path):
    good = DATA / "eyelink" / "cran_eyelinker_mono500.asc.gz"
    wrong = tmp_path / "wrong.asc"
    wrong.write_text("onset\tduration\n")
    with pytest.raises(InputError, match=r"wrong\.asc: holds no EyeLink event"):
        main([str(good), str(wrong), "--out", str(tmp_path / "events.csv")])
    assert not (tmp_path / "events.csv").exists()
