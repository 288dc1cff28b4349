"""``large-study``: the whole analysis of a large study, from its recordings to its report.

300 sources (900 stimuli) and 60 simulated people: recordings, photographs and predictions are made
up without a model, then ``analysis.run`` reads them, fits every density, and writes maps, tables,
figures and the page. ``python -m benchmarks.large_study FOLDER SOURCES PEOPLE`` writes a study.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.harness import Row
from stimuli.contract.catalogue import write_catalogue
from stimuli.contract.geometry import image_to_screen, screen_to_eyelink
from stimuli.contract.schemas import EVENTS, PARTICIPANTS
from stimuli.contract.settings import Settings, parse_settings
from stimuli.contract.vocabulary import Block, Condition, Direction, ShownBy, Stimulus, Target
from stimuli.support.files import sha256, write_image, write_log_saliency
from stimuli.support.tables import write_table

SOURCES, PEOPLE, FIXATIONS, MAP_PX = 300, 60, 9, 256
BLOCKS = (Block.ORIGINALS, Block.VERSIONS_1, Block.VERSIONS_2)
ORDERS = ((0, 1, 2), (1, 2, 0), (2, 0, 1))
SHARES = {Direction.NONE: 0.2, Direction.INCREASE: 0.4, Direction.DECREASE: 0.1}
SHIFTS = {Direction.NONE: 0.0, Direction.INCREASE: 2.0, Direction.DECREASE: -2.0}


def run() -> list[Row]:
    """Time ``analysis.run`` in a process of its own, and take the peak of its memory."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "study")
        write_study(root, SOURCES, PEOPLE)
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "analysis.run", str(root)], check=True, capture_output=True
        )
        seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    note = (
        f"{3 * SOURCES} stimuli of {SOURCES} sources, {PEOPLE} people, "
        f"{3 * SOURCES * PEOPLE * FIXATIONS} fixations, from recordings to the page; "
        f"{usage.ru_utime + usage.ru_stime:.0f} s of processor, "
        f"at most {usage.ru_maxrss / 2**20:.1f} GiB"
    )
    return [Row("large-study", seconds, note=note)]


def write_study(root: Path, n_sources: int, n_people: int, seed: int = 0) -> None:
    """Write a study as the earlier stages would leave it."""
    generator = np.random.default_rng(seed)
    text = '[study]\nname = "made up, to measure speed"\nseed = 1\n'
    root.mkdir(parents=True)
    (root / "study.toml").write_text(text)
    settings = parse_settings(text)
    size_px = settings.images.size_px
    corners = generator.integers(size_px // 8, size_px // 2, (n_sources, 2))
    stimuli = [
        stimulus for number in range(n_sources)
        for stimulus in _source(root, number, corners[number], size_px, generator)
    ]  # fmt: skip
    write_catalogue(root / "stimuli" / "stimuli.tsv", stimuli)
    for index in range(n_people):
        order = [BLOCKS[at] for at in ORDERS[index % 3]]
        _session(root, f"{index + 1:02d}", order, stimuli, corners, settings, generator)
    people = [
        {"participant_id": f"sub-{n + 1:02d}", "order": n % 3 + 1, "observer": "simulated"}
        for n in range(n_people)
    ]
    write_table(root / "participants.tsv", PARTICIPANTS, people)


def _source(
    root: Path, number: int, corner: np.ndarray, size_px: int, generator: np.random.Generator
) -> list[Stimulus]:
    name = f"photo-{number:03d}"
    left, top = corner
    mask = np.zeros((size_px, size_px), np.uint8)
    mask[top : top + size_px // 5, left : left + size_px // 5] = 255
    mask_path, image = f"stimuli/masks/{name}.png", f"stimuli/images/{name}.png"
    write_image(root / mask_path, mask)
    small = generator.integers(60, 200, (64, 64, 3), dtype=np.uint8)
    write_image(root / image, np.kron(small, np.ones((size_px // 64, size_px // 64, 1), np.uint8)))
    inside = mask[:: size_px // MAP_PX, :: size_px // MAP_PX] > 0
    made = []
    for direction, block in zip(SHIFTS, BLOCKS, strict=True):
        shift, original = SHIFTS[direction], direction == Direction.NONE
        prediction = f"stimuli/predictions/{name}-{direction}.npz"
        write_log_saliency(root / prediction, (inside * (1.0 + shift)).astype(np.float32))
        made.append(
            Stimulus(
                stim_id=f"{name}-{direction}", source_id=name,
                condition=Condition.ORIGINAL if original else Condition.OBJECT,
                direction=direction, block=block,
                targets=() if original else (Target((7,), shift, mask_path),), k_scale=1.0,
                image=image, target=None if original else prediction, prediction=prediction,
                image_sha256=sha256(root / image), source_sha256="0" * 64,
                checkpoint_sha256="0" * 64, licence="made up",
            )
        )  # fmt: skip
    return made


def _session(
    root: Path, subject: str, order: Sequence[Block], stimuli: Sequence[Stimulus],
    corners: np.ndarray, settings: Settings, generator: np.random.Generator,
) -> None:  # fmt: skip
    clock, lines, rows = 1_000_000, ["** made up\n"], []
    size_px, place = settings.images.size_px, settings.placement
    for position, block in enumerate(order, start=1):
        for stimulus in [one for one in stimuli if one.block == block]:
            corner = corners[int(stimulus.source_id.split("-")[1])]
            near = generator.normal(size_px / 2, size_px / 6, (FIXATIONS, 2))
            on = corner + generator.uniform(0, size_px / 5, (FIXATIONS, 2))
            there = generator.random((FIXATIONS, 1)) < SHARES[stimulus.direction]
            xy_px = np.where(there, on, near).clip(0, size_px - 1)
            xy = screen_to_eyelink(image_to_screen(xy_px, place))
            lines += _trial(clock, len(rows) + 1, xy)
            rows.append(
                {
                    "onset": (clock - 1_000_000) / 1000, "duration": 3.0, "trial": len(rows) + 1,
                    "block": block, "block_position": position, "stim_id": stimulus.stim_id,
                    "source_id": stimulus.source_id, "condition": stimulus.condition,
                    "direction": stimulus.direction, "status": "complete", "frames": 360,
                    "dropped_frames": 0,
                    "early_frames": 0, "on_time": True, "shown_by": ShownBy.GAZE,
                }
            )  # fmt: skip
            clock += 6000
    stem = f"sub-{subject}_task-freeview_run-1_events.tsv"
    write_table(root / f"sub-{subject}" / "beh" / stem, EVENTS, rows)
    folder = root / "sourcedata" / f"sub-{subject}"
    folder.mkdir(parents=True)
    (folder / f"s{subject}r1.asc").write_text("".join(lines))


def _trial(clock: int, trial: int, xy: np.ndarray) -> list[str]:
    onset, step = clock + 803, 2900 // len(xy)
    lines = [
        f"MSG\t{clock - 5} TRIALID {trial}\n", f"START\t{clock} \tLEFT\tEVENTS\n",
        f"MSG\t{onset} SYNCTIME\n",
    ]  # fmt: skip
    for number, (x, y) in enumerate(xy):
        start, stop = onset + 60 + step * number, onset + 20 + step * (number + 1)
        lines.append(f"SFIX L   {start}\n")
        lines.append(f"EFIX L   {start}\t{stop}\t{stop - start + 1}\t{x:7.1f}\t{y:7.1f}\t    900\n")
    return [*lines, f"MSG\t{clock + 4900} TRIAL_RESULT 0\n", f"END\t{clock + 5000} \tEVENTS\n"]


if __name__ == "__main__":
    write_study(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
