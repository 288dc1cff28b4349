"""A study full of names and dates, and the copy of it that may be published."""

import csv
import dataclasses
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from analysis import run, share
from analysis.recordings.reading import read_recording
from analysis.sessions.runs import read_runs
from analysis.sharing.messages import is_known, known_line
from analysis.sharing.recordings import recording_as_asc
from analysis.sharing.sessions import write_run
from stimuli.contract.catalogue import read_catalogue, write_catalogue
from stimuli.contract.journal import journal_line, schedule_sha256
from stimuli.contract.study import Study, open_study
from stimuli.support.errors import InputError
from stimuli.support.files import sha256, write_json
from stimuli.support.provenance import write_sidecar
from tests.analysis.conftest import build_study
from tests.data import DATA, with_data

NAME, FRIEND = "Erika Mustermann", "Otto Normal"
SECRETS = (
    NAME, FRIEND, "Mustermann", "1961-04-12", "2026-03-05", "Mar  5", "Thursday", "erika@",
    "E.M.", "/home/erika", "lab-pc-7", "sleepy",
)  # fmt: skip
OPTIONS = ("--author", "Doe, J.", "--licence", "CC0")


def told_of_people(root: Path) -> None:
    """Put names and dates wherever people put them."""
    path = root / "participants.tsv"
    header, *lines = path.read_text().splitlines()
    more = [
        f"{age}\tf\t{NAME}\tE.M.\t1961-04-12\terika@example.org\tsleepy, with {FRIEND}\t{seen}"
        for age, seen in ((34, "contact lenses"), (91, f"glasses of Dr. {FRIEND}"), (64, "20/20"))
    ]
    names = "age\tsex\tname\tinitials\tbirth_date\temail\tnotes\tvision"
    rows = [f"{header}\t{names}", *(f"{a}\t{b}" for a, b in zip(lines, more, strict=True))]
    rows.append("\t".join(["sub-Mustermann", *["n/a"] * rows[0].count("\t")]))
    path.write_text("\n".join(rows) + "\n")
    (root / "stimuli" / "methods.txt").write_text(f"By {NAME}.")
    described = {"age": {"Description": "Years"}, "name": {"Description": f"as {NAME} says"}}
    write_json(path.with_suffix(".json"), described)
    (root / "README.md").write_text(f"Ask {NAME}.")
    (root / "notes.txt").write_text(f"{NAME} came late.")
    (root / "dataset_description.json").write_text(
        json.dumps({"Name": "made-up", "BIDSVersion": "1.8.0", "Funding": ["DFG 1"],
                    "Operator": NAME})
    )  # fmt: skip
    with open(root / "study.toml", "a") as file:
        file.write(
            f'# {NAME} chose this\n[manipulation]\nsaliency = "/home/erika/own.safetensors"\n'
        )


def told_of_session(root: Path, subject: str) -> None:
    """Give a session the journal, the provenance and the remarks that a real one has."""
    study = open_study(root)
    events, recording = study.events(subject), study.recording(subject, 1, ".asc")
    text = events.read_text().splitlines()
    lines = [f"{text[0]}\tremark", *(f"{line}\tsleepy" for line in text[1:])]
    events.write_text("\n".join(lines) + "\n")
    head = (
        "** CONVERTED FROM C:\\home\\erika\\s.edf on Thu Mar  5 10:11:12 2026\n"
        "** DATE: Thu Mar  5 09:00:00 2026\n** TYPE: EDF_FILE BINARY EVENT SAMPLE TAGGED\n"
        f"** RECORDED BY {NAME}\nMSG\t999000 {NAME} was sleepy\n"
        f"MSG\t999001 of several lines:\n2026-03-05 {NAME}\nEND of {FRIEND}\n"
        f"MSG\t999002 !CAL with {FRIEND}\nMSG\t999003 !CAL CALIBRATION HV9 L LEFT GOOD\n"
    )
    recording.write_text(head + recording.read_text())
    described = events.with_suffix(".json")
    shown_on = {
        "ScreenDistance": 0.6, "ScreenOrigin": ["top", "left"], "ScreenSize": [0.5, 0.3],
        "ScreenResolution": [1920, 1080],
    }  # fmt: skip
    write_json(
        described,
        {**json.loads(described.read_text()), "TaskName": "freeview", "Operator": NAME,
         "TaskDescription": FRIEND, "StimulusPresentation": {**shown_on, "Note": FRIEND}},
    )  # fmt: skip
    (recording.parent / "consent.txt").write_text(NAME)
    by_name = {one.stim_id: one for one in read_catalogue(study.catalogue)}
    with open(events, newline="") as file:
        shown = [by_name[row["stim_id"]] for row in csv.DictReader(file, delimiter="\t")]
    facts = {"run": 1, "schedule_sha256": schedule_sha256(shown), "observer": "simulated",
             "order": FRIEND}  # fmt: skip
    journal = [
        {"time": 0.1, "kind": "session-started", "date": "2026-03-05T09:00:00"},
        {"time": 0.2, "kind": "schedule", **facts},
        {"time": 9.0, "kind": "session-interrupted", "reason": f"{NAME} left"},
    ]
    study.journal(subject).write_text(
        "".join(f"{journal_line(n, line)}\n" for n, line in enumerate(journal, start=1))
    )
    path = study.session_provenance(subject)
    write_sidecar(
        path, command="experiment.run", settings={}, root=root,
        inputs=[study.settings_file, study.catalogue], outputs=[recording, events],
        seeds={"subject": int(subject)},
    )  # fmt: skip
    content = json.loads(path.read_text())
    content |= {
        "finished": "2026-03-05T10:00:00",
        "host": "lab-pc-7",
        "arguments": ["/home/erika"],
        "device": "lab-pc-7",
    }
    content["versions"]["host"] = "lab-pc-7"
    content["outputs"] |= {"../" * 9 + "etc/passwd": "0" * 64, "a" * 5000: "0" * 64}
    write_json(path, content)


