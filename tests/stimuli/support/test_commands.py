"""Errors of the operating system are one line that names the file, the cause and how to go on."""

import errno
import os
import shutil
import sys

import pytest

from stimuli.support import commands
from stimuli.support.files import atomic_path


def told(work, capsys):
    """Return exit status and what a command says whose work fails."""
    with pytest.raises(SystemExit) as ended:
        commands.run(lambda _: work())
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert len(lines) == 1, captured.err
    return ended.value.code, lines[0]


def failing(code, *names):
    def fail():
        raise OSError(code, os.strerror(code), *names)

    return fail


@pytest.mark.parametrize(
    ("code", "status", "advice"),
    [
        (errno.ENOSPC, commands.EXIT_FAILED, "make room on that disk and run the command again"),
        (errno.EDQUOT, commands.EXIT_FAILED, "make room on that disk"),
        (errno.EIO, commands.EXIT_FAILED, "the disk fails; copy what is there to another"),
        (errno.EFBIG, commands.EXIT_FAILED, "takes no file as large"),
        (errno.EROFS, commands.EXIT_WRONG_INPUT, "expected a disk that can be written to"),
        (errno.EACCES, commands.EXIT_WRONG_INPUT, "change its permissions"),
        (errno.ENOENT, commands.EXIT_WRONG_INPUT, "correct the name"),
        (errno.ENOTDIR, commands.EXIT_WRONG_INPUT, "is in the way"),
        (errno.ENOTCONN, commands.EXIT_FAILED, "put that right and run the command again"),
    ],
)
def test_an_error_of_the_disk_is_one_line_with_file_cause_and_repair(capsys, code, status, advice):
    found, line = told(failing(code, "a/table.tsv"), capsys)
    assert found == status
    assert line.startswith(f"error: a/table.tsv: {os.strerror(code)}; ")
    assert advice in line


def test_an_error_without_a_file_says_where_it_happened(capsys):
    status, line = told(failing(errno.ENOSPC), capsys)
    assert status == commands.EXIT_FAILED
    assert "No space left on device (in test_commands.py, line " in line


def test_a_note_and_a_cause_of_several_lines_stay_on_one(capsys):
    def work():
        error = OSError("unable to write\n  (file write failed)")
        error.add_note("trial 5 is complete")
        raise error

    assert "(file write failed)" in told(work, capsys)[1]
    assert told(work, capsys)[1].endswith("; trial 5 is complete")


def test_what_is_written_is_blamed_not_its_temporary_name_nor_what_is_read(
    tmp_path, capsys, monkeypatch
):
    path = tmp_path / "report.html"

    def nameless():
        with atomic_path(path):
            failing(errno.ENOSPC)()

    def temporary():
        with atomic_path(path) as one:
            failing(errno.ENOSPC, str(one))()

    def copy():
        with atomic_path(path) as one:
            shutil.copyfile(__file__, one)

    def another():
        with atomic_path(path):
            failing(errno.EIO, "photograph.jpg")()

    assert told(nameless, capsys)[1].startswith(f"error: {path}: ")
    assert told(temporary, capsys)[1].startswith(f"error: {path}: ")
    assert told(another, capsys)[1].startswith("error: photograph.jpg: ")

    def full(source, target, **_):
        raise OSError(errno.ENOSPC, "No space left on device", source, None, str(target))

    monkeypatch.setattr(shutil, "copyfile", full)
    assert told(copy, capsys)[1].startswith(f"error: {path}: No space left on device; ")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_leaves_no_traceback():
    read, write = os.pipe()
    os.close(read)
    child = os.fork()
    if child == 0:
        os.dup2(write, 1)
        sys.stdout = os.fdopen(1, "w")
        try:
            commands.run(lambda _: print("x" * 100_000))
        except SystemExit as end:
            os._exit(end.code)
        os._exit(70)
    os.close(write)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == commands.EXIT_FAILED
