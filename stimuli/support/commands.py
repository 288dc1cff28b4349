"""What every command shares: how it is started, how it fails, how it teaches."""

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from stimuli.support.errors import InputError
from stimuli.support.portable import portable_arguments
from stimuli.support.system_errors import is_wrong_input, told

EXIT_OK, EXIT_FAILED, EXIT_WRONG_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130

_EXIT_CODES = "exit status: 0 done, 1 failed, 2 wrong input (nothing was changed), 130 interrupted"


def parser(module: str, description: str, example: str) -> argparse.ArgumentParser:
    """Return an argument parser whose ``--help`` shows an example and the exit codes.

    Options cannot be abbreviated: ``--sub`` is an error, not a guess.
    """
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        epilog=f"example:\n  {example}\n\n{_EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def command_line(module: str, argv: Sequence[str] | None) -> str:
    """Return the command that made something, for its card, with the names of files alone.

    Without `argv` it has the arguments of this process.
    """
    arguments = portable_arguments(sys.argv[1:] if argv is None else argv)
    return f"python -m {module} {shlex.join(arguments)}"


def run(
    main: Callable[[Sequence[str] | None], int | None], argv: Sequence[str] | None = None
) -> NoReturn:
    """Run a command's ``main(argv)`` and leave the process with its exit status.

    Wrong input prints one message and exits 2; Ctrl-C exits 130; a disk that is full or fails
    prints one line and exits 1; a fault of ours keeps its traceback and exits 1. Files are written
    whole or not at all (`stimuli.support.files`), so an exit at any moment leaves nothing
    half-written.
    """
    try:
        status = main(argv)
        sys.stdout.flush()
    except InputError as error:
        _say(f"error: {error}")
        status = EXIT_WRONG_INPUT
    except KeyboardInterrupt:
        _say("interrupted; what was finished before is kept")
        status = EXIT_INTERRUPTED
    except OSError as error:
        if error.filename is None and not _standard_output_works():
            error.filename = "standard output"
        _say(f"error: {told(error)}")
        status = EXIT_WRONG_INPUT if is_wrong_input(error) else EXIT_FAILED
    sys.exit(status or EXIT_OK)


def _say(text: str) -> None:
    with suppress(OSError):  # nobody listens
        print(text, file=sys.stderr, flush=True)


def _standard_output_works() -> bool:
    """Return whether what was printed can be written; what cannot is let go, and told once."""
    try:
        print(flush=True)  # what could not be written may be forgotten already
    except OSError:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return False
    return True


def existing_folder(value: str) -> Path:
    """Argument type: a folder that is there."""
    path = Path(value)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{value}: no such folder")
    return path


def existing_file(value: str) -> Path:
    """Argument type: a file that is there."""
    path = Path(value)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{value}: no such file")
    return path
