"""The studio in a real browser, started as a user would: click, slide, flip, save, reload, undo."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from manipulation.study_stimuli.generation import generate_stimuli
from stimuli.contract.masks import read_annotations
from stimuli.contract.settings import TargetSettings, read_settings
from stimuli.support.files import read_image
from tests.small_study import propose_small_study

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs the browser chromium")
WAIT_MS = 60_000
ATTACKER = "attacker.example"  # a name that its owner lets point to this computer
SETTLED_S = 4.0  # without a change of what is shown


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two small sources, the first with its files made."""
    folder = tmp_path_factory.mktemp("new") / "study"
    study = propose_small_study(folder, sources=2)
    generate_stimuli(study)
    return study


@pytest.fixture(scope="module")
def server(study):
    """The command in a process of its own; its address."""
    with served(study) as address:
        yield address


@contextmanager
def served(study):
    """A studio in a process of its own, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "manipulation.studio", "--study", str(study.root)]
    process = subprocess.Popen(
        [*command, "--port", str(port), "--no-browser"], stderr=subprocess.PIPE, text=True,
        # Whoever runs the tests in the background has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    said = process.stderr.readline()
    address = re.search(rf"http://127\.0\.0\.1:{port}/\?token=\S+", said)
    assert address, said + process.stderr.read()
    yield address[0]
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    with process.stderr as rest:
        assert "Traceback" not in rest.read()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with playwright.sync_playwright() as started:
        arguments = ["--no-sandbox", f"--host-resolver-rules=MAP {ATTACKER} 127.0.0.1"]
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def page(server, browser):
    """The page, once it shows the first source; nothing may go wrong in it or leave the machine."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    wrong, asked = [], []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda one: wrong.append(one.url) if one.status >= 400 else None)
    page.goto(server)
    page.wait_for_selector(".stage[data-stage]")
    yield page
    if "not saved" in page.inner_text("#state"):  # the server remembers it for the next test
        page.get_by_role("button", name="Discard changes").click()
        wait_for(page, "#state", text="In the study")
    context.close()
    assert wrong == []
    own = server.partition("?")[0]
    assert {url for url in asked if not url.startswith((own, "data:"))} == set()


def status(server, path, headers=(), method="GET", body=None):
    """What a request without the browser gets: its status."""
    address = urlsplit(server)
    with closing(HTTPConnection(address.hostname, address.port, timeout=10)) as connection:
        connection.request(method, path, body, dict(headers))
        with connection.getresponse() as response:
            return response.status


def test_nobody_else_speaks_to_the_studio(server):
    own, port = urlsplit(server), urlsplit(server).port
    opened = f"/?{own.query}"
    cookie = {"Cookie": f"studio-{port}={own.query.removeprefix('token=')}"}
    assert status(server, "/") == status(server, "/config") == 401  # without the secret
    assert status(server, "/?token=guessed") == 401
    assert status(server, opened) == 200
    assert status(server, "/config", cookie) == 200
    for name in ("attacker.example", f"attacker.example:{port}", "127.0.0.1"):  # DNS rebinding
        assert status(server, opened, {"Host": name}) == 421
    for origin in ("http://attacker.example", f"http://127.0.0.1:{port + 1}", "null"):
        asked = {**cookie, "Origin": origin, "Content-Type": "application/json"}
        assert status(server, "/gradio_api/queue/join", asked, "POST", b"{}") == 403
        assert status(server, "/config", {**cookie, "Origin": origin}) == 403
    for path in ("upload", "proxy=https://a.hf.space", "file=/etc/passwd", "runs", "run/save"):
        for method in ("GET", "POST"):
            assert status(server, f"/gradio_api/{path}", cookie, method, b"x") == 404
    assert status(server, "/gradio_api/queue/join", cookie, "POST", b" " * 1_000_001) == 413


ATTACK = """async studio => {
  const told = [], asked = {credentials: 'include'};
  const join = studio + '/gradio_api/queue/join';
  for (const path of ['/', '/config', '/?token=guessed', '/gradio_api/info']) {
    told.push(await fetch(studio + path, asked).then(one => one.status, () => 'refused'));
  }
  await fetch(join, {...asked, mode: 'no-cors', method: 'POST', body: '{}'}).catch(() => 0);
  for (const kind of ['iframe', 'img', 'script', 'object']) {
    const one = document.createElement(kind);
    one[kind === 'object' ? 'data' : 'src'] = studio + '/';
    await new Promise(over => {
      one.onload = one.onerror = over; setTimeout(over, 2000); document.body.append(one);
    });
  }
  return told;
}"""


