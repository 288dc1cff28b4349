"""Messages by which SR Research's Data Viewer finds trials, images and objects in a recording.

In come facts about a trial, out come messages in the grammar of the Data Viewer user manual,
"Protocol for EyeLink Data to Viewer Integration". EyeLink's user manuals recommend messages shorter
than 120 characters (section 4.5.1), so an outline has as many corners as a message holds.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np

from experiment.protocols.display import Clock
from experiment.protocols.tracker import InterestArea
from stimuli.contract.geometry import screen_to_eyelink
from stimuli.contract.polygons import simplified
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import TrialStatus

MESSAGE_LETTERS = 119
# Messages in one burst can fill the link, which takes some twenty in 10 ms.
_BETWEEN_MESSAGES_S = 0.002
# What TRIAL_RESULT tells of each end of a trial; -1 of all others.
_RESULTS: dict[str, int] = {
    TrialStatus.COMPLETE: 0,
    TrialStatus.UNRECORDED: 0,
    TrialStatus.SKIPPED: 1,
}


class DataViewerNotes(ABC):
    """The part of a tracker that is an `experiment.protocols.tracker.TrialNotes`."""

    _clock: Clock
    _settings: Settings

    @abstractmethod
    def message(self, text: str) -> None:
        """Write a message into the recording."""

    def note_trial(self, facts: Mapping[str, object], areas: Sequence[InterestArea]) -> None:
        grey = self._settings.screen.grey_level
        texts = [f"!V CLEAR {grey} {grey} {grey}", *_variables(facts)]
        texts += [area_message(number, area) for number, area in enumerate(areas, start=1)]
        for text in texts:
            self._clock.wait(_BETWEEN_MESSAGES_S)
            self.message(text)

    def note_image(self, image: str, late_ms: int) -> None:
        self.message(f"{late_ms} {image_message(image, self._settings)}")

    def note_end(self, status: str, facts: Mapping[str, object]) -> None:
        for text in _variables({"status": status, **facts}):
            self.message(text)
        self.message(f"TRIAL_RESULT {_RESULTS.get(status, -1)}")


def area_message(number: int, area: InterestArea) -> str:
    """Return the message of an interest area, with as many corners as it holds, 3 at least.

    Parameters
    ----------
    number
        From 1, another for each area of a trial.
    """
    for corners in range(len(area.outline_px), 2, -1):
        points = outline_points(area, corners)
        text = f"!V IAREA FREEHAND {number} " + " ".join(f"{x},{y}" for x, y in points)
        if len(text) + 1 + len(area.label) <= MESSAGE_LETTERS:
            break
    return f"{text} {area.label}"


def outline_points(area: InterestArea, corners: int) -> list[tuple[int, int]]:
    """Return the outline of an area in the tracker's whole pixels, with at most so many corners."""
    points = screen_to_eyelink(simplified(np.array(area.outline_px), corners))
    return [(int(x), int(y)) for x, y in np.floor(points + 0.5)]


def image_message(image: str, settings: Settings) -> str:
    """Return the message of an image: its path from the tracker's file, its centre and size.

    The tracker's file lies in ``sourcedata/sub-07`` of the study.
    """
    screen, placement = settings.screen, settings.placement
    return (
        f"!V IMGLOAD CENTER {PurePosixPath('../..') / image} "
        f"{screen.width_px // 2} {screen.height_px // 2} "
        f"{placement.width_px:.0f} {placement.height_px:.0f}"
    )


def _variables(facts: Mapping[str, object]) -> list[str]:
    return [f"!V TRIAL_VAR {name} {value}" for name, value in facts.items()]
