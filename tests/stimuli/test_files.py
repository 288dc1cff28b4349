"""Files are whole or absent, and images of every kind arrive as RGB."""

import numpy as np
import pytest
from PIL import Image

from stimuli import files
from stimuli.errors import InputError


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    def interrupted():
        with files.atomic_path(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_makes_folders_and_an_ordinary_file(tmp_path):
    path = tmp_path / "a" / "b" / "c.json"
    files.write_json(path, {"x": 1})
    assert files.read_json(path) == {"x": 1}
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    assert path.stat().st_mode == ordinary.stat().st_mode


def test_json_that_json_cannot_hold_is_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "a.json", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_log_saliency_survives_as_float32_and_a_cut_file_is_named(tmp_path):
    path = tmp_path / "a.npz"
    values = np.random.default_rng(0).normal(size=(12, 9))
    files.write_log_saliency(path, values)
    np.testing.assert_array_equal(files.read_log_saliency(path), values.astype(np.float32))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="cannot be read as a saliency map"):
        files.read_log_saliency(path)
    with pytest.raises(ValueError, match="finite"):
        files.write_log_saliency(path, np.full((3, 3), np.nan))


def saved(tmp_path, picture, **options):
    path = tmp_path / f"a.{options.pop('suffix', 'png')}"
    picture.save(path, **options)
    return files.read_image(path)


def test_grey_palette_and_16_bit_images_become_rgb(tmp_path):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    expected = np.repeat(ramp[..., None], 3, axis=2)
    grey = Image.fromarray(ramp)
    np.testing.assert_array_equal(saved(tmp_path, grey), expected)
    np.testing.assert_array_equal(saved(tmp_path, grey.convert("P")), expected)
    deep = Image.fromarray(ramp.astype(np.uint16) * 257)
    np.testing.assert_array_equal(saved(tmp_path, deep), expected)


def test_cmyk_becomes_rgb_of_the_same_size(tmp_path):
    white = Image.new("CMYK", (4, 3), (0, 0, 0, 0))
    pixels = saved(tmp_path, white, suffix="jpg")
    np.testing.assert_array_equal(pixels, np.full((3, 4, 3), 255))


def test_transparency_is_laid_on_mid_grey(tmp_path):
    picture = Image.new("RGBA", (4, 3), (255, 0, 0, 0))
    np.testing.assert_array_equal(saved(tmp_path, picture), np.full((3, 4, 3), 128))


def test_exif_rotation_is_applied(tmp_path):
    pixels = np.zeros((2, 4, 3), dtype=np.uint8)
    pixels[:, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    turned = saved(tmp_path, Image.fromarray(pixels), exif=exif)
    assert turned.shape == (4, 2, 3)
    assert turned[0].min() == 255
    assert turned[1:].max() == 0


@pytest.mark.parametrize("content", [b"", b"not an image", None])
def test_what_is_no_image_is_named(tmp_path, content):
    path = tmp_path / "photo.jpg"
    if content is None:
        Image.new("RGB", (64, 64)).save(path)
        content = path.read_bytes()[:300]
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"photo\.jpg"):
        files.read_image(path)
    with pytest.raises(InputError, match="no such image"):
        files.read_image(tmp_path / "absent.png")
