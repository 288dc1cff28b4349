"""What a hostile photograph tells of its maker stays out; what it shows is unchanged."""

import functools
import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from stimuli.support.bare_pictures import bare_suffix, write_bare_picture
from stimuli.support.bare_profiles import bare_profile
from stimuli.support.files import read_image

SECRET = b"Erika Mustermann"
LATITUDE = (48.0, 31.0, 17.0)


def hostile_exif(turned):
    exif = Image.Exif()
    exif[0x0112] = turned
    exif[0x013B] = exif[0x8298] = exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: LATITUDE, 3: "E", 4: (9.0, 3.0, 0.0)})
    exif.get_ifd(0x8769).update({0x927C: SECRET * 20, 0x9286: b"ASCII\0\0\0" + SECRET})
    return exif.tobytes()


@functools.cache  # a profile says when it was made
def colour_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def thumbnail():
    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), "red").save(buffer, "JPEG", comment=SECRET)
    return buffer.getvalue()


def segment(marker, content):
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def hostile_jpeg(path, picture, turned, **options):
    """With EXIF, XMP, IPTC, a comment, thumbnails in JFIF and JFXX, and a second picture behind."""
    buffer = io.BytesIO()
    picture.save(
        buffer, "JPEG", exif=hostile_exif(turned), icc_profile=colour_profile(), quality=90,
        comment=SECRET, **options,
    )  # fmt: skip
    content = buffer.getvalue()
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><dc:creator>" + SECRET
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x14\x1c\x02\x50\0\x10" + SECRET
    more = segment(0xE1, xmp) + segment(0xED, iptc) + segment(0xE0, b"JFXX\0\x10" + thumbnail())
    more += segment(0xEC, SECRET) + segment(0xFE, SECRET)
    path.write_bytes(content[:2] + more + content[2:] + thumbnail() + SECRET)


def hostile_png(path, picture, turned):
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", SECRET.decode())
    told.add_text("Comment", SECRET.decode(), zip=False)
    told.add_itxt("XML:com.adobe.xmp", f"<dc:creator>{SECRET.decode()}")
    told.add(b"prVt", SECRET)
    picture.save(path, "PNG", pnginfo=told, exif=hostile_exif(turned), icc_profile=colour_profile())
    path.write_bytes(path.read_bytes() + SECRET)


def hostile_webp(path, picture, turned):
    picture.save(
        path, "WEBP", exif=hostile_exif(turned), xmp=b"<dc:creator>" + SECRET,
        icc_profile=colour_profile(), lossless=True,
    )  # fmt: skip


def hostile_tiff(path, picture, turned):
    picture.save(path, "TIFF", exif=hostile_exif(turned), description=SECRET.decode())


def hostile_gif(path, picture, turned):
    picture.save(path, "GIF", comment=SECRET)


