"""Files are whole or absent, and images of every kind arrive as RGB."""

import errno
import struct
import zlib
from contextlib import suppress

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from stimuli.support import files
from stimuli.support.errors import InputError
from stimuli.support.unfinished import (
    remove_unfinished,
    remove_unfinished_studies,
    unfinished_folder,
)


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
    return read(path)


def read(path):
    pixels = files.read_image(path)
    assert pixels.dtype == np.uint8
    assert files.image_size(path) == pixels.shape[:2]
    return pixels


RAMP = np.arange(252, dtype=np.uint8).reshape(14, 18)
GREY = np.repeat(RAMP[..., None], 3, axis=2)
COLOURS = np.random.default_rng(0).integers(0, 256, (14, 18, 4), dtype=np.uint8)


def test_grey_and_palette_images_become_rgb(tmp_path):
    grey = Image.fromarray(RAMP)
    np.testing.assert_array_equal(saved(tmp_path, grey), GREY)
    np.testing.assert_array_equal(saved(tmp_path, grey, suffix="tif"), GREY)
    np.testing.assert_array_equal(saved(tmp_path, grey.convert("P")), GREY)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_grey_of_16_bits_is_rounded_to_8(tmp_path, suffix):
    values = RAMP.astype(np.uint16) * 257 + 100  # 100 of 257 is not half of a step
    np.testing.assert_array_equal(saved(tmp_path, Image.fromarray(values), suffix=suffix), GREY)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_16_bit_tiffs_of_either_byte_order(tmp_path, order, compression):
    path = tmp_path / "a.tif"
    options = {"byteorder": order, "compression": compression}
    tifffile.imwrite(path, RAMP.astype(np.uint16) * 257, photometric="minisblack", **options)
    np.testing.assert_array_equal(read(path), GREY)
    colours = COLOURS[..., :3].astype(np.uint16) * 256 + 255
    tifffile.imwrite(path, colours, photometric="rgb", **options)
    np.testing.assert_array_equal(read(path), COLOURS[..., :3])


@pytest.mark.parametrize("bits", [8, 16])
def test_a_tiff_whose_zero_is_white_is_no_negative(tmp_path, bits):
    values = (255 - RAMP).astype(f"u{bits // 8}") * (1 if bits == 8 else 257)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="miniswhite", byteorder="<")
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), GREY)


def test_a_tiff_of_12_bits_is_as_bright_as_it_was(tmp_path):
    values = (RAMP.astype(int) * 4095 // 255).reshape(-1, 2)
    packed = np.stack(
        [values[:, 0] >> 4, (values[:, 0] & 15) << 4 | values[:, 1] >> 8, values[:, 1] & 255], 1
    ).astype(np.uint8)
    height, width = RAMP.shape
    tags = {256: width, 257: height, 258: 12, 259: 1, 262: 1, 273: 134, 277: 1, 278: height,
            279: packed.size}  # fmt: skip
    content = b"II*\0" + struct.pack("<IH", 8, len(tags))
    content += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    content += bytes(134 - len(content)) + packed.tobytes()
    (tmp_path / "a.tif").write_bytes(content)
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), GREY)


def written_png(path, values, colour_type):
    """Write 16-bit channels, which Pillow writes for grey alone."""

    def chunk(kind, content):
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colour_type, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)


def on_mid_grey(colours, alpha):
    alpha = alpha[..., None] / 255
    return colours * alpha + 128 * (1 - alpha)


def test_16_bit_pngs_in_colour_and_with_alpha_keep_their_upper_8_bits(tmp_path):
    path = tmp_path / "a.png"
    deep = COLOURS.astype(np.uint16) * 256 + 77
    written_png(path, deep[..., :3], 2)
    np.testing.assert_array_equal(read(path), COLOURS[..., :3])
    written_png(path, deep, 6)
    expected = on_mid_grey(COLOURS[..., :3], COLOURS[..., 3])
    np.testing.assert_allclose(read(path), expected, atol=1)
    written_png(path, deep[..., 2:], 4)
    expected = on_mid_grey(COLOURS[..., 2:3].repeat(3, axis=2), COLOURS[..., 3])
    np.testing.assert_allclose(read(path), expected, atol=1)


