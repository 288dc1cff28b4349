"""The modes that a session can be run in: what records, and who takes part.

`MODES` is the one list of them. A tracker is added by an entry here, or from another package by the
entry point group ``guiding_gaze.modes``, which names a `Mode`; see ``docs/adding-a-tracker.md``.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np

from experiment.display.window import WindowDisplay
from experiment.laboratory.operator import KeyOperator
from experiment.laboratory.sounds import Sounds
from experiment.protocols.display import Clock
from experiment.protocols.tracker import Tracker
from experiment.trackers import iohub
from experiment.trackers.code_charts import CodeCharts
from experiment.trackers.eyelink_link import open_eyelink
from experiment.trackers.mouse import MOUSE as MOUSE_REMARK
from experiment.trackers.mouse import MouseEye, MouseTracker
from experiment.trackers.sampled import SampledTracker
from experiment.trackers.samples import SampleSource
from experiment.trackers.tobii import open_tobii
from stimuli.contract.locking import using_tracker
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import ParticipantKind
from stimuli.support.errors import InputError, nearest

ENTRY_POINTS = "guiding_gaze.modes"


@dataclass(frozen=True)
class Room:
    """What a tracker is opened in: a screen, its clock, whoever presses keys, and a folder.

    Attributes
    ----------
    host
        Folder of the run for what a tracker keeps until it is handed over.
    language
        Of what the participant reads; None for that of the settings.
    """

    display: WindowDisplay
    clock: Clock
    operator: KeyOperator
    settings: Settings
    host: Path
    language: str | None = None


@dataclass(frozen=True)
class Mode:
    """What a session is run with.

    Attributes
    ----------
    word
        Its option on the command line, and what ``tracker.model`` of study.toml calls it.
    participant_kind
        Who takes part, as in participants.tsv.
    meaning
        What stands in the place of what, in a few words.
    open_tracker
        Opens the tracker in a room, and closes it; None of the simulation, which has no room.
    cursor
        Whether the mouse is seen.
    address
        Where the tracker is, so that no other session uses it at the same time. By default a mode
        that people take part in has one tracker on a computer, which is called by its word.
    """

    word: str
    participant_kind: ParticipantKind
    meaning: str
    open_tracker: Callable[[Room], AbstractContextManager[Tracker]] | None = None
    cursor: bool = False
    address: Callable[[Settings], str] | None = None

    def tracker_name(self, settings: Settings) -> str:
        """Return what the tracker is locked by; empty where several sessions may go on at once."""
        if self.address is not None:
            return self.address(settings)
        return self.word if self.participant_kind == ParticipantKind.HUMAN else ""

    def __str__(self) -> str:
        return self.word


def sampled(
    open_source: Callable[[Room], AbstractContextManager[SampleSource]],
) -> Callable[[Room], AbstractContextManager[Tracker]]:
    """Return what opens a tracker, given what opens its source of samples."""

    @contextmanager
    def opened(room: Room) -> Iterator[Tracker]:
        with open_source(room) as source:
            yield SampledTracker(
                source, room.display, room.clock, room.settings, room.host, tell=room.operator.tell
            )

    return opened


def _eyelink(room: Room, *, dummy: bool = False) -> AbstractContextManager[Tracker]:
    return open_eyelink(
        room.display, room.clock, room.settings, read_keys=room.operator.keys,
        tell=room.operator.tell, beep=Sounds(room.operator.tell).play, dummy=dummy,
    )  # fmt: skip


@contextmanager
def _mouse(room: Room) -> Iterator[Tracker]:
    eye = MouseEye(room.display.mouse_px, room.settings.screen.geometry)
    generator = np.random.default_rng(room.settings.study.seed)
    yield MouseTracker(room.clock, eye, room.settings, generator, room.host, remark=MOUSE_REMARK)


@contextmanager
def _code_charts(room: Room) -> Iterator[Tracker]:
    yield CodeCharts(
        room.display, room.clock, room.settings, room.host, read_keys=room.operator.typed,
        generator=np.random.default_rng(), language=room.language, tell=room.operator.tell,
    )  # fmt: skip


def _of_iohub(device: iohub.IohubDevice) -> Callable[[Room], AbstractContextManager[Tracker]]:
    return sampled(lambda room: iohub.open_iohub(device, room.display, room.settings))


_HUMAN = ParticipantKind.HUMAN
EYELINK = Mode(
    "eyelink", _HUMAN, "a person before a screen and an EyeLink", _eyelink,
    address=lambda settings: settings.tracker.address,
)  # fmt: skip
SIMULATE = Mode(
    "simulate", ParticipantKind.SIMULATED,
    "a simulated observer and a virtual clock in place of a person; no screen",
)  # fmt: skip
MOUSE = Mode(
    "mouse", ParticipantKind.MOUSE, "the mouse in place of the eye, on the real screen", _mouse,
    cursor=True,
)  # fmt: skip
DUMMY = Mode(
    "dummy", ParticipantKind.DUMMY,
    "the EyeLink's dummy mode: nothing is recorded, the target is shown for its time",
    functools.partial(_eyelink, dummy=True),
)  # fmt: skip
_BUILT_IN = (
    EYELINK, SIMULATE, MOUSE, DUMMY,
    Mode("tobii", _HUMAN, "a person before a Tobii, through titta",
         sampled(lambda room: open_tobii(room.display, room.clock, room.settings)),
         address=lambda settings: "tobii"),
    Mode("mouse-gaze", ParticipantKind.MOUSE, "the mouse as a tracker of PsychoPy's ioHub",
         _of_iohub(iohub.MOUSE_GAZE), cursor=True),
    Mode("gazepoint", _HUMAN, "a person before a Gazepoint, through ioHub",
         _of_iohub(iohub.GAZEPOINT)),
    Mode("pupil-core", _HUMAN, "a person who wears a Pupil Core, through ioHub",
         _of_iohub(iohub.PUPIL_CORE)),
    Mode("pupil-neon", _HUMAN, "a person who wears a Neon, through ioHub",
         _of_iohub(iohub.PUPIL_NEON)),
    Mode("eyelogic", _HUMAN, "a person before an EyeLogic, through ioHub",
         _of_iohub(iohub.EYELOGIC)),
    Mode("codecharts", _HUMAN, "a person who types codes seen after an image; no tracker",
         _code_charts),
    Mode("tobii-iohub", _HUMAN, "a person before a Tobii, through ioHub", _of_iohub(iohub.TOBII),
         address=lambda settings: "tobii"),
)  # fmt: skip


def using_mode(mode: Mode, settings: Settings, doing: str) -> AbstractContextManager[None]:
    """Keep other sessions on this computer from the tracker of a mode; `doing` says what for.

    Raises
    ------
    InputError
        If one is under way with it: who, and since when.
    """
    name = mode.tracker_name(settings)
    return using_tracker(name, f"{doing} with the tracker {name}") if name else nullcontext()


@functools.cache
def modes() -> dict[str, Mode]:
    """Return every mode by its word: the built-in ones, then those of other packages.

    Examples
    --------
    >>> from experiment import modes
    >>> modes()["gazepoint"].meaning
    'a person before a Gazepoint, through ioHub'
    """
    others = (entry.load() for entry in metadata.entry_points(group=ENTRY_POINTS))
    return {mode.word: mode for mode in (*_BUILT_IN, *others)}


def find_mode(word: "str | Mode", name: str = "mode") -> Mode:
    """Return a mode by its word; `name` says where the word was read.

    Raises
    ------
    InputError
        If there is none.

    Examples
    --------
    >>> from experiment import find_mode
    >>> find_mode("mouse").participant_kind.value
    'mouse'
    """
    known = modes()
    if str(word) not in known:
        raise InputError(
            f"{name} is {str(word)!r}; expected one of {', '.join(known)}"
            f"{nearest(str(word), known)}"
        )
    return word if isinstance(word, Mode) else known[word]
