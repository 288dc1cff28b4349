"""A screen without a monitor: Xvfb, keys and mouse by xdotool, pictures of what it shows."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageGrab

# Patience for a machine that does much else; a test that passes does not use it up.
PATIENCE_S = 240.0


class Screen:
    """An X display with nobody before it."""

    def __init__(self, name: str):
        self.name = name
        self.environment = {**os.environ, "DISPLAY": name}

    def picture(self) -> np.ndarray:
        """Return what the screen shows, ``(height, width, 3)`` uint8."""
        return np.asarray(ImageGrab.grab(xdisplay=self.name).convert("RGB"))

    def press(self, key: str) -> None:
        self._xdotool("key", key)

    def move_mouse(self, x: int, y: int) -> None:
        self._xdotool("mousemove", str(x), str(y))

    def _xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self.environment, check=True)


@contextmanager
def open_screen(width: int = 1920, height: int = 1080) -> Iterator[Screen]:
    """Yield a new screen; skips the test where Xvfb or xdotool is not installed."""
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24",
         "-nolisten", "tcp"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as names:
            yield Screen(f":{names.readline().strip()}")
    finally:
        server.terminate()
        server.wait()


class Command:
    """A command of ours that runs on a screen; what it says is in a file.

    `alone` gives it and its processes a group of their own, as a terminal does.
    """

    def __init__(self, screen: Screen, folder: Path, *words: str, alone: bool = False):
        self._said = folder / "said.txt"
        with open(self._said, "w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *words], env=screen.environment, stdout=said, stderr=said,
                start_new_session=alone,
            )  # fmt: skip

    def said(self) -> str:
        return self._said.read_text()

    def wait_for(self, true: Callable[[], object], what: str) -> object:
        """Return what `true` returns as soon as that is true."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if (found := true()) is not None and found is not False:
                return found
            assert self.process.poll() is None, f"ended before {what}:\n{self.said()}"
            time.sleep(0.02)
        raise AssertionError(f"no {what} in {PATIENCE_S} s:\n{self.said()}")

    def wait_to_hear(self, text: str, times: int = 1) -> None:
        self.wait_for(lambda: self.said().count(text) >= times, f"{text!r}, {times} times")

    def end(self) -> int:
        return self.process.wait(PATIENCE_S)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