def build_told(root: Path, licence: str = "CC BY 4.0; credit: A. Nonymous") -> Path:
    build_study(root, n_sources=4, n_subjects=3, n_fixations=4, samples=True)
    study = open_study(root)
    (root / "study.toml").write_text(
        study.settings_file.read_text().replace("[analysis]", "[analysis]\nresamples = 200")
    )
    stimuli = [
        one.__class__(**{**vars(one), "licence": licence if one.source_id == "photo-00" else "CC0"})
        for one in read_catalogue(study.catalogue)
    ]
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", NAME)
    picture = root / stimuli[0].image
    with Image.open(picture) as opened:
        opened.save(picture, pnginfo=told)
    stimuli[0] = stimuli[0].__class__(**{**vars(stimuli[0]), "image_sha256": sha256(picture)})
    write_catalogue(study.catalogue, stimuli)
    told_of_people(root)
    for subject in ("01", "02", "03"):
        told_of_session(root, subject)
    return root


def state(root: Path) -> dict[str, str]:
    return {str(path): sha256(path) for path in sorted(root.rglob("*")) if path.is_file()}


def results(root: Path) -> dict[str, str]:
    """The tables of an analysis, by their names."""
    run.main([str(root)])
    folder = root / "derivatives"
    return {path.relative_to(folder).as_posix(): path.read_text() for path in
            sorted(folder.rglob("*.csv"))}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return build_told(tmp_path_factory.mktemp("told") / "study")


@pytest.fixture(scope="module")
def shared(told, tmp_path_factory):
    out = tmp_path_factory.mktemp("shared") / "copy"
    before = state(told)
    share.main([str(told), "--out", str(out), *OPTIONS])
    assert state(told) == before
    return out


def test_no_name_and_no_date_is_in_the_copy(shared):
    for path in shared.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        found = [one for one in SECRETS if one.encode() in content or one in path.name]
        assert not found, f"{path}: {found}"
    assert not list(shared.rglob("consent.txt")) + list(shared.rglob("notes.txt"))
    assert not (shared / "stimuli" / "methods.txt").exists()  # none that was generated
    assert "HV9 L LEFT GOOD" in open_study(shared).recording("01", 1, ".asc").read_text()


def test_the_copy_is_analysed_to_the_same_numbers_and_its_hashes_agree(told, shared, capsys):
    ours, theirs = results(told), results(shared)
    capsys.readouterr()
    assert len(ours) > 15
    assert theirs == ours
    files = json.loads((shared / "shared.json").read_text())["files"]
    for name, entry in files.items():
        assert sha256(shared / name) == entry["sha256"], name
    changed = {name for name, entry in files.items() if "origin_sha256" in entry}
    assert {"stimuli/stimuli.tsv", "sub-01/beh/sub-01_task-freeview_run-1_events.tsv"} <= changed
    assert not [name for name in changed if name.startswith(("sourcedata", "participants"))]


