"""The journal is true to the last line that was written whole."""

import pytest

from experiment.display.virtual import VirtualClock
from experiment.records.journal import Journal, LineKind, read_journal


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
