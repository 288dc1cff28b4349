"""Densities of photographs of several shapes: the centre bias is cut to each of them."""

import numpy as np
import pandas as pd
import pytest

from analysis.density.centre_bias import fit_centre_bias
from analysis.density.grid import Grid
from analysis.density.part import part_of
from analysis.density.stimuli import stimulus_densities
from stimuli.contract.geometry import Rectangle

LANDSCAPE, PORTRAIT = Rectangle(0, 30, 160, 100), Rectangle(30, 0, 100, 160)
FRAME = part_of(Rectangle(0, 0, 160, 160), 0.5).grid


def test_the_density_of_a_part_is_that_of_the_frame_there():
    x, y = np.meshgrid(np.arange(80), np.arange(80))
    density = np.exp(-((x - 50.0) ** 2 + (y - 30.0) ** 2) / 400)
    part = part_of(LANDSCAPE, 0.5)
    cut = np.exp(part.cut(np.log(density / density.sum()), FRAME))
    assert cut.shape == (50, 80)
    expected = density[15:65]
    np.testing.assert_allclose(cut, expected / expected.sum())
    whole = np.log(density / density.sum())
    assert part_of(Rectangle(0, 0, 160, 160), 0.5).cut(whole, FRAME) is whole


def test_cells_that_do_not_meet_those_of_the_frame_still_hold_all_of_it():
    part = part_of(Rectangle(0, 29, 160, 101), 0.5)
    cut = part.cut(np.full(FRAME.shape, -np.log(FRAME.cells)), FRAME)
    assert part.grid.shape == (50, 80)
    assert np.exp(cut).sum() == pytest.approx(1)


def test_densities_of_two_shapes_are_each_over_their_own_photograph():
    """People look evenly over each photograph, so that the density is even there, to its edges."""
    generator = np.random.default_rng(0)
    parts = {"wide": part_of(LANDSCAPE, 0.5), "tall": part_of(PORTRAIT, 0.5)}
    rows = []
    for name, part in parts.items():
        place = part.place
        xy_px = place.origin + generator.random((400, 2)) * place.shape[::-1]
        rows.append(pd.DataFrame(
            {"stim_id": name, "subject": np.arange(400) % 8, "x_px": xy_px[:, 0],
             "y_px": xy_px[:, 1]}
        ))  # fmt: skip
    fixations = pd.concat(rows, ignore_index=True)
    groups = {"wide": "wide", "tall": "tall"}
    xy_px = fixations[["x_px", "y_px"]].to_numpy()
    bias = fit_centre_bias(xy_px, fixations["stim_id"].to_numpy(str), FRAME)
    found = dict(stimulus_densities(fixations, groups, bias, parts=parts))
    assert {name: one.log_density.shape for name, one in found.items()} == {
        "wide": (50, 80), "tall": (80, 50),
    }  # fmt: skip
    for one in found.values():
        assert np.exp(one.log_density).sum() == pytest.approx(1, abs=1e-6)
        assert np.exp(one.log_centre_bias).sum() == pytest.approx(1, abs=1e-6)
        assert len(one.xy_px) == 400
        corner = np.exp(one.log_density)[:10, :10].mean() * one.grid.cells
        assert corner == pytest.approx(1, abs=0.4)


def test_gaze_without_a_bias_has_none_where_photographs_of_two_shapes_overlap():
    generator = np.random.default_rng(0)
    frame = Grid(600, 600, 60, 60)
    places = {"l": Rectangle(0, 100, 600, 400), "p": Rectangle(100, 0, 400, 600)}
    parts, rows = {}, []
    for name, place in places.items():
        for number in range(10):
            stim_id = f"{name}{number}"
            parts[stim_id] = part_of(place, frame.columns / frame.width_px)
            xy_px = generator.uniform(0, (place.width_px, place.height_px), (100, 2)) + place.origin
            subjects = [str(one % 5) for one in range(100)]
            rows.append(
                pd.DataFrame({"stim_id": stim_id, "subject": subjects, "x_px": xy_px[:, 0],
                              "y_px": xy_px[:, 1]})
            )  # fmt: skip
    fixations = pd.concat(rows, ignore_index=True)
    bias = fit_centre_bias(
        fixations[["x_px", "y_px"]].to_numpy(), fixations["stim_id"].to_numpy(str), frame
    )
    groups = {stim_id: stim_id for stim_id in parts}
    shares = []
    for stim_id, density in stimulus_densities(fixations, groups, bias, parts=parts):
        if stim_id.startswith("l"):
            probability = np.exp(density.log_centre_bias)
            shares.append(probability[:, 20:40].sum() / probability.sum())
    assert np.mean(shares) == pytest.approx(1 / 3, abs=0.02)
