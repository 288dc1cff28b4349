"""How a server is asked for a file or for some of its bytes, and a file that is read this way.

Byte ranges are those of RFC 9110, section 14. What may pass (`TRANSIENT`) is left to the caller to
try again; what will not is an InputError.
"""

import errno
import http.client
import io
import os
import re
import time
import urllib.error
import urllib.request

from stimuli.support.errors import InputError

TIMEOUT_S = 30.0
WAITS_S = (1.0, 2.0, 4.0)  # before each further attempt of those that bring nothing
BEYOND = 416  # the file ends before the bytes that were asked for
TRANSIENT = (urllib.error.URLError, ConnectionError, TimeoutError, http.client.HTTPException)
_BUSY = (408, 425, 429, 500, 502, 503, 504)


class NoRanges(Exception):
    """The server sends whole files only."""


def request(
    url: str, first: int, last: int | None, validator: str | None, by_hand: str
) -> http.client.HTTPResponse:
    """Ask for the bytes from `first` to `last`, if the file is still that of `validator`.

    Raises
    ------
    InputError
        If the server does not have the file, refuses, or sends a web page.
    URLError, ConnectionError, TimeoutError, HTTPException
        If it cannot be reached or is busy.
    """
    asked = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})
    if first or last is not None:
        asked.add_header("Range", f"bytes={first}-{'' if last is None else last}")
        if validator:
            asked.add_header("If-Range", validator)
    try:
        response = urllib.request.urlopen(asked, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (*_BUSY, BEYOND):
            raise
        raise InputError(
            f"{url}: the server answers {error.code} {error.reason}; look at the address, "
            f"or {by_hand}"
        ) from None
    if response.headers.get_content_type() == "text/html":
        response.close()
        raise InputError(
            f"{url}: a web page came in place of the file; if this network asks for a login, "
            f"log in with a browser and run this again, or {by_hand}"
        )
    return response


def unreachable(url: str, error: Exception, by_hand: str) -> InputError:
    """Return the error for a server that cannot be reached, or breaks off again and again."""
    reason = getattr(error, "reason", None) or error or type(error).__name__
    return InputError(
        f"could not reach {url} ({reason}); connect to the internet and run this again, which "
        f"goes on from what has come, or {by_hand}"
    )


def first_byte(response: http.client.HTTPResponse) -> int | None:
    """Return the first of the bytes that a server sends, None if it sends all."""
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


class RemoteFile(io.RawIOBase):
    """A file on a server, read by byte ranges, such as the table of contents of an archive.

    Raises
    ------
    InputError
        As `request`, or if the server cannot be reached.
    NoRanges
        If the server sends whole files only.
    """

    def __init__(self, url: str, by_hand: str) -> None:
        self._url, self._by_hand = url, by_hand
        self._position = 0
        self._start, self._held = 0, b""
        self.size = 1
        _, self.size = self._requested(0, 0)

    def hold(self, start: int, content: bytes) -> None:
        """Read the bytes from `start` on from `content` from now on."""
        self._start, self._held = start, content

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if origin + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._position = origin + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # a Buffer has no length for mypy
        last = min(self._position + len(buffer), self.size) - 1
        if last < self._position:
            return 0
        inside = self._position - self._start
        if 0 <= inside < len(self._held):
            content = self._held[inside : inside + len(buffer)]
        else:
            content, _ = self._requested(self._position, last)
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)

    def _requested(self, first: int, last: int) -> tuple[bytes, int]:
        """Return the bytes from `first` to `last`, and the size of the whole file."""
        for wait_s in (*WAITS_S, None):
            try:
                with request(self._url, first, last, None, self._by_hand) as response:
                    total = re.search(r"/(\d+)$", response.headers.get("Content-Range", ""))
                    if response.status != 206 or first_byte(response) != first or not total:
                        raise NoRanges(self._url)
                    content = response.read()
                if len(content) != last - first + 1:
                    raise ConnectionError(f"ended after {len(content)} bytes")
                return content, int(total[1])
            except TRANSIENT as error:
                if wait_s is None:
                    raise unreachable(self._url, error, self._by_hand) from None
                time.sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")
