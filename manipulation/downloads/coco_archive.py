"""The annotations of one split, from the archive that COCO publishes them in.

The archive's table of contents stands at its end; with byte ranges, it and the one file that is
needed are fetched, a fifth of the whole or less. COCO publishes no checksums; those here are what
many have measured on the published files.
"""

import zipfile
import zlib
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO

from manipulation.downloads.fetching import download_bar, fetch
from manipulation.downloads.remote import NoRanges, RemoteFile
from stimuli.support.errors import InputError
from stimuli.support.files import atomic_path, sha256


@dataclass(frozen=True)
class Archive:
    """The archive: its name, place on the server, size and content."""

    name: str
    folder: str
    size_bytes: int
    sha256: str


ARCHIVE = Archive(
    "annotations_trainval2017.zip",
    "annotations",
    252_907_541,
    "113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268",
)
# SHA-256 of instances_SPLIT.json
INSTANCES_SHA256 = {
    "val2017": "e8c7f7908f1d7278341fae127d0da654f102f11bd7b21d8aeefa635b8c810b6f",
    "train2017": "610fce4944abdeb15354cc765333805529359d12d88f2f711393ca586901d01d",
}


def instances_file(folder: Path, split: str, url: str, by_hand: str) -> Path:
    """Return COCO's annotation file of a split, fetched into `folder` if it is not there.

    Parameters
    ----------
    folder
        Holds the file, or the archive that was put there by hand, or will.
    split
        ``val2017`` or ``train2017``.
    url
        Address of COCO's server or of a mirror.
    by_hand
        What a person can do without a connection; ends the messages.

    Raises
    ------
    InputError
        If a file is not the published one, or cannot be fetched (see `downloads.fetch`).
    """
    path = folder / f"instances_{split}.json"
    if path.exists():
        _check(path, path, split)
        return path
    whole = folder / ARCHIVE.name
    address = f"{url}/{ARCHIVE.folder}/{ARCHIVE.name}"
    if whole.exists():
        with open(whole, "rb") as file:
            _extract(file, whole, path, split)
        return path
    try:
        _fetch_member(address, path, split, by_hand)
    except NoRanges:
        with download_bar(f"Fetching {ARCHIVE.name}") as report:
            fetch(
                address, whole, by_hand=by_hand, size_bytes=ARCHIVE.size_bytes,
                sha256=ARCHIVE.sha256, report=report,
            )  # fmt: skip
        with open(whole, "rb") as file:
            _extract(file, whole, path, split)
        whole.unlink()
    return path


def _fetch_member(address: str, path: Path, split: str, by_hand: str) -> None:
    """Fetch one file of the archive by byte ranges, without the others."""
    remote = RemoteFile(address, by_hand)
    file = BufferedReader(remote, 1 << 16)
    try:
        with zipfile.ZipFile(file) as archive:
            begin = archive.getinfo(_member(split)).header_offset
            begins = [other.header_offset for other in archive.infolist()] + [archive.start_dir]
    except (zipfile.BadZipFile, KeyError) as error:
        raise InputError(f"{address}: is not COCO's archive ({error}); {by_hand}") from None
    length = min(other for other in begins if other > begin) - begin
    zipped = path.with_name(f"{path.name}.zipped")
    if not zipped.exists():
        with download_bar(f"Fetching {path.name}") as report:
            fetch(address, zipped, by_hand=by_hand, span=(begin, length), report=report)
    remote.hold(begin, zipped.read_bytes())
    try:
        _extract(file, address, path, split)
    finally:
        zipped.unlink()


def _extract(file: IO[bytes], source: str | Path, path: Path, split: str) -> None:
    """Write one file of the archive, which zipfile checks by its CRC-32, and check it."""
    try:
        with (
            zipfile.ZipFile(file) as archive,
            archive.open(_member(split)) as member,
            atomic_path(path) as temporary,
        ):
            with open(temporary, "wb") as out:
                for chunk in iter(lambda: member.read(1 << 20), b""):
                    out.write(chunk)
            _check(temporary, source, split)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        raise InputError(
            f"{source}: is not COCO's {ARCHIVE.name}, or not whole ({error}); fetch it again"
        ) from None


def _member(split: str) -> str:
    return f"annotations/instances_{split}.json"


def _check(path: Path, source: str | Path, split: str) -> None:
    found = sha256(path)
    if found != INSTANCES_SHA256[split]:
        raise InputError(
            f"{source}: has not the published instances_{split}.json but one with SHA-256 {found}; "
            f"expected {INSTANCES_SHA256[split]}; fetch it again, or delete it if it is yours"
        )
