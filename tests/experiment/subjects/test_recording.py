"""A recording keeps a subject whole, or nothing, and never overwrites."""

import json
import re
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from experiment.laboratory.modes import SIMULATE
from experiment.records.reading import read_run_events, read_run_journal
from experiment.subjects.outcome import Ending, subject_records
from experiment.subjects.preparation import prepare_run
from experiment.subjects.recording import record_subject, simulate_subject
from experiment.trackers.simulated import SimulatedTracker
from stimuli.contract.schemas import EVENTS, PARTICIPANTS
from stimuli.contract.study import open_study
from stimuli.support.errors import InputError
from stimuli.support.files import write_image
from stimuli.support.tables import read_table
from tests.experiment.subjects.kept import (
    ASC,
    EVENTS_TSV,
    JOURNAL,
    KEPT,
    PROVENANCE,
    all_rows,
    contents,
    journal_of,
)


def record(study, subject="07", *, resume=False):
    return simulate_subject(open_study(study), subject, resume=resume)


def test_a_session_leaves_the_recording_the_journal_the_events_and_the_participant(make_study):
    study = make_study()
    before = set(contents(study))
    record(study)
    assert set(contents(study)) - before == {
        *KEPT, "participants.tsv", "participants.json",
    }  # fmt: skip
    assert read_table(study / "participants.tsv", PARTICIPANTS) == [
        {"participant_id": "sub-07", "order": 1, "observer": "simulated"}
    ]


def test_events_agree_with_the_recording(make_study):
    study = make_study()
    record(study)
    rows = read_table(study / EVENTS_TSV, EVENTS)
    lines = (study / ASC).read_text().splitlines()
    first_sample_ms = float(next(line for line in lines if line[:1].isdigit()).split()[0])
    told = [line.split() for line in lines if "SYNCTIME" in line]
    onsets_s = [(int(at) - int(offset) - first_sample_ms) / 1000 for _, at, offset, _ in told]
    assert [row["onset"] for row in rows] == pytest.approx(onsets_s, abs=0.0015)
    assert [row["trial"] for row in rows] == list(range(1, 13))
    stim_ids = [line.split()[-1] for line in lines if "TRIAL_VAR stim_id" in line]
    assert [row["stim_id"] for row in rows] == stim_ids
    assert {(row["status"], row["frames"], row["duration"]) for row in rows} == {
        ("complete", 360, 3.0)
    }


def test_the_events_sidecar_is_honest_and_in_metres(make_study):
    study = make_study(settings="[screen]\ndistance_cm = 57.0")
    record(study)
    sidecar = json.loads((study / EVENTS_TSV).with_suffix(".json").read_text())
    assert sidecar["Observer"] == "simulated"
    screen = sidecar["StimulusPresentation"]
    assert screen["ScreenDistance"] == 0.57
    assert screen["ScreenSize"] == [0.521, 0.293]
    assert screen["ScreenResolution"] == [1920, 1080]
    assert screen["ScreenOrigin"] == ["top", "left"]
    assert screen["ScreenRefreshRate"] == 120.0
    assert set(EVENTS.names) <= set(sidecar)


def test_the_sidecar_of_the_command_holds_the_hashes_of_what_it_read_and_made(make_study):
    study = make_study(settings="[study]\nseed = 5")
    record(study)
    sidecar = json.loads((study / PROVENANCE).read_text())
    now = contents(study)
    assert sidecar["seeds"] == {"study": 5, "subject": 7}
    assert set(sidecar["inputs"]) == {"study.toml", "blocks.tsv", "stimuli/stimuli.tsv"}
    for name, sha256 in {**sidecar["inputs"], **sidecar["outputs"]}.items():
        assert now[name] == sha256
    assert {ASC, EVENTS_TSV} <= set(sidecar["outputs"])


