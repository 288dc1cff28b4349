"""Sidecars: what a command was given, what it made, and with what."""

import hashlib
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from pathlib import Path

from stimuli.support.files import sha256, sha256_as_read, write_json
from stimuli.support.portable import portable, portable_arguments, portable_names
from stimuli.support.system import sync_folders

_PACKAGES = (
    "guiding-gaze", "numpy", "pillow", "pycocotools", "torch", "torchvision", "safetensors",
    "scipy", "pandas", "statsmodels", "matplotlib", "seaborn", "eyelinkio", "pymovements", "joblib",
    "psychopy", "sr-research-pylink",
)  # fmt: skip


def package_versions() -> dict[str, str]:
    """Return the installed versions of Python and of the packages that shape a result."""
    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def source_commit() -> str | None:
    """Return the commit of the code that runs, with ``-dirty`` if changed, or None outside git."""
    here = Path(__file__).resolve().parent
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=here, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return described.stdout.strip()


def write_sidecar(
    path: str | Path,
    *,
    command: str,
    settings: Mapping[str, object],
    inputs: Iterable[str | Path] = (),
    outputs: Iterable[str | Path] = (),
    seeds: Mapping[str, int] | None = None,
    device: str = "cpu",
    root: str | Path | None = None,
) -> None:
    """Write the provenance of a finished command to `path` as JSON.

    It tells nothing of whose computer that was: see `stimuli.support.portable`.

    Parameters
    ----------
    command
        Module that ran, such as ``manipulation.generate``; the arguments are added.
    settings
        The resolved settings, JSON-ready.
    inputs, outputs
        Files; each is listed with its SHA-256, by its path relative to `root` where it lies there,
        else by its name. Of a folder that is the SHA-256 of a list of the files in it, with their
        names.
    seeds
        Every seed that randomness came from.
    """
    write_json(
        path,
        {
            "command": command,
            "arguments": portable_arguments(sys.argv[1:], root),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "commit": source_commit(),
            "versions": package_versions(),
            "platform": platform.platform(),
            "device": device,
            "seeds": dict(seeds or {}),
            "settings": portable(settings, root),
            "inputs": sha256_by_name(inputs, root, sha256_as_read),
            "outputs": sha256_by_name(outputs, root, sha256),
        },
    )
    sync_folders(Path(path).parent)


def sha256_by_name(
    files: Iterable[str | Path], root: str | Path | None, hashed: Callable[[Path], str] = sha256
) -> dict[str, str]:
    """Return the SHA-256 of files by their paths relative to `root`, elsewhere by their names."""
    names = portable_names(map(Path, files), root)
    digests = {
        name: _folder_sha256(file) if file.is_dir() else hashed(file)
        for file, name in names.items()
    }
    return dict(sorted(digests.items()))


def _folder_sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(one for one in folder.rglob("*") if one.is_file()):
        digest.update(f"{sha256(file)}  {file.relative_to(folder).as_posix()}\n".encode())
    return digest.hexdigest()
