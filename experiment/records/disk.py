"""Room on the disk for what a session writes."""

import shutil
from pathlib import Path

from stimuli.support.errors import InputError

# A tracker's file of a session has about 30 MB, and the quality report as much again.
NEEDED_GB = 1.0


def free_gb(root: Path) -> float:
    """Return the room on the disk of a folder, in gigabytes (1e9 bytes)."""
    return shutil.disk_usage(root).free / 1e9


def check_free_disk(root: Path) -> None:
    """Check that the disk of a study has room for a session.

    Raises
    ------
    InputError
        If it has not.
    """
    free = free_gb(root)
    if free < NEEDED_GB:
        raise InputError(
            f"{root}: its disk has {free:.1f} GB left; expected {NEEDED_GB:g} GB for a session; "
            f"make room"
        )
