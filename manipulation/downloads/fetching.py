"""Files from the internet: resumed after a kill, checked, and whole or not there.

A download grows under the name ``FILE.part``; ``FILE.part.json`` beside it says which remote file
its bytes are of. The next call goes on from there if the server still has that file and sends byte
ranges (RFC 9110, section 14), and begins again otherwise.
"""

import errno
import hashlib
import http.client
import json
import os
import shutil
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from manipulation.downloads import remote
from manipulation.downloads.remote import (
    BEYOND,
    TRANSIENT,
    NoRanges,
    first_byte,
    request,
    unreachable,
)
from stimuli.support.errors import InputError
from stimuli.support.files import write_json

_CHUNK = 1 << 18

Report = Callable[[int, int | None], None]


@dataclass(frozen=True)
class _Held:
    """What the bytes of a partial file are of.

    `validator` is the server's word for this version of the file, `size_bytes` that of the bytes
    asked for, None where the server does not say.
    """

    url: str
    span: list[int] | None
    validator: str | None
    size_bytes: int | None


def fetch(
    url: str,
    path: Path,
    *,
    by_hand: str,
    size_bytes: int | None = None,
    sha256: str | None = None,
    fault: Callable[[Path], str | None] = lambda path: None,
    span: tuple[int, int] | None = None,
    report: Report = lambda done, total: None,
) -> None:
    """Fetch a file, going on where an earlier call was stopped.

    A connection that breaks is taken up again; one that brings nothing is tried once more after
    each of `remote.WAITS_S`.

    Parameters
    ----------
    url, path
        What is fetched, and the file it becomes.
    by_hand
        What a person can do without this connection; ends the messages.
    size_bytes, sha256
        What the file must be, where that is known.
    fault
        Says what is wrong with the content, or None.
    span
        First byte and number of bytes, for a part of the remote file.
    report
        Called with the bytes that are here and all of them.

    Raises
    ------
    InputError
        If the server cannot be reached, does not have the file, sends a web page or other content
        in its place, or the disk is full.
    NoRanges
        If `span` is asked of a server that sends whole files only.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    waits = list(remote.WAITS_S)
    while True:
        before = _size(partial)
        try:
            _go_on(url, partial, by_hand, size_bytes, span, report)
            break
        except TRANSIENT as error:
            if _size(partial) > before:
                waits = list(remote.WAITS_S)
            if not waits:
                raise unreachable(url, error, by_hand) from None
            time.sleep(waits.pop(0))
    wrong = _wrong(partial, size_bytes, sha256) or fault(partial)
    if wrong:
        _forget(partial)
        raise InputError(
            f"{url}: what came is not the published file ({wrong}); try again; if it happens "
            f"twice, look at the network in between, or {by_hand}"
        )
    _note(partial).unlink(
        missing_ok=True
    )  # first, since nothing would remove it once the file is there
    os.replace(partial, path)


def _go_on(
    url: str,
    partial: Path,
    by_hand: str,
    size_bytes: int | None,
    span: tuple[int, int] | None,
    report: Report,
) -> None:
    """Add to a partial file until it is whole, or the connection breaks."""
    held = _held(partial, url, span)
    have = _size(partial) if held else 0
    if held and have == held.size_bytes:
        return
    first, last = (span[0], sum(span) - 1) if span else (0, None)
    try:
        response = request(url, first + have, last, held.validator if held else None, by_hand)
    except urllib.error.HTTPError as error:
        if error.code == BEYOND:
            _forget(partial)
        raise
    with response:
        partly = response.status == 206
        if span and not partly:
            raise NoRanges(url)
        validator = _validator(response)
        if partly and (
            first_byte(response) != first + have or (held and validator != held.validator)
        ):
            _forget(partial)
            raise ConnectionError("the file has changed on the server meanwhile")
        have = have if partly else 0
        length = response.headers.get("Content-Length")
        size = have + int(length) if length else None
        if None not in (size, size_bytes) and size != size_bytes:
            raise InputError(
                f"{url}: has {size} bytes, so it is not the published file of {size_bytes}; "
                f"look at the address and at the network in between, or {by_hand}"
            )
        if not have:
            _forget(partial)  # lest a kill leave old bytes under a new note
        with _room(partial, (size or have) - have):
            now = _Held(url, list(span) if span else None, validator, size)
            write_json(_note(partial), asdict(now))
            with open(partial, "r+b" if have else "wb") as file:
                file.truncate(have)
                file.seek(have)
                for chunk in iter(lambda: response.read(_CHUNK), b""):
                    file.write(chunk)
                    have += len(chunk)
                    report(have, size)
                file.flush()
                os.fsync(file.fileno())
    if size is not None and have < size:
        raise ConnectionError(f"ended after {have} of {size} bytes")


@contextmanager
def download_bar(description: str) -> Iterator[Report]:
    """Yield a `Report` that shows a bar on the terminal's error stream."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _held(partial: Path, url: str, span: tuple[int, int] | None) -> _Held | None:
    """Return what a partial file is of, or None if it is nothing to go on from."""
    try:
        held = _Held(**json.loads(_note(partial).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    same = held.url == url and held.span == (list(span) if span else None)
    return held if same and held.validator and partial.exists() else None


def _validator(response: http.client.HTTPResponse) -> str | None:
    """Return what names this version of the file: a strong ETag, or else the date of change."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified")


def _wrong(path: Path, size_bytes: int | None, sha256: str | None) -> str | None:
    if size_bytes is not None and path.stat().st_size != size_bytes:
        return f"{path.stat().st_size} bytes; expected {size_bytes}"
    if sha256:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            return f"SHA-256 {found}; expected {sha256}"
    return None


@contextmanager
def _room(path: Path, needed_bytes: int) -> Iterator[None]:
    """Raise InputError if the disk has less room, or is full while something is written."""

    def full() -> InputError:
        free = shutil.disk_usage(path.parent).free
        return InputError(
            f"{path}: the disk is full: {free / 1e6:.1f} MB are free; expected "
            f"{needed_bytes / 1e6:.1f} MB; make room and run this again"
        )

    if shutil.disk_usage(path.parent).free < needed_bytes:
        raise full()
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise full() from None


def _note(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.json")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _forget(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    _note(partial).unlink(missing_ok=True)
