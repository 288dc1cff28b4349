"""The state of a run: all that decides how it goes on, written whole or not at all.

Order of photographs and targets follow from the seed and the number of the step (`coco`), so the
state holds no generator: weights, optimisers, loss scale and the number of steps are all there is.
"""

import errno
import pickle
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError

from manipulation.training.settings import RunSettings, checked, differences
from stimuli.errors import InputError
from stimuli.files import atomic_path

# Settings that may change when a run goes on, since the steps before would have been the same. The
# number of steps is one of them as long as the learning rate does not fall towards the last.
_FREE = ("schedule.compile", "log.")

_FULL_DISK = ("No space left on device", "inline_container")


class Stateful(Protocol):
    """A module, optimiser or loss scale."""

    def state_dict(self) -> dict: ...

    def load_state_dict(self, state: dict) -> object: ...


class Stopped(Exception):
    """A run cannot go on; the message says why, what is kept, and the repair."""


def write_state(
    path: Path, parts: Mapping[str, Stateful], iteration: int, settings: RunSettings, data: str
) -> None:
    """Write the state of a run after `iteration` steps.

    Parameters
    ----------
    parts
        By name.
    data
        Hash of the photographs.
    """
    content = {
        "iteration": iteration,
        "settings": settings.as_dict(),
        "photographs": data,
        "parts": {name: part.state_dict() for name, part in parts.items()},
    }
    with atomic_path(path) as temporary:
        torch.save(content, temporary)


def read_state(path: Path, parts: Mapping[str, Stateful], settings: RunSettings, data: str) -> int:
    """Set the parts of a run to the state in `path`, if it is there, and return its steps.

    Raises
    ------
    InputError
        If the state is of a run with other settings or photographs, or truncated.
    """
    if not path.exists():
        return 0
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        stored, photographs = content["settings"], content["photographs"]
        states, iteration = content["parts"], content["iteration"]
    except (RuntimeError, EOFError, pickle.UnpicklingError, KeyError, TypeError, OSError) as error:
        raise InputError(
            f"{path}: cannot be read as the state of a run ({type(error).__name__}: {error}); "
            f"delete it to train from the start"
        ) from None
    other = checked(stored, path.name)
    free = _FREE if settings.schedule.decay else (*_FREE, "schedule.iterations")
    changed = [
        f"{name} = {value!r}"
        for name, value in differences(settings, other).items()
        if not name.startswith(free)
    ]
    if changed or photographs != data:
        what = ", ".join(changed) or "other photographs or annotations"
        raise InputError(
            f"{path}: is the state of a run without {what}; name another --out, or go on with "
            f"what this run was started with"
        )
    for name, part in parts.items():
        part.load_state_dict(states[name])
    return iteration


def guarded(write: Callable[[], None], folder: Path, kept: str) -> None:
    """Call `write`; where the disk is full, say so and what is kept.

    Raises
    ------
    Stopped
        If there is no room.
    """
    try:
        write()
    except (OSError, RuntimeError, SafetensorError) as error:
        # The writers of torch and safetensors hide the system's error behind one of their own.
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        if not full and not any(sign in str(error) for sign in _FULL_DISK):
            raise
        free = shutil.disk_usage(folder).free / 1e9
        raise Stopped(
            f"{folder}: the disk is full ({free:.2f} GB free, {error}); {kept}; make room, or "
            f"raise log.weights_every, and start the same command again to go on from there"
        ) from None
