"""What every command shares: how it is started, how it fails, how it teaches."""

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from stimuli.support.errors import InputError

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
    """Return the command as it is typed; without `argv` with the arguments of this process."""
    return f"python -m {module} {shlex.join(sys.argv[1:] if argv is None else argv)}"


def run(
    main: Callable[[Sequence[str] | None], int | None], argv: Sequence[str] | None = None
) -> NoReturn:
    """Run a command's ``main(argv)`` and leave the process with its exit status.

    Wrong input prints one message and exits 2; Ctrl-C exits 130; a fault of ours keeps its
    traceback and exits 1. Files are written whole or not at all (`stimuli.support.files`), so an
    exit at any moment leaves nothing half-written.
    """
    try:
        status = main(argv)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        status = EXIT_WRONG_INPUT
    except KeyboardInterrupt:
        print("interrupted; what was finished before is kept", file=sys.stderr)
        status = EXIT_INTERRUPTED
    except OSError as error:
        if error.filename is None:
            raise
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        status = EXIT_WRONG_INPUT
    sys.exit(status or EXIT_OK)


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
