"""Sessions that are killed without warning, and resumed until they are complete."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from experiment import run
from stimuli.contract.schemas import EVENTS
from stimuli.support.errors import InputError
from stimuli.support.tables import read_table


def forked(work: Callable[[], object], kill_after_s: float | None = None) -> int | None:
    """Do `work` in a process of its own; return its exit status, None if it was killed."""
    process = os.fork()
    if process == 0:
        try:
            # What it says is of no interest.
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            os._exit(int(work() or 0))
        except InputError:
            os._exit(2)
        except BaseException:
            os._exit(70)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    return None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)


def session(study: Path, subject: int, *options: str) -> Callable[[], int]:
    """Return a function that runs the command."""
    command = ["--study", str(study), "--subject", str(subject), "--simulate", *options]
    return lambda: run.main(command)


def killed_session(
    study: Path, subject: int, usual_s: float, generator: np.random.Generator
) -> int:
    """Start a session, kill it at a random moment, and resume it; return how often it was killed.

    One resumed session in three is killed again.
    """
    kills = 0
    options: tuple[str, ...] = ()
    while True:
        strike = kills == 0 or generator.random() < 1 / 3
        after_s = generator.uniform(0, usual_s) if strike else None
        status = forked(session(study, subject, *options), after_s)
        kills += status is None
        if status == 0:
            return kills
        if status == 2:  # killed after its last line: there is nothing left to resume
            assert "session-finished" in journals(study, subject)[-1].read_text()
            return kills
        assert status is None, status
        options = ("--resume",) if journals(study, subject) else ()


def journals(study: Path, subject: int) -> list[Path]:
    return sorted((study / "sourcedata" / f"sub-{subject:02d}").glob("*_journal.jsonl"))


def check_whole(study: Path, subject: int, trials: int) -> tuple[int, int]:
    """Check that every trial stands once, and that every complete one is in its run's recording.

    Returns
    -------
    complete, interrupted : int
    """
    name = f"sub-{subject:02d}"
    rows = []
    for path in sorted((study / name / "beh").glob("*_events.tsv")):
        number = int(path.name.split("run-")[1].split("_")[0])
        recording = study / "sourcedata" / name / f"s{subject:02d}r{number}.asc"
        text = recording.read_text() if recording.is_file() else ""
        for row in read_table(path, EVENTS):
            assert path.with_suffix(".json").is_file()
            if row["status"] == "complete":
                _, _, after = text.partition(f"TRIALID {row['trial']}\n")
                own = after.partition("TRIALID")[0]
                assert "SYNCTIME" in own
                assert "TRIAL_RESULT 0" in own
                assert "EFIX" in own
            rows.append(row)
    assert sorted(row["trial"] for row in rows) == list(range(1, trials + 1))
    statuses = [row["status"] for row in rows]
    assert set(statuses) <= {"complete", "interrupted"}
    assert not list((study / "sourcedata" / name).rglob(".*"))
    return statuses.count("complete"), statuses.count("interrupted")
