"""The journal is true to the last line that was written whole."""

import json

import pytest

from experiment.display.virtual import VirtualClock
from experiment.records.journal import Journal, LineKind
from stimuli.contract.journal import read_journal
from stimuli.support.errors import InputError


def test_what_is_written_is_read_again_in_order_and_on_the_clock(tmp_path):
    clock = VirtualClock()
    with Journal(tmp_path / "journal.jsonl", clock) as journal:
        clock.wait(1.5)
        journal.write(LineKind.CALIBRATED, validation_error_deg=0.4, limit_deg=1.0)
    started, calibrated, finished = read_journal(tmp_path / "journal.jsonl")
    assert started["kind"] == LineKind.SESSION_STARTED
    assert calibrated == {
        "time": 1.5, "kind": "calibrated", "validation_error_deg": 0.4, "limit_deg": 1.0,
    }  # fmt: skip
    assert (finished["time"], finished["kind"]) == (1.5, LineKind.SESSION_FINISHED)


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_line_that_was_cut_is_left_out_and_the_others_stay(tmp_path, cut):
    path = tmp_path / "journal.jsonl"
    with Journal(path, VirtualClock()) as journal:
        journal.write(LineKind.RESTED)
    path.write_bytes(path.read_bytes()[: -1 - cut])
    assert [line["kind"] for line in read_journal(path)] == ["session-started", "rested"]


def test_an_exception_is_named_in_the_last_line(tmp_path):
    path = tmp_path / "journal.jsonl"
    with pytest.raises(ValueError, match="why"), Journal(path, VirtualClock()):
        raise ValueError("why")
    assert read_journal(path)[-1]["reason"] == "ValueError: why"


def test_no_session_writes_into_anothers_journal(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.touch()
    with pytest.raises(FileExistsError):
        Journal(path, VirtualClock())


@pytest.fixture
def written(tmp_path):
    """A journal of six lines."""
    path = tmp_path / "journal.jsonl"
    with Journal(path, VirtualClock()) as journal:
        for trial in (1, 2, 3, 4):
            journal.write(LineKind.TRIAL_STARTED, trial=trial, stim_id="größe")
    return path


def test_a_session_has_the_lines_that_are_read_again(tmp_path):
    with Journal(tmp_path / "journal.jsonl", VirtualClock()) as journal:
        journal.write(LineKind.TRIAL_STARTED, trial=1, stim_id="größe")
    assert journal.lines == read_journal(tmp_path / "journal.jsonl")


def test_a_flipped_byte_anywhere_is_named_with_its_line(written):
    content = written.read_bytes()
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x04
        written.write_bytes(damaged)
        line = content[:place].count(b"\n") + 1
        with pytest.raises(InputError, match=rf"jsonl, line {line}: is damaged: .*from a copy"):
            read_journal(written)


@pytest.mark.parametrize("order", ["0245", "0122345", "021345", "12345", "5"])
def test_a_line_that_is_missing_doubled_or_elsewhere_is_named(written, order):
    lines = written.read_text().splitlines(keepends=True)
    written.write_text("".join(lines[int(number)] for number in order))
    first = next(at for at, number in enumerate(order, start=1) if int(number) != at - 1)
    with pytest.raises(InputError, match=rf"line {first}: is damaged: it has number .*missing"):
        read_journal(written)


def test_a_kill_at_any_byte_leaves_the_lines_before(written):
    content = written.read_bytes()
    everything = read_journal(written)
    for cut in range(len(content)):
        written.write_bytes(content[:cut])
        whole = content[:cut].count(b"\n") + content[cut : cut + 1].count(b"\n")
        assert read_journal(written) == everything[:whole]
    written.write_bytes(content[:cut] + b"\n" + bytes(512))  # as a file system may leave it
    assert read_journal(written) == everything


def test_a_journal_without_numbers_is_read_and_its_damage_named(tmp_path):
    path = tmp_path / "journal.jsonl"
    lines = [{"time": 1.0, "kind": "rested"}, {"time": 2.0, "kind": "paused"}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    path.write_text(text + '{"time": 3.0, "ki')
    assert read_journal(path) == lines
    path.write_text(text.replace('{"time": 2.0', '"time": 2.0') + text)
    with pytest.raises(InputError, match="line 2: is damaged: it is not JSON"):
        read_journal(path)
