"""What makes a version of a photograph: parametric edits, trained networks, or free pixels.

A maker takes a photograph and an `Intent` and returns the changed image. `identity` says everything
that its result depends on beside those two, so that what was made can be told from what would be
made now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Protocol

from torch import Tensor

from manipulation.saliency import SaliencyModel
from manipulation.transforms.edits import develop, feathered, prepare, regions_of, search_edits
from manipulation.transforms.files import transform_file
from manipulation.transforms.inference import LookedAt, Transform, load_transform
from manipulation.transforms.intent import Intent, objective
from manipulation.transforms.pixels import search_pixels
from stimuli.errors import InputError
from stimuli.files import sha256
from stimuli.settings import EditSettings, PixelSettings, Settings


class Maker(Protocol):
    """Makes a version of a photograph.

    Attributes
    ----------
    identity
        JSON-ready: settings and hashes that decide the result.
    """

    identity: Mapping[str, object]

    def __call__(self, image: Tensor, intent: Intent) -> Tensor:
        """Return the changed image ``(3, H, W)`` of an image of that size, RGB in [0, 1]."""
        ...


class Edits:
    """Parametric edits, found by gradient against one or several saliency models."""

    def __init__(self, models: Sequence[SaliencyModel], settings: EditSettings) -> None:
        self.models, self.settings = models, settings
        self.identity = {"transform": "edits", "settings": asdict(settings)}

    def __call__(self, image: Tensor, intent: Intent) -> Tensor:
        log_saliency = self.models[0].predict(image[None])[0]
        regions = feathered(regions_of(intent.masks, log_saliency), self.settings.feather)
        negative = prepare(image, regions)
        found = search_edits(objective(self.models, image, intent), negative, self.settings)
        return develop(negative, found[None])[0]


class Pixels:
    """Free pixels: the adversarial control."""

    def __init__(self, models: Sequence[SaliencyModel], settings: PixelSettings) -> None:
        self.models, self.settings = models, settings
        self.identity = {"transform": "pixels", "settings": asdict(settings)}

    def __call__(self, image: Tensor, intent: Intent) -> Tensor:
        return search_pixels(objective(self.models, image, intent), image, self.settings)


class Networks:
    """Trained networks: the shift network first, its output through the scale network.

    Each is loaded when a version first needs it, and works at the size that it was trained at or
    at the image's, whichever is smaller; a smaller result returns as its change, enlarged.

    Parameters
    ----------
    shift, scale
        Names of networks that ship, or files of ``manipulation.train``.
    """

    def __init__(self, shift: str, scale: str) -> None:
        self.names = {"shift": shift, "scale": scale}
        self._loaded: dict[str, Transform] = {}
        self._looked: dict[str, tuple[Tensor, LookedAt]] = {}

    @property
    def identity(self) -> dict[str, object]:
        files = {kind: sha256(transform_file(name)) for kind, name in self.names.items()}
        return {"transform": "network", **files}

    def __call__(self, image: Tensor, intent: Intent) -> Tensor:
        if any(intent.k_shift):
            image = self._changed(
                "shift", image, Intent(intent.masks, intent.k_shift, 1.0, intent.blur)
            )
        if intent.k_scale != 1:
            image = self._changed("scale", image, replace(intent, k_shift=()))
        return image

    def network(self, kind: str) -> Transform:
        """Return the network for ``shift`` or ``scale``.

        Raises
        ------
        InputError
            If it cannot be loaded, or was trained for the other kind.
        """
        if kind not in self._loaded:
            transform = load_transform(self.names[kind])
            trained_for = transform.settings.targets.manipulation
            if trained_for != kind:
                raise InputError(
                    f"manipulation.{kind}_network is {self.names[kind]!r}, which was trained to "
                    f"{trained_for}; expected one trained with --manipulation {kind}"
                )
            self._loaded[kind] = transform
        return self._loaded[kind]

    def _changed(self, kind: str, image: Tensor, intent: Intent) -> Tensor:
        transform = self.network(kind)
        if kind not in self._looked or self._looked[kind][0] is not image:
            self._looked[kind] = (image, transform.look(image[None]))
        look = self._looked[kind][1]
        return transform(look, intent.target(look.log_saliency[0])[None])[0]


def build_maker(name: str, settings: Settings, models: Sequence[SaliencyModel]) -> Maker:
    """Return what makes versions.

    Parameters
    ----------
    name
        ``edits``, ``network`` or ``pixels``.
    settings
        Of the study.
    models
        That guide the change. Networks were trained with their own.

    Raises
    ------
    InputError
        If there is no such maker.
    """
    if name == "edits":
        return Edits(models, settings.edits)
    if name == "pixels":
        return Pixels(models, settings.pixels)
    if name == "network":
        chosen = settings.manipulation
        return Networks(chosen.shift_network, chosen.scale_network)
    raise InputError(f"transform is {name!r}; expected edits, network or pixels")
