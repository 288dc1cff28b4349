"""A saliency model's forward pass at 512 x 512 against the arithmetic floor, where it can run."""

import platform
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.arithmetic import fastest_seconds, gemm_rate, operations
from benchmarks.harness import Row

SIDE_PX = 512


def forward_rows(
    name: str,
    model: torch.nn.Module,
    plain: Callable[[Tensor], object] | None = None,
    note: str = "",
) -> list[Row]:
    """Return a row for each device and precision at hand.

    The floor is the count of operations over the rate of a matrix product that is measured just
    before, at the same precision.

    Parameters
    ----------
    plain
        What ours is held against, at full precision.
    note
        What the model and the plain version are.
    """
    devices = [torch.device("cpu")]
    if torch.cuda.is_available():
        devices.append(torch.device("cuda"))
    return [
        row
        for device in devices
        for row in _rows(f"{name}/{device.type}", model.to(device), device, plain, note)
    ]


def _rows(
    name: str,
    model: torch.nn.Module,
    device: torch.device,
    plain: Callable[[Tensor], object] | None,
    note: str,
) -> list[Row]:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(1, 3, SIDE_PX, SIDE_PX, generator=generator).to(device)
    rows = []
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        rate = gemm_rate(device, dtype)

        @torch.inference_mode()
        def ours(dtype: torch.dtype = dtype) -> Tensor:
            with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
                return model(image)

        with torch.inference_mode():
            count = operations(ours)
            reference = None
            if plain is not None and precision == "fp32":
                reference = fastest_seconds(lambda: plain(image), device)
        machine = torch.cuda.get_device_name() if device.type == "cuda" else platform.machine()
        floor = (
            f"{SIDE_PX} x {SIDE_PX}, {count / 1e9:.3g} GFLOP at {rate / 1e9:.0f} GFLOP/s of a "
            f"measured GEMM ({machine}, {torch.get_num_threads()} threads)"
        )
        seconds = fastest_seconds(ours, device)
        rows.append(
            Row(
                f"{name}-{precision}", seconds, reference, count / rate, f"{floor}; best of 5{note}"
            )
        )
        if precision == "fp32":
            # Weights are fixed, so the way back costs one pass more, not two.
            seconds = fastest_seconds(lambda: _gradient(model, image), device, runs=3)
            rows.append(
                Row(
                    f"{name}-gradient",
                    seconds,
                    None,
                    2 * count / rate,
                    f"forwards and backwards to the pixels, fp32; best of 3{note}",
                )
            )
    return rows


def _gradient(model: torch.nn.Module, image: Tensor) -> Tensor:
    pixels = image.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(pixels).logsumexp((1, 2)).sum(), pixels)
    return gradient
