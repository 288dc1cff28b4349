"""Examples for a realism judge: regions of photographs, untouched and edited in many ways.

Of each photograph a region is drawn; its vector (`pooled`) is kept for the photograph as it is, as
another camera might have taken it, under four random settings of our own edits, under other edits
of random kinds, places and strengths, and as a trained network and a search over free pixels change
it. How strong an edit is, is its distance to the photograph in features, inside the region and over
all of the image alike.
"""

import json
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from skimage.segmentation import felzenszwalb
from torch import Tensor
from torch.nn import functional

from manipulation.images.guided_filter import guided_filter
from manipulation.images.photographs import squared, squared_mask, to_image, to_pixels
from manipulation.naturalness.region_features import RegionFeatures, pooled, region_weights
from manipulation.realism_fitting.model_edits import ModelEdits
from manipulation.realism_fitting.random_edits import (
    KINDS,
    UNSEEN_KINDS,
    camera,
    darkroom,
    mixed,
)
from manipulation.runs.held_out import name_share
from manipulation.targets.densities import blurred_masks
from manipulation.transforms.edits import prepare
from stimuli.contract.coco_file import LeftOut
from stimuli.contract.masks import Annotations, ObjectMasks
from stimuli.support.errors import InputError
from stimuli.support.files import atomic_path, read_image, sha256

_RECIPE = 2  # counts up when the same photographs come to give other examples
UNTOUCHED, CAMERA, DARKROOM = "untouched", "camera", "darkroom"
_SIDE = 512  # pixels of the square that photographs are brought to, as the networks see them
_AREA = (0.003, 0.35)  # of the square that an object may cover
_SEGMENT_AREA = (0.006, 0.3)
_MATTING_PX, _MATTING = 6, 1e-3
_OBJECT, _TRANSPLANTED, _FROM_CAMERA = 0.7, 0.3, 0.2  # chances


@dataclass(frozen=True)
class Photograph:
    """A photograph; `image_id` where the annotations know it."""

    path: Path
    image_id: int | None = None


@dataclass(frozen=True, eq=False)
class Examples:
    """What was made of one region of one photograph.

    Attributes
    ----------
    name
        File name of the photograph.
    vectors : ndarray (n, D), float16
    kinds : ndarray of str (n,)
        The photograph itself is ``untouched``, or ``camera``.
    settings : ndarray (n,)
        Strength of each edit in units of its own kind, 0 where there is none.
    distances : ndarray (n,)
        Root mean square distance to the photograph in features (`feature_distance`), over the
        region and over the image in equal parts; 0 where there is no edit.
    """

    name: str
    vectors: np.ndarray
    kinds: np.ndarray
    settings: np.ndarray
    distances: np.ndarray

    @property
    def natural(self) -> np.ndarray:
        """Which are no edits ``(n,)``."""
        return np.isin(self.kinds, [UNTOUCHED, CAMERA])


