"""Who may speak to the studio: whoever opened the address that the terminal shows, and nobody else.

Any page that a browser on this computer shows can send requests to this computer's ports. So each
request must carry the studio's secret, come from the studio's own page, name this computer as its
host (a name that an attacker lets point here does not), and ask for what the page itself needs:
everything else that gradio serves, uploads, files and proxies among it, is refused.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

_LARGEST_BYTES = 1_000_000  # of a request; a long loop has a tenth
_PAGE = "/"
_API = "/gradio_api"
_STARTED = f"{_API}/startup-events"  # gradio asks itself for it when it starts
_NEEDED = frozenset({
    _PAGE, "/config", "/config/", "/theme.css", "/favicon.ico", "/manifest.json",
    *(f"{_API}{one}" for one in (
        "/queue/join", "/queue/data", "/cancel", "/reset", "/reset/", "/theme.css", "/app_id",
        "/app_id/", "/info", "/info/",
    )),
})  # fmt: skip
_NEEDED_BELOW = ("/assets/", "/static/", "/svelte/", f"{_API}/heartbeat/")
_HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"frame-ancestors 'none'; object-src 'none'; base-uri 'self'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def new_token() -> str:
    """Return a secret that cannot be guessed, fit for an address."""
    return secrets.token_urlsafe(24)


class Guard:
    """An ASGI application that lets through what may reach another one.

    Parameters
    ----------
    application
        That is guarded.
    token
        The secret. An address that ends in ``?token=`` and the secret opens the page, and leaves
        the secret in a cookie for the requests that follow.
    """

    def __init__(self, application: Application, token: str) -> None:
        self.application, self.token = application, token

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self.application(scope, receive, send)
            return
        if scope["type"] != "http":  # the page uses no web sockets
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        port = scope["server"][1]
        if refusal := _refusal(scope, headers, port) or self._unknown(scope, headers, port):
            await _answer(send, *refusal)
        elif token := _token(scope):
            cookie = f"{_cookie(port)}={token}; HttpOnly; SameSite=Strict; Path=/"
            # Not redirected: a link in a page elsewhere, such as a terminal in a browser, would
            # lead there without the cookie.
            more = [(b"refresh", b"0; url=/"), (b"set-cookie", cookie.encode())]
            await _answer(send, 200, "The studio.", more)
        else:
            await self.application(scope, receive, _with_headers(send))

    def _unknown(self, scope: Message, headers: dict[bytes, str], port: int) -> tuple | None:
        """Return why a request is refused that does not carry the secret."""
        if scope["path"] == _STARTED:
            return None
        for given in (_token(scope), _token_of_cookie(headers.get(b"cookie", ""), port)):
            if given and hmac.compare_digest(given.encode(), self.token.encode()):
                return None
        return 401, "The studio opens by the address that its terminal shows, token and all."


def _refusal(scope: Message, headers: dict[bytes, str], port: int) -> tuple[int, str] | None:
    """Return status and reason of a request that nobody may make, or None."""
    host, origin = headers.get(b"host", ""), headers.get(b"origin")
    if host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return 421, "The studio is not served under this name."
    if origin is not None and origin != f"http://{host}":
        return 403, "The studio takes requests from its own page alone."
    opens_the_page = scope["method"] == "GET" and scope["path"] == _PAGE
    if headers.get(b"sec-fetch-site", "none") not in ("none", "same-origin") and (
        not opens_the_page
        or headers.get(b"sec-fetch-mode") != "navigate"
        or headers.get(b"sec-fetch-dest", "document") != "document"  # but a frame
    ):
        return 403, "The studio takes requests from its own page alone."
    path = scope["path"]
    known = path in _NEEDED or path == _STARTED or path.startswith(_NEEDED_BELOW)
    if not known or ".." in path or scope["method"] not in ("GET", "HEAD", "POST"):
        return 404, "The studio has no such page."
    length = headers.get(b"content-length", "0")
    if b"transfer-encoding" in headers or not length.isascii() or not length.isdigit():
        return 411, "The studio takes requests of a stated length alone."
    if len(length) > 9 or int(length) > _LARGEST_BYTES:
        return 413, f"The studio takes at most {_LARGEST_BYTES} bytes at once."
    return None


def _token(scope: Message) -> str:
    """Return the secret in the address of the page."""
    if scope["path"] != _PAGE:
        return ""
    query = scope.get("query_string", b"").decode("latin-1")
    return parse_qs(query).get("token", [""])[0]


def _cookie(port: int) -> str:
    return f"studio-{port}"  # ports share their cookies


def _token_of_cookie(text: str, port: int) -> str:
    try:
        found = SimpleCookie(text).get(_cookie(port))
    except CookieError:
        return ""
    return found.value if found else ""


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return sending


async def _answer(
    send: Send, status: int, text: str, more: list[tuple[bytes, bytes]] | None = None
) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *_HEADERS, *(more or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
