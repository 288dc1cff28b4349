"""Files that are either whole or absent: written under a temporary name, then renamed."""

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

from stimuli.errors import InputError


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that becomes `path` when the block succeeds.

    The temporary name keeps the suffix, since many writers choose the format by it. Whatever ends
    the block early, Ctrl-C included, removes the temporary file and leaves `path` as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".writing-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb+") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o666 & ~umask())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


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
    """Read a JSON file.

    Raises
    ------
    InputError
        If the file is absent or not JSON; the message gives the line.
    """
    path = Path(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a JSON file: {error}; is it complete?") from None


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_image(path: str | Path) -> np.ndarray:
    """Read a photograph as ``(height, width, 3)`` uint8 RGB.

    EXIF rotation is applied; grey, palette and CMYK pictures are converted to RGB; transparency is
    laid on mid-grey, the background of the experiment; 16-bit greys are scaled to 8 bits.

    Raises
    ------
    InputError
        If the file is absent, truncated or no picture.
    """
    path = Path(path)
    try:
        with Image.open(path) as picture:
            picture = ImageOps.exif_transpose(picture)
            if picture.mode.startswith("I"):
                values = np.asarray(picture, dtype=np.float64) / 257.0
                picture = Image.fromarray(values.clip(0, 255).round().astype(np.uint8))
            if picture.has_transparency_data:
                picture = picture.convert("RGBA")
                grey = Image.new("RGBA", picture.size, (128, 128, 128, 255))
                picture = Image.alpha_composite(grey, picture)
            return np.asarray(picture.convert("RGB"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such image") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path}: cannot be read as an image ({error}); expected a complete JPEG, PNG or TIFF"
        ) from None


def image_size(path: str | Path) -> tuple[int, int]:
    """Return the height and width that `read_image` would give, from the file's header alone.

    Raises
    ------
    InputError
        If the file is absent or no picture.
    """
    try:
        with Image.open(path) as picture:
            turned = picture.getexif().get(ExifTags.Base.Orientation, 1) >= 5
            return picture.size if turned else picture.size[::-1]
    except FileNotFoundError:
        raise InputError(f"{path}: no such image") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path}: cannot be read as an image ({error}); expected a complete JPEG, PNG or TIFF"
        ) from None


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


def read_log_saliency(path: str | Path) -> np.ndarray:
    """Read what `write_log_saliency` wrote, as ``(height, width)`` float32.

    Raises
    ------
    InputError
        If the file is absent, truncated, or holds no finite ``log_saliency`` map.
    """
    try:
        with open(path, "rb") as file, np.load(file) as archive:
            log_saliency = archive["log_saliency"]
    except FileNotFoundError:
        raise InputError(f"{path}: no such prediction; run manipulation.generate again") from None
    except Exception as error:
        raise InputError(
            f"{path}: cannot be read as a saliency map ({error}); run manipulation.generate again"
        ) from None
    if log_saliency.ndim != 2 or not np.isfinite(log_saliency).all():
        raise InputError(f"{path}: holds {log_saliency.shape}; expected a finite 2-d map")
    return log_saliency
