"""People as their own trackers: after an image a chart of codes appears, and they type one.

After CodeCharts (Newman et al. 2020, "TurkEyes: A web-based toolbox for crowdsourcing attention
data"; Rudoy et al. 2012): where they looked when the image vanished is where the code stands that
they read. No hardware is needed; every trial has one fixation.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from experiment.protocols.display import Clock, SetupDisplay
from experiment.trackers.sampled import SampledTracker
from experiment.trackers.samples import GazeSamples
from stimuli.contract.settings import Settings
from stimuli.contract.study import CODE_CHARTS

# Without those that are mistaken for others.
_LETTERS, _DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "23456789"
_CHART_S = 0.4
_SPACING_DEG, _LETTERS_DEG = 1.6, 0.5
_TRIES = 2
# What was seen is kept as samples of the image's last moments: a fixation like any other.
_KEPT_S = 0.2
_BETWEEN_LOOKS_S = 0.02
# By language: what is asked, and said before it is asked again.
_QUESTIONS = {
    "en": ("Which code did you see?", "This code was not there."),
    "de": ("Welchen Code haben Sie gesehen?", "Dieser Code war nicht dabei."),
}
_KEYS = "the participant types a code; enter: done, esc: without an answer, then end the session?"


def code_chart(settings: Settings, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the codes of a chart over the image, each with its place ``(x, y)`` on the screen.

    They stand on a grid from which each is moved by up to a quarter of the grid's spacing, so that
    nothing about a place can be learned from one chart for the next.
    """
    placement = settings.placement
    spacing_px = _SPACING_DEG * float(settings.screen.geometry.pixels_per_degree.mean())
    counts = [max(int(side / spacing_px), 1) for side in (placement.width_px, placement.height_px)]
    steps = np.array([placement.width_px, placement.height_px]) / counts
    grid = np.stack(np.meshgrid(*(np.arange(n) + 0.5 for n in counts)), axis=-1).reshape(-1, 2)
    places = placement.origin + steps * (grid + generator.uniform(-0.25, 0.25, grid.shape))
    known = [f"{letter}{one}{two}" for letter in _LETTERS for one in _DIGITS for two in _DIGITS]
    codes = generator.choice(known, len(places), replace=False)
    return {str(code): place for code, place in zip(codes, places, strict=True)}


def chart_picture(chart: dict[str, np.ndarray], settings: Settings) -> np.ndarray:
    """Return a chart as it is shown, ``(height, width, 3)`` uint8, on the grey of the screen."""
    screen = settings.screen
    ink = (0,) * 3 if screen.grey > 0.25 else (255,) * 3
    picture = Image.new("RGB", (screen.width_px, screen.height_px), (screen.grey_level,) * 3)
    font = ImageFont.load_default(_LETTERS_DEG * float(screen.geometry.pixels_per_degree.mean()))
    draw = ImageDraw.Draw(picture)
    for code, (x, y) in chart.items():
        draw.text((x, y), code, fill=ink, font=font, anchor="mm")
    return np.asarray(picture)


class _Nobody:
    """The source of a tracker that records nothing by itself."""

    def __init__(self, settings: Settings):
        self.facts = {"ManufacturersModelName": CODE_CHARTS}
        self.rate_hz, self.eyes = settings.tracker.sample_rate_hz, (settings.tracker.eye,)

    def calibrate(self) -> bool:
        return True

    def start(self) -> None:
        """Nothing starts."""

    def samples(self) -> GazeSamples:
        return GazeSamples(np.empty(0), {self.eyes[0]: np.empty((0, 3))})

    def stop(self) -> None:
        """Nothing stops."""


class CodeCharts(SampledTracker):
    """A `Tracker` and an `AfterImage` of `experiment.protocols.tracker` that asks people.

    Parameters
    ----------
    read_keys
        Returns the names of the keys typed since the last call.
    language
        Of the question; by default that of the settings.
    """

    tells_gaze = needs_calibration = False

    def __init__(
        self,
        display: SetupDisplay,
        clock: Clock,
        settings: Settings,
        folder: Path,
        *,
        read_keys: Callable[[], Sequence[str]],
        generator: np.random.Generator,
        language: str | None = None,
        tell: Callable[[str], None] = lambda text: None,
    ):
        super().__init__(_Nobody(settings), display, clock, settings, folder, tell=tell)
        self._read_keys, self._generator = read_keys, generator
        self._question, self._unknown = _QUESTIONS[language or settings.session.language]
        self.chart: dict[str, np.ndarray] = {}
        self._picture = np.zeros((1, 1, 3), np.uint8)

    def start_recording(self) -> float:
        # Made here, so that little but grey passes between the image and the chart.
        self.chart = code_chart(self._settings, self._generator)
        self._picture = chart_picture(self.chart, self._settings)
        now_s = self._clock.now()
        self._parts = [self._samples(np.array([now_s]), np.full(2, np.nan))]
        return now_s

    def check(self) -> bool:
        return True

    def gaze(self) -> np.ndarray | None:
        return None

    def after_image(self, vanished_s: float) -> None:
        self._display.draw_camera(self._picture, "")
        until_s = self._display.flip() + _CHART_S
        while self._clock.now() < until_s:
            self._clock.wait(_BETWEEN_LOOKS_S)
        question = self._question
        for _ in range(_TRIES):
            code = self._typed(question)
            question = f"{self._unknown} {self._question}"
            self.message(f"CODE {code}")
            if not code or code in self.chart:
                break
        place_px = self.chart.get(code, np.full(2, np.nan))
        rate_hz = self._source.rate_hz
        times_s = vanished_s - _KEPT_S + np.arange(round(_KEPT_S * rate_hz)) / rate_hz
        if self._parts is not None:
            self._parts.append(self._samples(times_s, place_px))

    def _typed(self, question: str) -> str:
        """Return the code that is typed and confirmed, in capitals; empty if Esc is pressed."""
        self._read_keys()
        code = ""
        while True:
            self._display.draw_text(f"{question}\n\n{code or '_'}\n\nEnter")
            self._display.draw_note(_KEYS)
            self._display.flip()
            for key in self._read_keys():
                letter = key.removeprefix("num_")
                if letter in ("return", "enter"):
                    return code
                if letter == "escape":
                    return ""
                if letter == "backspace":
                    code = code[:-1]
                elif len(letter) == 1:
                    code = (code + letter.upper())[:3]

    def _samples(self, times_s: np.ndarray, place_px: np.ndarray) -> GazeSamples:
        row = np.array([*place_px, np.nan])
        return GazeSamples(times_s, {self._source.eyes[0]: np.tile(row, (len(times_s), 1))})

    def _catch_up(self) -> None:
        """Nothing comes by itself."""
