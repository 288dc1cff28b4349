"""What makes a version of a photograph: parametric edits, trained networks, or free pixels.

A maker takes a photograph and an `Intent` and returns the changed image. Its identity is all that
its result depends on beside those two, so that what was made can be told from what would be made
now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Protocol

from torch import Tensor
from torch.nn import functional

from manipulation.images.photographs import resized
from manipulation.images.sizes import padded
from manipulation.networks.files import transform_file
from manipulation.networks.inference import EncodedImages, TrainedNetwork, load_trained_network
from manipulation.networks.settings import Manipulation
from manipulation.saliency.models.protocol import LogSaliencyModel
from manipulation.targets.intent import Intent, objective
from manipulation.transforms.edits import develop, feathered, prepare, regions_of, search_edits
from manipulation.transforms.pixels import search_pixels
from stimuli.contract.settings import EditSettings, PixelSettings, Settings
from stimuli.contract.vocabulary import TRANSFORMS, Transform
from stimuli.support.errors import InputError
from stimuli.support.files import sha256


class Maker(Protocol):
    """Makes a version of a photograph."""

    @property
    def identity(self) -> Mapping[str, object]:
        """Settings and hashes that decide the result, JSON-ready."""
        ...

    @property
    def parts(self) -> tuple[str, ...]:
        """What makes the versions beside the models that guide edits.

        Names or files of trained networks, or the name of a transform with guides of its own.
        """
        ...

    def prepare(self, *, shifts: bool, scales: bool) -> None:
        """Load what versions with shifts or with a scale need, so that a wrong file is named now.

        Raises
        ------
        InputError
            If something cannot be loaded.
        """
        ...

    def __call__(self, image: Tensor, intent: Intent) -> Tensor:
        """Return the changed image ``(3, H, W)`` of an image of that size, RGB in [0, 1]."""
        ...


class Edits:
    """Parametric edits, found by gradient against one or several saliency models."""

    parts = ()

    def __init__(self, models: Sequence[LogSaliencyModel], settings: EditSettings) -> None:
        self.models, self.settings = models, settings
        self.identity = {"transform": str(Transform.EDITS), "settings": asdict(settings)}

    def prepare(self, *, shifts: bool, scales: bool) -> None:
        """Nothing is left to load."""

    def __call__(self, image: Tensor, intent: Intent) -> Tensor:
        log_saliency = self.models[0].log_saliency(image[None])[0]
        regions = feathered(regions_of(intent.masks, log_saliency), self.settings.feather)
        negative = prepare(image, regions)
        found = search_edits(objective(self.models, image, intent), negative, self.settings)
        return develop(negative, found[None])[0]


class Pixels:
    """Free pixels: the adversarial control."""

    parts = (str(Transform.PIXELS),)

    def __init__(self, models: Sequence[LogSaliencyModel], settings: PixelSettings) -> None:
        self.models, self.settings = models, settings
        self.identity = {"transform": str(Transform.PIXELS), "settings": asdict(settings)}

    def prepare(self, *, shifts: bool, scales: bool) -> None:
        """Nothing is left to load."""

    def __call__(self, image: Tensor, intent: Intent) -> Tensor:
        return search_pixels(objective(self.models, image, intent), image, self.settings)


class NetworkTransform:
    """Trained networks: the shift network first, its output through the scale network.

    Each is loaded when a version first needs it, and works at the size that it was trained at or
    at the image's, whichever is smaller; a smaller result returns as its change, enlarged. An image
    whose sides are no multiples of the network's stride has its last row and column repeated up to
    them, and cut off again.

    Parameters
    ----------
    shift, scale
        Names of networks that ship, or files of ``manipulation.train``.
    """

    def __init__(self, shift: str, scale: str) -> None:
        self.names = {Manipulation.SHIFT: shift, Manipulation.SCALE: scale}
        self._loaded: dict[Manipulation, TrainedNetwork] = {}
        self._encoded: dict[Manipulation, tuple[Tensor, EncodedImages]] = {}

    @property
    def identity(self) -> dict[str, object]:
        files = {str(kind): sha256(transform_file(name)) for kind, name in self.names.items()}
        return {"transform": str(Transform.NETWORK), **files}

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.names.values())

    def prepare(self, *, shifts: bool, scales: bool) -> None:
        """Load the networks that are needed."""
        for kind, needed in ((Manipulation.SHIFT, shifts), (Manipulation.SCALE, scales)):
            if needed:
                self.network(kind)

    def __call__(self, image: Tensor, intent: Intent) -> Tensor:
        if any(intent.k_shift):
            image = self._changed(
                Manipulation.SHIFT, image, Intent(intent.masks, intent.k_shift, 1.0, intent.blur)
            )
        if intent.k_scale != 1:
            image = self._changed(Manipulation.SCALE, image, replace(intent, k_shift=()))
        return image

    def network(self, kind: Manipulation) -> TrainedNetwork:
        """Return the network that was trained to shift, or to scale, log saliency.

        Raises
        ------
        InputError
            If it cannot be loaded, or was trained for the other kind.
        """
        if kind not in self._loaded:
            network = load_trained_network(self.names[kind])
            trained_for = network.settings.targets.manipulation
            if trained_for != kind:
                raise InputError(
                    f"manipulation.{kind}_network is {self.names[kind]!r}, which was trained to "
                    f"{trained_for}; expected one trained with --manipulation {kind}"
                )
            self._loaded[kind] = network
        return self._loaded[kind]

    def _changed(self, kind: Manipulation, image: Tensor, intent: Intent) -> Tensor:
        network, (height, width) = self.network(kind), image.shape[-2:]
        if kind not in self._encoded or self._encoded[kind][0] is not image:
            whole = padded(image[None], network.multiple_px)
            self._encoded[kind] = (image, network.encode(whole))
        encoded = self._encoded[kind][1]
        if intent.k_shift and encoded.log_saliency.shape[-2:] != (height, width):
            beside = (0, encoded.log_saliency.shape[-1] - width)
            below = (0, encoded.log_saliency.shape[-2] - height)
            masks = resized(intent.masks, (height, width))
            intent = replace(intent, masks=functional.pad(masks, (*beside, *below)))
        changed = network(encoded, intent.target(encoded.log_saliency[0])[None])[0]
        return changed[:, :height, :width]


def build_maker(transform: str, settings: Settings, models: Sequence[LogSaliencyModel]) -> Maker:
    """Return what makes versions.

    Parameters
    ----------
    transform
        One of `TRANSFORMS`.
    settings
        Settings of the study.
    models
        Saliency models that guide the change. Networks were trained with their own.

    Raises
    ------
    InputError
        If there is no such transform.
    """
    if transform == Transform.EDITS:
        return Edits(models, settings.edits)
    if transform == Transform.PIXELS:
        return Pixels(models, settings.pixels)
    if transform == Transform.NETWORK:
        chosen = settings.manipulation
        return NetworkTransform(chosen.shift_network, chosen.scale_network)
    raise InputError(f"transform is {transform!r}; expected one of {', '.join(TRANSFORMS)}")
