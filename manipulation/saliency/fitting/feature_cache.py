"""Features of photographs on disk: each photograph passes the extractor once, in whatever run.

A file holds one photograph's features as float16. Its name says what it depends on (the extractor's
settings, the photograph at its size) by hash, and the shape, so a file is never out of date.
"""

import hashlib
import json
import shutil
from itertools import chain
from pathlib import Path

import torch
from torch import Tensor

from manipulation.saliency.models.features import FeatureExtractor
from stimuli.support.errors import InputError
from stimuli.support.files import atomic_path


class FeatureCache:
    """Features by photograph, computed where they are not on disk yet.

    Parameters
    ----------
    folder
        Made if it is not there.
    extractor
        Its settings and class are part of every name.
    """

    def __init__(self, folder: Path, extractor: FeatureExtractor) -> None:
        self.folder = folder
        self.extractor = extractor
        folder.mkdir(parents=True, exist_ok=True)
        self.at_hand = {path.stem.split("-")[0]: path for path in folder.glob("*-*.f16")}

    def __call__(self, image: Tensor) -> Tensor:
        """Return the features of an image ``(3, H, W)``, ``(channels, h, w)`` float16.

        They are mapped from disk, so that more of them than fit into memory can be worked with.

        Raises
        ------
        InputError
            If they are beyond what float16 holds.
        """
        key = self._key(image)
        path = self.at_hand.get(key)
        if path is not None:
            shape = tuple(int(length) for length in path.stem.split("-")[1].split("x"))
            if path.stat().st_size == 2 * torch.Size(shape).numel():
                return _mapped(path, shape)
        features = self._computed(image)
        path = self.folder / f"{key}-{'x'.join(map(str, features.shape))}.f16"
        with atomic_path(path) as temporary:
            features.numpy().tofile(temporary)
        self.at_hand[key] = path
        return _mapped(path, features.shape)

    def check_space(self, example: Tensor, count: int) -> None:
        """Refuse to begin with `count` photographs like `example` that will not fit on the disk.

        What is at hand already needs no room.

        Raises
        ------
        InputError
            If there is less room than they need.
        """
        missing = max(0, count - len(self.at_hand))
        need, free = example.nbytes * missing, shutil.disk_usage(self.folder).free
        if need > free:
            raise InputError(
                f"{self.folder}: {free / 1e9:.1f} GB are free, and {missing} photographs "
                f"need {need / 1e9:.1f}; give --work on another disk, or a smaller --height-px"
            )

    @torch.no_grad()
    def _computed(self, image: Tensor) -> Tensor:
        tensors = chain(self.extractor.parameters(), self.extractor.buffers())
        device = next((tensor.device for tensor in tensors), image.device)
        features = self.extractor(image[None].to(device))[0].half().cpu().contiguous()
        if not features.isfinite().all():
            raise InputError(
                "features of a photograph are no finite numbers in float16; expected magnitudes "
                "below 65504; normalise the network with manipulation.normalise_vgg"
            )
        return features

    def _key(self, image: Tensor) -> str:
        settings = {"class": type(self.extractor).__name__, **self.extractor.settings()}
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
        digest.update(str(tuple(image.shape)).encode() + image.numpy().tobytes())
        return digest.hexdigest()[:32]


def _mapped(path: Path, shape: tuple[int, ...]) -> Tensor:
    values = torch.Size(shape).numel()
    return torch.from_file(str(path), shared=False, size=values, dtype=torch.float16).view(shape)
