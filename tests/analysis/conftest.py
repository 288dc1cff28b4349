"""Whole studies with known effects, as the earlier stages would leave them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from stimuli.contract.catalogue import write_catalogue
from stimuli.contract.geometry import image_to_screen, screen_to_eyelink
from stimuli.contract.schemas import EVENTS, PARTICIPANTS
from stimuli.contract.settings import parse_settings
from stimuli.contract.vocabulary import Block, Condition, Direction, ShownBy, Stimulus, Target
from stimuli.support.files import sha256, write_image, write_log_saliency
from stimuli.support.tables import write_table

ORDERS = (
    (Block.ORIGINALS, Block.VERSIONS_1, Block.VERSIONS_2),
    (Block.VERSIONS_1, Block.VERSIONS_2, Block.ORIGINALS),
    (Block.VERSIONS_2, Block.ORIGINALS, Block.VERSIONS_1),
)


@dataclass(frozen=True)
class Truth:
    """What the made-up people do: share of fixations on the target, spread of the others."""

    p_obj: dict[str, float]
    spread: dict[str, float]


TRUTH = Truth(
    p_obj={"none": 0.30, "increase": 0.60, "decrease": 0.10},
    spread={"none": 0.15, "increase": 0.30, "decrease": 0.06},
)


@pytest.fixture(scope="session")
def make_study() -> Callable[..., Path]:
    return build_study


def build_study(
    root: Path,
    *,
    n_sources: int = 4,
    n_entropy: int = 1,
    n_subjects: int = 6,
    n_fixations: int = 8,
    size_px: int = 128,
    grid_px: int = 64,
    observer: str = "simulated",
    seed: int = 1,
    samples: bool = False,
) -> Path:
    """Write a study with stimuli, events and recordings, and return its folder."""
    generator = np.random.default_rng(seed)
    root.mkdir(parents=True, exist_ok=True)
    text = (
        f'[study]\nname = "made-up"\nseed = {seed}\n[images]\nsize_px = {size_px}\n'
        f"[analysis]\ngrid_px = {grid_px}\n"
    )
    (root / "study.toml").write_text(text)
    settings = parse_settings(text)
    stimuli = []
    for number in range(n_sources):
        kind = Condition.ENTROPY if number < n_entropy else Condition.OBJECT
        stimuli += _source(root, f"photo-{number:02d}", kind, number, size_px, generator)
    write_catalogue(root / "stimuli" / "stimuli.tsv", stimuli)
    people = []
    for index in range(n_subjects):
        subject = f"{index + 1:02d}"
        order = ORDERS[index % 3]
        _session(root, subject, order, stimuli, settings, n_fixations, generator, samples)
        people.append(
            {"participant_id": f"sub-{subject}", "order": index % 3 + 1, "observer": observer}
        )
    write_table(root / "participants.tsv", PARTICIPANTS, people)
    return root


def target_box(number: int, size_px: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the made-up target of a source."""
    left, top = size_px // 8 + (number % 3) * size_px // 4, size_px // 8
    return left, top, left + size_px // 4, top + size_px // 4


