"""The studio without its page: what can be chosen, what a choice comes to, what is refused."""

import shutil
import threading

import numpy as np
import pytest
import torch

from manipulation.studio_page import display
from manipulation.studio_page.long_work import export_figure, reach_change
from manipulation.studio_page.outcome import Stage
from manipulation.studio_page.regions import VIEW, key_of, outline
from manipulation.studio_page.session import Session, ShownElsewhere
from manipulation.studio_page.turns import Superseded, Turns
from manipulation.study_stimuli.chosen_strength import chosen_version
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import Direction
from stimuli.support.errors import InputError
from stimuli.support.files import read_image
from tests.small_study import propose_small_study

EYES = {"201", "202"}  # of the cat


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The eight demo photographs, small, with the files of the first source made."""
    folder = tmp_path_factory.mktemp("new") / "study"
    return propose_small_study(folder, size_px=128).root


@pytest.fixture
def session(root, tmp_path):
    return Session(shutil.copytree(root, tmp_path / "study"))


def tuned(session, shift):
    """Return the preview of the cat with one eye at a shift."""
    session.show("chelsea", "increase")
    session.choose(["201"])
    session.tune([shift], 1.0, "edits")
    return session.look()


def test_objects_categories_and_unions_in_use_can_be_chosen(session):
    session.show("chelsea", "increase")
    regions = session.bench.regions
    assert regions.keys() > EYES
    both = regions["all:eye"]
    assert both.name == "all 2 of eye"
    assert both.target(1.5).category == "eye"
    torch.testing.assert_close(both.mask, regions["201"].mask | regions["202"].mask)
    assert [one.key for one in regions.values() if one.single] == ["201", "202", "203"]


def test_in_a_long_list_what_is_saved_comes_first_and_does_not_move(session, monkeypatch):
    monkeypatch.setattr(display, "LONG_LIST", 2)
    session.show("chelsea", "increase")
    saved = {key_of(one) for one in session.stated.targets}
    page = display.Display(session, None)
    keys = [one.key for one in page.listed()]
    assert set(keys[: len(saved)]) == saved
    session.choose([keys[-1]])
    assert [one.key for one in page.listed()] == keys
    session.discard()


def test_an_outline_follows_its_mask():
    mask = torch.zeros(100, 100)
    mask[20:60, 10:90] = 1
    numbers = outline(mask).replace("M", " ").replace("L", " ").replace("Z", " ").split()
    x, y = np.array(numbers, dtype=float).reshape(-1, 2).T
    assert (x.min(), x.max()) == pytest.approx((0.1 * VIEW, 0.9 * VIEW), abs=6)
    assert (y.min(), y.max()) == pytest.approx((0.2 * VIEW, 0.6 * VIEW), abs=6)


def test_every_move_of_a_slider_changes_picture_and_number(session):
    found = [tuned(session, shift) for shift in (0.5, 0.8, 2.0, 4.0)]
    assert all(one.stage == Stage.PREVIEW for one in found)
    changes = [one.aim.predicted_change for one in found]
    assert changes == sorted(changes)
    assert changes[0] > 0
    pictures = {one.version.pixels.tobytes() for one in found}
    assert len(pictures) == 4
    assert tuned(session, -2.0).aim.predicted_change < 0


def test_a_second_objects_slider_counts_beside_a_larger_one(session):
    session.show("chelsea", "increase")
    session.choose(["201", "203"])
    pictures = set()
    for shift in (0.2, 0.3, 0.4):
        session.tune([3.0, shift], 1.0, "edits")
        pictures.add(session.look().version.pixels.tobytes())
    assert len(pictures) == 3


def test_figures_are_those_of_the_aim_and_of_every_object(session):
    session.show("chelsea", "increase")
    session.choose(["203", "201"])
    session.aim_at("203")
    session.tune([2.0, -1.0], 1.2, "edits")
    found = session.look()
    assert [one.name for one in found.objects] == ["nose", "eye 1"]
    effect = found.effect
    assert effect.predicted_change == found.objects[0].predicted_change
    assert effect.asked_change == found.objects[0].asked_change > 0 > found.objects[1].asked_change
    assert effect.transfer == pytest.approx(effect.second_change / effect.predicted_change)
    assert effect.agrees == (effect.transfer > 0)
    assert 10 < effect.psnr_db < 60
    session.aim_at("201")
    other = session.look()
    assert [one.name for one in other.objects] == ["eye 1", "nose"]
    assert other.asks_the_opposite


def test_nothing_asked_is_the_photograph(session):
    session.show("chelsea", "increase")
    session.choose(["201"])
    session.tune([0.0], 1.0, "edits")
    found = session.look()
    assert np.array_equal(found.version.pixels, found.original.pixels)
    assert found.effect.psnr_db == np.inf
    assert found.entropy.asked_change == 0


@pytest.mark.parametrize("transform", ["edits", "pixels"])
def test_what_is_saved_is_what_was_shown_in_full(session, monkeypatch, transform):
    monkeypatch.setattr(
        "manipulation.study_stimuli.sheets.write_contact_sheets", lambda *_, **__: None
    )
    path = session.workbench.study.settings_file
    text = path.read_text()
    first, second = text.index("[[sources]]"), text.index('source_id = "coffee"')
    path.write_text(text[: text.rindex("[[sources]]", first, second)])  # two sources are enough
    session.refresh()
    session.show("chelsea", "increase")
    session.choose(["all:eye"])
    session.tune([1.5], 1.25, transform)
    session.look()
    shown = session.finish()
    assert shown.stage == Stage.FULL
    with monkeypatch.context() as patched:  # what is finished is not searched again
        search = "manipulation.study_stimuli.version_choice.chosen_version"
        searched = []

        def counted(maker, photograph, intent, *others):
            searched.append(intent.k_shift)
            return chosen_version(maker, photograph, intent, *others)

        patched.setattr(search, counted)
        session.save(lambda *_: None)
    assert searched
    assert (1.5,) not in searched  # the two other versions alone
    assert not session.unsaved
    saved = session.look()
    assert saved.stage == Stage.SAVED
    study = open_study(session.root)
    written = read_image(study.stimuli / "versions" / "chelsea_increase.png")
    assert np.array_equal(written, shown.version.pixels)
    (row,) = (one for one in read_catalogue(study.catalogue) if one.stim_id == "chelsea_increase")
    assert saved.effect == row.effect
    assert saved.aim.predicted_change == pytest.approx(row.effect.predicted_change, abs=1e-6)
    assert shown.aim.predicted_change == pytest.approx(row.effect.predicted_change, abs=0.01)
    assert (row.transform, row.k_scale) == (transform, 1.25)
    again = Session(session.root)  # as after a restart
    again.show("chelsea", "increase")
    assert again.look().stage == Stage.SAVED
    assert [one.key for one in again.chosen] == ["all:eye"]
    again.undo(lambda *_: None)
    assert again.version == open_study(session.root).settings.sources[1].versions[0]
    assert [one.key for one in again.chosen] != ["all:eye"]


def test_choices_keep_order_and_shifts_and_new_ones_go_the_other_way(session):
    session.show("chelsea", "decrease")
    session.choose([])
    session.choose(["203"])
    session.tune([-1.5], 1.0, "edits")
    session.choose(["201", "203"])
    assert [one.key for one in session.chosen] == ["203", "201"]
    assert [one.k_shift for one in session.version.targets] == [-1.5, 2.0]
    session.toggle("203")
    assert [one.key for one in session.chosen] == ["201"]
    session.toggle("203")  # the aim comes back as what it was
    assert [(key_of(one), one.k_shift) for one in session.version.targets] == [
        ("203", -1.5), ("201", 2.0),
    ]  # fmt: skip
    session.exchange("203", "202")  # and what takes its place takes its role
    assert [(key_of(one), one.k_shift) for one in session.version.targets] == [
        ("202", -1.5), ("201", 2.0),
    ]  # fmt: skip
    session.choose(["201"])
    session.choose(["all:eye"])
    session.toggle("202")  # a click on an object of a chosen union leaves the union out
    assert session.chosen == []


def test_choices_are_kept_while_another_source_is_on_the_table(session):
    tuned(session, 3.0)
    session.show("coffee", "increase")
    assert session.unsaved_places == [("chelsea", "increase")]
    session.show("chelsea", "increase")
    assert session.version.targets[0].k_shift == 3.0
    session.discard()
    assert session.version == session.stated


def test_a_study_that_was_changed_by_hand_is_read_again_and_choices_stay(session):
    tuned(session, 3.0)
    path = session.workbench.study.settings_file
    path.write_text(path.read_text().replace("# k_shift = 2.0", "k_shift = 1.0", 1))
    session.refresh()
    assert session.workbench.settings.manipulation.k_shift == 1.0
    assert session.version.targets[0].k_shift == 3.0
    path.write_text("[sreen]\n")
    with pytest.raises(InputError, match=r"did you mean 'screen'\?"):
        session.refresh()
    assert session.look().stage == Stage.PREVIEW


def test_what_cannot_be_made_is_said(session):
    session.show("chelsea", "increase")
    session.choose([])
    with pytest.raises(InputError, match="chelsea, increase: no object is chosen"):
        session.look()
    with pytest.raises(InputError, match="has no region '999'"):
        session.choose(["999"])
    with pytest.raises(InputError, match=r"has no source 'chelse'.*did you mean 'chelsea'"):
        session.show("chelse", "increase")
    session.choose(["201"])
    path = session.workbench.study.settings_file
    named = '# shift_network = "fgtransform-shift"'
    path.write_text(path.read_text().replace(named, 'shift_network = "nowhere.safetensors"'))
    session.refresh()
    session.tune([1.0], 1.0, "network")
    with pytest.raises(InputError, match=r"network: .*nowhere\.safetensors"):
        session.look()


def test_a_source_for_entropy_takes_a_scale_and_no_objects(session):
    entropy = [s for s in session.workbench.settings.sources if s.condition == "entropy"]
    session.show(entropy[0].source_id, Direction.INCREASE)
    with pytest.raises(InputError, match="entropy alone"):
        session.choose(["501"])
    session.tune([], 0.5, "edits")
    found = session.look()
    assert found.aim is found.entropy
    assert found.aim.asked_change > 0
    assert not found.asks_the_opposite


def test_a_page_that_shows_something_else_is_refused(session):
    session.show("chelsea", "increase")
    chosen = [one.key for one in session.chosen]
    session.check_shown("chelsea", "increase", chosen[::-1])
    with pytest.raises(ShownElsewhere, match="shows coffee, increase, and another page"):
        session.check_shown("coffee", "increase")
    with pytest.raises(ShownElsewhere, match="other objects were chosen"):
        session.check_shown("chelsea", "increase", chosen[:-1])


def test_a_strength_is_found_and_a_figure_of_it_written(session):
    session.show("chelsea", "increase")
    session.choose(["201"])
    tried = []
    said = reach_change(session, 0.05, lambda *report: tried.append(report))
    assert said.startswith("Found: k_shift")
    assert 0 < len(tried) == len(session.tried) <= 6
    assert session.finish().mean_change == pytest.approx(0.05, abs=0.006)
    with pytest.raises(InputError, match="the change to find is 0; expected one above 0"):
        reach_change(session, 0, lambda *_: None)
    said = export_figure(session, lambda *_: None)
    assert said.endswith("It shows a version that is not saved.")
    figure = session.root / "stimuli" / "figures" / "chelsea_increase.png"
    assert read_image(figure).shape[1] == 2160
    assert figure.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def test_a_newer_request_makes_the_older_give_up():
    turns, started, given_up = Turns(), threading.Event(), threading.Event()

    def long_work():
        with turns.working(turns.new()) as check:
            started.set()
            try:
                while True:
                    check()
            except Superseded:
                given_up.set()

    worker = threading.Thread(target=long_work)
    worker.start()
    assert started.wait(10)
    with turns.working(turns.new()) as check:
        check()
    worker.join(10)
    assert given_up.is_set()
    first = turns.new()
    turns.new()
    with pytest.raises(Superseded), turns.working(first):
        pass


def test_the_full_version_is_given_up_for_a_newer_choice(session):
    tuned(session, 1.0)
    turns, calls = session.turns, []
    whole = session.workbench.full

    def interrupted(source_id, version, check):
        def counting():
            calls.append(1)
            if len(calls) == 3:
                turns.new()
            check()

        return whole(source_id, version, counting)

    session.workbench.full = interrupted
    assert session.finish() is None
    assert len(calls) == 3
