import numpy as np
import pytest
import torch
from PIL import Image

from manipulation.saliency.fixations.table import read_fixations
from manipulation.saliency.fixations.viewed import cell_counts, photographs
from stimuli.support.errors import InputError


@pytest.fixture
def folder(tmp_path):
    ramp = np.tile(np.arange(100, dtype=np.uint8)[None, :, None], (60, 1, 3))
    for name in ("a.png", "b.png"):
        Image.fromarray(ramp).save(tmp_path / name)
    return tmp_path


def table(folder, text):
    path = folder / "fixations.csv"
    path.write_text(text)
    return path


def test_points_are_scaled_with_the_photograph_and_outside_ones_counted(folder):
    path = table(folder, "image,x_px,y_px\nb.png,50,30\na.png,0,0\na.png,100,10\na.png,3,-0.1\n")
    first, second = photographs(read_fixations(path, folder), folder, height_px=120)
    assert (first.name, second.name) == ("a.png", "b.png")
    assert first.image.shape == (3, 120, 200)
    assert first.scale == 2
    assert first.outside == 2
    np.testing.assert_allclose(first.points, [[0, 0]])
    np.testing.assert_allclose(second.points, [[100, 60]])


def test_counts_keep_every_point(folder):
    points = np.array([[0.0, 0.0], [7.9, 3.9], [8.0, 4.0], [17.5, 9.5]])
    counts = cell_counts(points, (2, 2), spacing_px=8)
    torch.testing.assert_close(counts, torch.tensor([[2.0, 1.0], [0.0, 1.0]]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,x_pix,y_px\na.png,1,2\n", r"no column 'x_px'.*did you mean 'x_pix'"),
        ("", r"no column 'image'"),
        ("image,x_px,y_px\n", r"holds no fixation"),
        ("image,x_px,y_px\na.png,1,2\na.png,nan,2\n", r"line 3: x_px is 'nan'"),
        ("image,x_px,y_px\na.png,1\n", r"line 2: y_px is None"),
        ("image,x_px,y_px\na.png,left,2\n", r"line 2: x_px is 'left'"),
        ("image,x_px,y_px\nc.png,1,2\n", r"image 'c.png' is not in"),
    ],
)
def test_a_wrong_table_is_refused(folder, text, message):
    with pytest.raises(InputError, match=message):
        read_fixations(table(folder, text), folder)


def test_missing_files_are_named(folder):
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read_fixations(folder / "none.csv", folder)
    with pytest.raises(InputError, match="nowhere: no such folder"):
        read_fixations(folder / "fixations.csv", folder / "nowhere")


def test_a_damaged_photograph_is_named(folder):
    path = table(folder, "image,x_px,y_px\na.png,1,2\n")
    (folder / "a.png").write_bytes((folder / "b.png").read_bytes()[:80])
    with pytest.raises(InputError, match=r"a\.png: cannot be read as an image"):
        list(photographs(read_fixations(path, folder), folder))
