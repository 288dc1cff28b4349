"""Files that are either whole or absent: written under a temporary name, then renamed."""

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps
from PIL.ExifTags import Base
from PIL.TiffImagePlugin import TiffImageFile

from stimuli.support.errors import InputError, why_unread
from stimuli.support.pictures import eight_bits, in_srgb, opened_picture
from stimuli.support.system_errors import blaming
from stimuli.support.unfinished import unfinished_file

# A map in double precision at the largest size of an image, and what stands before its values.
_LARGEST_MAP_BYTES = 8 * 8192**2 + 1024
_hashed: dict[str, tuple[tuple[int, ...], str]] = {}  # state and SHA-256 by path


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that becomes `path` when the block succeeds.

    The temporary name keeps the suffix, since many writers choose the format by it. Whatever ends
    the block early, Ctrl-C included, removes the temporary file and leaves `path` as it was; what a
    kill leaves, `stimuli.support.unfinished.remove_unfinished` removes. Errors name `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with blaming(path), unfinished_file(path.parent, path.suffix) as temporary:
        yield temporary
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o666 & ~umask())
        os.replace(temporary, path)


def confined(folder: str | Path, name: object, where: object) -> Path:
    """Return the path of a file in a folder, by a name that was read from a file.

    Parameters
    ----------
    folder
        That the file must lie in, symbolic links followed.
    name
        Of the file, relative to the folder.
    where
        What names it, such as the file that it was read from; errors begin with it.

    Raises
    ------
    InputError
        If the name is no text, is absolute, goes up by ``..`` or over a symbolic link out of the
        folder, or is the folder itself.
    """
    expected = f"expected a file inside {folder}; name it relative to that folder"
    if not isinstance(name, str) or not name or not name.isprintable():
        raise InputError(f"{where}: file name {str(name)[:80]!r}; {expected}, in printable text")
    # A drive, a root or a backslash is one on some machine that the folder may be carried to.
    foreign = PureWindowsPath(name)
    if Path(name).is_absolute() or foreign.drive or foreign.root or ".." in foreign.parts:
        raise InputError(f"{where}: path {name!r} leaves the folder; {expected}")
    path, base = Path(folder) / name, Path(folder).resolve()
    try:
        real = path.resolve()
        path.exists()  # raises if the name is too long
    except (OSError, RuntimeError) as error:  # a circle of links, or a name too long
        raise InputError(
            f"{where}: path {name!r} cannot be followed ({error}); {expected}"
        ) from None
    if real == base or not real.is_relative_to(base):
        raise InputError(
            f"{where}: path {name!r} leaves the folder, to {real}; {expected}, and put a copy in "
            f"place of a symbolic link"
        )
    return path


def umask() -> int:
    """Return the permission bits that new files and folders must not have."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write `content` to `path` whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8 with ``\\n`` line ends."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: str | Path, content: object) -> None:
    """Write `content` as indented JSON; NaN and infinity are refused."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: str | Path) -> object:
    """Read a JSON file, with or without UTF-8's mark at its start.

    Raises
    ------
    InputError
        If the file is absent or not JSON; the message gives the line.
    """
    path = Path(path)
    text = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (ValueError, RecursionError) as error:
        why = why_unread(error, text)
        raise InputError(f"{path}: not a JSON file: {why}; is it complete?") from None


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_as_read(path: str | Path) -> str:
    """Return the SHA-256 of a file that is not changed; a file is hashed once in a process.

    Unless its size, its place on the disk or one of its times has changed since.
    """
    found = os.stat(path)
    state = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    name = os.path.abspath(path)
    known = _hashed.get(name)
    if known is None or known[0] != state:
        _hashed[name] = known = (state, sha256(path))
    return known[1]


def read_image(path: str | Path) -> np.ndarray:
    """Read a photograph as ``(height, width, 3)`` uint8 sRGB.

    Formats are `stimuli.support.pictures.FORMATS`. What becomes of each kind:

    =================================  ==========================================================
    rotated or mirrored by EXIF        turned upright, all eight orientations
    grey, 1 bit, palette               three channels; 1 bit is black and white
    grey of 9 to 16 bits               scaled to 8 bits and rounded; TIFF's white-is-zero inverted
    colour of 16 bits                  the upper 8 bits of each channel
    alpha, or a transparent colour     laid on mid-grey (128), the background of the experiment
    with an ICC profile                converted to sRGB: relative colorimetric, black point
                                       compensated; a profile that is broken or of another kind
                                       of picture (RGB in a grey one) is ignored, as browsers do
    CMYK without a profile             (1 - ink)(1 - black)
    no profile                         taken as sRGB; gamma chunks of PNG are ignored
    animated, or of several pages      the first
    up to 178 million pixels           read; more is refused
    32 bits or floating point,         refused, since Pillow has no white for them or reads them
    16-bit TIFF in colour planes       wrongly
    =================================  ==========================================================

    Raises
    ------
    InputError
        If the file is absent, truncated, no picture, or of a format or kind that is refused.

    Examples
    --------
    >>> from stimuli import open_study, read_catalogue, read_image
    >>> study = open_study("demo-study")
    >>> first = read_catalogue(study.catalogue)[0]
    >>> read_image(study.root / first.image).shape
    (1024, 1024, 3)
    """
    with opened_picture(path) as picture:
        picture.load()
        profile = picture.info.get("icc_profile")
        return np.asarray(in_srgb(eight_bits(ImageOps.exif_transpose(picture), picture), profile))


def image_size(path: str | Path) -> tuple[int, int]:
    """Return the height and width that `read_image` would give, from the file's header alone.

    Raises
    ------
    InputError
        If the file is absent or no picture.
    """
    return size_and_turn(path)[0]


def size_and_turn(path: str | Path) -> tuple[tuple[int, int], int]:
    """Return the height and width that `read_image` would give, and the EXIF turn to get there.

    The turn is EXIF's orientation: 1 is none, 2 to 8 are turns and mirrorings, from 5 on with the
    sides swapped. Only the file's header is read.

    Raises
    ------
    InputError
        If the file is absent or no picture.
    """
    with opened_picture(path) as picture:
        width, height = picture.size
        if isinstance(picture, TiffImageFile):  # whose size Pillow swaps itself, from version 11 on
            width, height = (picture.tag_v2[tag] for tag in (Base.ImageWidth, Base.ImageLength))
        turn = picture.getexif().get(Base.Orientation, 1)
        turn = turn if turn in range(1, 9) else 1
        return ((width, height) if turn >= 5 else (height, width)), turn


def write_image(path: str | Path, pixels: np.ndarray) -> None:
    """Write ``(height, width, 3)`` or ``(height, width)`` uint8 pixels as PNG, without loss."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=3)
    write_bytes(path, buffer.getvalue())


def write_log_saliency(path: str | Path, log_saliency: np.ndarray) -> None:
    """Write a ``(height, width)`` map of un-normalised log saliency (nats) as float32 npz."""
    if log_saliency.ndim != 2 or not np.isfinite(log_saliency).all():
        raise ValueError(f"log saliency {log_saliency.shape} must be a finite (height, width) map")
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, log_saliency=log_saliency.astype(np.float32))


def _unpacked(file: IO[bytes]) -> Any:
    """Return the archive that an open npz is; numpy takes other files for pickles, and says so."""
    if not zipfile.is_zipfile(file):
        raise ValueError("it is no whole .npz file")
    file.seek(0)
    return np.load(file)


def read_log_saliency(path: str | Path) -> np.ndarray:
    """Read what `write_log_saliency` wrote, as ``(height, width)`` float32.

    Raises
    ------
    InputError
        If the file is absent, truncated, or holds no finite ``log_saliency`` map.

    Examples
    --------
    >>> from stimuli import open_study, read_catalogue, read_log_saliency
    >>> study = open_study("demo-study")
    >>> first = read_catalogue(study.catalogue)[0]
    >>> read_log_saliency(study.root / first.prediction).ndim
    2
    """
    repair = "put it back from a copy, or run manipulation.generate again"
    try:
        with open(path, "rb") as file, _unpacked(file) as archive:
            size_bytes = archive.zip.getinfo("log_saliency.npy").file_size
            if size_bytes > _LARGEST_MAP_BYTES:
                raise ValueError(
                    f"{size_bytes} bytes unpacked; expected at most {_LARGEST_MAP_BYTES}"
                )
            log_saliency = archive["log_saliency"]
            finite = bool(np.isfinite(log_saliency).all())
    except FileNotFoundError:
        raise InputError(f"{path}: no such prediction; {repair}") from None
    except Exception as error:
        raise InputError(f"{path}: cannot be read as a saliency map ({error}); {repair}") from None
    if log_saliency.ndim != 2 or not finite:
        raise InputError(f"{path}: holds {log_saliency.shape}; expected a finite 2-d map")
    return log_saliency
