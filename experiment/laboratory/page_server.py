"""The process that serves the operator's page, which needs the standard library alone.

In come the study folder, the token on the first line of standard input, and facts as datagrams or,
where they are too many for one, as further lines; out go, on standard output, the ports of page and
facts. It ends when its standard input does, however the session ended. Only requests by this
computer's browser with the token are answered.
"""

import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_LARGEST_DATAGRAM = 65536
_HERE = "127.0.0.1"
# The keys of the page, by PsychoPy's names.
KEYS = ("space", "return", "a", "c", "v", "s", "p", "escape")


class Snapshot:
    """The newest facts of a session."""

    def __init__(self) -> None:
        self._facts: dict[str, object] = {}
        self._told_s = time.monotonic()

    def take(self, told: bytes, token: str) -> bool:
        """Take over facts, if they come with the token; return whether they do."""
        try:
            facts = json.loads(told)
            if facts.pop("token") != token:
                return False
        except (ValueError, KeyError, AttributeError, TypeError):
            return False
        self._facts = {**self._facts, **facts}
        self._told_s = time.monotonic()
        return True

    def as_json(self) -> bytes:
        """Return the facts, and how long ago the last came."""
        silent_s = round(time.monotonic() - self._told_s, 1)
        return json.dumps({**self._facts, "silent_s": silent_s}).encode()

    def image(self, root: Path) -> Path | None:
        """Return the file of the image that the session names, in the study."""
        name = self._facts.get("image")
        if not isinstance(name, str):
            return None
        path = (root / name).resolve()
        return path if path.is_relative_to(root.resolve()) and path.suffix == ".png" else None


def page_server(
    root: Path,
    token: str,
    snapshot: Snapshot,
    press: Callable[[str], None] = lambda key: None,
) -> ThreadingHTTPServer:
    """Return a server of the page on a free port of the loopback.

    Parameters
    ----------
    root
        The study folder.
    token
        First part of every path.
    press
        Is given the keys that are pressed on the page.
    """
    page = Path(__file__).with_name("page.html").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        """Answers with page, facts or image; anything else, and anybody else, gets nothing."""

        def do_GET(self) -> None:
            if not self._is_from_here():
                return
            path = self.path.partition("?")[0]
            if path == f"/{token}/":
                self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page)
            elif path == f"/{token}/facts":
                self._answer(HTTPStatus.OK, "application/json", snapshot.as_json())
            elif path == f"/{token}/image" and (image := snapshot.image(root)) is not None:
                self._answer(HTTPStatus.OK, "image/png", image.read_bytes())
            else:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"no such page")

        def do_POST(self) -> None:
            start, _, key = self.path.rpartition("/")
            if not self._is_from_here():
                return
            if start != f"/{token}/key" or key not in KEYS:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"no such key")
                return
            press(key)
            self._answer(HTTPStatus.OK, "text/plain", b"")

        def _is_from_here(self) -> bool:
            """Return whether this page asks; tell others that they are not answered."""
            port = self.connection.getsockname()[1]
            hosts = {f"{host}:{port}" for host in (_HERE, "localhost")}
            origin = self.headers.get("Origin", "")
            if self.headers.get("Host") in hosts and origin.removeprefix("http://") in {"", *hosts}:
                return True
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"not from here")
            return False

        def _answer(self, status: HTTPStatus, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("X-Frame-Options", "DENY")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            """The terminal is the operator's."""

    class Server(ThreadingHTTPServer):
        """Does not speak of browsers that went away."""

        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """The terminal is the operator's."""

    return Server((_HERE, 0), Handler)


def main() -> None:
    """Serve until standard input ends; Ctrl-C, which reaches this process too, is the session's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    root, token = Path(sys.argv[1]), sys.stdin.readline().strip()
    facts = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    facts.bind((_HERE, 0))
    snapshot = Snapshot()

    session: list[tuple[str, int]] = []  # where the facts come from

    def listen() -> None:
        while True:
            told, sender = facts.recvfrom(_LARGEST_DATAGRAM)
            if snapshot.take(told, token):
                session[:] = [sender]

    def press(key: str) -> None:
        for sender in session:
            facts.sendto(json.dumps({"token": token, "key": key}).encode(), sender)

    server = page_server(root, token, snapshot, press)
    for work in (listen, server.serve_forever):
        threading.Thread(target=work, daemon=True).start()
    print(server.server_port, facts.getsockname()[1], flush=True)
    for told in sys.stdin:
        snapshot.take(told.encode(), token)


if __name__ == "__main__":
    main()
