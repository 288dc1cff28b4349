"""What holds for all tests: one thread of torch's each, files that make whole studies first, and
nothing that leaves this computer.

On maps as small as those of the tests several threads mostly wait for each other, and where other
processes run beside them the suite takes three times as long. Where two processes share the files,
both end at about the same time if the longest come first.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# What a shell starts in the background ignores Ctrl-C: so would the sessions that tests end by it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_HERE = Path(__file__).parent
_GUARD = str(_HERE / "guard")
# Before anything is imported that may connect. The name of the file goes to every process.
_handle, _log = tempfile.mkstemp(prefix="outward-")
os.close(_handle)
os.environ["GUIDING_GAZE_NETWORK_LOG"] = _log
if _GUARD not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
    inherited = filter(None, [os.environ.get("PYTHONPATH")])
    os.environ["PYTHONPATH"] = os.pathsep.join([_GUARD, *inherited])
if "tests.guard.sitecustomize" not in sys.modules:
    import tests.guard.sitecustomize  # noqa: F401


@pytest.fixture(autouse=True)
def _nothing_outward() -> Iterator[None]:
    """Fail a test during which anything but the computer itself was asked for or connected to."""
    yield
    if os.path.getsize(_log):
        attempts = Path(_log).read_text(encoding="utf-8")
        os.truncate(_log, 0)
        pytest.fail(f"not for this computer alone:\n{attempts}")


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


def pytest_unconfigure() -> None:
    """Remove the file of the guard."""
    Path(_log).unlink(missing_ok=True)
