"""``fgtransform-train``: one step of training, and the batches it waits for.

On a GPU the network of the paper: full size, batch 4, 512 px, VGG-19 with random weights. Without
one the same code at 128 channels and 128 px. Reference: eager, 32 bits.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.arithmetic import fastest_seconds
from benchmarks.fgtransform import DEVICE, RUNS, deepgaze_guide, device_name
from benchmarks.harness import Row
from manipulation.networks.guide import build_guide
from manipulation.networks.settings import DataSettings, read_run_settings
from manipulation.training.batches import Batch, batch_for, prefetch
from manipulation.training.photograph_cache import load_photographs
from manipulation.training.run import compiler_missing
from manipulation.training.trainer import Trainer

SIZE, WIDTH = (512, 1024) if DEVICE.type == "cuda" else (128, 128)
BATCH = 4


def run() -> list[Row]:
    """Time a step, and a batch from the cache."""
    guide = deepgaze_guide() if DEVICE.type == "cuda" else build_guide("icf", "random", "random")
    compiled = DEVICE.type == "cuda" and not compiler_missing(DEVICE)
    note = f"batch {BATCH}, {SIZE} px, {WIDTH} channels, {DEVICE.type} ({device_name()})"
    seconds = {}
    for precision in ("bfloat16", "float32"):
        settings = read_run_settings(
            None, (f'schedule.precision = "{precision}"', f"network.width = {WIDTH}")
        )
        trainer = Trainer(settings, guide, DEVICE)
        if compiled and precision == "bfloat16":
            trainer.compile()
        images = torch.rand(BATCH, 3, SIZE, SIZE, device=DEVICE)
        images = images.contiguous(memory_format=torch.channels_last)
        batch = Batch(images, (images[:, 0] > 0.9).float(), torch.ones(BATCH, device=DEVICE))

        def step(trainer: Trainer = trainer, batch: Batch = batch) -> None:
            trainer.step(batch)

        seconds[precision] = fastest_seconds(step, DEVICE, runs=RUNS)
    rate = f"{1 / seconds['bfloat16']:.2f} steps a second; 16 bits{', compiled' * compiled}"
    return [
        Row("fgtransform-train", seconds["bfloat16"], seconds["float32"], note=f"{note}; {rate}"),
        _loading(),
    ]


def _loading() -> Row:
    """Time a batch of 512 px from the cache; the reference decodes and resizes it anew."""
    count, steps, side = 32, 64, 512
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "images")
        folder.mkdir()
        generator = np.random.default_rng(0)
        for n in range(count):
            coarse = generator.integers(0, 256, (60, 80, 3), dtype=np.uint8)
            picture = Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC)
            picture.save(folder / f"{n:03}.jpg", quality=90)
        start = time.perf_counter()
        photographs = load_photographs(
            [folder],
            annotations=None,
            cache=Path(name, "cache"),
            settings=DataSettings(size_px=side),
        )
        decoding = (time.perf_counter() - start) * BATCH / count

        def make(step: int) -> Batch:
            chosen = (np.arange(BATCH) + BATCH * step) % count
            return batch_for(photographs, chosen, np.ones(BATCH))

        start = time.perf_counter()
        for _ in prefetch(make, range(steps), DEVICE):
            pass
        loading = (time.perf_counter() - start) / steps
    return Row(
        "fgtransform-train/batch-of-photographs", loading, decoding,
        note=f"{BATCH} photographs of {side} px from the cache; reference: decoded and resized",
    )  # fmt: skip