def test_the_copy_is_checked_as_a_study_is(shared, tmp_path):
    """The journal and the provenance of the copy still tell of exchanged files."""
    copy = open_study(shared)
    lines = copy.journal("01").read_text().splitlines()
    assert len(lines) == 1
    assert "schedule_sha256" in lines[0]
    provenance = json.loads(copy.session_provenance("01").read_text())
    assert set(provenance["outputs"]) == {
        path.relative_to(shared).as_posix()
        for path in (copy.events("01"), copy.events("01").with_suffix(".json"),
                     copy.recording("01", 1, ".asc"))
    }  # fmt: skip
    assert not {"finished", "arguments", "platform", "host"} & set(provenance)


def test_the_copy_says_who_made_it_on_which_terms(shared):
    described = json.loads((shared / "dataset_description.json").read_text())
    assert described["Authors"] == ["Doe, J."]
    assert described["License"] == "CC0"
    assert described["Funding"] == ["DFG 1"]
    assert "DatasetDOI" not in described
    assert "Operator" not in described
    assert "photo-00" in (shared / "stimuli" / "credits.txt").read_text()
    text = (shared / "README.md").read_text()
    assert "Participants: 3 simulated" in text
    people = (shared / "participants.tsv").read_text().splitlines()
    assert people[0].split("\t") == ["participant_id", "order", "observer", "age", "sex", "vision"]
    shown = [(line.split("\t")[3], line.split("\t")[5]) for line in people[1:]]
    assert shown == [("34", "contact lenses"), ("89+", "n/a"), ("64", "20/20")]


def test_the_copy_is_a_valid_bids_dataset(shared):
    result = subprocess.run(
        ["bids-validator-deno", str(shared), "--format", "json"], capture_output=True, text=True
    )
    issues = json.loads(result.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    assert (shared / "sub-01/beh/sub-01_task-freeview_run-1_recording-eye1_physio.tsv.gz").is_file()


@pytest.mark.parametrize("licence", ["CC BY-ND 4.0", "All rights reserved", "unknown"])
def test_a_photograph_that_may_not_be_published_is_named_or_left_out(licence, tmp_path):
    root = tmp_path / "study"
    build_study(root, n_sources=2, n_subjects=1, n_fixations=4)
    study = open_study(root)
    stimuli = [
        one.__class__(**{**vars(one), "licence": licence if one.source_id == "photo-01" else "CC0"})
        for one in read_catalogue(study.catalogue)
    ]
    write_catalogue(study.catalogue, stimuli)
    told_of_session(root, "01")
    command = [str(root), "--out", str(tmp_path / "copy"), *OPTIONS]
    with pytest.raises(InputError, match=r"photo-01: .* --leave-out-pictures"):
        share.main(command)
    assert not (tmp_path / "copy").exists()
    share.main([*command, "--leave-out-pictures"])
    copy = open_study(tmp_path / "copy")
    for one in read_catalogue(copy.catalogue):
        pixels = np.asarray(Image.open(copy.root / one.image))
        assert (pixels == 128).all() == (one.source_id == "photo-01")
    # The hash of what was shown is that of the copy's images, and is checked.
    assert len(read_runs(copy, read_catalogue(copy.catalogue))) == 1
    share.main([str(root), "--out", str(tmp_path / "all"), *OPTIONS, "--permitted", "photo-01"])


def test_stimuli_that_nobody_has_seen_yet_are_shared_too(tmp_path):
    root = build_study(tmp_path / "study", n_sources=2, n_subjects=0)
    (root / "participants.tsv").unlink()
    share.main([str(root), "--out", str(tmp_path / "copy"), *OPTIONS, "--permitted", "all"])
    assert "Participants: none yet" in (tmp_path / "copy" / "README.md").read_text()
    assert len(read_catalogue(open_study(tmp_path / "copy").catalogue)) == 6


def test_what_is_missing_or_in_the_way_is_said(told, tmp_path):
    with pytest.raises(InputError, match=r"states no Authors; .* --author"):
        share.main([str(told), "--out", str(tmp_path / "a")])
    with pytest.raises(InputError, match="lies in it"):
        share.main([str(told), "--out", str(told / "copy"), *OPTIONS])
    with pytest.raises(InputError, match=r"no column 'nmae' to keep.*did you mean 'name'"):
        share.main([str(told), "--out", str(tmp_path / "a"), *OPTIONS, "--keep-column", "nmae"])
    assert list(tmp_path.iterdir()) == []


def test_a_copy_goes_where_a_link_leads_and_what_it_lacks_is_named(tmp_path, capsys, monkeypatch):
    root = build_study(tmp_path / "study", n_sources=2, n_subjects=0)
    (root / "participants.xlsx").write_text(NAME)
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    options = [str(root), *OPTIONS, "--permitted", "all", "--out"]
    share.main([*options, str(tmp_path / "link")])
    assert "participants.xlsx" in capsys.readouterr().out
    assert (tmp_path / "disk" / "shared.json").is_file()
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(InputError, match="is the current folder"):
        share.main([*options, "."])


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("TRIALID 12", True), ("-3 SYNCTIME", True), ("!CAL VALIDATION HV9 L LEFT GOOD", True),
        ("!V TRIAL_VAR stim_id coffee_increase", True), ("DISPLAY_COORDS 0 0 1919 1079", True),
        ("!V TRIAL_VAR subject Erika", False), ("TRIALID 12 erika.png", False),
        ("OPERATOR erika", False), ("!V IMGLOAD CENTER C:/home/erika/a.png", False),
        ("!CMD 0 saccade_velocity_threshold = 30", True),
        ("!CMD 0 add_file_preamble_text 'RECORDED BY Erika'", False), ("VALIDATE Erika", False),
        ("!V TRIAL_VAR condition Erika", False), ("!V IMGLOAD CENTER stimuli/Erika/a.png", False),
        ("WARNING ERIKA", False), ("ERROR MESSAGES LOST 2", True),
    ],
)  # fmt: skip
def test_messages_of_known_words_are_kept(text, known):
    assert is_known(text) is known


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("1000\t   .\t   .\t    0.0\t.C.C.", True), ("1000.5 1.5 -2e-3 700 ...", True),
        ("START\t1000 \tLEFT\tSAMPLES\tEVENTS", True), ("INPUT\t1000\t127", True),
        ("** TYPE: EDF_FILE BINARY EVENT SAMPLE TAGGED", True), ("** SOURCE: EYELINK Erika", False),
        ("2026-03-05 Erika came", False), ("START again, says Erika", False),
        ("1 " + ". " * 5000 + "Erika", False), ("EFIX L " + "1 " * 5000 + "Erika", False),
    ],
)  # fmt: skip
def test_other_lines_of_a_recording_hold_numbers_and_known_words(line, known):
    assert (known_line(line) is not None) is known


