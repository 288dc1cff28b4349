"""``density-fit``: cross-validated parameters of an image's density, ours and pysaliency's."""

import numpy as np

from analysis.density.grid import Grid
from analysis.density.mixture import ImageSample, MixtureModel
from benchmarks.density_data import made_up
from benchmarks.harness import Row, least_processor_seconds
from benchmarks.pysaliency_peer import ask_peer

SIZE_PX, SUBJECTS, FIXATIONS, IMAGES = (800, 600), 15, 9, 3


def run() -> list[Row]:
    """Fit a few images one by one; the least processor time of five rounds counts."""
    width, height = SIZE_PX
    grid = Grid(width, height, width, height)
    images = made_up(IMAGES, SUBJECTS, FIXATIONS, SIZE_PX)
    log_bias = _centre_bias(width, height)
    samples = [
        ImageSample(one.xy_px, one.subjects, np.exp(log_bias.ravel()[grid.cell_of(one.xy_px)]))
        for one in images
    ]
    seconds = least_processor_seconds(
        lambda: [MixtureModel(grid).fit(one) for one in samples], runs=5
    )
    ours = [MixtureModel(grid).fit(one) for one in samples]
    answers = [
        ask_peer(
            "fit", xy=one.xy_px, subject=one.subjects.astype(int), width=width, height=height,
            image=np.zeros(len(one.xy_px), dtype=int), log_centre_bias=log_bias,
        )
        for one in images
    ]  # fmt: skip
    known = [answer for answer in answers if answer is not None]
    bits = f"ours {np.mean([fit.log_likelihood_bits for fit in ours]):.3f} bits"
    if known:
        bits += f", pysaliency {np.mean([one['log_likelihood_bits'] for one in known]):.3f}"
    return [
        Row(
            "density-fit",
            seconds,
            sum(answer["seconds"] for answer in known) if known else None,
            note=f"{IMAGES} images of {SUBJECTS} x {FIXATIONS} fixations; bandwidth and weights; "
            f"CrossvalMultipleRegularizations under Nelder-Mead; {bits}",
        )
    ]


def _centre_bias(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width] + 0.5
    log_map = -8 * ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2)
    return log_map - np.log(np.exp(log_map).sum())