def test_a_session_is_simulated_again_to_the_byte(make_study):
    first, second = (make_study(name, sources=2) for name in ("first", "second"))
    record(first)
    record(second, "7")
    for name in (ASC, EVENTS_TSV, "participants.tsv"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_another_subject_or_seed_looks_elsewhere(make_study):
    study = make_study("a", sources=1)
    reseeded = make_study("b", sources=1, settings="[study]\nseed = 1")
    record(study)
    record(study, "08")
    record(reseeded)
    recordings = {
        (study / ASC).read_bytes(),
        (study / ASC.replace("07", "08")).read_bytes(),
        (reseeded / ASC).read_bytes(),
    }
    assert len(recordings) == 3


def test_gaze_goes_where_the_prediction_says(make_study):
    study = make_study(settings="[observer]\nfollows_model = 1.0\nfollows_centre = 0.0")
    record(study)
    inside, heights = False, []
    for line in (study / ASC).read_text().splitlines():
        inside = ("SYNCTIME" in line or inside) and "IMAGE_OFFSET" not in line
        if inside and line.startswith("EFIX"):
            heights.append(float(line.split()[6]))
    # The images of this study are 1.7 degrees high: many goals need no saccade, and fixation 0 is
    # on the target, at the border. The predictions hold 0.9 in the upper half.
    upper = [height < 539.5 for height in heights]
    assert sum(upper) / len(upper) > 0.7


def test_a_subject_is_never_recorded_twice(make_study):
    study = make_study()
    record(study)
    before = contents(study)
    with pytest.raises(InputError, match=r"sub-07.*another subject number"):
        record(study)
    assert contents(study) == before


@pytest.mark.parametrize("kept", [ASC, EVENTS_TSV, "participants.tsv"])
def test_one_kept_file_of_a_subject_is_enough_to_refuse(make_study, kept):
    study = make_study()
    record(study)
    content = (study / kept).read_bytes()
    for name in set(contents(study)) - {"study.toml", "blocks.tsv", "participants.tsv"}:
        if not name.startswith("stimuli/"):
            (study / name).unlink()
    (study / "participants.tsv").unlink()
    (study / kept).write_bytes(content)
    before = contents(study)
    with pytest.raises(InputError, match="sub-07"):
        record(study)
    assert contents(study) == before


@pytest.mark.parametrize("flip", [122, 200, 1500, 5000])
def test_an_interrupted_session_keeps_its_recording_and_a_truthful_journal(
    make_study, interrupt_at, flip
):
    study = make_study()
    interrupt_at(flip)
    with pytest.raises(KeyboardInterrupt):
        record(study)
    lines = journal_of(study)
    assert lines[-1]["kind"] == "session-interrupted"
    assert lines[-1]["reason"] == "KeyboardInterrupt"
    started = [line["trial"] for line in lines if line["kind"] == "trial-started"]
    ended = [line["status"] for line in lines if line["kind"] == "trial-ended"]
    assert len(started) == len(ended)
    assert set(ended[:-1]) <= {"complete"}
    assert set(ended[-1:]) <= {"complete", "withdrawn", "interrupted"}
    assert (study / ASC).read_text().count("TRIALID") == len(started)
    assert (study / EVENTS_TSV).is_file() == bool(set(ended) - {"withdrawn"})
    if set(ended) - {"withdrawn"}:
        with pytest.raises(InputError, match="--resume"):
            record(study)


@pytest.mark.parametrize("flip", [122, 200, 1500, 5000])
def test_a_session_that_is_resumed_shows_what_was_not_seen_in_the_same_order(
    make_study, interrupt_at, monkeypatch, flip
):
    study = make_study()
    interrupt_at(flip)
    with pytest.raises(KeyboardInterrupt):
        record(study)
    first = contents(study)
    monkeypatch.undo()
    record(study, resume=True)
    # Nothing of the first run has changed.
    unchanged = {name: made for name, made in first.items() if "participants" not in name}
    assert unchanged.items() <= contents(study).items()
    assert [row["trial"] for row in all_rows(study)] == list(range(1, 13))
    statuses = [row["status"] for row in all_rows(study)]
    assert statuses.count("complete") >= 11
    seen = read_table(study / EVENTS_TSV.replace("run-1", "run-2"), EVENTS)
    assert (study / ASC.replace("r1", "r2")).read_text().count("TRIAL_RESULT 0") == len(seen)
    assert len(read_table(study / "participants.tsv", PARTICIPANTS)) == 1
    with pytest.raises(InputError, match="complete"):
        record(study, resume=True)


def test_a_session_goes_on_only_as_it_began(make_study, interrupt_at, monkeypatch):
    study = make_study()
    with pytest.raises(InputError, match="leave --resume out"):
        record(study, resume=True)
    interrupt_at(1500)
    with pytest.raises(KeyboardInterrupt):
        record(study)
    monkeypatch.undo()
    with pytest.raises(InputError, match="participant was simulated, now it is mouse"):
        record_subject(open_study(study), 7, mode="mouse", resume=True)
    other = replace(SIMULATE, word="gazepoint")
    with pytest.raises(InputError, match="with simulate, now it is gazepoint; go on with --sim"):
        prepare_run(open_study(study), "07", other, resume=True)
    text = (study / "study.toml").read_text()
    (study / "study.toml").write_text("[study]\nseed = 9\n" + text)
    with pytest.raises(InputError, match="have changed since sub-07 began"):
        record(study, resume=True)


def interrupted(make_study, interrupt_at, monkeypatch):
    """Return a study whose session was broken off after trials, and its journal."""
    study = make_study()
    interrupt_at(5000)
    with pytest.raises(KeyboardInterrupt):
        record(study)
    monkeypatch.undo()
    return study, study / JOURNAL


@pytest.mark.parametrize("fetched", [True, False])
def test_a_recording_that_is_gone_is_told_and_the_session_goes_on_without_it(
    make_study, interrupt_at, monkeypatch, fetched
):
    study = make_study(sources=2)
    interrupt_at(2000)
    with pytest.raises(KeyboardInterrupt):
        record(study)
    monkeypatch.undo()
    recording = (study / ASC).read_bytes()
    (study / ASC).unlink()
    if not fetched:  # as if its file on the host, which is none any more, had never come
        open_study(study).session_provenance(7).unlink()
    outcome = record(study, resume=True)
    (told,) = outcome.unfetched
    assert re.search(
        r"host/07-1\.asc: is no longer there; .* put the file back from a copy; ", told
    )
    assert f"or copy it by hand to {study / ASC}" in told
    assert (outcome.records.trials_left, outcome.records.stored) == (0, False)
    (study / ASC).write_bytes(recording)
    if not fetched:
        assert record(study, resume=True).unfetched == []
    with pytest.raises(InputError, match="complete"):
        record(study, resume=True)


@pytest.mark.parametrize("name", [EVENTS_TSV, "participants.tsv"])
def test_a_table_that_is_gone_is_made_again_of_the_journal(make_study, name):
    study = make_study(sources=1)
    record(study)
    before = contents(study)
    (study / name).unlink()
    record(study, resume=True)
    assert contents(study) == before


def flipped(lines):
    return [lines[0], lines[1].replace("s07r1", "s08r1"), *lines[2:]]


def without_a_trial(lines):
    """Take out a trial's lines; nothing else tells that it was shown."""
    return [line for line in lines if '"trial": 2,' not in line]


def without_the_end(lines):
    first = next(at for at, line in enumerate(lines) if '"trial": 2,' in line)
    return lines[:first]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (flipped, "line 2: is damaged: its checksum is"),
        (without_a_trial, "is damaged: it has number .* is missing"),
        (without_the_end, "does not tell of trial 2, 3"),
        (lambda lines: [*lines[:4], "\0" * 40 + "\n", *lines[5:]], "line 5: is damaged"),
    ],
)
def test_a_damaged_journal_is_named_and_nothing_goes_on_from_it(
    make_study, interrupt_at, monkeypatch, damage, says
):
    study, journal = interrupted(make_study, interrupt_at, monkeypatch)
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(damage(lines)))
    before = contents(study)
    with pytest.raises(InputError, match=rf"journal\.jsonl.*{says}.*another subject number"):
        record(study, resume=True)
    assert contents(study) == before
    journal.write_text("".join(lines))
    record(study, resume=True)
    assert [row["trial"] for row in all_rows(study)] == list(range(1, 13))