@pytest.fixture(scope="module")
def picture():
    generator = np.random.default_rng(0)
    small = Image.fromarray(generator.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    return small.resize((64, 48), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("turned", [1, 3, 6])
@pytest.mark.parametrize(
    ("write", "suffix", "kept"),
    [
        (hostile_jpeg, ".JPG", ".jpg"), (hostile_png, ".png", ".png"),
        (hostile_webp, ".webp", ".webp"), (hostile_tiff, ".tif", ".png"),
        (hostile_gif, ".gif", ".png"),
    ],
)  # fmt: skip
def test_a_hostile_photograph_keeps_its_pixels_and_nothing_else(
    write, suffix, kept, turned, picture, tmp_path
):
    path, bare = tmp_path / f"hostile{suffix}", tmp_path / "bare"
    write(path, picture, turned)
    assert SECRET in path.read_bytes()
    assert bare_suffix(path) == kept
    write_bare_picture(bare, path)
    content = bare.read_bytes()
    assert SECRET not in content
    assert thumbnail()[20:60] not in content
    assert np.array_equal(read_image(bare), read_image(path))
    with Image.open(bare) as opened:
        told = {name: value for name, value in opened.info.items() if name != "exif"}
        assert set(opened.getexif()) <= {0x0112}
        assert not {"comment", "Author", "Comment", "xmp", "XML:com.adobe.xmp", "photoshop"} & set(
            told
        )
        if kept != ".png" or suffix == ".png":
            assert opened.getexif().get(0x0112, 1) == turned
            assert opened.info["icc_profile"] == bare_profile(colour_profile())


def told_profile(*, swapped, table=b"", curve=b""):
    """Return sRGB's profile, or one of other colours, with secrets wherever there is room."""
    whole = colour_profile()
    (count,) = struct.unpack_from(">I", whole, 128)
    tags = {}
    for number in range(count):
        name, start, size = struct.unpack_from(">4sII", whole, 132 + 12 * number)
        tags[name] = whole[start : start + size] + SECRET  # behind what a reader asks for
    if swapped:
        tags[b"rXYZ"], tags[b"gXYZ"] = tags[b"gXYZ"], tags[b"rXYZ"]
        tags[b"desc"] = b"text\0\0\0\0" + SECRET + b"\0"
    tags |= {b"cprt": b"text\0\0\0\0" + SECRET + b"\0", b"prVt": b"text\0\0\0\0" + SECRET}
    tags |= {b"A2B0": table} if table else {}
    tags |= {b"rTRC": curve} if curve else {}
    start = 132 + 12 * len(tags)
    entries, body = b"", b""
    for name, content in tags.items():
        entries += struct.pack(">4sII", name, start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = whole[4:48] + SECRET[:8] + whole[56:84] + SECRET + whole[100:128]
    rest = header + struct.pack(">I", len(tags)) + entries + body
    return struct.pack(">I", len(rest) + 4) + rest


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_colour_profile_keeps_its_colours_and_none_of_its_texts(kind, swapped, picture, tmp_path):
    path, bare = tmp_path / f"told.{kind.lower()}", tmp_path / "bare"
    picture.save(path, kind, icc_profile=told_profile(swapped=swapped))
    write_bare_picture(bare, path)
    assert np.array_equal(read_image(bare), read_image(path))
    assert np.array_equal(read_image(path), np.asarray(Image.open(path))) != swapped
    with Image.open(bare) as opened:
        profile = opened.info["icc_profile"]
        assert (opened.format, SECRET[:4] in profile) == (kind, False)
    name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    assert name.strip() == ("profile" if swapped else "sRGB")


@pytest.mark.parametrize(
    "odd",
    [
        {"table": b"mft1" + SECRET * 4},
        {"curve": b"curv" + bytes(4) + struct.pack(">I", 8) + SECRET},
        {"curve": b"text" + bytes(4) + SECRET},
    ],
)
def test_a_profile_in_which_texts_may_hide_is_left_out_and_the_colours_stay(odd, picture, tmp_path):
    path, bare = tmp_path / "told.jpg", tmp_path / "bare.jpg"
    picture.save(path, icc_profile=told_profile(swapped=True, **odd))
    write_bare_picture(bare, path)
    assert SECRET not in bare.read_bytes()
    assert np.array_equal(read_image(bare), read_image(path))
    with Image.open(bare) as opened:
        assert "icc_profile" not in opened.info


@pytest.mark.parametrize("name", [b"cHRM", b"gAMA", b"sBIT"])
def test_chunks_of_numbers_hold_no_texts(name, picture, tmp_path):
    path, bare = tmp_path / "told.png", tmp_path / "bare.png"
    told = PngImagePlugin.PngInfo()
    told.add(name, (SECRET * 2)[: {b"cHRM": 32, b"gAMA": 4, b"sBIT": 3}[name]])
    picture.save(path, pnginfo=told)
    assert name in path.read_bytes()
    write_bare_picture(bare, path)
    assert name not in bare.read_bytes()
    assert np.array_equal(read_image(bare), read_image(path))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpegs_are_not_coded_anew(mode, progressive, picture, tmp_path):
    path, bare = tmp_path / "photograph.jpg", tmp_path / "bare.jpg"
    picture.convert(mode).save(path, "JPEG", progressive=progressive, restart_marker_rows=1)
    write_bare_picture(bare, path)
    assert bare.read_bytes() == path.read_bytes()


def test_what_follows_the_orientation_in_xmp_is_left_out_and_the_turn_kept(picture, tmp_path):
    path, bare = tmp_path / "photograph.png", tmp_path / "bare.png"
    told = PngImagePlugin.PngInfo()
    xmp = f'<x:xmpmeta tiff:Orientation="6"><dc:creator>{SECRET.decode()}</x:xmpmeta>'
    told.add_itxt("XML:com.adobe.xmp", xmp)
    picture.save(path, pnginfo=told)
    write_bare_picture(bare, path)
    assert SECRET not in bare.read_bytes()
    assert read_image(bare).shape == read_image(path).shape == (64, 48, 3)


def test_of_an_animation_the_first_picture_is_kept(picture, tmp_path):
    other = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for suffix in (".png", ".webp", ".gif"):
        path, bare = tmp_path / f"moves{suffix}", tmp_path / f"bare{suffix}"
        picture.save(path, save_all=True, append_images=[other], lossless=True)
        write_bare_picture(bare, path)
        assert np.array_equal(read_image(bare), read_image(path))
        with Image.open(bare) as opened:
            assert not getattr(opened, "is_animated", False)
