"""The operator's page: what a session does and waits for, in a browser on this computer.

The session tells a process of its own, which serves the page, so that no request ever takes time
from a frame: facts go there as datagrams that are sent or dropped, and never waited for. Page and
datagrams stay on the loopback; the address of the page holds a token that nobody can guess. The
keys of the page, which are the operator's alone, come back in the same way.
"""

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from experiment.laboratory import page_server
from experiment.protocols.watch import NoWatch, Watch

# A frame of gaze every so often is all that a browser shows.
_BETWEEN_GAZES_S = 0.02
_LARGEST_ANSWER = 1024
# macOS takes no larger ones; the schedule of a study, told once, may have more.
_LARGEST_DATAGRAM = 8192


class PageWatch:
    """An `experiment.protocols.watch.Watch` that tells the process of a page.

    Parameters
    ----------
    port
        UDP port of that process.
    token
        By which it knows that it is told by us.
    pipe
        Its standard input, for what a datagram does not hold.
    """

    follows_gaze = True

    def __init__(self, port: int, token: str, pipe: IO[str] | None = None):
        self._pipe = pipe
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._address, self._token = ("127.0.0.1", port), token
        self._gaze_told_s = 0.0

    def tell(self, **facts: object) -> None:
        if list(facts) == ["gaze"]:
            now_s = time.monotonic()
            if now_s - self._gaze_told_s < _BETWEEN_GAZES_S:
                return
            self._gaze_told_s = now_s
        told = json.dumps({"token": self._token, **facts})
        with suppress(OSError):  # nobody listens, or too slowly: the next facts tell more
            if len(told) <= _LARGEST_DATAGRAM:
                self._socket.sendto(told.encode(), self._address)
            elif self._pipe is not None:
                self._pipe.write(f"{told}\n")
                self._pipe.flush()

    def pressed(self) -> list[str]:
        names = []
        with suppress(OSError):  # of which one says that there is no other
            while True:
                names += pressed_key(self._socket.recv(_LARGEST_ANSWER), self._token)
        return names

    def close(self) -> None:
        """Close the way to the page."""
        self._socket.close()


def pressed_key(answer: bytes, token: str) -> list[str]:
    """Return the key that a page tells of, if it tells of one with the token."""
    with suppress(ValueError, KeyError, TypeError):
        told = json.loads(answer)
        if told["token"] == token:
            return [str(told["key"])]
    return []


@contextmanager
def operator_page(
    root: Path, facts: dict[str, object], tell: Callable[[str], None]
) -> Iterator[Watch]:
    """Serve the operator's page while a session lasts; without one where it cannot be served.

    Parameters
    ----------
    root
        The study folder, whose images the page shows.
    facts
        What the page says from the start.
    tell
        Says its address to the operator.
    """
    token = secrets.token_urlsafe(16)
    process = subprocess.Popen(
        # Isolated: nothing that lies in the current folder, such as a study, runs as code.
        [sys.executable, "-I", page_server.__file__, str(root.resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    watch: PageWatch | None = None
    ports: list[str] = []
    try:
        with suppress(OSError):  # it has ended
            process.stdin.write(f"{token}\n")
            process.stdin.flush()
            ports = process.stdout.readline().split()
        if len(ports) == 2:
            watch = PageWatch(int(ports[1]), token, process.stdin)
            watch.tell(**facts)
            tell(f"the operator's page: http://127.0.0.1:{ports[0]}/{token}/")
        else:
            tell("the operator's page cannot be served; the session goes on without")
        yield watch or NoWatch()
    finally:
        if watch is not None:
            watch.tell(ended=True)
            watch.close()
        with suppress(OSError):
            process.stdin.close()  # which ends it
        with suppress(subprocess.TimeoutExpired):
            process.wait(2.0)
        process.kill()
        process.wait()
        process.stdout.close()