def test_a_session_goes_on_from_a_journal_of_an_earlier_version(
    make_study, interrupt_at, monkeypatch
):
    study, journal = interrupted(make_study, interrupt_at, monkeypatch)
    journal.write_text("".join(json.dumps(line) + "\n" for line in journal_of(study)))
    record(study, resume=True)
    assert [row["trial"] for row in all_rows(study)] == list(range(1, 13))


def test_practice_comes_first_and_is_in_no_table(make_study):
    study = make_study(settings='[session]\npractice = "practice"')
    with pytest.raises(InputError, match="expected a folder of PNG images"):
        record(study)
    for number in (1, 2):
        write_image(study / "practice" / f"{number}.png", np.zeros((64, 64, 3), np.uint8))
    record(study)
    text = (study / ASC).read_text()
    assert re.findall(r"TRIALID (-?\d+)", text) == ["-1", "-2", *map(str, range(1, 13))]
    assert [row["trial"] for row in all_rows(study)] == list(range(1, 13))
    assert min(row["onset"] for row in all_rows(study)) > 6  # after the practice, on its clock


def test_a_disk_that_fails_while_the_recording_is_fetched_loses_nothing(make_study, monkeypatch):
    study = make_study()
    fetch = SimulatedTracker.save

    def full(self, path):
        assert fetch(self, path)
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(SimulatedTracker, "save", full)
    with pytest.raises(OSError, match="No space"):
        record(study)
    assert "No space left" in journal_of(study)[-1]["reason"]
    assert (study / EVENTS_TSV).is_file()
    assert not (study / ASC).exists()
    monkeypatch.setattr(SimulatedTracker, "save", fetch)
    record(study, resume=True)
    assert (study / ASC).read_text().count("TRIAL_RESULT 0") == 12
    assert set(contents(study / "sourcedata")) == {
        name.removeprefix("sourcedata/") for name in KEPT if name.startswith("sourcedata")
    }


