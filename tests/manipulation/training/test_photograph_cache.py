"""Photographs and the masks of their objects are decoded once, and the cache is never stale."""

import json
import shutil
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from manipulation.images.photographs import squared, squared_mask, to_pixels
from manipulation.training import cache_folder, photograph_cache
from stimuli.contract.masks import read_annotations
from stimuli.support import system_errors
from stimuli.support.errors import InputError
from stimuli.support.files import read_image
from tests.manipulation.training import small_run


@pytest.fixture
def pictures(tmp_path):
    return small_run.make_pictures(tmp_path / "pictures")


def test_the_cache_holds_photographs_and_all_their_objects(pictures, tmp_path):
    settings = small_run.settings(tmp_path)
    found = small_run.photographs(pictures, tmp_path / "cache", settings)
    images, masks = found.batch([2, 0])
    assert images.is_contiguous(memory_format=torch.channels_last)
    annotations = read_annotations(pictures / "instances.json")
    pixels = read_image(pictures / "images" / found.names[2])
    np.testing.assert_array_equal(
        images[0].permute(1, 2, 0).numpy(), to_pixels(squared(pixels, 32, "crop"))
    )
    union = annotations.mask(3, [6, 7])
    torch.testing.assert_close(masks[0].float(), squared_mask(union, 32, "crop"))
    assert masks[0].any()
    assert not masks[1].any()


def test_a_cache_is_used_again_and_never_out_of_date(pictures, tmp_path, monkeypatch):
    settings = small_run.settings(tmp_path)
    cache = tmp_path / "cache"
    first = small_run.photographs(pictures, cache, settings)
    monkeypatch.setattr(photograph_cache, "read_image", lambda path: pytest.fail("decoded twice"))
    again = small_run.photographs(pictures, cache, settings)
    np.testing.assert_array_equal(again.images, first.images)
    monkeypatch.undo()
    (pictures / "images" / "1.png").unlink()
    assert len(small_run.photographs(pictures, cache, settings)) == 7
    larger = small_run.settings(tmp_path, "data.size_px = 48")
    assert small_run.photographs(pictures, cache, larger).images.shape[1:] == (48, 48, 3)


def test_what_killed_runs_had_decoded_is_removed_and_what_others_decode_is_not(pictures, tmp_path):
    cache = tmp_path / "cache"
    finished, killed, running = (cache / f"{n}px-{n:016x}" for n in (1, 2, 3))
    for folder in (finished, killed, running):
        folder.mkdir(parents=True)
        for name in ("images.u8", ".writing-abc.u8"):
            (folder / name).write_bytes(b"x")
    (finished / "index.json").write_text("[]")

    def other(here):
        with cache_folder.filling(running):
            here.set()
            ended.wait()

    here, ended = threading.Event(), threading.Event()
    thread = threading.Thread(target=other, args=[here])
    thread.start()
    here.wait()
    (running / "images.u8").parent.mkdir(exist_ok=True)
    (running / "images.u8").write_bytes(b"of another")
    killed.mkdir(exist_ok=True)
    (killed / "images.u8").write_bytes(b"x")
    small_run.photographs(pictures, cache, small_run.settings(tmp_path))
    ended.set()
    thread.join()
    assert not killed.exists()
    assert (running / "images.u8").read_bytes() == b"of another"
    assert (finished / "images.u8").exists()
    assert not list(cache.glob(".*"))


def test_photographs_that_cannot_be_used_are_left_out_and_named_once(pictures, tmp_path, capsys):
    settings = small_run.settings(tmp_path)
    whole = small_run.photographs(pictures, tmp_path / "whole", settings)
    (pictures / "images" / "4.png").write_bytes(b"no picture")
    Image.new("RGB", (20, 20)).save(pictures / "images" / "5.png")
    for told in (1, 0):
        found = small_run.photographs(pictures, tmp_path / "cache", settings)
        assert found.names == tuple(f"{n}.png" for n in (1, 2, 3, 6, 7, 8))
        kept = [whole.names.index(name) for name in found.names]
        np.testing.assert_array_equal(found.images, whole.images[kept])
        np.testing.assert_array_equal(found.masks, whole.masks[kept])
        said = capsys.readouterr().out
        assert said.count("used: 2 photographs or entries:") == told
        assert ("5.png: is 20 x 20 px" in said) == told == ("4.png: " in said)


def test_photographs_none_of_which_can_be_used_are_refused_and_leave_no_cache(pictures, tmp_path):
    for path in (pictures / "images").iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"none of 8 photographs can be used, such as 1\.png"):
        small_run.photographs(pictures, tmp_path / "cache", small_run.settings(tmp_path))
    (folder,) = (tmp_path / "cache").iterdir()
    assert list(folder.iterdir()) == []


def test_an_outline_that_cannot_be_read_is_left_out_and_named_once(pictures, tmp_path, capsys):
    settings = small_run.settings(tmp_path)
    whole = small_run.photographs(pictures, tmp_path / "whole", settings)
    file = pictures / "instances.json"
    content = json.loads(file.read_text())
    content["annotations"].append(
        {"id": 99, "image_id": 3, "segmentation": [[0, 0, 1e12, 0, 1, 1]]}
    )
    file.write_text(json.dumps(content))
    for told in (1, 0):
        found = small_run.photographs(pictures, tmp_path / "cache", settings)
        np.testing.assert_array_equal(found.masks, whole.masks)
        assert capsys.readouterr().out.count("used: 1 object:") == told


def test_a_full_disk_is_foreseen(pictures, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match="No space left") as full:
        small_run.photographs(pictures, tmp_path / "cache", small_run.settings(tmp_path))
    told = system_errors.told(full.value)
    assert told.startswith(f"{tmp_path}/cache/32px-")
    assert "8 photographs of 32 px need 0.03 MB, and 0.00 are free; you can also give" in told


def test_a_folder_without_photographs_is_refused(tmp_path):
    with pytest.raises(InputError, match="no photographs"):
        photograph_cache.load_photographs(
            [tmp_path], annotations=None, cache=tmp_path, settings=small_run.settings(tmp_path).data
        )


def test_a_photograph_stays_on_its_side_whatever_others_there_are(pictures, tmp_path):
    settings = small_run.settings(tmp_path)
    found = small_run.photographs(pictures, tmp_path / "cache", settings)
    sides = found.split(0.5)
    assert sorted(np.concatenate(sides)) == list(range(8))
    assert min(map(len, sides)) > 0
    out = {found.names[n] for n in sides[1]}
    (pictures / "images" / found.names[sides[1][0]]).unlink()
    fewer = small_run.photographs(pictures, tmp_path / "cache", settings)
    assert {fewer.names[n] for n in fewer.split(0.5)[1]} == out - {found.names[sides[1][0]]}
    assert [len(side) for side in found.split(0.0)] == [8, 0]
