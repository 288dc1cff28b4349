"""Small recordings, made by hand, that each stand for a kind of file; see docs/data.md."""

from pathlib import Path

import pytest

from tests.data import DATA

FOLDER = DATA.parent / "cases" / "recordings"


def case(name: str) -> Path:
    """Return a recording by the end of its name; the test is skipped where it is absent."""
    found = sorted(FOLDER.glob(f"*_{name}*.asc"))
    if not found:
        pytest.skip(f"{FOLDER} has no {name}; docs/data.md says where it comes from")
    return found[0]
