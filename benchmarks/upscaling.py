"""From 512 to 1024 px by the network that ships, against bicubic interpolation and arithmetic."""

import torch

from benchmarks.arithmetic import fastest_seconds, gemm_rate, operations
from benchmarks.harness import Row
from manipulation.upscaling.network import load_upscaler

SIDE_PX = 512


def run() -> list[Row]:
    """Return a row for one thread and one for all of them."""
    image = torch.rand(3, SIDE_PX, SIDE_PX, generator=torch.Generator().manual_seed(0))
    network, plain = load_upscaler("embedded"), load_upscaler("bicubic")
    count = operations(lambda: network(image, 2 * SIDE_PX))
    all_threads, device = torch.get_num_threads(), torch.device("cpu")
    rows = []
    try:
        for threads in sorted({1, all_threads}):
            torch.set_num_threads(threads)
            rate = gemm_rate(device, torch.float32)
            ours, reference = (
                fastest_seconds(lambda upscaler=upscaler: upscaler(image, 2 * SIDE_PX), device)
                for upscaler in (network, plain)
            )
            note = (
                f"{SIDE_PX} to {2 * SIDE_PX} px, {count / 1e9:.3g} GFLOP at {rate / 1e9:.0f} "
                f"GFLOP/s of a measured GEMM; reference: bicubic, which does less; best of 5"
            )
            rows.append(Row(f"upscaling/{threads}-thread", ours, reference, count / rate, note))
    finally:
        torch.set_num_threads(all_threads)
    return rows
