"""Photographs and the masks of their objects, decoded and resized once, then read from a cache.

In come folders of photographs and a COCO annotation file; out come batches of square images and
masks (`batches`).
"""

import errno
import hashlib
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from rich.progress import Progress
from torch import Tensor

from manipulation.images.photographs import squared, squared_mask, to_pixels
from manipulation.networks.settings import DataSettings
from manipulation.runs.held_out import name_share
from manipulation.runs.left_out import left_out_in_words
from manipulation.training.cache_folder import IMAGES, INDEX, MASKS, filling, reserve
from stimuli.contract.coco_file import LeftOut
from stimuli.contract.masks import Annotations, check_size, read_annotations
from stimuli.contract.outlines import decode
from stimuli.support.errors import InputError
from stimuli.support.files import atomic_path, read_image, read_json, sha256, write_json

_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"}


def photograph_files(folders: Sequence[Path]) -> list[Path]:
    """Return the photographs of folders, sorted in each.

    Raises
    ------
    InputError
        If there is none.
    """
    files = [
        path
        for folder in folders
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")
    ]
    if not files:
        raise InputError(
            f"{', '.join(map(str, folders))}: no photographs; expected files that end in "
            f"{', '.join(sorted(_SUFFIXES))}"
        )
    return files


@dataclass(frozen=True)
class CachedPhotographs:
    """Square photographs and masks, mapped from the cache.

    Attributes
    ----------
    names
        File names.
    images : ndarray (N, side, side, 3) of uint8
    masks : ndarray (N, side * side / 8) of uint8
        One bit a pixel: all annotated objects of a photograph together.
    digest
        Hash of all that went into the cache.
    """

    names: tuple[str, ...]
    images: np.ndarray
    masks: np.ndarray
    digest: str

    def __len__(self) -> int:
        return len(self.names)

    def batch(self, indices: Sequence[int] | np.ndarray) -> tuple[Tensor, Tensor]:
        """Return images ``(B, 3, side, side)`` and masks ``(B, side, side)``, both uint8.

        The images lie in memory with the channels last.
        """
        order = list(indices)
        side = self.images.shape[1]
        bits = np.unpackbits(self.masks[order], axis=1, count=side * side)
        images = torch.from_numpy(self.images[order]).permute(0, 3, 1, 2)
        return images, torch.from_numpy(bits.reshape(-1, side, side))

    def split(self, held_out: float) -> tuple[np.ndarray, np.ndarray]:
        """Return indices for training and those held out, by a hash of each name.

        So a photograph stays on its side whatever others there are.
        """
        shares = np.array([name_share(name) for name in self.names])
        return np.flatnonzero(shares >= held_out), np.flatnonzero(shares < held_out)

    def splits(self, held_out: float, most: int) -> dict[str, "PhotographSet"]:
        """Return at most so many photographs of either side, by ``train`` and ``test``."""
        sides = zip(("train", "test"), self.split(held_out), strict=True)
        return {
            name: PhotographSet(self, indices[:most]) for name, indices in sides if len(indices)
        }


@dataclass(frozen=True)
class PhotographSet:
    """Some of the photographs of a cache.

    Attributes
    ----------
    photographs
        All of them.
    indices : ndarray (n,) of int
        Those that are meant.
    """

    photographs: CachedPhotographs
    indices: np.ndarray

    def __len__(self) -> int:
        return len(self.indices)


def load_photographs(
    folders: Sequence[Path],
    *,
    annotations: Path | None,
    cache: Path,
    settings: DataSettings,
    progress: Progress | None = None,
) -> CachedPhotographs:
    """Return the photographs of folders, from the cache where they are in it.

    Parameters
    ----------
    folders
        Photographs lie in them, not below them.
    annotations
        COCO annotation file; photographs that it does not name have no objects.
    cache
        Folder of caches; each is named by all that went into it, so none is ever out of date.
    settings
        How photographs become square images.
    progress
        Where it is shown how many are decoded, and which photographs and objects cannot be used:
        that cannot be read, or have another size than their annotation says. These are left out.

    Raises
    ------
    InputError
        If there is no photograph that can be used.
    OSError
        If the disk has no room for the cache.
    """
    files = photograph_files(folders)
    progress = progress or Progress(disable=True)
    bar = progress.add_task("photographs", total=len(files))
    side, digest = settings.size_px, _digest(files, annotations, settings)
    folder = cache / f"{side}px-{digest[:16]}"
    if not (folder / INDEX).exists():
        objects = _Objects(annotations)
        with filling(folder):
            if not (folder / INDEX).exists():
                _fill(folder, files, objects, settings, lambda: progress.advance(bar))
        for line in left_out_in_words(sorted(objects.left_out, key=str)):
            progress.console.print(line, style="yellow", markup=False)
    names: tuple[str, ...] = tuple(cast(list[str], read_json(folder / INDEX)))
    shape = (len(names), side, side, 3)
    images = np.memmap(folder / IMAGES, np.uint8, "r", shape=shape)
    masks = np.memmap(folder / MASKS, np.uint8, "r", shape=(len(names), _mask_bytes(side)))
    progress.update(bar, completed=len(names))
    return CachedPhotographs(names, images, masks, digest)


