"""Pictures of every kind, on their way to 8 bits a channel and sRGB: the steps of `read_image`."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError
from PIL.ExifTags import Base
from PIL.TiffImagePlugin import TiffImageFile

from stimuli.support.errors import InputError

# What Pillow reads by itself; others are handed to further programs, as EPS is to Ghostscript.
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "AVIF", "BMP", "GIF", "PPM")
_HEIF = "HEIF"  # and what it reads with pillow-heif
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

_COLOURS = ("P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
_MODE_OF_PROFILE = {b"GRAY": "L", b"RGB ": "RGB", b"CMYK": "CMYK"}


@contextmanager
def opened_picture(path: str | Path) -> Iterator[Image.Image]:
    """Open a picture of one of `FORMATS`, or HEIC with pillow-heif; every picture is opened here.

    What cannot be read is an InputError, and Pillow's remarks are not passed on.
    Pillow remarks on EXIF that it cannot read and on pictures above half of the size it refuses.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # From an open file, since Pillow maps a file that it opens itself into memory, and then
            # scrambles turned TIFFs without compression.
            with open(path, "rb") as file, Image.open(file, formats=_formats(path)) as picture:
                yield picture
    except FileNotFoundError:
        raise InputError(f"{path}: no such image") from None
    except Image.DecompressionBombError as error:
        raise InputError(f"{path}: {error}; expected a smaller picture: reduce it first") from None
    except UnidentifiedImageError:
        raise InputError(
            f"{path}: cannot be read as an image ({_other_format(path)}); expected a complete file "
            f"of {', '.join(FORMATS)}; save it as one of these"
        ) from None
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise InputError(
            f"{path}: cannot be read as an image ({error}); expected a complete JPEG, PNG or TIFF; "
            f"copy or save it again"
        ) from None


def _formats(path: str | Path) -> tuple[str, ...]:
    """Return the formats that a file may have: HEIF where it begins like that, else `FORMATS`."""
    with open(path, "rb") as file:
        start = file.read(12)
    if start[4:8] != b"ftyp" or start[8:12] not in _BRANDS:
        return FORMATS
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        raise InputError(
            f"{path}: is HEIC, which phones write, and pillow-heif is not installed; expected "
            f"another format, or: pip install pillow-heif"
        ) from None
    register_heif_opener()
    return (_HEIF,)


def _other_format(path: str | Path) -> str:
    """Return what a picture seems to be by its first bytes, which no decoder sees."""
    Image.init()
    with open(path, "rb") as file:
        beginning = file.read(16)
    if not beginning:
        return "the file is empty"
    for name, (_, accepts) in Image.OPEN.items():
        with suppress(IndexError, struct.error):
            if name not in FORMATS and accepts and accepts(beginning) is True:
                return f"its format seems to be {name}"
    return "of no known format"


def eight_bits(picture: Image.Image, opened: Image.Image) -> Image.Image:
    """Return a picture with 8 bits a channel. `opened` has the tags that `picture` has lost."""
    tags = opened.tag_v2 if isinstance(opened, TiffImageFile) else {}
    bits = int(max(np.atleast_1d(tags.get(Base.BitsPerSample, 16))))
    raw_planes = tags.get(Base.PlanarConfiguration) == 2 and tags.get(Base.Compression, 1) == 1
    if raw_planes and bits > 8 and picture.mode.startswith("RGB"):
        raise ValueError("16 bits in colour planes; save it interleaved, or with 8 bits a channel")
    if picture.mode == "F" or (picture.mode == "I" and opened.format not in ("PNG", "PPM")):
        raise ValueError("values of 32 bits or with a sign; save it with 8 or 16 bits a channel")
    if not picture.mode.startswith("I"):
        return picture
    values = np.asarray(picture)
    largest = 2 ** min(bits, 16) - 1
    # A table of all values takes less memory than the picture in floating point.
    scale = (np.arange(largest + 1) * (255.0 / largest)).round().astype(np.uint8)
    scaled = scale.take(values, mode="clip")
    white_is_zero = tags.get(Base.PhotometricInterpretation) == 0
    grey = Image.fromarray(255 - scaled if white_is_zero else scaled)
    if isinstance(transparent := opened.info.get("transparency"), int):
        grey.putalpha(Image.fromarray((values != transparent).astype(np.uint8) * 255))
    return grey


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB; `profile` is its ICC profile, if it has one."""
    grey = picture.mode in ("1", "L", "LA")
    alpha = None
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        alpha = picture.getchannel("A")
        picture = picture.convert("RGB")
    elif picture.mode != "CMYK":
        picture = picture.convert("RGB")
    mode = _MODE_OF_PROFILE.get(profile[16:20]) if profile else None
    if mode == ("L" if grey else picture.mode) and (transform := _to_srgb(profile, mode)):
        picture = transform.apply(picture.convert(mode))
    picture = picture.convert("RGB")
    if alpha is None:
        return picture
    background = Image.new("RGB", picture.size, (128, 128, 128))
    return Image.composite(picture, background, alpha)


@lru_cache(maxsize=8)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform of pictures in `mode` to sRGB, or None for a broken profile.

    None too for sRGB itself, which many photographs bear: to convert takes longer than to
    read.
    """
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return None
        return ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return None


def read_mask(path: str | Path) -> np.ndarray:
    """Read a mask, ``(height, width)`` truth values: 255 is inside, 0 outside.

    Raises
    ------
    InputError
        If the file is absent or no picture, or holds any other value.
    """
    try:
        with opened_picture(path) as picture:
            values = np.asarray(picture.convert("RGB" if picture.mode in _COLOURS else "L"))
    except InputError as error:
        raise InputError(
            f"{error}; expected a mask, a PNG that is 255 inside and 0 outside; put it back from "
            f"a copy, or make it again"
        ) from None
    inside = values == 255
    odd = values[~inside & (values != 0)]
    if odd.size or (inside.ndim == 3 and (inside != inside[..., :1]).any()):
        found = f"a pixel of {odd.flat[0]}" if odd.size else "colours"
        raise InputError(
            f"{path}: is no mask: it holds {found}; expected 255 inside and 0 outside alone; put "
            f"it back from a copy, or run manipulation.generate again"
        )
    return inside[..., 0] if inside.ndim == 3 else inside