@pytest.mark.parametrize("host", ["127.0.0.1", ATTACKER])
def test_a_page_of_another_port_or_site_reaches_nothing_in_a_browser_that_uses_the_studio(
    server, browser, host
):
    studio = f"http://{urlsplit(server).netloc}"
    with (
        HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as theirs,
        closing(browser.new_context()) as context,
    ):
        threading.Thread(target=theirs.serve_forever, daemon=True).start()
        context.new_page().goto(server)  # which leaves its cookie
        page, answers = context.new_page(), []
        page.on("response", lambda one: answers.append((one.url, one.status)))
        page.goto(f"http://{host}:{theirs.server_port}/README.md")
        assert set(page.evaluate(ATTACK, studio)) <= {"refused", 401, 403, 404}
        answered = {status for url, status in answers if url.startswith(studio)}
        assert answered <= {401, 403, 404}, answers
        assert all(not frame.url.startswith(studio) for frame in page.frames)
        page.evaluate("address => { location.href = address }", server)  # a link with the secret
        page.wait_for_selector("#source")
        assert page.url == f"{studio}/"
        theirs.shutdown()


def test_a_name_that_is_let_point_to_this_computer_opens_no_studio(server, browser):
    own = urlsplit(server)
    with closing(browser.new_page()) as page:
        answer = page.goto(f"http://{ATTACKER}:{own.port}/?{own.query}")
        assert answer.status == 421


def save_moved(page, key, *, told):
    """Move the first slider of a page, save, and wait for what the page says of it."""
    page.locator("#shift-0 input[type=range]").press(key)
    wait_for(page, "#state", text="not saved")
    wait_until_settled(page)
    page.get_by_role("button", name="Save version").click()
    wait_for(page, "#message", text=told)


def test_of_two_studios_in_two_browsers_the_later_is_told_and_nothing_is_lost(page, browser, study):
    text = study.settings_file.read_text()
    with served(study) as address, closing(browser.new_context()) as context:
        other = context.new_page()
        other.set_default_timeout(WAIT_MS)
        other.goto(address)
        for one in (page, other):
            wait_for(one, "#state", text="In the study")
        save_moved(page, "ArrowLeft", told="Saved: ")
        first = study.settings_file.read_text()
        save_moved(other, "ArrowRight", told="was changed by other hands")
        assert study.settings_file.read_text() == first != text
        page.get_by_role("button", name="Undo saving").click()
        wait_for(page, "#message", text="Undone")
    assert study.settings_file.read_text() == text


def picture(page):
    return page.get_attribute(".stage img.version", "src")


def figures(page):
    """The predicted changes of the objects and of the entropy, as the page says them."""
    return page.locator("#figures tbody tr td:last-child").all_inner_texts()


def asked(page):
    """The changes that are asked for, as the page says them."""
    return page.locator("#figures table:first-of-type td:nth-child(3)").all_inner_texts()


def wait_for(page, what, *, text):
    page.wait_for_function(
        "([what, text]) => document.querySelector(what)?.innerText.includes(text)",
        arg=[what, text],
    )


def wait_for_another_picture(page, before):
    page.wait_for_function(
        "before => document.querySelector('.stage img.version').src !== before", arg=before
    )


def wait_until_settled(page):
    """Wait for the version in full of the last move: moves made meanwhile follow the first."""
    seen, since = None, time.monotonic()
    last = since + WAIT_MS / 1000
    while time.monotonic() - since < SETTLED_S or "Full version" not in page.inner_text("#state"):
        assert time.monotonic() < last, "no version in full"
        now = picture(page), page.inner_text("#state")
        if now != seen:
            seen, since = now, time.monotonic()
        page.wait_for_timeout(100)


