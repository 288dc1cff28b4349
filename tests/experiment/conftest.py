"""A small synthetic study: flat grey images, predictions that are known, the paper's design."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from experiment.display.virtual import VirtualClock, VirtualDisplay
from experiment.laboratory import simulation
from experiment.laboratory.simulation import SimulatedOperator
from experiment.observer.eye import Eye
from experiment.protocols.lab import Lab
from experiment.trackers.simulated import SimulatedTracker
from stimuli.contract.catalogue import write_catalogue
from stimuli.contract.orders import write_blocks
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import (
    Block,
    Condition,
    Direction,
    ParticipantKind,
    Stimulus,
    Target,
)
from stimuli.support.files import sha256, write_image, write_log_saliency

SIZE_PX = 64
LATIN_SQUARE = (
    (Block.ORIGINALS, Block.VERSIONS_1, Block.VERSIONS_2),
    (Block.VERSIONS_1, Block.VERSIONS_2, Block.ORIGINALS),
    (Block.VERSIONS_2, Block.ORIGINALS, Block.VERSIONS_1),
)


def synthetic_stimuli(sources: int = 24) -> list[Stimulus]:
    """Return a catalogue of the paper's kind: one source in eight aims at entropy alone."""
    stimuli = []
    for number in range(1, sources + 1):
        aim = Condition.ENTROPY if number % 8 == 0 else Condition.OBJECT
        up_first = number % 2 == 1
        for block in LATIN_SQUARE[0]:
            original = block == Block.ORIGINALS
            up = (block == Block.VERSIONS_1) == up_first
            direction = Direction.INCREASE if up else Direction.DECREASE
            stim_id = f"photo{number:02d}-{'original' if original else direction}"
            targets = (
                Target((number,), 2.0 if up else -2.0, f"stimuli/masks/photo{number:02d}.png"),
            )
            stimuli.append(
                Stimulus(
                    stim_id=stim_id,
                    source_id=f"photo{number:02d}",
                    condition=Condition.ORIGINAL if original else aim,
                    direction=Direction.NONE if original else direction,
                    block=block,
                    targets=() if original or aim == Condition.ENTROPY else targets,
                    k_scale=1.0,
                    image=f"stimuli/images/{stim_id}.png",
                    target=None,
                    prediction=f"stimuli/predictions/{stim_id}.npz",
                    image_sha256="0" * 64,
                    source_sha256="0" * 64,
                    checkpoint_sha256="0" * 64,
                    licence="CC0",
                )
            )
    return stimuli


def upper_half_log_saliency() -> np.ndarray:
    """Return a map of 48 x 40 whose upper half has 9 times the probability of the lower."""
    log_saliency = np.zeros((48, 40))
    log_saliency[:24] = np.log(9.0)
    return log_saliency


def build_study(root: Path, *, sources: int = 4, settings: str = "") -> Path:
    """Write a study folder and return it."""
    root.mkdir(parents=True)
    size = f"[images]\nsize_px = {SIZE_PX}\nmodel_px = {SIZE_PX}\n"
    (root / "study.toml").write_text(settings + "\n" + size)
    stimuli = []
    mask = np.zeros((SIZE_PX, SIZE_PX), np.uint8)
    mask[8:24, 16:48] = 255
    for number, stimulus in enumerate(synthetic_stimuli(sources)):
        image = root / stimulus.image
        write_image(image, np.full((SIZE_PX, SIZE_PX, 3), number, np.uint8))
        (root / stimulus.prediction).parent.mkdir(parents=True, exist_ok=True)
        write_log_saliency(root / stimulus.prediction, upper_half_log_saliency())
        for target in stimulus.targets:
            write_image(root / target.mask, mask)
        fields = {**vars(stimulus), "image_sha256": sha256(image)}
        stimuli.append(Stimulus(**fields))
    write_catalogue(root / "stimuli" / "stimuli.tsv", stimuli)
    write_blocks(root / "blocks.tsv", LATIN_SQUARE)
    return root


@pytest.fixture
def make_study(tmp_path: Path) -> Callable[..., Path]:
    """Return `build_study` below the test's own folder."""

    def make(name: str = "study", **choices) -> Path:
        return build_study(tmp_path / name, **choices)

    return make


@pytest.fixture
def paper_stimuli() -> list[Stimulus]:
    """The paper's catalogue: 24 sources in three versions."""
    return synthetic_stimuli(24)


@pytest.fixture
def paper_orders() -> tuple[tuple[Block, ...], ...]:
    """The paper's Latin square."""
    return LATIN_SQUARE


class Unsynchronised(VirtualDisplay):
    """A screen that from one of its flips on does not wait for the retrace any more."""

    def __init__(self, early_from: int, clock: VirtualClock, *arguments, **choices):
        super().__init__(clock, *arguments, **choices)
        self._early_from, self._own_clock = early_from, clock

    def flip(self) -> float:
        if self.flips < self._early_from:
            return super().flip()
        self.flips += 1
        self._own_clock.wait(0.001)
        return self._own_clock.now()


@pytest.fixture
def make_lab(tmp_path: Path) -> Callable[..., Lab]:
    """Return a function that makes a simulated lab whose observer looks as the test says."""

    def make(
        goal: Callable,
        settings: Settings,
        *,
        also_seen: Callable | None = None,
        actual_hz: float | None = None,
        early_from: int | None = None,
        **display,
    ) -> Lab:
        actual_hz = actual_hz or settings.screen.refresh_hz
        kind = VirtualDisplay if early_from is None else partial(Unsynchronised, early_from)
        generator = np.random.default_rng(0)
        clock = VirtualClock()
        host = tmp_path / "host"
        eye = Eye(goal, settings.observer, generator)

        def seen(scene, time_s):
            eye.see(scene, time_s)
            if also_seen is not None:
                also_seen(scene, time_s)

        tracker = SimulatedTracker(clock, eye, settings, generator, host)
        tracker.open("00")
        return Lab(
            clock=clock,
            display=kind(clock, actual_hz, seen=seen, **display),
            tracker=tracker,
            operator=SimulatedOperator(clock),
            participant_kind=ParticipantKind.SIMULATED,
            frame_s=1 / actual_hz,
        )

    return make


@pytest.fixture
def interrupt_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes the display of simulated sessions raise at a flip."""

    def arrange(flip: int, error: type[BaseException] = KeyboardInterrupt) -> None:
        class Interrupting(VirtualDisplay):
            def flip(self) -> float:
                if self.flips == flip:
                    raise error
                return super().flip()

        monkeypatch.setattr(simulation, "VirtualDisplay", Interrupting)

    return arrange
