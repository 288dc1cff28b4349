"""``gpu``: FGTransform, its guide and its training on a GPU, beside the plain network.

At full size with VGG-19 and DeepGaze II's readout, random weights, 512 x 512 px, then a step of the
narrow networks. Ours is `TrainedNetwork` with 16 bits and captured calls; the reference is the
plain network, eager, with 32 bits. Notes give the same network eager with 16 bits and the channels
last, the memory, and the time to the first result. The floor is the arithmetic over the rate of
matrix products of 16 bits, measured in the same run.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

import manipulation.training
from benchmarks.arithmetic import fastest_seconds, gemm_rate, operations
from benchmarks.fgtransform import arithmetic, deepgaze_guide
from benchmarks.harness import Row
from manipulation.networks.captured import Captured
from manipulation.networks.fgtransform import FGTransform
from manipulation.networks.guide import Guide, build_guide
from manipulation.networks.image_network import relative_log_density
from manipulation.networks.inference import TrainedNetwork
from manipulation.networks.settings import RunSettings, read_run_settings
from manipulation.training.batches import Batch
from manipulation.training.trainer import Trainer
from stimuli.support.errors import InputError

_NARROW = Path(manipulation.training.__file__).with_name("narrow.toml")


@dataclass(frozen=True)
class Size:
    """What is measured: the device, the images and the network, and how often."""

    device: torch.device
    side_px: int = 512
    width: int = 1024
    batches: tuple[int, ...] = (1, 16)
    runs: int = 20


def run() -> list[Row]:
    """Time all rows; they take about four minutes.

    Raises
    ------
    InputError
        If there is no GPU.
    """
    if not torch.cuda.is_available():
        raise InputError("benchmark gpu: torch finds no GPU here; run it where there is one")
    return rows_of(Size(torch.device("cuda")))


def rows_of(size: Size) -> list[Row]:
    """Return the rows of a device: inference, the guide, transfers, training."""
    rate = gemm_rate(size.device, torch.bfloat16)
    rows = _inference(size, rate)
    rows += _transfers(size)
    return rows + _training(size)


@torch.inference_mode()
def _inference(size: Size, rate: float) -> list[Row]:
    device, rows = size.device, []
    network, guide = FGTransform(width=size.width).eval(), deepgaze_guide()
    ours = TrainedNetwork(
        network, deepgaze_guide(), RunSettings(), precision="bfloat16",
        device=device, device_output=True, captured=True,
    )  # fmt: skip
    guide, network = guide.to(device), network.to(device)
    for batch in size.batches:
        images = torch.rand(batch, 3, size.side_px, size.side_px, device=device)
        began = time.perf_counter()
        encoded = ours.encode(images)
        target = 2 * encoded.log_saliency.float()
        ours(encoded, target).flatten()[0].item()
        first_s = time.perf_counter() - began
        plain = partial(_plain, guide, network, images, target)
        seconds = {
            "fgtransform": partial(_fresh, ours, images, target),
            "fgtransform-slider": partial(ours, encoded, target),
        }
        exact = fastest_seconds(plain, device, runs=size.runs)
        half = fastest_seconds(partial(_in_16_bits, device, plain), device, runs=size.runs)
        for name, function in seconds.items():
            count = arithmetic(batch)[name] if size == Size(device) else 0
            rows.append(
                Row(
                    f"gpu/{name}/batch-{batch}",
                    fastest_seconds(function, device, runs=size.runs),
                    exact,
                    count / rate,
                    f"eager with 16 bits {half:.4f} s; first result after {first_s:.1f} s; "
                    f"{_memory(device)}; matrix products at {rate / 1e12:.3g} TFLOP/s",
                )
            )
    return [*rows, _guide_row(size, guide, ours.guide, rate)]


def _guide_row(size: Size, guide: Guide, ours: Guide, rate: float) -> Row:
    """Time DeepGaze II alone, one image; ours as in `TrainedNetwork`."""
    images = torch.rand(1, 3, size.side_px, size.side_px, device=size.device)
    exact = fastest_seconds(lambda: guide.saliency(images), size.device, runs=size.runs)
    half = fastest_seconds(
        partial(_in_16_bits, size.device, lambda: guide.saliency(images)),
        size.device, runs=size.runs,
    )  # fmt: skip

    def seen(images: Tensor) -> tuple[Tensor]:
        with torch.autocast(size.device.type, dtype=torch.bfloat16):
            return (ours.saliency(images),)

    see = Captured(seen) if size.device.type == "cuda" else seen
    if size.device.type == "cuda":
        images = images.contiguous(memory_format=torch.channels_last)
    captured = fastest_seconds(partial(see, images), size.device, runs=size.runs)
    count = operations(lambda: guide.saliency(images))
    return Row(
        "gpu/deepgaze/batch-1", captured, exact, count / rate,
        f"ours with 16 bits; eager with 16 bits {half:.4f} s",
    )  # fmt: skip


def _fresh(network: TrainedNetwork, images: Tensor, target: Tensor) -> None:
    network(network.encode(images), target)


def _plain(guide: Guide, network: FGTransform, images: Tensor, target: Tensor) -> None:
    features = guide(images)
    network(images, relative_log_density(target), features.guidance)


def _in_16_bits(device: torch.device, function: Callable[[], object]) -> None:
    with torch.autocast(device.type, dtype=torch.bfloat16):
        function()


def _transfers(size: Size) -> list[Row]:
    """Time a batch on its way to the device and back; the reference is 32 bits, not pinned."""
    count, device = max(size.batches), size.device
    small = torch.randint(0, 256, (count, 3, size.side_px, size.side_px), dtype=torch.uint8)
    pinned = small.pin_memory() if device.type == "cuda" else small
    large = small.float() / 255
    there = large.to(device)
    place = torch.empty(large.shape, pin_memory=device.type == "cuda")
    to_device = fastest_seconds(lambda: pinned.to(device).float() / 255, device, runs=size.runs)
    plainly = fastest_seconds(lambda: large.to(device), device, runs=size.runs)
    back = fastest_seconds(lambda: place.copy_(there), device, runs=size.runs)
    back_plainly = fastest_seconds(lambda: there.cpu(), device, runs=size.runs)
    note = f"{count} images of {size.side_px} px"
    return [
        Row("gpu/transfer/to-device", to_device, plainly, note=f"{note}, 8 bits, pinned"),
        Row("gpu/transfer/to-host", back, back_plainly, note=f"{note}, 32 bits, pinned"),
    ]


def _training(size: Size) -> list[Row]:
    """Time a step at full size and one of the narrow networks; the reference has 32 bits."""
    width = f"network.width = {size.width}"
    whole = _steps("gpu/train", size, None, width, deepgaze_guide())
    settings = read_run_settings(_NARROW)
    guide = build_guide(
        settings.guide.saliency, settings.guide.guiding, settings.guide.comparing
    )  # fmt: skip
    return [whole, _steps("gpu/train-narrow", size, _NARROW, "network.width = 192", guide)]


def _steps(name: str, size: Size, file: Path | None, width: str, guide: Guide) -> Row:
    seconds, first_s = {}, 0.0
    ways = {"float32": ("float32", False), "made": ("bfloat16", False)}
    if size.device.type == "cuda":
        ways["played back"] = ("bfloat16", True)
    for way, (precision, plays) in ways.items():
        settings = read_run_settings(
            file,
            (
                f'schedule.precision = "{precision}"', width,
                f"schedule.play_back = {str(plays).lower()}",
            ),
        )  # fmt: skip
        trainer = Trainer(settings, guide, size.device)
        images = torch.rand(4, 3, size.side_px, size.side_px, device=size.device)
        images = images.contiguous(memory_format=torch.channels_last)
        ones = torch.ones(4, device=size.device)
        batch = Batch(images, (images[:, 0] > 0.9).float(), ones)
        began = time.perf_counter()
        float(trainer.step(batch).means["total"])
        first_s = time.perf_counter() - began
        for _ in range(4 if plays else 0):  # warm up, record
            trainer.step(batch)
        seconds[way] = fastest_seconds(partial(trainer.step, batch), size.device, runs=size.runs)
    ours = min(seconds.values())
    return Row(
        name, ours, seconds["float32"],
        note=f"batch 4, {size.side_px} px, {1 / ours:.3g} steps a second; first step after "
        f"{first_s:.1f} s; {_memory(size.device)}; 16 bits, "
        + ", ".join(f"{way} {1e3 * one:.1f} ms" for way, one in list(seconds.items())[1:]),
    )  # fmt: skip


def _memory(device: torch.device) -> str:
    if device.type != "cuda":
        return "memory not counted"
    peak = torch.cuda.max_memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    return f"{peak / 2**30:.1f} GiB"
