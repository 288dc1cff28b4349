"""``gpu``: FGTransform, its guide and its training on a GPU, beside the plain network.

At full size with VGG-19 and DeepGaze II's readout, random weights, 512 x 512 px, then a step of the
narrow networks. Ours is `TrainedNetwork` with 16 bits and captured calls, from images on the device
to images on the device; the reference is the plain network, eager, with 32 bits. Notes give the
plain network with 16 bits under autocast and the channels last, ours without captured calls and
with the algorithms that cuDNN finds by trying them, the memory, and the time to the first result.
The floor is the arithmetic over the rate of matrix products of 16 bits, measured in the same run.
"""

import copy
import gc
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

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

NARROW = Path(manipulation.training.__file__).with_name("narrow.toml")


@dataclass(frozen=True)
class Size:
    """What is measured: the device, the images and the network, and how often."""

    device: torch.device
    side_px: int = 512
    width: int = 1024
    batches: tuple[int, ...] = (1, 16)
    runs: int = 20

    @property
    def on_gpu(self) -> bool:
        return self.device.type == "cuda"

    def images(self, count: int) -> Tensor:
        return torch.rand(count, 3, self.side_px, self.side_px, device=self.device)

    def seconds(self, function: Callable[[], object]) -> float:
        return fastest_seconds(function, self.device, runs=self.runs)


def run() -> list[Row]:
    """Time all rows, which takes about three minutes; each is told when it is there.

    Raises
    ------
    InputError
        If there is no GPU.
    """
    if not torch.cuda.is_available():
        raise InputError("benchmark gpu: torch finds no GPU here; run it where there is one")
    rows = []
    try:
        for row in rows_of(Size(torch.device("cuda"))):
            print(row, flush=True)
            rows.append(row)
    except KeyboardInterrupt:
        print("interrupted; these are the rows so far", flush=True)
    return rows


def rows_of(size: Size) -> Iterator[Row]:
    """Yield the rows of a device: inference, the guide, transfers, training.

    On a GPU what fails is told, and the rest is measured.
    """
    rate = gemm_rate(size.device, torch.bfloat16)
    networks = _Networks(size)
    parts: list[Callable[[], list[Row]]] = [
        *(partial(_inference, size, networks, batch, rate) for batch in size.batches),
        partial(_deepgaze, size, networks, rate),
        partial(_transfers, size),
        partial(_training, size, rate),
        partial(_narrow_training, size, rate),
    ]
    for part in parts:
        try:
            yield from part()
        except Exception:
            if not size.on_gpu:
                raise
            traceback.print_exc()


class _Networks:
    """The full-size network and its guide: plain with 32 bits and under autocast, and ours."""

    def __init__(self, size: Size) -> None:
        network, guide = FGTransform(width=size.width).eval(), deepgaze_guide()
        device, last = size.device, torch.channels_last
        make = partial(
            TrainedNetwork, network, settings=RunSettings(), precision="bfloat16",
            device=device, device_output=True,
        )  # fmt: skip
        self.ours = make(copy.deepcopy(guide), captured=True)
        self.others: dict[str, TrainedNetwork] = {}
        if size.on_gpu:
            self.others = {
                "not captured": make(copy.deepcopy(guide)),
                "cuDNN's search": make(copy.deepcopy(guide), captured=True),
            }
        self.plain: tuple[Guide, FGTransform] = (guide.to(device), network.to(device))
        self.channels_last = [copy.deepcopy(one).to(memory_format=last) for one in self.plain]


def _search() -> AbstractContextManager[None]:
    """Have cuDNN try its algorithms; without TF32 it has not chosen one for the same maps yet."""
    return torch.backends.cudnn.flags(enabled=True, benchmark=True, allow_tf32=False)


@torch.inference_mode()
def _inference(size: Size, networks: _Networks, batch: int, rate: float) -> list[Row]:
    images, ours = size.images(batch), networks.ours
    target = torch.randn_like(images[:, 0])
    told = [_first(size, ours.network, partial(_fresh, ours, images, target))]
    seconds: dict[str, dict[str, float]] = {"fgtransform": {}, "fgtransform-slider": {}}
    for way, network in {"ours": ours, **networks.others}.items():
        with _search() if way == "cuDNN's search" else nullcontext():
            encoded = network.encode(images)
            seconds["fgtransform"][way] = size.seconds(partial(_fresh, network, images, target))
            seconds["fgtransform-slider"][way] = size.seconds(partial(network, encoded, target))
    exact = size.seconds(partial(_plain, *networks.plain, images, target))
    last = images.contiguous(memory_format=torch.channels_last)
    half = size.seconds(
        partial(_in_16_bits, size, partial(_plain, *networks.channels_last, last, target))
    )
    told.append(f"plain with 16 bits {1e3 * half:.2f} ms")
    if size.on_gpu:
        small = (255 * images).to(torch.uint8).cpu()
        ours.device_output = False
        whole = size.seconds(partial(_fresh, ours, small, target.cpu()))
        ours.device_output = True
        told.append(f"a fresh image from and to the processor {1e3 * whole:.2f} ms")
    told.append(f"matrix products at {rate / 1e12:.3g} TFLOP/s")
    rows = []
    for name, ways in seconds.items():
        count = arithmetic(batch)[name] if size == Size(size.device) else 0
        others = [f"{way} {1e3 * one:.2f} ms" for way, one in ways.items() if way != "ours"]
        note = "; ".join(others + told)
        rows.append(Row(f"gpu/{name}/batch-{batch}", ways["ours"], exact, count / rate, note))
    return rows


