"""What holds for all tests: one thread of torch's each, and files that make whole studies first.

On maps as small as those of the tests several threads mostly wait for each other, and where other
processes run beside them the suite takes three times as long. Where two processes share the files,
both end at about the same time if the longest come first.
"""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Keep the order below, where pytest-xdist would put files with many tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of whole studies first; skip those of a GPU where there is none."""
    if on_gpu := [one for one in items if one.get_closest_marker("gpu")]:
        import torch

        if not torch.cuda.is_available():
            for one in on_gpu:
                one.add_marker(pytest.mark.skip(reason="torch finds no GPU here"))
    items.sort(key=lambda one: one.path.parent != _HERE)