def test_an_object_is_clicked_a_slider_moved_the_version_saved_found_again_and_undone(page, study):
    text = study.settings_file.read_text()
    source = study.settings.sources[0]
    wait_for(page, "#state", text="In the study")
    wait_for(page, "#undo", text="Nothing to undo")
    first = picture(page)

    # An object that is not yet chosen, by the mouse.
    key = page.get_attribute(".stage .objects path[aria-checked=false]", "data-key")
    name = page.get_attribute(f".stage .objects path[data-key='{key}']", "aria-label")
    page.locator(f".stage .objects path[data-key='{key}']").click()
    number = len(source.versions[0].targets)
    page.wait_for_selector(f"#shift-{number}")
    assert page.locator(".stage .objects path.chosen").count() == number + 1
    assert page.get_by_role("checkbox", name=name, exact=True).last.is_checked()
    wait_for(page, "#state", text="not saved")
    wait_for_another_picture(page, first)

    # Its slider, by the keyboard.
    before, asked_before = picture(page), asked(page)
    slider = page.locator(f"#shift-{number} input[type=range]")
    while float(slider.input_value()) > -3.0:
        slider.press("ArrowLeft")
    wait_for_another_picture(page, before)
    wait_until_settled(page)
    wait_for(page, "#state", text="Full version, not saved")
    shift = float(slider.input_value())
    assert shift == -3.0
    assert asked(page) != asked_before

    # The original in place of the version, by key and by button.
    under = page.locator(".stage img.under").first
    assert not under.is_visible()
    page.keyboard.press("f")
    assert under.is_visible()
    assert under.get_attribute("src") == page.get_attribute(".stage img.original", "src")
    page.get_by_role("button", name="Flip with original").click()
    assert not under.is_visible()

    # Both at full size: side by side, larger, then in place of each other.
    page.get_by_role("button", name="Full size").click()
    large = page.get_by_role("dialog")
    assert large.locator("img:visible").count() == 2
    fit = large.locator("img.version").bounding_box()["width"]
    page.keyboard.press("+")
    assert large.locator("img.version").bounding_box()["width"] == pytest.approx(1.5 * fit, abs=2)
    page.keyboard.press("f")
    assert [one.get_attribute("class") for one in large.locator("img:visible").all()] == ["version"]
    page.keyboard.press("f")
    assert large.locator("img.original").is_visible()
    page.keyboard.press("Escape")
    assert not large.is_visible()

    # What was looked at before is taken again, and what was tuned since.
    tried = page.locator(".trail .tried button")
    assert tried.count() >= 2
    tried.first.click()
    wait_for(page, "#state", text="In the study")
    tried.last.click()
    page.wait_for_selector(f"#shift-{number}")
    wait_for(page, "#state", text="Full version, not saved")

    # A reload keeps what is not saved.
    page.reload()
    page.wait_for_selector(f"#shift-{number}")
    assert float(page.input_value(f"#shift-{number} input[type=range]")) == shift
    wait_for(page, "#state", text="not saved")

    # A save stores what the slider shows, however short ago it was moved, and once.
    slider.press("ArrowLeft")
    shift = float(slider.input_value())
    assert shift == -3.1
    page.get_by_role("button", name="Save version").dblclick()
    wait_for(page, "#message", text=f"Saved: {source.source_id}, increase.")
    wait_for(page, "#state", text="In the study")
    assert len(list((study.stimuli / "studio").iterdir())) == 1
    saved = read_settings(study.settings_file).sources[0].versions[0]
    assert saved.targets == (
        *source.versions[0].targets,
        TargetSettings(annotation_ids=(int(key),), k_shift=shift),
    )
    row = next(line for line in study.catalogue.read_text().splitlines() if "_increase" in line)
    assert f";{shift}" in row

    page.reload()
    page.wait_for_selector(f"#shift-{number}")
    wait_for(page, "#state", text="In the study")
    assert float(page.input_value(f"#shift-{number} input[type=range]")) == shift

    page.get_by_role("button", name="Undo saving").click()
    wait_for(page, "#message", text="Undone")
    page.wait_for_selector(f"#shift-{number}", state="hidden")
    wait_for(page, "#undo", text="Nothing to undo")
    assert study.settings_file.read_text() == text
    assert picture(page) == first


def test_the_keyboard_alone_suffices(page, study):
    wait_for(page, "#state", text="In the study")
    path = page.locator(".stage .objects path[aria-checked=false]").first
    name = path.get_attribute("aria-label")
    path.focus()
    page.keyboard.press("Enter")
    wait_for(page, "#state", text="not saved")
    box = page.locator("#objects").get_by_role("checkbox", name=name, exact=True)
    assert box.is_checked()
    box.focus()
    page.keyboard.press("Space")
    wait_for(page, "#state", text="In the study")
    assert not box.is_checked()
    page.locator("#direction").get_by_role("radio", name="decrease").focus()
    page.keyboard.press("Space")
    wanted = study.settings.sources[0].versions[1].targets[0].k_shift
    page.wait_for_function(
        "wanted => Number(document.querySelector('#shift-0 input[type=range]').value) === wanted",
        arg=wanted,
    )
    page.locator("#direction").get_by_role("radio", name="increase").focus()
    page.keyboard.press("Space")
    page.wait_for_function(
        "wanted => Number(document.querySelector('#shift-0 input[type=range]').value) === wanted",
        arg=-wanted,
    )


