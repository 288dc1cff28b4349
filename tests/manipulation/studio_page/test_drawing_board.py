"""A region that is drawn is kept in the study's annotation file, and can then be aimed at."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from manipulation.new_study.study_text import with_version
from manipulation.regions.drawing import Canvas
from manipulation.studio_page.drawing_board import DrawingBoard
from manipulation.studio_page.keeping import REGIONS_FILE
from manipulation.studio_page.regions import VIEW
from manipulation.studio_page.session import Session
from stimuli.contract.masks import read_annotations
from stimuli.contract.settings import read_settings
from stimuli.support.errors import InputError
from tests.small_study import propose_small_study

LOOP = [(300, 300), (600, 300), (600, 500), (300, 500)]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The eight demo photographs, small."""
    folder = tmp_path_factory.mktemp("new") / "study"
    return propose_small_study(folder, size_px=128).root


@pytest.fixture
def board(root, tmp_path):
    session = Session(shutil.copytree(root, tmp_path / "study"))
    session.show("chelsea", "increase")
    return DrawingBoard(session)


def annotations_of(board):
    source = board.session.bench.source
    return read_annotations(board.session.root / source.annotations)


def test_a_kept_region_is_in_the_file_bit_for_bit_and_can_be_aimed_at_at_once(board):
    board.click((500, 450), away=False)
    board.loop(LOOP, away=True)
    mask, source = board.mask(), board.session.bench.source
    before, text = annotations_of(board), (board.session.root / "study.toml").read_text()
    known = set(board.session.bench.regions)
    said = board.keep(" fur ")
    after = annotations_of(board)
    (region,) = after.by_id.keys() - before.by_id.keys()
    assert f"Kept: fur, annotation {region}." in said
    assert np.array_equal(after.mask(source.image_id, [region]), mask)
    assert after.by_id[region]["made_by"] == "studio: click and loop"
    assert {key: after.by_id[key] for key in before.by_id} == before.by_id
    assert after.licence(source.image_id) == before.licence(source.image_id)
    assert set(board.session.bench.regions) - known == {str(region)}
    assert board.session.bench.regions[str(region)].name == "fur"
    assert board.strokes == ()
    assert (board.session.root / "study.toml").read_text() == text
    board.session.choose([str(region)])
    assert board.session.look().objects[0].name == "fur"
    assert Session(board.session.root).workbench.bench("chelsea").regions.keys() >= {str(region)}


def test_a_loop_in_the_page_is_that_part_of_the_square(board):
    board.loop(LOOP, away=False)
    shown = board.shown()
    assert shown["strokes"] == 1
    assert shown["share"] == pytest.approx(0.3 * 0.2, rel=0.02)
    assert not shown["resizable"]
    numbers = shown["outline"].replace("M", " ").replace("L", " ").replace("Z", " ").split()
    x, y = np.array(numbers, dtype=float).reshape(-1, 2).T
    assert (x.min(), x.max(), y.min(), y.max()) == pytest.approx((300, 600, 300, 500), abs=5)
    assert VIEW == 1000


