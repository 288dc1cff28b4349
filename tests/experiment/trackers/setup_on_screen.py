"""Draws the tracker's setup on a real window, one screen a key: run by display/test_window.py."""

import sys

import numpy as np

from experiment.display.opening import open_window
from experiment.display.window import WindowClock
from experiment.laboratory.operator import KeyOperator
from experiment.trackers.calibration import custom_display
from stimuli.contract.settings import Settings
from tests.experiment.trackers.fake_pylink import EyeLinkCustomDisplay, KeyInput


class Module:
    EyeLinkCustomDisplay, KeyInput = EyeLinkCustomDisplay, KeyInput


def main() -> None:
    with open_window(Settings()) as display:
        operator = KeyOperator(WindowClock())
        screen = custom_display(Module, display, read_keys=operator.keys, tell=operator.tell)
        with screen.in_setup():
            screen.setup_cal_display()
            screen.draw_cal_target(59, 1019)
            show("target", screen)
            screen.play_beep(0)
            show("menu", screen)
            screen.erase_cal_target()
            show("erased", screen)
            assert screen.setup_image_display(192, 160) == 1
            screen.image_title("Left eye, threshold 75")
            ramp = np.arange(256)
            screen.set_image_palette(ramp, ramp, ramp)
            for line in range(1, 161):
                screen.draw_image_line(192, line, 160, [line] * 96 + [255 - line] * 96)
            show("camera", screen)
            (x, y), pressed = screen.get_mouse_state()
            print(f"mouse {x} {y} {pressed}", file=sys.stderr, flush=True)
            screen.exit_image_display()
            screen.exit_cal_display()


def show(name: str, screen) -> None:
    """Say which screen is shown, and wait for a key that pylink would be given."""
    print(f"shows {name}", file=sys.stderr, flush=True)
    while not (keys := screen.get_input_key()):
        pass
    print(f"key {keys[0].key}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
