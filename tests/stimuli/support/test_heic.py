"""HEIC, which phones write, is read with pillow-heif; without it the error says what to install."""

import sys

import numpy as np
import pytest
from PIL import Image

from stimuli.support.errors import InputError
from stimuli.support.files import image_size, read_image

pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")


@pytest.fixture
def photograph(tmp_path):
    rows, columns = np.mgrid[:48, :64]
    pixels = np.stack([4 * columns, 5 * rows, 0 * rows + 90], axis=2).astype(np.uint8)
    path = tmp_path / "IMG_0001.HEIC"
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(path, quality=95)
    return path, pixels


def test_a_photograph_of_a_phone_is_read(photograph):
    path, pixels = photograph
    assert image_size(path) == (48, 64)
    assert np.abs(read_image(path).astype(int) - pixels).mean() < 4


def test_without_pillow_heif_the_error_says_what_to_install(photograph, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(InputError, match=r"IMG_0001\.HEIC: is HEIC.*pip install pillow-heif"):
        read_image(photograph[0])
