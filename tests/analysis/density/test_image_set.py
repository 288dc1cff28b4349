"""The densities of a set of images, from a table in memory or in a file."""

import numpy as np
import pandas as pd
import pytest

from analysis.density.grid import Grid
from analysis.density.image_set import centre_bias_of_images, fit_densities
from analysis.density.images import DensityOptions, image_densities
from analysis.density.table import images_in

SIZE = (80, 60)


@pytest.fixture(scope="module")
def table():
    """Three images; on each, 5 people look at a place of its own."""
    generator = np.random.default_rng(3)
    rows = [
        (image, f"s{subject}", *np.clip(generator.normal(place, 3), 0, 59.9))
        for image, place in (("a.jpg", (20, 20)), ("b.jpg", (50, 20)), ("c.jpg", (40, 45)))
        for subject in range(5)
        for _ in range(8)
    ]
    return pd.DataFrame(rows, columns=["image", "subject", "x_px", "y_px"])


def test_workers_give_what_one_process_gives(table):
    images = list(images_in(table, *SIZE))
    bias, n_images = centre_bias_of_images(images, Grid(*SIZE, *SIZE))
    assert n_images == 3
    alone = list(image_densities(images, bias, DensityOptions()))
    assert list(image_densities(images, bias, DensityOptions(), jobs=2)) == alone


def test_a_table_in_memory_gives_what_its_file_gives(table, tmp_path):
    places = ["x_px", "y_px"]
    table = table.assign(**(table[places] * 64).round() / 64)  # which any parser reads exactly
    table.to_csv(tmp_path / "fixations.csv", index=False)
    from_file = fit_densities(tmp_path / "fixations.csv", SIZE)
    in_memory = fit_densities(table, SIZE)
    assert in_memory.summary() == from_file.summary()
    assert in_memory.parameters["image"].tolist() == ["a.jpg", "b.jpg", "c.jpg"]
    assert (in_memory.parameters["information_gain_bits"] > 1).all()