@torch.inference_mode()
def _deepgaze(size: Size, networks: _Networks, rate: float) -> list[Row]:
    """Time DeepGaze II alone, one image; ours as in `TrainedNetwork`."""
    images, (guide, _) = size.images(1), networks.plain
    last = images.contiguous(memory_format=torch.channels_last)
    exact = size.seconds(partial(guide.saliency, images))
    half = size.seconds(
        partial(_in_16_bits, size, partial(networks.channels_last[0].saliency, last))
    )

    def seen(images: Tensor) -> tuple[Tensor]:
        with torch.autocast(size.device.type, dtype=torch.bfloat16):
            return (networks.ours.guide.saliency(images),)

    see = Captured(seen) if size.on_gpu else seen
    count = operations(partial(guide.saliency, images))
    return [
        Row(
            "gpu/deepgaze/batch-1", size.seconds(partial(see, last)), exact, count / rate,
            f"ours with 16 bits; plain with 16 bits {1e3 * half:.2f} ms",
        )
    ]  # fmt: skip


def _fresh(network: TrainedNetwork, images: Tensor, target: Tensor) -> None:
    network(network.encode(images), target)


def _plain(guide: Guide, network: FGTransform, images: Tensor, target: Tensor) -> None:
    features = guide(images)
    network(images, relative_log_density(target), features.guidance)


def _in_16_bits(size: Size, function: Callable[[], object]) -> None:
    with torch.autocast(size.device.type, dtype=torch.bfloat16):
        function()


def _transfers(size: Size) -> list[Row]:
    """Time a batch on its way to the device and back; the reference is 32 bits, not pinned."""
    count, device = max(size.batches), size.device
    small = torch.randint(0, 256, (count, 3, size.side_px, size.side_px), dtype=torch.uint8)
    pinned = small.pin_memory() if size.on_gpu else small
    large = small.float() / 255
    there = large.to(device)
    place = torch.empty(large.shape, pin_memory=size.on_gpu)
    to_device = size.seconds(lambda: pinned.to(device).float() / 255)
    plainly = size.seconds(lambda: large.to(device))
    back = size.seconds(lambda: place.copy_(there))
    back_plainly = size.seconds(there.cpu)
    note = f"{count} images of {size.side_px} px"
    return [
        Row("gpu/transfer/to-device", to_device, plainly, note=f"{note}, 8 bits, pinned"),
        Row("gpu/transfer/to-host", back, back_plainly, note=f"{note}, 32 bits, pinned"),
    ]


def _training(size: Size, rate: float) -> list[Row]:
    """Time a step at full size; the reference has 32 bits."""
    width = f"network.width = {size.width}"
    return [_steps("gpu/train", size, rate, None, width, deepgaze_guide())]


def _narrow_training(size: Size, rate: float) -> list[Row]:
    """Time a step of the narrow networks."""
    parts = read_run_settings(NARROW).guide
    guide = build_guide(parts.saliency, parts.guiding, parts.comparing)
    return [_steps("gpu/train-narrow", size, rate, NARROW, "network.width = 192", guide)]


def _steps(name: str, size: Size, rate: float, file: Path | None, width: str, guide: Guide) -> Row:
    ways = {"float32": ("float32", "false"), "made": ("bfloat16", "false")}
    if size.on_gpu:
        ways["played back"] = ("bfloat16", "true")
    images = size.images(4).contiguous(memory_format=torch.channels_last)
    ones = torch.ones(4, device=size.device)
    batch = Batch(images, (images[:, 0] > 0.9).float(), ones)
    seconds, told, count = {}, [], 0
    for way, (precision, plays) in ways.items():
        if size.on_gpu:
            gc.collect()  # the trainer before, whose steps know it
        changes = (
            f'schedule.precision = "{precision}"', width, f"schedule.play_back = {plays}",
        )  # fmt: skip
        trainer = Trainer(read_run_settings(file, changes), guide, size.device)
        step = partial(trainer.step, batch)
        told.append(f"{way}: {_first(size, trainer.network, step)}")
        if way == "made":
            count = operations(step)
        for _ in range(4 if plays == "true" else 0):  # warm up, record
            step()
        seconds[way] = size.seconds(step)
        told[-1] += f", {1e3 * seconds[way]:.2f} ms a step"
        del trainer, step
    ours = min(seconds.values())
    speed = f"batch 4, {size.side_px} px, {1 / ours:.3g} steps a second"
    return Row(name, ours, seconds["float32"], count / rate, "; ".join([speed, *told]))


def _first(size: Size, network: nn.Module, function: Callable[[], object]) -> str:
    """Return how long the first call takes, and the memory that it needs beside the network's."""
    before = 0
    if size.on_gpu:
        torch.cuda.synchronize(size.device)
        torch.cuda.reset_peak_memory_stats(size.device)
        before = torch.cuda.memory_allocated(size.device)
    began = time.perf_counter()
    function()
    if not size.on_gpu:
        return f"first result after {time.perf_counter() - began:.1f} s"
    torch.cuda.synchronize(size.device)
    first_s = time.perf_counter() - began
    peak = torch.cuda.max_memory_allocated(size.device) - before
    weights = sum(one.nbytes for one in network.parameters())
    return (
        f"first result after {first_s:.1f} s in {peak / 2**30:.2f} GiB beside "
        f"{weights / 2**30:.2f} GiB of weights"
    )
