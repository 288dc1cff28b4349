"""Where the data of tests lie that the repository does not hold; see docs/data.md."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
DATA = Path(os.environ.get("GUIDING_GAZE_DATA", _BESIDE))


def needs_data(folder: str) -> list[pytest.MarkDecorator]:
    """Return the markers of tests that read ``DATA / folder``: skipped where it is absent.

    Give them to a module, ``pytestmark = needs_data("osie")``, or to a parameter's ``marks``;
    ``pytest -m needs_data`` selects the tests.
    """
    return [
        pytest.mark.needs_data,
        pytest.mark.skipif(
            not (DATA / folder).is_dir(),
            reason=f"{DATA / folder} is not there; docs/data.md says where it comes from",
        ),
    ]


def with_data(folder: str):
    """Return a decorator of one test that reads ``DATA / folder``."""

    def marked(test):
        for marker in needs_data(folder):
            test = marker(test)
        return test

    return marked