class ExampleMaker:
    """Makes the examples of photographs, and keeps each in a file.

    Parameters
    ----------
    photographs
        In any order; `annotations` are of some of them, whose objects then are the regions.
    held_out
        Share of the photographs, by a hash of their names, of which edits of kinds are made that a
        judge is not fitted to.
    folder
        Where examples are kept, so that a run that was stopped goes on.

    Attributes
    ----------
    left_out
        What could not be read, by photograph and annotation.
    """

    def __init__(
        self,
        photographs: Sequence[Photograph],
        annotations: Annotations | None,
        held_out: float,
        folder: Path,
    ) -> None:
        self._annotations, self._held_out, self.folder = annotations, held_out, folder
        self._annotated = [one.image_id for one in photographs if one.image_id is not None]
        self._features = RegionFeatures()
        self._by_models = ModelEdits()
        sources = {
            "recipe": _RECIPE, "held_out": held_out, "networks": self._by_models.identity,
            "annotations": sha256(annotations.path) if annotations else None,
        }  # fmt: skip
        self._made_from = json.dumps(sources, sort_keys=True)
        self.left_out: dict[tuple[str, int | None], LeftOut] = {}

    def examples(self, photograph: Photograph, number: int) -> Examples | None:
        """Return the examples of a photograph in a round; None where it has no region.

        So it is, too, where it cannot be read; it then is in `left_out`.
        """
        path = photograph.path
        key = zlib.crc32(f"{path}\n{self._made_from}".encode())
        file = self.folder / f"{path.stem}-{key:08x}-{number}.npz"
        if not file.exists():
            try:
                made = self._made(photograph, number)
            except InputError as error:
                self._leave_out(path.name, None, str(error).removeprefix(f"{path}: "))
                return None
            with atomic_path(file) as temporary, temporary.open("wb") as opened:
                np.savez(opened, **({} if made is None else vars(made)))
        with np.load(file) as kept:
            if "vectors" not in kept:
                return None
            name = str(kept["name"])
            arrays = (kept[key] for key in ("vectors", "kinds", "settings", "distances"))
            return Examples(name, *arrays)

    def _leave_out(self, name: str, annotation_id: int | None, because: str) -> None:
        self.left_out[name, annotation_id] = LeftOut(name, annotation_id, because)

    @torch.no_grad()
    def _made(self, photograph: Photograph, number: int) -> Examples | None:
        name = photograph.path.name
        rng = random.Random(f"{name}{number}")
        generator = torch.Generator().manual_seed(rng.randrange(2**31))
        pixels = to_pixels(squared(read_image(photograph.path), _SIDE, "crop"))
        image = to_image(pixels)
        region = self._region(photograph, pixels, number, rng)
        if region is None:
            return None
        weights, matte = region_weights(region), _matte(region, image, rng)
        blob = _blob(rng) * (1 - matte)
        negative = prepare(image, torch.stack([matte, blob, 1 - matte - blob]))
        edits: list[tuple[str, float, Tensor]] = [
            (UNTOUCHED, 0.0, image),
            (CAMERA, 0.0, camera(image, generator)),
        ]
        for _ in range(4):
            strength = rng.uniform(0.05, 1.2)
            edits.append((DARKROOM, strength, darkroom(negative, strength, generator)))
        unseen = name_share(name) < self._held_out
        kinds = rng.sample(list(KINDS), 3 if unseen else 4)
        kinds += rng.sample(list(UNSEEN_KINDS), 2) if unseen else []
        for kind in kinds:
            strength = rng.uniform(0.05, 1)
            places = [matte, 1 - matte, torch.ones_like(matte)]
            (where,) = rng.choices(places, [0.6, 0.3, 0.1])
            base = camera(image, generator) if rng.random() < _FROM_CAMERA else image
            changed = {**KINDS, **UNSEEN_KINDS}[kind](base, strength, generator)
            edits.append((kind, strength, mixed(base, changed, where)))
        edits += self._by_models.edits(image, torch.from_numpy(region).float(), rng)
        maps = [self._features.maps(to_image(to_pixels(one))[None]) for _, _, one in edits]
        distances = [_distance(maps[0][1:], one[1:], weights[0]) for one in maps]
        return Examples(
            name,
            torch.cat([pooled(one, weights) for one in maps]).half().numpy(),
            np.array([kind for kind, _, _ in edits]),
            np.array([strength for _, strength, _ in edits]),
            np.array(distances)
            * np.array([kind not in (UNTOUCHED, CAMERA) for kind, _, _ in edits]),
        )

    def _region(
        self, photograph: Photograph, pixels: np.ndarray, number: int, rng: random.Random
    ) -> np.ndarray | None:
        """Return an object, an object of another photograph, or a segment; None for none."""
        found = None
        if photograph.image_id is not None and (number == 0 or rng.random() < _OBJECT):
            found = self._object(photograph.image_id, rng)
        if found is None and rng.random() < _TRANSPLANTED:
            for _ in range(5 if self._annotated else 0):
                found = self._object(rng.choice(self._annotated), rng)
                if found is not None:
                    break
        return _segment(pixels, rng) if found is None else found

    def _object(self, image_id: int, rng: random.Random) -> np.ndarray | None:
        assert self._annotations is not None
        masks = ObjectMasks(self._annotations, image_id)
        entries = [one for one in self._annotations.of_image(image_id) if not one.get("iscrowd")]
        rng.shuffle(entries)
        for entry in entries:
            try:
                mask = squared_mask(masks.union((entry["id"],)), _SIDE, "crop").numpy() > 0.5
            except InputError as error:
                name = self._annotations.images[image_id]["file_name"]
                because = str(error).removeprefix(f"{self._annotations.path}: ")
                self._leave_out(name, entry["id"], because)
                continue
            if _AREA[0] < mask.mean() < _AREA[1]:
                return mask
        return None


def _segment(pixels: np.ndarray, rng: random.Random) -> np.ndarray | None:
    """Return a segment ``(H, W)`` of a photograph (Felzenszwalb & Huttenlocher 2004), or None."""
    scale = rng.choice([100, 200, 400])
    labels = felzenszwalb(pixels[::2, ::2], scale=scale, sigma=0.8, min_size=100)
    found, counts = np.unique(labels, return_counts=True)
    low, high = (share * labels.size for share in _SEGMENT_AREA)
    fitting = [one for one, count in zip(found, counts, strict=True) if low < count < high]
    return np.kron(labels == rng.choice(fitting), np.ones((2, 2), bool)) if fitting else None


def _matte(region: np.ndarray, image: Tensor, rng: random.Random) -> Tensor:
    """Return the region's weight ``(H, W)``: along the image's edges, feathered, or hard."""
    mask = torch.from_numpy(region).float()
    style = rng.choice(["guided", "feather", "hard"])
    if style == "guided":
        return guided_filter(image, mask[None], _MATTING_PX, _MATTING)[0].clamp(0, 1)
    return blurred_masks(mask[None], rng.uniform(1, 10))[0] if style == "feather" else mask


def _blob(rng: random.Random) -> Tensor:
    """Return a Gaussian ``(H, W)`` somewhere, in place of what else is salient."""
    row, column = rng.randrange(_SIDE), rng.randrange(_SIDE)
    tall, wide = rng.uniform(40, 160), rng.uniform(40, 160)
    rows, columns = torch.meshgrid(torch.arange(_SIDE), torch.arange(_SIDE), indexing="ij")
    return torch.exp(-(((rows - row) / tall) ** 2 + ((columns - column) / wide) ** 2) / 2)


def _distance(layers: Sequence[Tensor], others: Sequence[Tensor], inside: Tensor) -> float:
    squares = []
    for one, other in zip(layers, others, strict=True):
        apart = functional.normalize(one, dim=1) - functional.normalize(other, dim=1)
        apart = apart.square().sum(dim=1)[0]
        weight = functional.adaptive_avg_pool2d(inside[None], (apart.shape[0], apart.shape[1]))[0]
        squares.append((apart * weight / weight.sum() + apart / apart.numel()).sum() / 2)
    return float(torch.stack(squares).mean().sqrt())
