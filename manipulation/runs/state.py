"""The state of a run in one file: all that decides how it goes on, written whole or not at all.

A run is anything that takes steps and may be killed between two of them: a training, a fit. It
names its stateful parts and states its identity; `ResumableState` writes both, and sets the parts
back only if the file is of the very same run.
"""

import errno
import json
import pickle
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from stimuli.support.errors import InputError
from stimuli.support.files import atomic_path

_FULL_DISK = ("No space left on device", "inline_container")
_UNREADABLE = (
    RuntimeError, EOFError, pickle.UnpicklingError, KeyError, TypeError, ValueError, OSError,
)  # fmt: skip
_MISSING = object()


class Stateful(Protocol):
    """A module, optimiser, loss scale, or anything else whose state can be read and set."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state as tensors, numbers, strings, and lists and mappings of these."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> object:
        """Set the state to what `state_dict` returned."""
        ...


class Stopped(Exception):
    """A run cannot go on; the message says why, what is kept, and the repair."""


@dataclass(frozen=True)
class RunIdentity:
    """What two runs must share for one to go on from the other's state.

    Attributes
    ----------
    settings
        All that is chosen, JSON-ready; mappings inside it are compared entry by entry.
    data
        SHA-256 of the photographs and whatever else the run learns from.
    """

    settings: Mapping[str, object]
    data: str


class ResumableState:
    """The state of one run in its file.

    Every method that writes raises `Stopped` where the disk is full.

    Parameters
    ----------
    path
        The file; it need not be there.
    parts
        Stateful parts by name; they are read when the state is written, and set by `restore`.
    identity
        Of this run.
    option
        The option of the command that says where the state lies, for messages.
    unit
        What a run does between two states, for messages: ``step`` or ``epoch``.
    repair
        What helps where the disk is full.
    may_change
        Called with the dotted name of a setting that differs, its value in the file, and the
        number of steps that were done; returns whether these steps would have been the same.

    Attributes
    ----------
    done
        Steps that the file's state is after; 0 without a state.
    """

    def __init__(
        self,
        path: Path,
        parts: Mapping[str, Stateful],
        identity: RunIdentity,
        *,
        option: str,
        unit: str = "step",
        repair: str = "make room",
        may_change: Callable[[str, object, int], bool] = lambda name, value, done: False,
    ) -> None:
        self.path, self.parts, self.identity = path, parts, identity
        self._option, self._unit, self._repair = option, unit, repair
        self._may_change = may_change
        self.done = 0

    @property
    def kept(self) -> str:
        """What there is to go on from, for messages."""
        if not self.done:
            return "no state is kept yet"
        return f"the state of {self._unit} {self.done} is kept in {self.path}"

    def restore(self) -> int:
        """Set the parts to the state in the file, if it is there, and return the steps done.

        Raises
        ------
        InputError
            If the state is of another run, truncated, or no state at all.
        """
        if not self.path.exists():
            return 0
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            theirs = RunIdentity(content["settings"], content["data"])
            done, states = int(content["done"]), content["parts"]
            missing = self.parts.keys() ^ states.keys()
            if missing:
                raise KeyError(*sorted(missing))
        except _UNREADABLE as error:
            raise InputError(
                f"{self.path}: cannot be read as the state of a run ({type(error).__name__}); "
                f"delete it to begin anew"
            ) from None
        self._check(theirs, done)
        for name, part in self.parts.items():
            part.load_state_dict(states[name])
        self.done = done
        return done

    def _check(self, theirs: RunIdentity, done: int) -> None:
        ours, other = _flat(self.identity.settings), _flat(theirs.settings)
        lacks = []
        for name in sorted(ours.keys() | other.keys()):
            mine, its = ours.get(name, _MISSING), other.get(name, _MISSING)
            if mine != its and not self._may_change(name, its, done):
                lacks.append(f"{name} = {_said(mine)} (it has {_said(its)})")
        if theirs.data != self.identity.data:
            lacks.append("these photographs and what is known of them")
        if lacks:
            raise InputError(
                f"{self.path}: is the state of {self._unit} {done} of a run without "
                f"{', '.join(lacks)}; go on with what that run was started with, or delete the "
                f"file or name another {self._option} to begin anew"
            )

    def write(self, done: int) -> None:
        """Write the state of the parts after `done` steps; a kill leaves the state before."""
        content = {
            "done": done,
            "settings": json.loads(json.dumps(self.identity.settings)),
            "data": self.identity.data,
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
        }

        def write() -> None:
            with atomic_path(self.path) as temporary:
                torch.save(content, temporary)

        self.guarded(write)
        self.done = done

    def guarded(self, write: Callable[[], object]) -> None:
        """Call what writes a file of the run; where the disk is full, say so and what is kept."""
        try:
            write()
        except (OSError, RuntimeError, SafetensorError) as error:
            # The writers of torch and safetensors hide the system's error behind one of their own.
            full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            if not full and not any(sign in str(error) for sign in _FULL_DISK):
                raise
            free = shutil.disk_usage(self.path.parent).free / 1e9
            raise Stopped(
                f"{getattr(error, 'filename', None) or self.path}: the disk is full, or takes no "
                f"file as large ({free:.2f} GB free); {self.kept}; {self._repair}, and start the "
                f"same command again to go on from there"
            ) from None

    def remove(self) -> None:
        """Delete the file, when the run has come to its end."""
        self.path.unlink(missing_ok=True)


def _flat(settings: Mapping[str, object], before: str = "") -> dict[str, object]:
    """Return settings by dotted name, as JSON gives them back."""
    found: dict[str, object] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = json.loads(json.dumps(value))
    return found


def _said(value: object) -> str:
    return "none" if value is _MISSING else repr(value)


class GeneratorState:
    """A random generator of torch as a stateful part."""

    def __init__(self, generator: torch.Generator) -> None:
        self.generator = generator

    def state_dict(self) -> dict[str, Any]:
        """Return the generator's state."""
        return {"state": self.generator.get_state()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Set the generator's state."""
        self.generator.set_state(state_dict["state"])


class TensorState:
    """A tensor or parameter outside any module as a stateful part; it is set in place."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def state_dict(self) -> dict[str, Any]:
        """Return the tensor."""
        return {"tensor": self.tensor.detach()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Copy a tensor of the same shape into this one."""
        with torch.no_grad():
            self.tensor.copy_(state_dict["tensor"])


class LearnedState:
    """A module without those of its parts that are not learned, as a stateful part.

    Parameters
    ----------
    module
        Whose state it is.
    without
        Names of submodules that are left out.
    """

    def __init__(self, module: nn.Module, *without: str) -> None:
        self.module, self._left_out = module, tuple(f"{name}." for name in without)

    def state_dict(self) -> dict[str, Any]:
        """Return the state of what is learned."""
        state = self.module.state_dict()
        return {name: one for name, one in state.items() if not name.startswith(self._left_out)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Set what is learned; all else stays as it is.

        Raises
        ------
        KeyError
            If anything learned is missing, or anything else is there.
        """
        if odd := sorted(self.state_dict().keys() ^ state_dict.keys()):
            raise KeyError(f"{odd[0]}, one of {len(odd)} names that do not fit the module")
        self.module.load_state_dict(state_dict, strict=False)
