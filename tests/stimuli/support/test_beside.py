"""A process beside this one: results, errors, and what becomes of its end."""

import os
import signal
from functools import partial

import pytest

from stimuli.support import beside
from stimuli.support.beside import ProcessBeside
from stimuli.support.errors import InputError
from stimuli.support.files import read_json


@pytest.fixture(autouse=True)
def _two_processors(monkeypatch):
    monkeypatch.setattr(beside, "processors", lambda: 2)


def test_errors_are_raised_where_results_are_taken_and_an_end_from_outside_is_named(tmp_path):
    with ProcessBeside(os.getpid) as process:
        pid = process.submit(os.getpid)
        wrong = process.submit(read_json, tmp_path / "wrong.json")
        missing = process.submit(os.listdir, tmp_path / "missing")
        assert pid() != os.getpid()
        with pytest.raises(InputError, match=r"wrong\.json"):
            wrong()
        with pytest.raises(FileNotFoundError) as found:
            missing()
        assert found.value.filename == str(tmp_path / "missing")
        os.kill(pid(), signal.SIGKILL)
        with pytest.raises(ChildProcessError, match="ended from outside"):
            process.submit(os.getpid)()


def test_where_no_process_works_the_tasks_are_done_here():
    for process in (ProcessBeside(partial(os._exit, 3)), ProcessBeside(os.getpid, alone=True)):
        with process:
            assert process.submit(os.getpid)() == os.getpid()
            assert process.submit(abs, -1)() == 1