class _Objects:
    """The union of all annotated objects of a photograph, by file name.

    Attributes
    ----------
    left_out
        Objects whose outline cannot be read, and photographs that are not used.
    """

    def __init__(self, annotations_file: Path | None) -> None:
        self.annotations: Annotations | None = None
        self.ids: dict[str, int] = {}
        self.entries: dict[int, list[dict]] = defaultdict(list)
        self.left_out: list[LeftOut] = []
        if annotations_file is not None:
            self.annotations = read_annotations(annotations_file)
            self.ids = {entry["file_name"]: n for n, entry in self.annotations.images.items()}
            for entry in self.annotations.by_id.values():
                self.entries[entry["image_id"]].append(entry)

    def mask(self, path: Path, pixels: np.ndarray) -> np.ndarray:
        union = np.zeros(pixels.shape[:2], dtype=bool)
        image_id = self.ids.get(path.name)
        if self.annotations is not None and image_id is not None:
            check_size(str(path), pixels, self.annotations, image_id)
            height, width = pixels.shape[:2]
            for entry in self.entries[image_id]:
                try:
                    union |= decode(entry, height, width, where=str(self.annotations.path))
                except InputError as error:
                    self.leave_out(path, entry["id"], error, str(self.annotations.path))
        return union

    def leave_out(
        self, path: Path, annotation_id: int | None, error: InputError, where: str
    ) -> None:
        because = str(error).removeprefix(f"{where}: ")
        self.left_out.append(LeftOut(path.name, annotation_id, because))


def _digest(files: Sequence[Path], annotations_file: Path | None, settings: DataSettings) -> str:
    stats = [(str(path.resolve()), path.stat()) for path in files]
    content = [
        [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats],
        sha256(annotations_file) if annotations_file else None,
        settings.size_px,
        settings.fit,
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _mask_bytes(side: int) -> int:
    return -(-side * side // 8)


def _fill(
    folder: Path,
    files: Sequence[Path],
    objects: _Objects,
    settings: DataSettings,
    on_photograph: Callable[[], None],
) -> None:
    side = settings.size_px
    folder.mkdir(parents=True, exist_ok=True)
    need = len(files) * (3 * side * side + _mask_bytes(side))
    free = shutil.disk_usage(folder).free
    if need > free:
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        full.add_note(
            f"{len(files)} photographs of {side} px need {need / 1e6:.2f} MB, and {free / 1e6:.2f} "
            f"are free; you can also give --cache on another disk, or a smaller data.size_px"
        )
        raise full

    def shape(*rest: int) -> tuple[int, ...]:
        return (len(files), *rest)

    with (
        atomic_path(folder / IMAGES) as images_file,
        atomic_path(folder / MASKS) as masks_file,
    ):
        reserve(images_file, len(files) * 3 * side * side)
        reserve(masks_file, len(files) * _mask_bytes(side))
        images = np.memmap(images_file, np.uint8, "r+", shape=shape(side, side, 3))
        masks = np.memmap(masks_file, np.uint8, "r+", shape=shape(_mask_bytes(side)))

        def place(n: int) -> bool:
            try:
                pixels = read_image(files[n])
                outlines = objects.mask(files[n], pixels)
            except InputError as error:
                objects.leave_out(files[n], None, error, str(files[n]))
                return False
            images[n] = to_pixels(squared(pixels, side, settings.fit))
            mask = squared_mask(outlines, side, settings.fit)
            masks[n] = np.packbits(mask.bool().numpy())
            return True

        used = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            try:
                for n, placed in enumerate(pool.map(place, range(len(files)))):
                    used += [n] if placed else []
                    on_photograph()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        if not used:
            raise InputError(
                f"none of {len(files)} photographs can be used, such as {objects.left_out[0]}; "
                f"expected one at least"
            )
        for row, n in enumerate(used):  # those that cannot be used leave no gap
            if row != n:
                images[row], masks[row] = images[n], masks[n]
        images.flush()
        masks.flush()
        os.truncate(images_file, len(used) * 3 * side * side)
        os.truncate(masks_file, len(used) * _mask_bytes(side))
    write_json(folder / INDEX, [files[n].name for n in used])
