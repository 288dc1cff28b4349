"""The command that fits the densities of any set of images."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis.densities import main
from analysis.density.grid import Grid
from analysis.density.table import read_images
from stimuli.support.errors import InputError

SIZE = (80, 60)


@pytest.fixture(scope="module")
def table():
    """Three images; on each, 5 people look at a place of its own, and anywhere."""
    generator = np.random.default_rng(3)
    rows = []
    for image, place in (("a.jpg", (20, 20)), ("b.jpg", (60, 20)), ("c.jpg", (40, 45))):
        for subject in range(5):
            near = generator.normal(place, 3, (8, 2))
            anywhere = generator.uniform(0, SIZE, (2, 2))
            for x, y in np.concatenate([near, anywhere]):
                rows.append((image, f"s{subject}", x, y))
    return pd.DataFrame(rows, columns=["image", "subject", "x_px", "y_px"])


def run(table, folder, *options):
    table.to_csv(folder / "fixations.csv", index=False)
    main([str(folder / "fixations.csv"), "--size", "80x60", "--out", str(folder / "out"), *options])
    return json.loads((folder / "out" / "summary.json").read_text())


def test_the_summary_and_the_maps(table, tmp_path):
    outside = pd.DataFrame({"image": "c.jpg", "subject": "s0", "x_px": [80.0, np.nan],
                            "y_px": [5.0, 5.0]})  # fmt: skip
    summary = run(pd.concat([table, outside]), tmp_path, "--leave-one-out")
    assert summary["n_images"] == 3
    assert summary["n_fixations"] == 150
    assert summary["n_fixations_outside"] == 2
    assert summary["log_likelihood_bits"] > 2  # of 4 nats or so that the places are worth
    assert summary["information_gain_bits"] > 1
    for image, place in (("a.jpg", (20, 20)), ("b.jpg", (60, 20)), ("c.jpg", (40, 45))):
        fit = summary["images"][image]
        assert 1.5 < fit["bandwidth_px"] < 6
        assert 0.7 < fit["kde"] < 0.95
        assert fit["kde"] + fit["uniform"] + fit["centre_bias"] == pytest.approx(1)
        density = np.exp(np.load(tmp_path / f"out/maps/{image[0]}.npz")["log_density"])
        assert density.shape == (60, 80)
        assert density.sum() == pytest.approx(1, abs=1e-4)
        row, column = np.unravel_index(density.argmax(), density.shape)
        assert np.hypot(column - place[0], row - place[1]) < 4
        with np.load(tmp_path / f"out/leave_one_out/{image[0]}.npz") as left_out:
            assert list(left_out) == ["s0", "s1", "s2", "s3", "s4"]
            for log_density in left_out.values():
                assert np.exp(log_density).sum() == pytest.approx(1, abs=1e-4)


def test_the_likelihood_is_that_of_the_left_out_maps(table, tmp_path):
    """What is reported is what the written maps give their subjects."""
    summary = run(table, tmp_path, "--leave-one-out")
    grid = Grid(*SIZE, *SIZE)
    bits = []
    for image in read_images(tmp_path / "fixations.csv", *SIZE):
        with np.load(tmp_path / f"out/leave_one_out/{image.image[0]}.npz") as left_out:
            for subject, log_density in left_out.items():
                cells = grid.cell_of(image.xy_px[image.subjects == subject])
                bits += list((log_density.ravel()[cells] + np.log(grid.cells)) / np.log(2))
    assert np.mean(bits) == pytest.approx(summary["log_likelihood_bits"], abs=0.02)


def test_shared_parameters_are_the_best_that_are_shared(table, tmp_path):
    shared = run(table, tmp_path, "--shared", "--no-maps")
    assert len({fit["bandwidth_px"] for fit in shared["images"].values()}) == 1
    own = run(table, tmp_path, "--no-maps")
    assert own["log_likelihood_bits"] >= shared["log_likelihood_bits"] - 1e-6


def test_order_of_rows_pieces_and_processes_make_no_difference(table, tmp_path, monkeypatch):
    expected = run(table, tmp_path, "--no-maps")
    monkeypatch.setattr("analysis.density.table._ROWS_AT_ONCE", 7)
    assert run(table, tmp_path, "--no-maps") == expected
    shuffled = run(table.sample(frac=1, random_state=0), tmp_path, "--no-maps")
    assert shuffled["log_likelihood_bits"] == pytest.approx(expected["log_likelihood_bits"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.rename(columns={"x_px": "x"}), "column 'x_px' is missing"),
        (lambda t: t.assign(x_px=["far"] + [1.0] * (len(t) - 1)), "line 2: x_px is 'far'"),
        (lambda t: t.assign(x_px=-1.0), "none of 150 fixations lies on an image"),
        (lambda t: pd.concat([t, t.assign(image="x/a.png")]), "2 images are called a|images are"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(table, tmp_path, change, says):
    with pytest.raises(InputError, match=says):
        run(change(table), tmp_path)
    assert not (tmp_path / "out").exists()


def test_one_subject_alone_gives_no_estimate_and_says_so(table, tmp_path):
    summary = run(table[table["subject"] == "s0"], tmp_path)
    assert summary["log_likelihood_bits"] is None
    assert summary["n_images_without_estimate"] == 3