def test_transparency_of_every_kind_is_laid_on_mid_grey(tmp_path):
    rgba = Image.fromarray(COLOURS)
    expected = on_mid_grey(COLOURS[..., :3], COLOURS[..., 3])
    np.testing.assert_allclose(saved(tmp_path, rgba), expected, atol=1)
    np.testing.assert_allclose(saved(tmp_path, rgba, suffix="tif"), expected, atol=1)
    grey_alpha = Image.fromarray(np.dstack([RAMP, COLOURS[..., 3]]))
    expected = on_mid_grey(GREY, COLOURS[..., 3])
    np.testing.assert_allclose(saved(tmp_path, grey_alpha), expected, atol=1)


@pytest.mark.parametrize("suffix", ["png", "gif"])
def test_the_transparent_colour_of_a_palette_is_mid_grey(tmp_path, suffix):
    palette = Image.fromarray(RAMP).convert("P")
    expected = GREY.copy()
    expected[RAMP == 200] = 128
    pixels = saved(tmp_path, palette, suffix=suffix, transparency=200)
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("deep", [False, True])
def test_the_transparent_grey_of_a_png_is_mid_grey(tmp_path, deep):
    grey = Image.fromarray(RAMP.astype(np.uint16) * 257 if deep else RAMP)
    expected = GREY.copy()
    expected[RAMP == 200] = 128
    pixels = saved(tmp_path, grey, transparency=200 * 257 if deep else 200)
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_one_bit_is_black_and_white(tmp_path, suffix):
    bits = RAMP % 3 == 0
    pixels = saved(tmp_path, Image.fromarray(bits), suffix=suffix)
    np.testing.assert_array_equal(pixels, np.where(bits[..., None], 255, 0).repeat(3, axis=2))


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_without_a_profile_is_the_product_of_what_inks_let_through(tmp_path, suffix):
    inks = Image.new("CMYK", (16, 16), (51, 0, 255, 102))
    options = {"quality": 100} if suffix == "jpg" else {}
    pixels = saved(tmp_path, inks, suffix=suffix, **options)
    expected = (0.8 * 0.6 * 255, 1 * 0.6 * 255, 0)
    np.testing.assert_allclose(pixels.astype(int), np.full((16, 16, 3), expected), atol=2)


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
def test_of_an_animation_the_first_picture_is_read(tmp_path, suffix):
    first, second = (Image.new("RGB", (16, 16), colour) for colour in ("#ff0000", "#0000ff"))
    options = {"lossless": True} if suffix == "webp" else {}
    pixels = saved(tmp_path, first, suffix=suffix, save_all=True, append_images=[second], **options)
    np.testing.assert_array_equal(pixels, np.full((16, 16, 3), (255, 0, 0)))


# EXIF orientation: where the upright picture's rows and columns are in the stored one.
STORED = {
    1: RAMP,
    2: RAMP[:, ::-1],
    3: RAMP[::-1, ::-1],
    4: RAMP[::-1],
    5: RAMP.T,
    6: np.rot90(RAMP),
    7: RAMP[::-1, ::-1].T,
    8: np.rot90(RAMP, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_every_exif_orientation_is_turned_upright(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"jpg": {"quality": 100}, "webp": {"lossless": True}}.get(suffix, {})
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation])).convert("RGB")
    pixels = saved(tmp_path, stored, suffix=suffix, exif=exif, **lossless)
    np.testing.assert_allclose(pixels.astype(int), GREY, atol=3 if suffix == "jpg" else 0)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_every_orientation_of_grey_tiffs_and_16_bits(tmp_path, orientation, compression):
    path = tmp_path / "a.tif"
    for kind in ("<u1", "<u2", ">u2"):
        stored = STORED[orientation].astype(kind[1:]) * (1 if kind == "<u1" else 257)
        tifffile.imwrite(
            path, stored, photometric="minisblack", byteorder=kind[0], compression=compression,
            extratags=[(274, 3, 1, orientation, True)],
        )  # fmt: skip
        np.testing.assert_array_equal(read(path), GREY)