@pytest.mark.parametrize("size", [(600, 400), (400, 600)])
def test_a_loop_on_a_whole_photograph_is_where_it_was_drawn(board, size, monkeypatch):
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    monkeypatch.setattr(DrawingBoard, "_fit", "whole")
    board._canvas = lambda: Canvas(pixels)
    margins = [(600 - side) / 2 / 600 * VIEW for side in (width, height)]
    (x0, y0), (x1, y1) = margins, (VIEW / 2, VIEW / 2)
    board.loop([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], away=False)
    mask = board.mask()
    quarter = np.zeros((height, width), bool)
    quarter[: height // 2, : width // 2] = True
    assert (mask == quarter).mean() > 0.99


def test_strokes_are_taken_back_one_by_one_and_wait_for_their_source(board):
    board.loop(LOOP, away=False)
    first = board.mask()
    board.click((700, 700), away=False)
    board.resize(2)
    assert board.strokes[-1].extent == 2
    board.undo()
    assert np.array_equal(board.mask(), first)
    board.session.show("coffee", "increase")
    assert board.mask() is None
    board.session.show("chelsea", "decrease")
    assert np.array_equal(board.mask(), first)
    board.clear()
    assert board.shown()["outline"] == ""


def test_what_cannot_be_drawn_or_kept_is_said_and_changes_nothing(board):
    file = board.session.root / board.session.bench.source.annotations
    content = file.read_bytes()
    for act in (board.undo, lambda: board.resize(1), lambda: board.keep("cup")):
        with pytest.raises(InputError, match="nothing is drawn"):
            act()
    with pytest.raises(InputError, match="could be taken away; add a part first"):
        board.click((500, 500), away=True)
    with pytest.raises(InputError, match="no pixel inside"):
        board.loop([(1, 1), (2, 2)], away=False)
    assert board.strokes == ()
    board.loop(LOOP, away=False)
    with pytest.raises(InputError, match="expected 1 to 40 printable characters"):
        board.keep(" ")
    (board.session.root / "sub-01").mkdir()
    with pytest.raises(InputError, match="such as sub-01, so they stay"):
        board.keep("cup")
    (board.session.root / "sub-01").rmdir()
    assert file.read_bytes() == content
    assert len(board.strokes) == 1


def test_a_name_that_would_change_a_version_is_refused(board):
    path = board.session.root / "study.toml"
    settings = read_settings(path)
    source = next(one for one in settings.sources if one.source_id == "chelsea")
    ids = source.versions[0].targets[0].annotation_ids
    text = path.read_text()
    start = text.index('source_id = "chelsea"')
    stated = f"annotation_ids = [{ids[0]}]"
    assert stated in text[start:]
    path.write_text(text[:start] + text[start:].replace(stated, 'category = "eye"', 1))
    board.loop(LOOP, away=False)
    with pytest.raises(InputError, match="all of category 'eye' as a target"):
        board.keep("eye")


def test_annotations_outside_the_study_are_not_touched(board, tmp_path):
    source = board.session.bench.source
    outside = tmp_path / "instances.json"
    inside = board.session.root / source.annotations
    shutil.copyfile(inside, outside)
    path = board.session.root / "study.toml"
    path.write_text(path.read_text().replace(source.annotations, outside.as_posix()))
    content = outside.read_bytes()
    board.loop(LOOP, away=False)
    with pytest.raises(InputError, match=r"instances\.json, outside the study"):
        board.keep("cup")
    assert outside.read_bytes() == content


@pytest.mark.parametrize("annotated", [True, False])
def test_a_source_for_entropy_alone_aims_at_what_is_kept(board, annotated):
    session = board.session
    entropy = next(s for s in session.workbench.settings.sources if s.condition == "entropy")
    path = session.root / "study.toml"
    if not annotated:
        start = path.read_text().index(f'source_id = "{entropy.source_id}"')
        text = path.read_text()
        stated = f'annotations = "{entropy.annotations}"'
        path.write_text(text[:start] + text[start:].replace(stated, 'annotations = ""', 1))
        session.refresh()
    session.show(entropy.source_id, "decrease")
    board.loop(LOOP, away=False)
    mask = board.mask()
    said = board.keep("patch")
    assert "Versions of this source now aim at it" in said
    source = session.bench.source
    assert source.condition == "object"
    assert source.annotations == (entropy.annotations if annotated else REGIONS_FILE)
    (shifts,) = ([v.targets[0].k_shift for v in source.versions],)
    assert sorted(shifts) == [-2.0, 2.0]
    assert {v.k_scale for v in source.versions} == {1.0}
    ids = source.versions[0].targets[0].annotation_ids
    kept = read_annotations(session.root / source.annotations)
    assert np.array_equal(kept.mask(source.image_id, ids), mask)
    assert session.look().objects[0].name == "patch"
    others = [one for one in session.workbench.settings.sources if one is not source]
    assert replace(session.workbench.settings, sources=()) == replace(
        read_settings(path), sources=()
    )
    assert len(others) == 7
    record = json.loads(sorted((session.root / "stimuli/studio").glob("*.json"))[-1].read_text())
    assert record["what"] == f"{entropy.source_id}, increase"
    assert session.undoable == f"{entropy.source_id}, increase"


def kept_patch(board, name="patch"):
    board.loop(LOOP, away=False)
    board.keep(name)
    return board.kept.there[-1]


def test_a_kept_region_is_removed_and_brought_back_after_a_restart_too(board):
    file = board.session.root / board.session.bench.source.annotations
    assert board.kept.there == board.kept.removed == ()
    patch = kept_patch(board)
    there = json.loads(file.read_text())
    board.session.choose([str(patch.region_id)])
    assert board.remove(patch.region_id) == f"Removed: {patch.label}. Undo removing brings it back."
    assert str(patch.region_id) not in board.session.bench.regions
    assert not board.session.unsaved, "a choice of what is gone is forgotten"
    assert board.shown()["kept"] == []
    lid = kept_patch(board, "lid")
    assert lid.region_id != patch.region_id
    board.remove(lid.region_id)
    again = DrawingBoard(Session(board.session.root))
    again.session.show("chelsea", "increase")
    assert again.shown()["removed"] == lid.label
    assert [again.restore(), again.restore()] == [
        f"Back again: {one.label}." for one in (lid, patch)
    ]
    assert again.kept.there == (lid, patch)
    again.remove(lid.region_id)
    now = json.loads(file.read_text())
    assert now["annotations"] == there["annotations"]
    assert str(patch.region_id) in again.session.bench.regions


def test_what_must_stay_is_not_removed(board):
    session = board.session
    file = session.root / session.bench.source.annotations
    others = sorted(int(one.key) for one in session.bench.regions.values() if one.single)
    with pytest.raises(InputError, match="no region was removed"):
        board.restore()
    patch = kept_patch(board)
    with pytest.raises(InputError, match=rf"{others[0]} is no region .* one of patch \("):
        board.remove(others[0])
    session.choose([str(patch.region_id)])
    settings_file = session.workbench.study.settings_file
    text = settings_file.read_text()
    settings_file.write_text(with_version(text, "chelsea", session.version, "study.toml"))
    content = file.read_bytes()
    with pytest.raises(InputError, match=r"version to increase aims at patch .*, so it stays"):
        board.remove(patch.region_id)
    settings_file.write_text(text)
    (session.root / "sub-01").mkdir()
    with pytest.raises(InputError, match="such as sub-01, so they stay"):
        board.remove(patch.region_id)
    (session.root / "sub-01").rmdir()
    assert file.read_bytes() == content
    board.remove(patch.region_id)
