"""Data that a stranger fetched lie where tests look, as tests read them."""

import numpy as np
import pandas as pd
from scipy.io import savemat

from tests.place_data import place_coco128, place_osie


def viewer(x, y, durations):
    columns = {"fix_x": x, "fix_y": y, "fix_duration": durations}
    return {name: np.array(values, float) for name, values in columns.items()}


def cell(values):
    made = np.empty((len(values), 1), dtype=object)
    for row, value in enumerate(values):
        made[row, 0] = value
    return made


def test_osies_fixations_become_one_row_each(tmp_path):
    clone = tmp_path / "clone"
    (clone / "data" / "eye").mkdir(parents=True)
    (clone / "data" / "stimuli").mkdir()
    (clone / "data" / "stimuli" / "1001.jpg").write_bytes(b"photograph")
    subjects = cell(
        [viewer([395.5, 390.6], [265.7, 326.4], [246, 136]), viewer([1.0], [2.0], [90])]
    )
    photographs = cell([{"img": "1001.jpg", "subjects": subjects}])
    savemat(clone / "data" / "eye" / "fixations.mat", {"fixations": photographs})

    place_osie(clone, tmp_path / "data")

    table = pd.read_csv(tmp_path / "data" / "osie" / "fixations.csv", dtype={"subject": str})
    assert table.to_dict("list") == {
        "image": ["1001.jpg"] * 3,
        "subject": ["01", "01", "02"],
        "index": [1, 2, 1],
        "x_px": [395.5, 390.6, 1.0],
        "y_px": [265.7, 326.4, 2.0],
        "duration_ms": [246, 136, 90],
    }
    assert (tmp_path / "data" / "osie" / "images" / "1001.jpg").read_bytes() == b"photograph"


def test_coco128_is_copied_under_the_names_that_tests_read(tmp_path):
    clone = tmp_path / "clone"
    (clone / "annotations").mkdir(parents=True)
    (clone / "images" / "train2017").mkdir(parents=True)
    (clone / "annotations" / "instances_train2017.json").write_text("{}")
    (clone / "images" / "train2017" / "000000000009.jpg").write_bytes(b"photograph")

    place_coco128(clone, tmp_path / "data")

    folder = tmp_path / "data" / "coco128"
    assert (folder / "instances.json").read_text() == "{}"
    assert [path.name for path in (folder / "images").iterdir()] == ["000000000009.jpg"]