def draft(page):
    return page.get_attribute("#stage .draft .region", "d")


def wait_for_another_draft(page, before):
    page.wait_for_function(
        "before => (document.querySelector('#stage .draft .region').getAttribute('d') || '') !== "
        "(before || '')",
        arg=before,
    )


def test_a_region_is_clicked_and_drawn_kept_aimed_at_and_saved(page, study):
    source = study.settings.sources[0]
    file = study.root / source.annotations
    text, content = study.settings_file.read_text(), file.read_text()
    wait_for(page, "#state", text="In the study")
    assert not page.get_by_role("button", name="Keep region").is_visible()

    # The segment under a click, made larger, and taken back.
    page.get_by_role("button", name="Segment under a click").click()
    box = page.locator("#stage .draft").bounding_box()

    def point(x, y):
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.mouse.click(*point(0.5, 0.45))
    wait_for_another_draft(page, "")
    clicked = draft(page)
    assert page.locator("#objects input:checked").count() == len(source.versions[0].targets)
    page.get_by_role("button", name="Larger").click()
    wait_for_another_draft(page, clicked)
    larger = draft(page)
    page.get_by_role("button", name="Undo stroke").click()
    wait_for_another_draft(page, larger)
    assert not draft(page)
    assert page.get_by_role("button", name="Keep region").is_disabled()

    # A loop with the mouse, once as no more than a point, and a segment by the keyboard.
    page.get_by_role("button", name="Draw a loop").click()
    page.mouse.click(*point(0.2, 0.2))
    wait_for(page, "#message", text="no pixel inside")
    corners = [(0.3, 0.6), (0.5, 0.6), (0.5, 0.8), (0.3, 0.8), (0.3, 0.6)]
    page.mouse.move(*point(*corners[0]))
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*point(*corner), steps=8)
    page.mouse.up()
    wait_for_another_draft(page, "")
    assert page.inner_text("#drawing .hint") in (
        "3.9 % of the picture",
        "4.0 % of the picture",
        "4.1 % of the picture",
    )
    assert page.inner_text("#message").strip() == ""
    looped = draft(page)
    page.get_by_role("button", name="Segment under a click").click()
    page.locator("#stage .draft").focus()
    for _ in range(30):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    wait_for_another_draft(page, looped)
    page.keyboard.press("Control+z")
    page.wait_for_function(
        "looped => document.querySelector('#stage .draft .region').getAttribute('d') === looped",
        arg=looped,
    )

    # Without a name it is not kept; with one it is an object like the others.
    page.get_by_role("button", name="Keep region").click()
    wait_for(page, "#message", text="expected 1 to 40 printable characters")
    assert file.read_text() == content
    page.get_by_label("name of the region").fill("patch")
    page.get_by_role("button", name="Keep region").click()
    wait_for(page, "#message", text="Kept: patch")
    (kept,) = read_annotations(file).by_id.keys() - {
        one["id"] for one in json.loads(content)["annotations"]
    }
    assert not draft(page)
    page.get_by_role("button", name="Choose objects").click()
    page.locator(f".stage .objects path[data-key='{kept}']").click()
    number = len(source.versions[0].targets)
    page.wait_for_selector(f"#shift-{number}")
    wait_for(page, "#state", text="not saved")
    page.get_by_role("button", name="Save version").click()
    wait_for(page, "#message", text=f"Saved: {source.source_id}, increase.")
    targets = read_settings(study.settings_file).sources[0].versions[0].targets
    assert targets[-1].annotation_ids == (kept,)
    mask = read_image(study.stimuli / "masks" / f"{source.source_id}_{kept}.png") > 0
    assert mask[..., 0].mean() == pytest.approx(0.04, rel=0.05)

    # What a version aims at stays; once none does, the region is removed, and comes back.
    page.get_by_role("button", name="Draw a loop").click()
    page.get_by_role("button", name="Remove region").click()
    wait_for(page, "#message", text="so it stays")
    page.get_by_role("button", name="Undo saving").click()
    wait_for(page, "#message", text="Undone")
    assert study.settings_file.read_text() == text
    region = f".stage .objects path[data-key='{kept}']"
    page.get_by_role("button", name="Remove region").click()
    wait_for(page, "#message", text=f"Removed: patch ({kept})")
    page.wait_for_selector(region, state="detached")
    assert not page.get_by_role("button", name="Remove region").is_visible()
    page.get_by_role("button", name="Undo removing").click()
    wait_for(page, "#message", text=f"Back again: patch ({kept})")
    page.wait_for_selector(region, state="attached")
    page.get_by_label("regions that were drawn").select_option(str(kept))
    page.get_by_role("button", name="Remove region").click()
    wait_for(page, "#message", text=f"Removed: patch ({kept})")
    left = read_annotations(file).by_id
    assert list(left) == [one["id"] for one in json.loads(content)["annotations"]]


