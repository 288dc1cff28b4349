"""The tracker's setup says what it waits for, is heard, and lets the operator out of a check."""

import pytest

from experiment.protocols.operator import Beep
from experiment.trackers.calibration import DRIFT_CHECK_KEYS, SETUP_KEYS, custom_display
from tests.experiment.trackers.fake_pylink import EyeLinkCustomDisplay, KeyInput


class Module:
    EyeLinkCustomDisplay, KeyInput = EyeLinkCustomDisplay, KeyInput


class Paper:
    """A display that notes what is drawn at each flip."""

    def __init__(self):
        self.drawn, self.flips = [], []

    def flip(self):
        self.flips.append(self.drawn)
        self.drawn = []

    def draw_blank(self):
        self.drawn.append("blank")

    def draw_target(self):
        self.drawn.append("target")

    def draw_target_at(self, point_px):
        self.drawn.append("target")

    def draw_note(self, text):
        self.drawn.append(text)

    draw_text = draw_note


@pytest.fixture
def setup():
    """Return a function that makes a calibration screen, its paper, its keys, its sounds."""

    def make(*keys):
        paper, heard = Paper(), []
        screen = custom_display(
            Module, paper, read_keys=lambda: [(key, 0) for key in keys], tell=heard.append,
            beep=heard.append,
        )  # fmt: skip
        return screen, paper, heard

    return make


def test_setup_lists_its_keys_and_targets_stand_alone(setup):
    screen, paper, heard = setup()
    screen.text = "Please look at each target."
    menu = [screen.text, SETUP_KEYS]
    with screen.in_setup():
        screen.setup_cal_display()
        screen.draw_cal_target(10, 10)
        screen.play_beep(1)
        screen.erase_cal_target()
        screen.play_beep(-1)
    assert paper.flips == [menu, ["target"], ["blank"], menu]
    assert heard == [Beep.TARGET, "calibration failed", Beep.BAD]


@pytest.mark.parametrize("key", ["a", "c", "p", "s", "escape"])
def test_the_operator_gets_out_of_a_drift_check_by_any_key_that_asks_for_something(setup, key):
    screen, paper, _ = setup(key)
    with screen.in_setup(drift_check=True):
        screen.setup_cal_display()
        assert [one.key for one in screen.get_input_key()] == [27]
    assert paper.flips == [["target", DRIFT_CHECK_KEYS]]


def test_in_setup_the_keys_are_the_trackers_and_a_validation_begins_by_itself(setup):
    screen, _, _ = setup("c")
    with screen.in_setup(first_key="v"):
        assert [one.key for one in screen.get_input_key()] == [ord("v"), ord("c")]
        assert [one.key for one in screen.get_input_key()] == [ord("c")]
