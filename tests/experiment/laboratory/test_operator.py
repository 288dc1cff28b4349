"""Keys mean what the help says, and those pressed before a question are not its answer."""

import sys
from types import SimpleNamespace

import pytest

from experiment.display.virtual import VirtualClock
from experiment.laboratory.modes import find_mode
from experiment.laboratory.opening import open_lab
from experiment.laboratory.operator import KEYS, KeyOperator
from experiment.laboratory.sounds import Sounds
from experiment.protocols.operator import KEY_NAMES, Beep, Decision
from experiment.records.run_files import RunFiles
from stimuli.contract.study import open_study
from stimuli.support.errors import InputError


class Keyboard:
    """Stands for `psychopy.event`: keys by the time at which they are pressed."""

    def __init__(self, clock, presses):
        self.clock, self.presses = clock, sorted(presses)

    def getKeys(self, keyList=None, modifiers=False):
        due = [key for at, key in self.presses if at <= self.clock.now()]
        self.presses = self.presses[len(due) :]
        held = {"shift": False}
        return [(key, held) for key in due] if modifiers else due

    def clearEvents(self, eventType):
        self.getKeys()


@pytest.fixture
def operator_with(monkeypatch):
    """Return a function that makes an operator with a scripted keyboard."""

    def make(*presses, **choices):
        clock = VirtualClock()
        psychopy = SimpleNamespace(event=Keyboard(clock, presses))
        monkeypatch.setitem(sys.modules, "psychopy", psychopy)
        return KeyOperator(clock, **choices)

    return make


def test_every_key_has_the_name_that_questions_give_it():
    assert set(KEYS.values()) == set(KEY_NAMES)


def test_only_a_choice_that_is_pressed_after_the_question_is_its_answer(operator_with, capsys):
    operator = operator_with((0.0, "space"), (0.0, "space"), (1.0, "s"), (2.0, "c"))
    choices = {Decision.GO_ON: "go on", Decision.RECALIBRATE: "calibrate"}
    assert operator.ask("?", choices, otherwise=Decision.GO_ON) == Decision.RECALIBRATE
    assert "that key does nothing here" in capsys.readouterr().err


def test_a_wish_is_not_lost_to_the_space_bar(operator_with):
    operator = operator_with((0.0, "p"), (0.0, "space"))
    assert operator.asked() == Decision.PAUSE


def test_what_the_trackers_setup_was_given_is_asked_for_until_it_is_cleared(operator_with):
    operator = operator_with((0.0, "s"))
    assert operator.keys() == [("s", 0)]
    assert operator.asked() == Decision.SKIP
    operator = operator_with((0.0, "escape"))
    operator.keys()
    operator.clear()
    assert operator.asked() is None


def test_a_code_is_typed_at_the_keyboard_and_the_operator_asks_from_the_page(operator_with):
    operator = operator_with((0.0, "a"), (0.0, "b"))
    operator.listen_to(SimpleNamespace(pressed=lambda: ["s"]))
    assert operator.typed() == ["a", "b"]
    operator.listen_to(SimpleNamespace(pressed=list))
    assert operator.asked() == Decision.SKIP
    operator.listen_to(SimpleNamespace(pressed=lambda: ["escape"]))
    assert operator.typed() == ["escape"]


def test_the_keys_of_the_page_are_those_of_the_keyboard(operator_with):
    brought, pressed = [], [["a"], ["c"], [], ["space"]]
    operator = operator_with(bring_to_front=lambda: brought.append(1))
    operator.listen_to(SimpleNamespace(pressed=lambda: pressed.pop(0)))
    assert operator.asked() == Decision.ACCEPT
    # What was pressed before the question is not its answer.
    answer = operator.ask("?", {Decision.GO_ON: "go on"}, otherwise=Decision.GO_ON)
    assert (answer, pressed) == (Decision.GO_ON, [])
    assert len(brought) == 2  # a click elsewhere took the keyboard from the window


def test_a_window_that_gets_no_key_is_brought_to_the_front(operator_with):
    brought = []
    operator = operator_with((45.0, "space"), bring_to_front=lambda: brought.append(1))
    operator.ask("?", {Decision.GO_ON: "go on"}, otherwise=Decision.GO_ON)
    assert len(brought) == 2


def test_a_computer_without_audio_is_silent_and_says_so_once(monkeypatch):
    told = []
    monkeypatch.setitem(sys.modules, "psychopy", SimpleNamespace())
    sounds = Sounds(told.append)
    for beep in Beep:
        sounds.play(beep)
    assert len(told) == 1
    assert told[0].startswith("no sounds")


def test_people_see_no_window_with_a_frame(make_study):
    files = RunFiles(open_study(make_study(sources=1)), "07")
    with (
        pytest.raises(InputError, match="leave --windowed out"),
        open_lab(find_mode("eyelink"), files, (), windowed=True),
    ):
        pass
