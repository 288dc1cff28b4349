"""What the hardware can do: the measured rate of matrix products, and the operations of a model."""

import time
from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

GEMM_SIDE = {"cpu": 2048, "cuda": 8192}


def fastest_seconds(
    function: Callable[[], object], device: torch.device, *, runs: int = 5, warm_up: int = 1
) -> float:
    """Return the least wall time of `function` over `runs`: other work only ever adds to it."""
    for _ in range(warm_up):
        function()
    seconds = []
    for _ in range(runs):
        _synchronise(device)
        start = time.perf_counter()
        function()
        _synchronise(device)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def gemm_rate(device: torch.device, dtype: torch.dtype, *, runs: int = 10) -> float:
    """Return the best measured rate of a square matrix product in operations per second."""
    side = GEMM_SIDE[device.type]
    generator = torch.Generator(device).manual_seed(0)
    first, second = (
        torch.randn(side, side, generator=generator, device=device).to(dtype) for _ in range(2)
    )
    return 2 * side**3 / fastest_seconds(lambda: first @ second, device, runs=runs)


def operations(function: Callable[[], object]) -> int:
    """Return the floating-point operations of the matrix products and convolutions of a call."""
    with FlopCounterMode(display=False) as counter:
        function()
    return counter.get_total_flops()


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