def _source(root, source_id, kind, number, size_px, generator) -> list[Stimulus]:
    left, top, right, bottom = target_box(number, size_px)
    mask = np.zeros((size_px, size_px), np.uint8)
    mask[top:bottom, left:right] = 255
    mask_path = f"stimuli/masks/{source_id}.png"
    write_image(root / mask_path, mask)
    made = []
    for direction, block in (
        (Direction.NONE, Block.ORIGINALS),
        (Direction.INCREASE, Block.VERSIONS_1 if number % 2 else Block.VERSIONS_2),
        (Direction.DECREASE, Block.VERSIONS_2 if number % 2 else Block.VERSIONS_1),
    ):
        original = direction == Direction.NONE
        stim_id = f"{source_id}-{'original' if original else direction}"
        small = generator.integers(60, 200, (8, 8, 3), dtype=np.uint8)
        pixels = np.kron(small, np.ones((size_px // 8, size_px // 8, 1), np.uint8))
        image = f"stimuli/images/{stim_id}.png"
        write_image(root / image, pixels)
        saliency = _saliency(kind, direction, mask, size_px)
        prediction = f"stimuli/predictions/{stim_id}.npz"
        write_log_saliency(root / prediction, saliency)
        shift = {"none": 0.0, "increase": 2.0, "decrease": -2.0}[direction]
        targets = () if original or kind == Condition.ENTROPY else (Target((7,), shift, mask_path),)
        made.append(
            Stimulus(
                stim_id=stim_id, source_id=source_id,
                condition=Condition.ORIGINAL if original else kind,
                direction=direction, block=block, targets=targets, k_scale=1.0, image=image,
                target=None if original else prediction, prediction=prediction,
                image_sha256=sha256(root / image), source_sha256="0" * 64,
                checkpoint_sha256="0" * 64, licence="made up",
            )
        )  # fmt: skip
    return made


def _saliency(kind, direction, mask, size_px) -> np.ndarray:
    inside = mask > 0
    if kind == Condition.ENTROPY:
        centre = (np.arange(size_px) + 0.5) / size_px - 0.5
        spread = TRUTH.spread[direction]
        return -(centre[:, None] ** 2 + centre[None] ** 2) / (2 * spread**2)
    share = TRUTH.p_obj[direction]
    area = inside.mean()
    return np.where(inside, np.log(share / area), np.log((1 - share) / (1 - area)))


def draw_fixations(stimulus, number, size_px, n, generator) -> np.ndarray:
    """Draw fixations of a made-up person, ``(n, 2)`` image pixels, never off the image."""
    if stimulus.condition == Condition.ENTROPY or number == 0:
        spread, share = TRUTH.spread[stimulus.direction], 0.0
    else:
        spread, share = TRUTH.spread["none"], TRUTH.p_obj[stimulus.direction]
    left, top, right, bottom = target_box(number, size_px)
    points = np.empty((n, 2))
    for index in range(n):
        on_target = generator.random() < share
        while True:
            if on_target:
                point = generator.uniform((left, top), (right, bottom))
            else:
                point = generator.normal(size_px / 2, spread * size_px, 2)
                x, y = point
                if share and left <= x < right and top <= y < bottom:
                    continue
            if ((point >= 0) & (point < size_px)).all():
                points[index] = point
                break
    return points


def _session(root, subject, order, stimuli, settings, n_fixations, generator, samples) -> None:
    clock, trial, lines, rows = 1_000_000, 0, ["** made up\n"], []
    sources = sorted({stimulus.source_id for stimulus in stimuli})
    for position, block in enumerate(order, start=1):
        for stimulus in [one for one in stimuli if one.block == block]:
            trial += 1
            number = sources.index(stimulus.source_id)
            points = draw_fixations(
                stimulus, number, settings.images.size_px, n_fixations, generator
            )
            lines += trial_lines(clock, trial, points, settings, samples)
            rows.append(
                {
                    "onset": (clock - 1_000_000) / 1000, "duration": 3.0, "trial": trial,
                    "block": stimulus.block, "block_position": position,
                    "stim_id": stimulus.stim_id, "source_id": stimulus.source_id,
                    "condition": stimulus.condition, "direction": stimulus.direction,
                    "status": "complete", "frames": 360, "dropped_frames": 0,
                    "early_frames": 0, "on_time": True, "shown_by": ShownBy.GAZE,
                }
            )  # fmt: skip
            clock += 6000
    stem = f"sub-{subject}_task-freeview_run-1_events.tsv"
    write_table(root / f"sub-{subject}" / "beh" / stem, EVENTS, rows)
    folder = root / "sourcedata" / f"sub-{subject}"
    folder.mkdir(parents=True)
    (folder / f"s{subject}r1.asc").write_text("".join(lines))


def trial_lines(clock, trial, points, settings, samples=False) -> list[str]:
    """One trial as EyeLink text: a fixation under way at onset, those of the image, one after."""
    xy = screen_to_eyelink(image_to_screen(points, settings.placement))
    centre = screen_to_eyelink(np.array([settings.screen.width_px, settings.screen.height_px]) / 2)
    onset = clock + 803
    step = 2900 // len(points)
    begin = [clock + 10, *(onset + 60 + step * index for index in range(len(points))), onset + 3005]
    end = [onset + 40, *(start + step - 40 for start in begin[1:-1]), onset + 3300]
    lines = [
        f"MSG\t{clock - 5} TRIALID {trial}\n",
        f"START\t{clock} \tLEFT\tSAMPLES\tEVENTS\n",
        f"MSG\t{onset - 3} -3 SYNCTIME\n",
    ]
    for start, stop, (x, y) in zip(begin, end, [centre, *xy, centre], strict=True):
        lines.append(f"SFIX L   {start}\n")
        if samples:
            lines += [f"{t}\t {x:7.1f}\t {y:7.1f}\t 900.0\t...\n" for t in range(start, stop, 2)]
        span = f"{start}\t{stop}\t{stop - start + 2}"
        lines.append(f"EFIX L   {span}\t{x:7.1f}\t{y:7.1f}\t    900\n")
    return [
        *lines,
        f"MSG\t{clock + 4900} TRIAL_RESULT 0\n",
        f"END\t{clock + 5000} \tSAMPLES\tEVENTS\tRES\t  38.00\t  38.00\n",
    ]
