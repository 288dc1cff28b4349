"""Photographs of COCO arrive whole, once, with their terms, whatever the network does."""

import dataclasses
import errno
import io
import json
import shutil
import socket
import zipfile
from collections import namedtuple
from hashlib import sha256

import pytest

from manipulation import fetch_coco
from manipulation.downloads import coco_archive, remote
from manipulation.downloads import fetching as downloads
from manipulation.new_study.candidates import coco_photographs
from stimuli.contract.masks import read_annotations
from stimuli.support import commands, files
from stimuli.support.errors import InputError
from tests.manipulation.downloads.coco_server import ARCHIVE, LICENCES, Server, published

PUBLISHED, INSTANCES_SHA256 = published()
PHOTOGRAPH = "/val2017/000000000139.jpg"


@pytest.fixture(autouse=True)
def known(monkeypatch):
    content = PUBLISHED[ARCHIVE]
    monkeypatch.setattr(coco_archive, "INSTANCES_SHA256", INSTANCES_SHA256)
    archive = dataclasses.replace(
        coco_archive.ARCHIVE, size_bytes=len(content), sha256=sha256(content).hexdigest()
    )
    monkeypatch.setattr(coco_archive, "ARCHIVE", archive)
    monkeypatch.setattr(remote, "WAITS_S", (0.0, 0.0))
    monkeypatch.setattr(downloads, "_CHUNK", 4096)


@pytest.fixture
def server():
    return Server(PUBLISHED)


@pytest.fixture
def url(server):
    with server.running() as address:
        yield address


def run(out, url, *ids, split="val2017"):
    wanted = ids or (139, 285, 632)
    fetch_coco.main(["--ids", *map(str, wanted), "--out", str(out), "--url", url, "--split", split])


