"""Saving from the studio: what study.toml holds then, what is refused, what an undo restores."""

import os
import re
import shutil
import threading

import pytest

from manipulation.images.contact_sheet import Role, contact_sheet_files
from manipulation.studio_page import saving
from manipulation.studio_page.afterwards import Afterwards
from manipulation.studio_page.turns import Turns
from manipulation.study_stimuli.contact_panels import contact_panels
from manipulation.study_stimuli.generation import generate_stimuli
from manipulation.study_stimuli.sheets import draw_missing_sheets
from manipulation.study_stimuli.source_material import Sources
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.region_names import object_names
from stimuli.contract.settings import TargetSettings, VersionSettings
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import Direction
from stimuli.support.errors import InputError
from stimuli.support.files import sha256
from tests.small_study import propose_small_study


@pytest.fixture(scope="module", autouse=True)
def _no_contact_sheets():
    """Contact sheets take most of the time and are of no interest here."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "manipulation.study_stimuli.sheets.write_contact_sheets", lambda *_, **__: None
        )
        yield


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("new") / "study"
    study = propose_small_study(folder, sources=2, size_px=128, steps=3)
    generate_stimuli(study)
    return study.root


@pytest.fixture
def study(untouched, tmp_path):
    return open_study(shutil.copytree(untouched, tmp_path / "study"))


def files(study):
    """Hashes of all that the stimuli consist of."""
    return {
        path.relative_to(study.root).as_posix(): sha256(path)
        for path in study.root.rglob("*")
        if path.is_file() and path.name != "generate.provenance.json"
    }


def quiet(*_):
    """Nobody watches."""


def test_of_what_follows_only_the_newest_that_waits_is_done(capsys):
    begun, go, done = threading.Event(), threading.Event(), []

    def first():
        begun.set()
        go.wait(10)
        raise InputError("a file is gone")

    afterwards = Afterwards()
    afterwards.do(first)
    assert begun.wait(10)
    afterwards.do(lambda: done.append("second"))
    afterwards.do(lambda: done.append("third"))
    go.set()
    afterwards.finish()
    assert done == ["third"]
    assert "contact sheets: a file is gone" in capsys.readouterr().err


def test_once_the_studio_has_ended_no_search_begins():
    turns, begun = Turns(), []

    def search():
        with turns.working(turns.newest):
            begun.append("search")

    turns.end()  # a process that ends while a network computes is aborted
    late = threading.Thread(target=search, daemon=True)
    late.start()
    late.join(0.1)
    assert begun == []


def another(study):
    """A source and another version of it."""
    source = study.settings.sources[0]
    target = TargetSettings(annotation_ids=source.versions[0].targets[0].annotation_ids, k_shift=1)
    return source.source_id, VersionSettings("increase", (target,))


def test_a_save_makes_that_version_alone_and_an_undo_brings_every_file_back(study, monkeypatch):
    before = files(study)
    drawn, waiting = [], []
    monkeypatch.setattr(
        "manipulation.study_stimuli.sheets.write_contact_sheets",
        lambda folder, rows, *_, wanted: drawn.extend([len(one) for one in rows] * wanted()),
    )
    sheet = study.stimuli / "contact_sheet.png"
    sheet.write_bytes(b"of before")
    source_id, version = another(study)
    reports = []
    assert saving.save(
        study, source_id, version, lambda *report: reports.append(report), later=waiting.append
    )
    assert not sheet.exists()  # it would show what is not so any more
    after = files(study)
    changed = {name for name in before if before[name] != after.get(name)}
    images = {name for name in changed if name.endswith((".png", ".npz"))}
    stim = f"{source_id}_increase"
    assert images == {
        f"stimuli/{folder}/{stim}.{kind}"
        for folder, kind in
        [("images", "png"), ("versions", "png"), ("targets", "npz"), ("predictions", "npz")]
    }  # fmt: skip
    (row,) = (one for one in read_catalogue(study.catalogue) if one.stim_id == stim)
    assert [target.k_shift for target in row.targets] == [1.0]
    assert reports[0][:2] == (0, 2)
    assert reports[-1][:2] == (2, 2)
    reopened = open_study(study.root)  # as after a restart
    assert saving.last_save(reopened).what == f"{source_id}, increase"
    saving.undo(reopened, quiet, later=waiting.append)
    assert files(study) == before
    assert saving.last_save(reopened) is None
    of_save, of_undo = waiting  # contact sheets follow the answer, and show what was made last
    of_save()
    assert drawn == []
    of_undo()
    assert drawn == [3, 3]


def test_sheets_that_a_killed_studio_left_undrawn_or_stale_are_drawn_when_it_opens(
    study, monkeypatch
):
    drawn = []

    def write(folder, rows, *headings, wanted):
        drawn.append(([len(one) for one in rows], "judge-1, judge-2" in headings[1]))
        for path in contact_sheet_files(folder, len(rows)):
            path.write_bytes(b"drawn")

    monkeypatch.setattr("manipulation.study_stimuli.sheets.write_contact_sheets", write)
    judges = ["judge-1", "judge-2"]
    assert draw_missing_sheets(study, lambda: judges)
    assert drawn == [([3, 3], True)]
    assert not draw_missing_sheets(study, lambda: judges)
    sheet = study.stimuli / "contact_sheet.png"
    os.utime(sheet, ns=(0, 0))  # of what was there before
    assert draw_missing_sheets(study, lambda: judges)
    sheet.unlink()
    text = study.settings_file.read_text()
    study.settings_file.write_text(text.replace("# k_scale = 2.0", "k_scale = 3.0"))
    assert not draw_missing_sheets(
        open_study(study.root), lambda: judges
    )  # manipulation.generate's
    study.settings_file.write_text(text)
    study.catalogue.unlink()  # killed while versions were made
    assert not draw_missing_sheets(study, lambda: judges)
    assert len(drawn) == 2
    assert len(contact_sheet_files(study.stimuli, 25)) == 3


def test_the_contact_sheet_outlines_names_and_measures_the_aim_of_each_version(study):
    source = study.settings.sources[0]
    aim, partner = (one.annotation_ids for one in source.versions[0].targets)
    target = TargetSettings(annotation_ids=partner, k_shift=-1)
    saving.save(study, source.source_id, VersionSettings("decrease", (target,)), quiet)
    study = open_study(study.root)
    material = Sources(study).material(study.settings.sources[0])
    rows = [r for r in read_catalogue(study.catalogue) if r.source_id == source.source_id]
    panels = dict(
        zip([r.direction for r in rows], contact_panels(study.root, material, rows), strict=True)
    )
    names = object_names(material.objects.annotations, source.image_id)
    first, second = names[aim[0]], names[partner[0]]
    outlined = {at: [(one.role, one.name) for one in p.outlined] for at, p in panels.items()}
    assert outlined == {
        Direction.NONE: [(Role.AIM, first), (Role.AIM, second)],
        Direction.INCREASE: [(Role.AIM, first), (Role.PARTNER, second)],
        Direction.DECREASE: [(Role.AIM, second)],
    }
    mask = material.mask(partner).bool().numpy()
    assert panels[Direction.DECREASE].outlined[0].mask.mean() == pytest.approx(
        mask.mean(), rel=0.05
    )
    assert panels[Direction.DECREASE].title == f"decrease: {second}"
    decreased = next(r.effect for r in rows if r.direction == Direction.DECREASE)
    costs = panels[Direction.DECREASE].notes
    assert f"distance {decreased.feature_distance:.3f}, {decreased.local_distance:.2f}" in costs
    assert f"tones {decreased.tone_difference:.1f}, SSIM {decreased.ssim:.2f}" in costs
    assert f"clipped {decreased.clipped:.1%}, contours {decreased.seam_octaves:+.1f}" in costs
    assert f"skin, plants, sky {decreased.memory_colour_difference:.1f}" in costs
    assert not panels[Direction.NONE].notes
    before = decreased.predicted - decreased.predicted_change
    assert panels[Direction.NONE].figures.splitlines()[1] == f"p_obj {second} {before:.3f}"


def test_saves_are_undone_one_after_the_other(study):
    texts = [study.settings_file.read_text()]
    source_id, version = another(study)
    for k_scale in (1.5, 2.0):
        saving.save(study, source_id, VersionSettings("increase", version.targets, k_scale), quiet)
        texts.append(study.settings_file.read_text())
    for text in texts[-2::-1]:
        saving.undo(study, quiet)
        assert study.settings_file.read_text() == text
    with pytest.raises(InputError, match="nothing to undo"):
        saving.undo(study, quiet)


def test_a_save_of_what_is_there_makes_what_is_missing(study):
    source = study.settings.sources[0]
    image = study.stimuli / "images" / f"{source.source_id}_increase.png"
    before = sha256(image)
    image.unlink()
    assert not saving.save(study, source.source_id, source.versions[0], quiet)
    assert sha256(image) == before
    assert saving.last_save(study) is None


def test_an_undo_does_not_lose_what_other_hands_wrote(study):
    saving.save(study, *another(study), quiet)
    with study.settings_file.open("a") as file:
        file.write("# a note\n")
    before = files(study)
    with pytest.raises(InputError, match=r"was changed since .* was saved"):
        saving.undo(study, quiet)
    assert files(study) == before


def test_stimuli_that_somebody_has_seen_stay(study):
    saving.save(study, *another(study), quiet)
    (study.root / "sub-01").mkdir()
    before = files(study)
    for attempt in (
        lambda: saving.save(study, *another(study), quiet), lambda: saving.undo(study, quiet)
    ):  # fmt: skip
        with pytest.raises(InputError, match="the stimuli were seen by"):
            attempt()
    assert files(study) == before


def test_a_version_that_cannot_be_made_changes_nothing(study):
    source_id, _ = another(study)
    before = files(study)
    lost = VersionSettings("increase", (TargetSettings(annotation_ids=(9999,), k_shift=1.0),))
    with pytest.raises(InputError, match="annotation 9999"):
        saving.save(study, source_id, lost, quiet)
    assert files(study) == before


def test_a_save_that_is_interrupted_can_be_finished_or_undone(study):
    before = files(study)

    def interrupt(done, *_):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        saving.save(study, *another(study), interrupt)
    assert not study.catalogue.exists()
    again = shutil.copytree(study.root, study.root.parent / "again")
    saving.undo(study, quiet)
    assert files(study) == before
    assert not saving.save(open_study(again), *another(study), quiet)
    saving.undo(open_study(again), quiet)
    assert files(open_study(again)) == before


def test_a_version_that_other_hands_changed_is_not_saved_over_until_it_was_seen(study):
    source_id, version = another(study)
    shown = study.settings.sources[0].versions[0]
    theirs = VersionSettings("increase", version.targets, 1.5)
    saving.save(study, source_id, theirs, quiet)  # from a second studio
    before = files(study)
    with pytest.raises(InputError, match=rf"{source_id}, increase was changed by other hands"):
        saving.save(study, source_id, version, quiet, shown=shown)
    assert files(study) == before
    other = study.settings.sources[0].versions[1]  # what they left alone can be saved
    assert not saving.save(study, source_id, other, quiet, shown=other)
    assert saving.save(study, source_id, version, quiet, shown=theirs)


def test_who_saves_while_another_is_saving_is_told_who_it_is_and_loses_nothing(study):
    source_id, version = another(study)
    other = study.settings.sources[1]
    told = []

    def meanwhile(done, *_):
        if done == 0:
            thread = threading.Thread(target=second)
            thread.start()
            thread.join()

    def second():
        with pytest.raises(InputError) as refused:
            saving.save(study, other.source_id, other.versions[0], quiet)
        told.append(str(refused.value))

    assert saving.save(study, source_id, version, meanwhile)
    (text,) = told
    assert re.search(rf"process {os.getpid()} on .* saves {source_id}, increase since 20", text)
    assert not list(study.root.glob(".*lock"))


def test_a_save_that_an_editor_writes_over_is_not_reported_as_saved(study):
    before = study.settings_file.read_text()

    def editor(done, *_):
        if done == 1:
            study.settings_file.write_text(before + "# by hand\n")

    with pytest.raises(InputError, match="so the save may be lost"):
        saving.save(study, *another(study), editor)
    assert study.settings_file.read_text() == before + "# by hand\n"


def test_a_record_of_a_save_that_cannot_be_read_stands_in_the_list(study):
    folder = saving._folder(study)
    folder.mkdir(parents=True, exist_ok=True)
    damaged = folder / "9999.json"
    damaged.write_text("[]")
    try:
        assert saving.saves(study)[0][0] == "9999.json, which cannot be read"
        with pytest.raises(InputError, match=r"9999\.json: is no record of a save; delete it"):
            saving.last_save(study)
    finally:
        damaged.unlink()