def test_exif_that_cannot_be_read_is_left_alone(tmp_path):
    picture = Image.fromarray(COLOURS[..., :3])
    broken = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06"
    for exif in (b"Exif\0\0garbage", broken):
        assert saved(tmp_path, picture, suffix="jpg", exif=exif).shape == (14, 18, 3)
    nonsense = Image.Exif()
    nonsense[0x0112] = 9
    assert saved(tmp_path, picture, suffix="jpg", exif=nonsense).shape == (14, 18, 3)


# Adobe RGB (1998): primaries of sRGB but for green, gamma 563/256, white D65.
ADOBE_TO_XYZ = np.array(
    [
        [0.57667, 0.18556, 0.18823],
        [0.29734, 0.62736, 0.07529],
        [0.02703, 0.07069, 0.99134],
    ]
)
XYZ_TO_SRGB = np.array(
    [
        [3.24097, -1.53738, -0.49861],
        [-0.96924, 1.87597, 0.04156],
        [0.05563, -0.20398, 1.05697],
    ]
)


def profile_of(space, matrix_to_xyz=None, gamma=563 / 256):
    """Return an ICC profile (version 2) with one gamma, grey or of the given primaries."""

    def fixed(*numbers):
        return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)
    text += bytes(-len(text) % 4)
    tags = {b"desc": text, b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)}
    if matrix_to_xyz is None:
        tags[b"kTRC"] = curve
    else:
        for name, primary in zip("rgb", (ADAPTED @ matrix_to_xyz).T, strict=True):
            tags[f"{name}XYZ".encode()] = b"XYZ \0\0\0\0" + fixed(*primary)
            tags[f"{name}TRC".encode()] = curve
    table, content = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(content), len(value))
        content += value
    header = struct.pack(">I4sI4s4s4s", start + len(content), bytes(4), 0x02100000, b"mntr",
                         space, b"XYZ ")  # fmt: skip
    header += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249) + bytes(48)
    return header + table + content


# Bradford's adaptation from D65 to D50, the white of profiles (ICC.1:2010, annex E).
ADAPTED = np.array(
    [
        [1.04788, 0.02292, -0.05022],
        [0.02959, 0.99048, -0.01708],
        [-0.00925, 0.01508, 0.75168],
    ]
)