def contents(out):
    """All files but the record of the run, which names its time."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and "provenance" not in path.name
    }


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """What an undisturbed run leaves."""
    out = tmp_path_factory.mktemp("complete")
    with pytest.MonkeyPatch.context() as patch, Server(PUBLISHED).running() as address:
        patch.setattr(coco_archive, "INSTANCES_SHA256", INSTANCES_SHA256)
        run(out, address)
    return contents(out)


def test_photographs_and_their_excerpt_of_the_annotations_arrive(tmp_path, server, url):
    run(tmp_path, url, 285, 139, 285)
    names = ["000000000139.jpg", "000000000285.jpg"]
    assert sorted(path.name for path in (tmp_path / "images").iterdir()) == names
    for name in names:
        assert (tmp_path / "images" / name).read_bytes() == PUBLISHED[f"/val2017/{name}"]
    excerpt = json.loads((tmp_path / "instances.json").read_text())
    assert excerpt["licenses"] == LICENCES
    assert [entry["id"] for entry in excerpt["images"]] == [139, 285]
    assert {entry["id"] for entry in excerpt["annotations"]} == {1390, 1391, 2850, 2851}
    photographs = coco_photographs(tmp_path / "images", tmp_path / "instances.json")
    assert (len(photographs.candidates), photographs.missing) == (2, ())


def test_the_licence_and_the_address_of_a_photograph_go_with_it(tmp_path, url):
    run(tmp_path, url)
    assert read_annotations(tmp_path / "instances.json").licence(139) == (
        "Attribution License (http://by.example/2.0/); photograph: http://flickr.example/139.jpg"
    )


def test_the_checksums_are_those_of_all_files(tmp_path, url):
    run(tmp_path, url)
    lines = (tmp_path / "SHA256SUMS").read_text().splitlines()
    found = {name: digest for digest, name in (line.split("  ") for line in lines)}
    listed = [*(tmp_path / "images").iterdir(), tmp_path / "instances.json"]
    assert found == {p.relative_to(tmp_path).as_posix(): files.sha256(p) for p in listed}


def test_of_the_archive_only_what_is_needed_is_fetched(tmp_path, server, url):
    run(tmp_path, url)
    with zipfile.ZipFile(io.BytesIO(PUBLISHED[ARCHIVE])) as archive:
        needed = archive.getinfo("annotations/instances_val2017.json").compress_size
    first, last = asked_of(server, ARCHIVE)[-1].removeprefix("bytes=").split("-")
    assert needed < int(last) - int(first) < needed + 200


def asked_of(server, path):
    return [ranges for asked, ranges in server.asked if asked == path]


def test_what_is_there_and_right_is_not_fetched_again(tmp_path, server, url, complete):
    run(tmp_path, url)
    server.asked.clear()
    shutil.rmtree(tmp_path / "annotations")
    run(tmp_path, url)
    assert server.asked == []
    assert contents(tmp_path) == without_annotations(complete)


def without_annotations(content):
    return {name: held for name, held in content.items() if not name.startswith("annotations")}


def test_a_photograph_that_was_damaged_is_fetched_again(tmp_path, server, url, complete):
    run(tmp_path, url)
    server.asked.clear()
    damaged = tmp_path / "images" / "000000000285.jpg"
    damaged.write_bytes(damaged.read_bytes()[:-1000])
    run(tmp_path, url)
    assert server.asked == [("/val2017/000000000285.jpg", None)]
    assert contents(tmp_path) == complete


def test_a_later_run_adds_to_what_is_there(tmp_path, url, complete):
    run(tmp_path, url, 632)
    run(tmp_path, url, 9, split="train2017")
    run(tmp_path, url, 285, 139)
    annotations = read_annotations(tmp_path / "instances.json")
    assert set(annotations.images) == {9, 139, 285, 632}
    assert len(annotations.by_id) == 8
    assert len(list((tmp_path / "images").iterdir())) == 4


def test_checksums_of_others_make_sure_of_the_same_bytes(tmp_path, server, url):
    line = f"{sha256(PUBLISHED[PHOTOGRAPH]).hexdigest()}  images/000000000139.jpg\n"
    others = f"{'0' * 64}  images/000000000632.jpg\n{'1' * 64}  instances.json\n"
    (tmp_path / "SHA256SUMS").write_text(line + others)
    server.files[PHOTOGRAPH] = PUBLISHED["/val2017/000000000285.jpg"]
    with pytest.raises(InputError, match=r"not the published file \(SHA-256 .* expected"):
        run(tmp_path, url, 139)
    server.files[PHOTOGRAPH] = PUBLISHED[PHOTOGRAPH]
    run(tmp_path, url, 139)
    assert line in (tmp_path / "SHA256SUMS").read_text()


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("cut_after", [0, 1000, 5000, 20_000])
def test_connections_that_break_off_are_taken_up_again(
    tmp_path, server, url, complete, ranges, cut_after
):
    server.ranges, server.cut_after, server.cuts = ranges, cut_after, 2
    run(tmp_path, url)
    assert contents(tmp_path) == complete
    assert server.cuts == 0


def test_a_line_that_breaks_often_is_followed_to_the_end_as_long_as_something_comes(
    tmp_path, server, url
):
    server.cut_after, server.cuts = 5000, 1000
    run(tmp_path, url, 139)
    assert (tmp_path / "images" / "000000000139.jpg").read_bytes() == PUBLISHED[PHOTOGRAPH]
    begins = [int(asked[6:].split("-")[0]) for asked in asked_of(server, PHOTOGRAPH) if asked]
    assert begins == list(range(5000, len(PUBLISHED[PHOTOGRAPH]), 5000))


def test_a_server_that_is_busy_for_a_moment_is_asked_again(tmp_path, server, url, complete):
    server.busy = 2
    run(tmp_path, url)
    assert contents(tmp_path) == complete


def killed(monkeypatch, after):
    """Stop the process, as it were, at the write number `after` of downloaded bytes."""
    calls = []

    def report(done, total):
        calls.append(done)
        if len(calls) == after:
            raise KeyboardInterrupt

    fetch = downloads.fetch

    def fetch_until(*arguments, **options):
        return fetch(*arguments, **{**options, "report": report})

    monkeypatch.setattr(downloads, "fetch", fetch_until)
    monkeypatch.setattr(coco_archive, "fetch", fetch_until)
    return fetch


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("after", [1, 2, 5, 12])
def test_a_run_that_was_killed_goes_on_where_it_was(
    tmp_path, server, url, complete, monkeypatch, ranges, after
):
    server.ranges = ranges
    with monkeypatch.context() as patch:
        killed(patch, after)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, url)
    partial = list(tmp_path.rglob("*.part"))
    assert len(partial) == 1
    (tmp_path / "images").mkdir(exist_ok=True)
    (tmp_path / "images" / ".writing-abc.json").write_text("left by a process that was killed")
    have = partial[0].stat().st_size
    assert not partial[0].with_suffix("").exists()
    server.sent_bytes = 0
    run(tmp_path, url)
    assert contents(tmp_path) == complete
    if ranges:
        clean = Server(PUBLISHED)
        with clean.running() as address:
            run(tmp_path / "clean", address)
        assert server.sent_bytes <= clean.sent_bytes - have


def test_a_file_that_changed_on_the_server_is_begun_again(tmp_path, server, url, monkeypatch):
    with monkeypatch.context() as patch:
        killed(patch, 1)
        with pytest.raises(KeyboardInterrupt):
            downloads.fetch(url + PHOTOGRAPH, tmp_path / "a.jpg", by_hand="")
    server.files[PHOTOGRAPH] = PUBLISHED["/val2017/000000000285.jpg"]
    downloads.fetch(url + PHOTOGRAPH, tmp_path / "a.jpg", by_hand="")
    assert (tmp_path / "a.jpg").read_bytes() == server.files[PHOTOGRAPH]
    assert asked_of(server, PHOTOGRAPH) == [None, "bytes=4096-"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]


def test_without_a_word_on_the_version_nothing_is_pieced_together(
    tmp_path, server, url, monkeypatch
):
    server.etags = False
    with monkeypatch.context() as patch:
        killed(patch, 1)
        with pytest.raises(KeyboardInterrupt):
            downloads.fetch(url + PHOTOGRAPH, tmp_path / "a.jpg", by_hand="")
    downloads.fetch(url + PHOTOGRAPH, tmp_path / "a.jpg", by_hand="")
    assert asked_of(server, PHOTOGRAPH) == [None, None]
    assert (tmp_path / "a.jpg").read_bytes() == PUBLISHED[PHOTOGRAPH]


def test_without_a_connection_the_message_says_what_to_do(tmp_path, server):
    with server.running() as url:
        pass
    with pytest.raises(InputError, match=(
        r"could not reach http://127\.0\.0\.1:\d+/annotations/annotations_trainval2017\.zip "
        r"\(.*refused.*\); connect .* or pass --url of a mirror, or put "
        r"annotations_trainval2017\.zip or instances_val2017\.json into .*annotations by hand"
    )):  # fmt: skip
        run(tmp_path, url)


@pytest.mark.parametrize("whole", [True, False])
def test_files_that_were_put_there_by_hand_are_used(tmp_path, server, complete, whole):
    with server.running() as url:
        pass
    (tmp_path / "annotations").mkdir()
    (tmp_path / "images").mkdir()
    if whole:
        (tmp_path / "annotations" / "annotations_trainval2017.zip").write_bytes(PUBLISHED[ARCHIVE])
    else:
        name = "annotations/instances_val2017.json"
        (tmp_path / name).write_bytes(complete[name])
    (tmp_path / "images" / "000000000139.jpg").write_bytes(PUBLISHED[PHOTOGRAPH])
    with pytest.raises(InputError, match=r"could not reach .*/val2017/000000000285\.jpg"):
        run(tmp_path, url, 139, 285)
    run(tmp_path, url, 139)
    assert set(read_annotations(tmp_path / "instances.json").images) == {139}


@pytest.mark.parametrize("name", ["annotations_trainval2017.zip", "instances_val2017.json"])
def test_other_annotations_put_there_by_hand_are_named(tmp_path, server, url, name):
    path = tmp_path / "annotations" / name
    path.parent.mkdir()
    path.write_bytes(PUBLISHED[ARCHIVE][:-3000])
    with pytest.raises(InputError, match=rf"{name}: .*fetch it again"):
        run(tmp_path, url)
    assert [one.name for one in path.parent.iterdir()] == [name]


def test_a_web_page_in_place_of_a_file_is_known(tmp_path, server, url, complete):
    run(tmp_path, url, 285)
    server.web_page = True
    with pytest.raises(InputError, match=r"000000000139\.jpg: a web page came .* login"):
        run(tmp_path, url, 139)
    server.web_page = False
    run(tmp_path, url)
    assert contents(tmp_path) == complete


def test_a_web_page_during_a_resume_leaves_what_has_come(tmp_path, server, url, monkeypatch):
    with monkeypatch.context() as patch:
        killed(patch, 1)
        with pytest.raises(KeyboardInterrupt):
            downloads.fetch(url + PHOTOGRAPH, tmp_path / "a.jpg", by_hand="")
    server.web_page = True
    with pytest.raises(InputError, match="web page"):
        downloads.fetch(url + PHOTOGRAPH, tmp_path / "a.jpg", by_hand="")
    assert (tmp_path / "a.jpg.part").read_bytes() == PUBLISHED[PHOTOGRAPH][:4096]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>no content type</html>", "cannot be read as an image"),
        (PUBLISHED[PHOTOGRAPH][:-4000], "cannot be read as an image.*truncated"),
        (PUBLISHED["/val2017/000000000285.jpg"], "600 x 400 pixels; expected 451 x 300"),
        (b"", "cannot be read as an image"),
    ],
)
def test_what_is_not_the_photograph_is_refused_and_not_kept(tmp_path, server, url, content, reason):
    server.files[PHOTOGRAPH] = content
    with pytest.raises(InputError, match=rf"139\.jpg: what came is not the published .*{reason}"):
        run(tmp_path, url, 285, 139)
    assert not list((tmp_path / "images").glob("*139*"))


def test_an_archive_of_other_content_is_refused(tmp_path, server, url):
    other = Server(PUBLISHED).files[ARCHIVE].replace(b"PK", b"KP")
    server.files[ARCHIVE] = other
    with pytest.raises(InputError, match="is not COCO's archive"):
        run(tmp_path, url)
    server.ranges = False
    server.files[ARCHIVE] = other[:-1]
    with pytest.raises(InputError, match=r"has \d+ bytes, so it is not the published file"):
        run(tmp_path, url)
    damaged = bytearray(PUBLISHED[ARCHIVE])
    damaged[len(damaged) // 20] ^= 1
    server.files[ARCHIVE] = bytes(damaged)
    with pytest.raises(InputError, match="what came is not the published file"):
        run(tmp_path, url)
    server.ranges = True
    with zipfile.ZipFile(io.BytesIO(PUBLISHED[ARCHIVE])) as archive:
        begin = archive.getinfo("annotations/instances_val2017.json").header_offset
    damaged = bytearray(PUBLISHED[ARCHIVE])
    damaged[begin + 300] ^= 1
    server.files[ARCHIVE] = bytes(damaged)
    with pytest.raises(InputError, match=r"is not COCO's .*, or not whole"):
        run(tmp_path, url)
    assert contents(tmp_path) == {}


def test_what_the_server_does_not_have_is_named(tmp_path, server, url):
    del server.files[PHOTOGRAPH]
    with pytest.raises(InputError, match=r"139\.jpg: the server answers 404"):
        run(tmp_path, url)
    assert len(asked_of(server, PHOTOGRAPH)) == 1


def test_a_full_disk_is_named_and_what_came_is_kept(tmp_path, server, url, monkeypatch):
    target = tmp_path / "a.jpg"
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
        with pytest.raises(InputError, match=r"a\.jpg\.part: the disk is full: 0\.0 MB are free"):
            downloads.fetch(url + PHOTOGRAPH, target, by_hand="")

    def full(done, total):
        if done > 4096:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InputError, match="the disk is full"):
        downloads.fetch(url + PHOTOGRAPH, target, by_hand="", report=full)
    assert (tmp_path / "a.jpg.part").stat().st_size >= 4096
    downloads.fetch(url + PHOTOGRAPH, target, by_hand="")
    assert target.read_bytes() == PUBLISHED[PHOTOGRAPH]
    assert asked_of(server, PHOTOGRAPH)[-1].startswith("bytes=")


def test_a_server_that_falls_silent_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(InputError, match=r"could not reach .*timed out"):
            run(tmp_path, url)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["140"], r"val2017 has no image 140; the nearest of its 3 ids are 139, 285, 632"),
        (["139", "600", "9"], r"no image 600 and 1 more of the ids; .* are 632, 285, 139"),
        (["cat"], r"--ids: 'cat'; expected image ids, such as 139"),
    ],
)
def test_ids_that_are_not_there_are_named(tmp_path, url, ids, message):
    with pytest.raises(InputError, match=message):
        run(tmp_path, url, *ids)
    assert not (tmp_path / "images").exists()


def test_ids_may_stand_in_a_file_as_numbers_or_names(tmp_path, url):
    file = tmp_path / "ids.txt"
    file.write_text("# of the study\n139, 000000000285.jpg  # two\n\n139\n")
    out = tmp_path / "out"
    fetch_coco.main(["--ids-file", str(file), "--out", str(out), "--url", url])
    assert set(read_annotations(out / "instances.json").images) == {139, 285}
    file.write_text("139\n13.5\n")
    with pytest.raises(InputError, match=r"ids\.txt, line 2: '13\.5'"):
        fetch_coco.main(["--ids-file", str(file), "--out", str(out), "--url", url])
    file.write_text("# none\n")
    with pytest.raises(InputError, match="holds no image id"):
        fetch_coco.main(["--ids-file", str(file), "--out", str(out), "--url", url])


def test_an_address_and_checksums_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(InputError, match=r"--url is 'images\.example'; expected an address"):
        run(tmp_path, "images.example")
    (tmp_path / "SHA256SUMS").write_text("abc  images/a.jpg\n")
    with pytest.raises(InputError, match=r"SHA256SUMS, line 1: .* 64 hexadecimal digits"):
        run(tmp_path, "http://127.0.0.1:1")


def test_wrong_input_ends_with_status_2(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        commands.run(fetch_coco.main, ["--ids", "1", "--out", str(tmp_path), "--url", "x"])
    assert ended.value.code == commands.EXIT_WRONG_INPUT
    assert "--url is 'x'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../../victim", "{}/victim", "out/victim"])
def test_a_photograph_is_not_written_outside_the_folder(tmp_path, server, url, name):
    out = tmp_path / "coco"
    run(out, url, 139)
    (out / "images/out").symlink_to(tmp_path)
    (tmp_path / "victim").write_text("keep")
    content = json.loads((out / "instances.json").read_text())
    content["images"][0]["file_name"] = name.format(tmp_path)
    (out / "instances.json").write_text(json.dumps(content))
    sums = (out / "SHA256SUMS").read_text().splitlines()
    kept = [line for line in sums if not line.endswith("  instances.json")]
    found = sha256((out / "instances.json").read_bytes()).hexdigest()
    (out / "SHA256SUMS").write_text("\n".join([*kept, f"{found}  instances.json", ""]))
    with pytest.raises(InputError, match=r"image 139: path '.*victim' leaves the folder"):
        run(out, url, 139)
    assert (tmp_path / "victim").read_text() == "keep"
    assert [path.name for path in tmp_path.glob("victim*")] == ["victim"]