def test_what_is_wrong_is_said_in_the_page(page, study):
    wait_for(page, "#state", text="In the study")
    while left := page.locator("#objects input:checked").count():
        page.locator("#objects input:checked").first.uncheck()
        wait_for(page, "#state", text="Full version" if left > 1 else "Nothing to make")
    assert page.get_by_role("alert").filter(has_text="no object is chosen").count() == 1
    page.get_by_role("button", name="Save version").click()
    wait_for(page, "#message", text="no object is chosen")
    page.get_by_role("button", name="Discard changes").click()
    wait_for(page, "#state", text="In the study")
    seen = study.root / "sub-01"
    seen.mkdir()
    try:
        page.get_by_role("button", name="Save version").click()
        wait_for(page, "#message", text="such as sub-01, so they stay")
    finally:
        seen.rmdir()
    text = study.settings_file.read_text()
    try:
        study.settings_file.write_text(text + "\n[sreen]\n")
        page.reload()
        wait_for(page, "#message", text="sreen is not a setting")
    finally:
        study.settings_file.write_text(text)


def test_what_is_discarded_while_a_save_begins_is_shown_as_it_is_stated(page):
    wait_for(page, "#state", text="In the study")
    while page.locator("#objects input:checked").count():
        page.locator("#objects input:checked").first.uncheck()
        wait_for(page, "#state", text="not saved")
    wait_for(page, "#state", text="Nothing to make")
    page.evaluate("() => { for (const one of ['save', 'discard']) window[one].click(); }")
    wait_for(page, "#state", text="In the study")
    page.wait_for_selector("#save:enabled")


AXE_READS = {  # what is new on the page after a button: all of it, the tools, a dialog
    "Choose objects": None,
    "Draw a loop": [["#drawing"], ["#stage"]],
    "Full size": "dialog.large",
}


def test_nothing_hinders_those_who_read_otherwise(page):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    wait_for(page, "#state", text="In the study")
    page.add_style_tag(content="* { transition: none !important; }")  # colours between two schemes
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (390, 768, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for button, parts in AXE_READS.items():
                page.get_by_role("button", name=button).click()
                found = axe.run(page, parts).response["violations"]
                assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
            page.keyboard.press("Escape")


def test_of_two_tabs_the_second_is_told_and_neither_changes_what_the_other_shows(page, server):
    wait_for(page, "#state", text="In the study")
    shown = page.input_value("#shift-0 input[type=range]")
    other = page.context.new_page()
    other.set_default_timeout(WAIT_MS)
    other.goto(server)
    for one in (page, other):
        one.wait_for_selector(".two-pages:visible")
        wait_for(one, "#state", text="In the study")
    other.locator("#direction").get_by_role("radio", name="decrease").click()
    other.wait_for_function(
        "shown => Number(document.querySelector('#shift-0 input[type=range]').value) === -shown",
        arg=float(shown),
    )
    page.locator("#shift-0 input[type=range]").press("ArrowLeft")
    wait_for(page, "#message", text="another page of this study took")
    page.get_by_role("button", name="Save version").click()
    wait_for(page, "#message", text="another page of this study took")
    assert "not saved" not in other.inner_text("#state")
    other.locator("#direction").get_by_role("radio", name="increase").click()
    other.wait_for_function(
        "shown => Number(document.querySelector('#shift-0 input[type=range]').value) === shown",
        arg=float(shown),
    )
    wait_for(other, "#state", text="In the study")
    other.close()
    page.wait_for_selector(".two-pages", state="hidden")
    page.reload()
    wait_for(page, "#state", text="In the study")
    assert page.input_value("#shift-0 input[type=range]") == shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--study", "nowhere"], "nowhere: no such study"),
        (["--study", "{study}", "--port", "{port}"], r"port \d+ is in use"),
    ],
)
def test_what_is_wrong_at_the_start_ends_with_status_2(server, study, arguments, message):
    port = urlsplit(server).port
    filled = [one.format(study=study.root, port=port) for one in arguments]
    result = subprocess.run(
        [sys.executable, "-m", "manipulation.studio", *filled, "--no-browser"],
        capture_output=True, text=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert result.returncode == 2
    assert re.search(message, result.stderr)
    assert "Traceback" not in result.stderr
