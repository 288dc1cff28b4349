"""What a sidecar or a card says of files and arguments, without where they lie on whose computer.

Paths inside a study become relative to it; of all others the file's name is left. Home folders,
and with them the names of users, stay out of what is passed on.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PureWindowsPath
from typing import Any


def portable(value: Any, root: str | Path | None = None) -> Any:
    """Return something JSON-ready with its paths made portable; everything else stays as it is.

    Parameters
    ----------
    value
        Text, numbers, and lists and mappings of these. A text is a path if it is absolute, or
        leads to a home folder or upwards; of ``name=path`` the path is looked at.
    root
        Study folder, if there is one.

    Examples
    --------
    >>> portable({"also": ["icf", "/home/somebody/models/own.safetensors"], "steps": 16})
    {'also': ['icf', 'own.safetensors'], 'steps': 16}
    """
    if isinstance(value, Mapping):
        return {key: portable(one, root) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [portable(one, root) for one in value]
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    return _text(value, root) if isinstance(value, str) else value


def portable_arguments(arguments: Iterable[str], root: str | Path | None = None) -> list[str]:
    """Return the arguments of a command, with paths as `portable` has them.

    A relative path that leads to something is one, too.

    Examples
    --------
    >>> portable_arguments(["--fixations", "/data/osie/fixations.csv", "--out=../own.safetensors"])
    ['--fixations', 'fixations.csv', '--out=own.safetensors']
    """
    return [_text(one, root, relative=True) for one in arguments]


def portable_names(files: Iterable[Path], root: str | Path | None = None) -> dict[Path, str]:
    """Return what each file is called in a sidecar; two of one name are numbered."""
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for file in dict.fromkeys(files):
        name = first = _inside(file, root) or file.name or file.resolve().name
        number = 1
        while name in taken:
            number += 1
            name = f"{first} ({number})"
        taken.add(name)
        names[file] = name
    return names


def _text(text: str, root: str | Path | None, *, relative: bool = False) -> str:
    head, sign, tail = text.partition("=")
    if sign and not _is_path(text, relative) and _is_path(tail, relative):
        return f"{head}={_portable_path(tail, root)}"
    return _portable_path(text, root) if _is_path(text, relative) else text


def _is_path(text: str, relative: bool) -> bool:
    foreign = PureWindowsPath(text)
    on_a_drive = bool(foreign.drive and foreign.root)
    leads_away = text.startswith(("/", "~")) or on_a_drive or foreign.parts[:1] == ("..",)
    if leads_away or not relative or len(foreign.parts) < 2:
        return leads_away
    try:
        return Path(text).exists()
    except OSError:
        return False


def _portable_path(text: str, root: str | Path | None) -> str:
    name = _inside(Path(text), root) or PureWindowsPath(text).name
    return name or "."


def _inside(file: Path, root: str | Path | None) -> str:
    """Return the path of a file relative to a study, or nothing where it lies elsewhere."""
    if root is None:
        return ""
    base, real = Path(root).resolve(), file.resolve()
    if real == base:
        return base.name
    return real.relative_to(base).as_posix() if real.is_relative_to(base) else ""