def test_the_journal_tells_the_session_from_start_to_end(make_study):
    study = make_study()
    record(study)
    lines = journal_of(study)
    datetime.fromisoformat(lines[0]["date"])
    assert lines[1]["recording"] == "s07r1.asc"
    frames, host_file = lines[2:4]
    assert (frames["kind"], frames["hz"], frames["late"]) == ("frames", 120.0, 0)
    assert (host_file["kind"], host_file["name"]) == ("tracker-file", "07-1")
    assert lines[1]["observer"] == "simulated"
    assert lines[-1]["kind"] == "session-finished"
    assert [line["trial"] for line in lines if line["kind"] == "trial-ended"] == list(range(1, 13))
    times = [line["time"] for line in lines]
    assert times == sorted(times)


@pytest.mark.parametrize("subject", ["../../x", "0", "sub-07", "", "-1", "1234567"])
def test_a_subject_that_is_no_number_is_refused_and_nothing_written(make_study, subject):
    study = make_study()
    before = contents(study.parent)
    with pytest.raises(InputError, match="participant's number"):
        record(study, subject)
    assert contents(study.parent) == before


def broken(study, what):
    if what == "catalogue":
        (study / "stimuli" / "stimuli.tsv").unlink()
    elif what == "image":
        image = next((study / "stimuli" / "images").iterdir())
        image.write_bytes(image.read_bytes() + b"\0")
    elif what == "prediction":
        next((study / "stimuli" / "predictions").iterdir()).write_bytes(b"PK")
    elif what == "size":
        (study / "study.toml").write_text("[images]\nsize_px = 128\n")
    elif what == "participants":
        (study / "participants.tsv").write_text("participant_id\tage\nsub-01\t20\n")
    else:
        (study / "study.toml").unlink()


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("catalogue", r"stimuli\.tsv: no such table"),
        ("image", r"\.png: has changed since"),
        ("prediction", r"\.npz: cannot be read"),
        ("size", r"is 64 x 64 pixels; study\.toml: images\.size_px is 128"),
        ("participants", r"participants\.tsv: column 'order' is missing"),
        ("settings", r"no study\.toml"),
    ],
)
def test_a_study_that_is_not_whole_is_refused_before_anything_is_written(make_study, what, named):
    study = make_study()
    broken(study, what)
    before = contents(study)
    with pytest.raises(InputError, match=named):
        record(study)
    assert contents(study) == before


def test_the_outcome_tells_what_is_kept_and_what_is_left(make_study, interrupt_at, monkeypatch):
    root = make_study()
    study = open_study(root)
    assert subject_records(study, 7).trials_left == 12
    interrupt_at(1500)
    with pytest.raises(KeyboardInterrupt):
        record(root)
    first = subject_records(study, 7)
    assert first.statuses["complete"] == len(first.events) - first.statuses["interrupted"]
    assert first.trials_left == 12 - len(first.events) > 0
    monkeypatch.undo()
    outcome = record(root, resume=True)
    assert (outcome.ending, outcome.reason, list(outcome.unfetched)) == (Ending.FINISHED, "", [])
    records = outcome.records
    assert (records.participant_id, records.trials_left, records.stored) == ("sub-07", 0, True)
    assert [run.run for run in records.runs] == [1, 2]
    both = read_run_events(study, 7, 1) + read_run_events(study, "07", 2)
    assert list(records.events) == both


def test_a_run_that_was_not_recorded_is_named(make_study):
    study = open_study(make_study())
    with pytest.raises(InputError, match=r"run-1_journal\.jsonl: no such journal"):
        read_run_journal(study, 7)
    with pytest.raises(InputError, match=r"run-1_events\.tsv: no such table"):
        read_run_events(study, 7)


def test_a_language_without_texts_is_refused_and_nothing_written(make_study):
    study = make_study()
    before = contents(study)
    with pytest.raises(InputError, match="language is 'fr'; expected one of en, de"):
        record_subject(open_study(study), 7, mode="simulate", language="fr")
    assert contents(study) == before
