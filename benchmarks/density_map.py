"""``density-map``: the map of an image's density at 1024 x 1024, ours and pysaliency's."""

import numpy as np

from analysis.density.grid import Grid
from analysis.density.kde import kde_map
from analysis.density.maps import log_probabilities
from benchmarks.density_data import made_up
from benchmarks.harness import Row, least_processor_seconds
from benchmarks.pysaliency_peer import ask_peer

SIDE_PX, BANDWIDTH_PX = 1024, 30.0


def sampled_kde_map(xy_px: np.ndarray, bandwidth_px: float, grid: Grid) -> np.ndarray:
    """Return an un-truncated KDE sampled at the centres of the cells, and normalised over them.

    What pysaliency's ``KDEGoldModel`` gives, to 1e-9; `kde_map` integrates over each cell instead,
    so that its cells are right however small the bandwidth. Both are matrix products.

    Returns
    -------
    probabilities : array (rows, columns)
        Sums to one.
    """
    axes = []
    for axis, edges in enumerate((grid.x_edges_px, grid.y_edges_px)):
        centres = (edges[:-1] + edges[1:]) / 2
        scaled = (centres - xy_px[:, axis, None]) / bandwidth_px
        scaled *= scaled
        scaled *= -0.5
        axes.append(np.exp(scaled, out=scaled))
    x, y = axes
    y /= float(x.sum(axis=1) @ y.sum(axis=1))  # of the factors, which are small, not of the map
    return y.T @ x


def _log(density: np.ndarray) -> np.ndarray:
    return log_probabilities(density, out=density)


def run() -> list[Row]:
    """Take the processor time of the log density of 15 people's fixations on every pixel."""
    grid = Grid(SIDE_PX, SIDE_PX, SIDE_PX, SIDE_PX)
    (image,) = made_up(1, 15, 9, (SIDE_PX, SIDE_PX))
    stored, exact = (
        least_processor_seconds(
            lambda dtype=dtype: _log(kde_map(image.xy_px, BANDWIDTH_PX, grid, dtype=dtype))
        )
        for dtype in (np.float32, np.float64)
    )
    answer = ask_peer(
        "map", xy=image.xy_px, subject=image.subjects.astype(int), width=SIDE_PX, height=SIDE_PX,
        image=np.zeros(len(image.xy_px), dtype=int), bandwidth=BANDWIDTH_PX,
    )  # fmt: skip
    sampled = least_processor_seconds(
        lambda: _log(sampled_kde_map(image.xy_px, BANDWIDTH_PX, grid))
    )
    peer_s, agreement = None, ""
    if answer:
        peer_s = answer["seconds"]
        ours = _log(sampled_kde_map(image.xy_px, BANDWIDTH_PX, grid)).ravel()
        apart = np.abs(ours[answer["at"]] - answer["values"])
        agreement = f"; equal to {apart[np.array(answer['values']) > -500].max():.0e} nats"
    n = len(image.xy_px)
    return [
        Row("density-map", stored, peer_s,
            note=f"{SIDE_PX} x {SIDE_PX}, {n} fixations; truncated, integrated over every pixel, "
            f"float32 as it is stored; KDEGoldModel"),
        Row("density-map/float64", exact, peer_s, note="the same in double precision"),
        Row("density-map/sampled", sampled, peer_s,
            note=f"not truncated, at the pixels' centres, as KDEGoldModel{agreement}"),
    ]  # fmt: skip