@with_data("eyelink")
def test_an_edf_stays_at_home_unless_it_is_asked_for(tmp_path):
    root = build_study(tmp_path / "study", n_sources=2, n_subjects=1, n_fixations=4)
    study = open_study(root)
    stimuli = read_catalogue(study.catalogue)
    (read,) = read_runs(study, stimuli)
    edf = study.recording("01", 1, ".edf")
    edf.write_bytes((DATA / "eyelink" / "eyelinkio_test_raw.edf").read_bytes())
    one = dataclasses.replace(read, recording=edf)
    names = {row.stim_id: row for row in stimuli}
    for with_edf in (False, True):
        copy = Study(tmp_path / f"copy-{with_edf}", study.settings)
        told = write_run(
            one, study, copy, with_edf=with_edf, changed=False, stimuli=names, rows=one.trials
        )
        assert told.edf
        text, own = (copy.recording("01", 1, suffix) for suffix in (".asc", ".edf"))
        assert own.is_file() == with_edf
        assert read_recording(text).fixations.equals(read_recording(edf).fixations)


@with_data("eyelink")
@pytest.mark.parametrize("name", ["eyelinkio_test_raw.edf", "pypillometry_test.edf"])
def test_an_edf_becomes_a_text_with_the_same_numbers(name, tmp_path):
    recording = read_recording(DATA / "eyelink" / name)
    path = tmp_path / "recording.asc"
    path.write_text(recording_as_asc(recording).text)
    text = read_recording(path)
    for table in ("fixations", "saccades", "blinks", "blocks"):
        found, expected = getattr(text, table), getattr(recording, table)
        assert found.equals(expected), table
    found, expected = text.samples(), recording.samples()
    assert list(found.columns) == list(expected.columns)
    # As near as pandas of any version reads the decimals of a text.
    np.testing.assert_allclose(found.to_numpy(float), expected.to_numpy(float), rtol=1e-15)
    assert not re.search(r"\bDATE:|RECORDED BY", path.read_text())