def to_srgb(linear):
    linear = linear.clip(0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return 255 * curved


def test_a_picture_in_adobe_rgb_is_converted_to_srgb(tmp_path):
    muted = (100 + COLOURS[..., :3] // 4).astype(np.uint8)  # inside both gamuts
    profile = profile_of(b"RGB ", ADOBE_TO_XYZ)
    linear = (muted / 255) ** (563 / 256)
    expected = to_srgb(linear @ (XYZ_TO_SRGB @ ADOBE_TO_XYZ).T)
    assert np.abs(expected - muted).max() > 10
    picture = Image.fromarray(muted)
    for suffix in ("png", "tif"):
        pixels = saved(tmp_path, picture, suffix=suffix, icc_profile=profile)
        np.testing.assert_allclose(pixels, expected, atol=1.5)
    alpha = picture.copy()
    alpha.putalpha(Image.fromarray(COLOURS[..., 3]))
    pixels = saved(tmp_path, alpha, icc_profile=profile)
    np.testing.assert_allclose(pixels, on_mid_grey(expected, COLOURS[..., 3]), atol=2)


def test_a_grey_picture_of_gamma_1_8_is_converted_to_srgb(tmp_path):
    profile = profile_of(b"GRAY", gamma=1.8)
    expected = np.repeat(to_srgb((RAMP[..., None] / 255.0) ** (461 / 256)), 3, axis=2)
    assert np.abs(expected - GREY).max() > 10
    for grey in (Image.fromarray(RAMP), Image.fromarray(RAMP.astype(np.uint16) * 257)):
        pixels = saved(tmp_path, grey, icc_profile=profile)
        np.testing.assert_allclose(pixels, expected, atol=1.5)


def test_srgb_and_unusable_profiles_change_nothing(tmp_path):
    picture = Image.fromarray(COLOURS[..., :3])
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (srgb, srgb[:200], profile_of(b"GRAY", gamma=1.8)):
        pixels = saved(tmp_path, picture, icc_profile=profile)
        np.testing.assert_array_equal(pixels, COLOURS[..., :3])
    pixels = saved(tmp_path, Image.fromarray(RAMP), icc_profile=profile_of(b"RGB ", ADOBE_TO_XYZ))
    np.testing.assert_array_equal(pixels, GREY)


def test_huge_pictures_are_read_and_what_is_larger_still_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)  # of which twice as many are read
    assert saved(tmp_path, Image.fromarray(RAMP)).shape == (14, 18, 3)
    path = tmp_path / "larger.png"
    Image.new("1", (21, 20)).save(path)
    for reading in (files.read_image, files.image_size):
        with pytest.raises(InputError, match=r"larger\.png.*420 pixels.*reduce it"):
            reading(path)


@pytest.mark.parametrize("kind", ["f4", "i4", "u4", "i2"])
def test_values_without_a_known_white_are_refused(tmp_path, kind):
    tifffile.imwrite(tmp_path / "a.tif", RAMP.astype(kind), photometric="minisblack")
    with pytest.raises(InputError, match=r"a\.tif: .*8 or 16 bits a channel"):
        files.read_image(tmp_path / "a.tif")


def test_16_bit_colour_planes_which_pillow_reads_wrongly_are_refused(tmp_path):
    planes = COLOURS[..., :3].transpose(2, 0, 1)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, planes, photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(read(path), COLOURS[..., :3])
    deep = planes.astype(np.uint16) * 257
    tifffile.imwrite(path, deep, photometric="rgb", planarconfig="separate", compression="zlib")
    np.testing.assert_array_equal(read(path), COLOURS[..., :3])
    tifffile.imwrite(path, deep, photometric="rgb", planarconfig="separate")
    with pytest.raises(InputError, match=r"a\.tif: .*save it interleaved"):
        files.read_image(path)


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


@pytest.mark.parametrize(
    "name",
    [
        "../victim",
        "a/../../victim",
        "/etc/passwd",
        "",
        ".",
        "C:\\x",
        "\\x",
        "..\\x",
        "a\0",
        7,
        None,
    ],
)
def test_a_name_that_leaves_its_folder_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=r"^record\.json: .*expected a file inside .*study; name"):
        files.confined(tmp_path / "study", name, "record.json")


def test_a_symbolic_link_may_lead_about_in_the_folder_and_not_out_of_it(tmp_path):
    study = tmp_path / "study"
    (study / "a").mkdir(parents=True)
    (study / "inside").symlink_to(study / "a")
    (study / "outside").symlink_to(tmp_path)
    (study / "circle").symlink_to(study / "circle")
    assert files.confined(study, "inside/b.png", "x") == study / "inside/b.png"
    with pytest.raises(InputError, match=r"x: path 'outside/b.png' leaves .*symbolic link"):
        files.confined(study, "outside/b.png", "x")
    with pytest.raises(InputError, match=r"x: path '(long)*' cannot be followed"):
        files.confined(study, "long" * 1000, "x")
    with suppress(InputError):  # which versions of Python find a circle, differs
        files.confined(study, "circle/b.png", "x")


def test_what_was_left_unfinished_is_removed_and_a_folder_of_that_name_is_not(tmp_path):
    (tmp_path / ".writing-a.png").touch()
    (tmp_path / ".writing-own").mkdir()
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".writing-own"]


