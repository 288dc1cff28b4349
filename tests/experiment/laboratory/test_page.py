"""The operator's page answers this computer and its token alone, and never holds up a session."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import numpy as np
import pytest

from experiment.laboratory import page_server as page_server_module
from experiment.laboratory.page import PageWatch, operator_page, pressed_key
from experiment.laboratory.page_server import Snapshot, page_server
from stimuli.support.files import write_image


def got(address, **headers):
    """Return status and content of an address."""
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@contextmanager
def serving(root, facts):
    """Serve a page of some facts in this process; yield where."""
    snapshot = Snapshot()
    snapshot.take(json.dumps({"token": "secret", **facts}).encode(), "secret")
    server = page_server(root, "secret", snapshot)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_only_the_token_and_only_this_computer_are_answered(tmp_path):
    with serving(tmp_path, {"trial": 3}) as where:
        port = where.rpartition(":")[2]
        assert json.loads(got(f"{where}/secret/facts")[1])["trial"] == 3
        assert got(f"{where}/secret/", Host=f"localhost:{port}")[0] == 200
        assert got(f"{where}/wrong/facts")[0] == got(f"{where}/")[0] == 404
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1"):
            assert got(f"{where}/secret/facts", Host=host)[0] == 403


@pytest.mark.parametrize(
    ("name", "status"),
    [("stimuli/a.png", 200), ("../outside.png", 404), ("study.toml", 404), (None, 404), (3, 404)],
)
def test_only_images_of_the_study_are_shown(tmp_path, name, status):
    study = tmp_path / "study"
    for path in (study / "stimuli/a.png", tmp_path / "outside.png"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, np.zeros((1, 1, 3), np.uint8))
    (study / "study.toml").touch()
    with serving(study, {"image": name}) as where:
        assert got(f"{where}/secret/image")[0] == status


def test_keys_of_the_page_reach_the_session_and_nobody_elses_do(tmp_path):
    told = []
    with operator_page(tmp_path, {}, told.append) as watch:
        where = told[0].split()[-1]
        port = where.split(":")[2].partition("/")[0]
        deadline = time.monotonic() + 60
        pressed = []
        while pressed[:1] != ["a"]:  # the page knows the session as soon as it was told something
            assert post(f"{where}key/a") == 200
            pressed += watch.pressed()
            assert time.monotonic() < deadline
        watch.pressed()
        assert post(f"{where}key/x") == post(f"http://127.0.0.1:{port}/wrong/key/a") == 404
        assert post(f"{where}key/a", Origin="http://evil.example") == 403
        time.sleep(0.1)
        assert watch.pressed() == []
    assert pressed_key(b'{"token": "other", "key": "a"}', "secret") == []


def post(address, **headers):
    """Return the status of an address that is sent to."""
    request = urllib.request.Request(address, data=b"", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_facts_of_others_are_not_taken():
    snapshot = Snapshot()
    for told in (b"{}", b"[]", b"x", b'{"token": "other", "trial": 9}', b"\xff"):
        snapshot.take(told, "secret")
    assert "trial" not in json.loads(snapshot.as_json())


def test_what_is_told_is_on_the_page_and_it_ends_with_the_session(tmp_path):
    told = []
    with operator_page(tmp_path, {"participant": "sub-07"}, told.append) as watch:
        (where,) = (text.split()[-1] for text in told)
        schedule = [[number, f"photograph{number:04d}-increase"] for number in range(1, 1801)]
        watch.tell(trials=1800, schedule=schedule)  # far more than a datagram holds
        watch.tell(trial=5, stim_id="photo", gaze=[960, 540])
        deadline = time.monotonic() + 60
        while not {"trial", "schedule"} <= set(json.loads(got(f"{where}facts")[1])):
            assert time.monotonic() < deadline
        facts = json.loads(got(f"{where}facts")[1])
        assert (facts["participant"], facts["gaze"]) == ("sub-07", [960, 540])
        assert (facts["trials"], facts["schedule"]) == (1800, schedule)
        assert b"<!doctype html>" in got(where)[1]
    with pytest.raises(urllib.error.URLError):
        got(where)


def test_a_page_that_cannot_be_served_is_told_and_the_session_goes_on(tmp_path, monkeypatch):
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(1)")
    monkeypatch.setattr(page_server_module, "__file__", str(broken))
    told = []
    with operator_page(tmp_path, {}, told.append) as watch:
        watch.tell(trial=1)
    assert told == ["the operator's page cannot be served; the session goes on without"]


def test_a_page_that_is_gone_or_does_not_listen_is_not_waited_for(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        watch = PageWatch(deaf.getsockname()[1], "secret")
        for number in range(20_000):  # far more than the system keeps for it
            watch.tell(trial=number)
    watch.tell(trial=-1)
    watch.tell(schedule=["x" * 100] * 1000)  # larger than a datagram
    watch.close()
