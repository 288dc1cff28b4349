"""Who may speak to the studio, by plain requests: another site, another name, no secret."""

import asyncio

import httpx
import pytest

from manipulation.studio_page.guard import Guard, new_token

OWN = "http://127.0.0.1:7860"
COOKIE = {"cookie": "studio-7860=secret"}
REACHED = 299


async def _application(scope, receive, send):
    await send({"type": "http.response.start", "status": REACHED, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def asked(path, headers=(), method="GET", body=b""):
    async def ask():
        transport = httpx.ASGITransport(Guard(_application, "secret"))
        async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            return await client.request(method, path, headers=dict(headers), content=body)

    return asyncio.run(ask())


def test_the_address_with_the_secret_opens_the_page_and_leaves_a_cookie():
    opened = asked("/?token=secret")
    assert (opened.status_code, opened.headers["refresh"]) == (200, "0; url=/")
    assert "HttpOnly; SameSite=Strict" in opened.headers["set-cookie"]
    page = asked("/", COOKIE)
    assert page.status_code == REACHED
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 401),
        ("/?token=", {}, 401),
        ("/?token=secre", {}, 401),
        ("/config?token=secret", {}, 401),
        ("/config", {"cookie": "studio-7861=secret"}, 401),
        ("/?token=secret", {"host": "attacker.example:7860"}, 421),
        ("/config", {**COOKIE, "host": "127.0.0.1"}, 421),
        ("/config", {**COOKIE, "origin": "http://attacker.example"}, 403),
        ("/config", {**COOKIE, "origin": "http://127.0.0.1:8888"}, 403),
        ("/config", {**COOKIE, "origin": "null"}, 403),
        ("/config", {**COOKIE, "sec-fetch-site": "same-site"}, 403),
        ("/", {**COOKIE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        (
            "/",
            {
                **COOKIE,
                "sec-fetch-site": "same-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "iframe",
            },
            403,
        ),
        (
            "/",
            {
                **COOKIE,
                "sec-fetch-site": "cross-site",
                "sec-fetch-mode": "navigate",
                "sec-fetch-dest": "document",
            },
            REACHED,
        ),
        ("/gradio_api/file=/etc/passwd", COOKIE, 404),
        ("/gradio_api/proxy=https://a.hf.space/b", COOKIE, 404),
        ("/gradio_api/runs", COOKIE, 404),
        ("/assets/../gradio_api/upload", COOKIE, 404),
        ("/config", {**COOKIE, "origin": OWN, "sec-fetch-site": "same-origin"}, REACHED),
    ],
)
def test_a_request_is_let_through_only_from_the_studio_s_own_page(path, headers, status):
    assert asked(path, headers).status_code == status


def test_what_is_sent_has_bounds_and_uploads_are_off():
    join = "/gradio_api/queue/join"
    assert asked(join, COOKIE, "POST", b"x" * 1000).status_code == REACHED
    assert asked(join, COOKIE, "POST", b"x" * 1_000_001).status_code == 413
    assert asked("/gradio_api/upload", COOKIE, "POST", b"x").status_code == 404
    assert asked(join, COOKIE, "PUT", b"x").status_code == 404
    assert asked(join, {**COOKIE, "transfer-encoding": "chunked"}, "POST").status_code == 411


def test_no_two_studios_have_one_secret():
    assert new_token() != new_token()
    assert len(new_token()) >= 32