def test_studies_that_were_left_half_made_are_removed_and_those_being_made_are_not(tmp_path):
    for name in (".new-study-abcdefgh", ".new-study-99999999-00000000-x"):
        (tmp_path / name / "stimuli").mkdir(parents=True)
    (tmp_path / ".new-study-notes.txt").touch()
    (tmp_path / ".new-study-link").symlink_to(tmp_path)
    with unfinished_folder(tmp_path / "study") as ours:
        remove_unfinished_studies(tmp_path)
        left = {path.name for path in tmp_path.iterdir()}
    # What another computer makes may be at work there still; a file or link is somebody's own.
    assert left == {
        ours.name, ".new-study-99999999-00000000-x", ".new-study-notes.txt", ".new-study-link",
    }  # fmt: skip
    assert not ours.exists()


def test_an_error_of_the_disk_names_the_folder_that_was_to_be_and_not_what_is_gone(tmp_path):
    with (
        pytest.raises(OSError, match="No space") as failed,
        unfinished_folder(tmp_path / "out") as one,
    ):
        raise OSError(errno.ENOSPC, "No space left on device", str(one / "study.toml"))
    assert failed.value.filename == str(tmp_path / "out" / "study.toml")


BEGINNINGS = {"EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PSD": b"8BPS\0\1"}


@pytest.mark.parametrize("suffix", ["eps", "jpg"])
@pytest.mark.parametrize("kind", BEGINNINGS)
def test_a_picture_of_another_format_is_named_and_not_decoded(tmp_path, kind, suffix, monkeypatch):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(BEGINNINGS[kind] + bytes(99))
    monkeypatch.setattr("subprocess.check_call", lambda *_: pytest.fail("a program was started"))
    for read in (files.read_image, files.image_size):
        with pytest.raises(InputError, match=rf"a\.{suffix}: .*{kind}.*expected .*JPEG.*TIFF"):
            read(path)


@pytest.mark.parametrize("suffix", ["bmp", "ppm", "webp", "gif", "mpo", "avif"])
def test_sizes_and_pixels_of_the_other_formats(tmp_path, suffix):
    pixels = saved(tmp_path, Image.new("RGB", (18, 14)), suffix=suffix)
    assert pixels.shape[:2] == files.image_size(tmp_path / f"a.{suffix}") == (14, 18)


def test_every_value_of_16_bits_is_scaled_as_by_division(tmp_path):
    values = np.arange(2**16, dtype=np.uint16).reshape(-1, 256)
    expected = (values * (255.0 / 65535)).round()
    pixels = saved(tmp_path, Image.fromarray(values))
    np.testing.assert_array_equal(pixels[..., 0], expected)


@pytest.mark.parametrize("colour", [0, 2, 6])  # grey, RGB, RGBA
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(tmp_path, colour, monkeypatch):
    def chunk(name, content):
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    header = struct.pack(">IIBBBBB", 20_000, 10_000, 16, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(9))), (b"IEND", b"")]
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks))
    monkeypatch.setattr(files, "eight_bits", lambda *_: pytest.fail("decoded"))
    with pytest.raises(InputError, match=r"a\.png: Image size \(200000000 pixels\) exceeds"):
        files.read_image(tmp_path / "a.png")


def test_a_map_that_unpacks_to_too_much_is_refused_before_it_is(tmp_path, monkeypatch):
    path = tmp_path / "a.npz"
    files.write_log_saliency(path, np.zeros((64, 64)))
    monkeypatch.setattr(files, "_LARGEST_MAP_BYTES", 64 * 64 * 4 - 1)
    with pytest.raises(InputError, match=r"a\.npz: .*bytes unpacked; expected at most 16383"):
        files.read_log_saliency(path)


@pytest.mark.parametrize("values", [np.array([["a"]]), np.array([[None]]), np.array(3)])
def test_a_map_of_no_numbers_is_refused(tmp_path, values):
    path = tmp_path / "a.npz"
    np.savez(path, log_saliency=values)
    with pytest.raises(InputError, match=r"a\.npz: "):
        files.read_log_saliency(path)
