"""What makes a version of a photograph: parametric edits, trained networks, or free pixels.

A maker takes a photograph and an `Intent` and returns the changed image. Its identity is all that
its result depends on beside those two, so that what was made can be told from what would be made
now.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
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
from manipulation.transforms.edit_search import Excess, search_edits
from manipulation.transforms.edits import (
    BOUNDS,
    develop,
    edit_region,
    edits_in_units,
    prepare,
    regions_of,
)
from manipulation.transforms.pixels import search_pixels
from stimuli.contract.settings import EditSettings, PixelSettings, Settings
from stimuli.contract.vocabulary import TRANSFORMS, Transform
from stimuli.support.errors import InputError
from stimuli.support.files import sha256

Amounts = Sequence[float]  # the edits of a region, in the order of `edits.BOUNDS`


@dataclass(frozen=True)
class GradedVersion:
    """A version at any share of its change.

    Attributes
    ----------
    at
        From a share to the image ``(3, H, W)``: at 0 the photograph, at 1 all of the change.
    amounts
        What the first region gets of all of the change, where the same may be done to another
        region (`Maker.control`).
    edits
        What each region gets of all of it: the targets, what else is salient, the rest
        (`edits_in_units`); none where no edits are made.
    """

    at: Callable[[float], Tensor]
    amounts: Amounts | None = None
    edits: tuple[Mapping[str, float], ...] = ()


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

    def graded(self, image: Tensor, intent: Intent, excess: Excess | None = None) -> GradedVersion:
        """Return a version of an image ``(3, H, W)``, RGB in [0, 1], at any share of its change.

        `excess` tells a search how far images are beyond what is natural.
        """
        ...

    def control(
        self, image: Tensor, region: Tensor, intent: Intent, amounts: Amounts | None, share: float
    ) -> Tensor:
        """Return an image ``(3, H, W)`` in which a region was changed in place of the first.

        Parameters
        ----------
        region : Tensor (h, h)
            1 inside, 0 outside.
        intent
            Of the version whose first region it stands for.
        amounts
            What that region got (`GradedVersion`); without them the region gets its shift.
        share
            Of the change that the version got.
        """
        ...


class Edits:
    """Parametric edits, found by gradient against one or several saliency models."""

    parts = ()

    def __init__(self, models: Sequence[LogSaliencyModel], settings: EditSettings) -> None:
        self.models, self.settings = models, settings
        self.identity = {
            "transform": str(Transform.EDITS), "settings": asdict(settings), "bounds": BOUNDS
        }  # fmt: skip

    def prepare(self, *, shifts: bool, scales: bool) -> None:
        """Nothing is left to load."""

    def graded(self, image: Tensor, intent: Intent, excess: Excess | None = None) -> GradedVersion:
        """Return the version whose amounts are a share of those that the search finds."""
        log_saliency = self.models[0].log_saliency(image[None])[0]
        regions = regions_of(image, intent.masks, log_saliency, self.settings.feather)
        negative = prepare(image, regions)
        loss = objective(self.models, image, intent)
        found = search_edits(loss, negative, self.settings, excess)
        return GradedVersion(
            lambda share: develop(negative, share * found[None])[0],
            found[0].tolist(),
            edits_in_units(negative, found),
        )

    def control(
        self, image: Tensor, region: Tensor, intent: Intent, amounts: Amounts | None, share: float
    ) -> Tensor:
        """Return the image in which a region got the edits of another."""
        assert amounts is not None  # `graded` states them
        return edit_region(image, region, amounts, self.settings.feather)


class Pixels:
    """Free pixels: the adversarial control."""

    parts = (str(Transform.PIXELS),)

    def __init__(self, models: Sequence[LogSaliencyModel], settings: PixelSettings) -> None:
        self.models, self.settings = models, settings
        self.identity = {"transform": str(Transform.PIXELS), "settings": asdict(settings)}

    def prepare(self, *, shifts: bool, scales: bool) -> None:
        """Nothing is left to load."""

    def graded(self, image: Tensor, intent: Intent, excess: Excess | None = None) -> GradedVersion:
        """Return the version between photograph and what the search finds, `excess` aside."""
        changed = search_pixels(objective(self.models, image, intent), image, self.settings)
        return between(image, changed)

    def control(
        self, image: Tensor, region: Tensor, intent: Intent, amounts: Amounts | None, share: float
    ) -> Tensor:
        """Return the image in which the log saliency of a region was shifted."""
        return shifted_region(self, image, region, intent, share)


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

    def graded(self, image: Tensor, intent: Intent, excess: Excess | None = None) -> GradedVersion:
        """Return the version between photograph and what the networks make, `excess` aside."""
        changed = image
        if any(intent.k_shift):
            changed = self._changed(
                Manipulation.SHIFT, changed, Intent(intent.masks, intent.k_shift, 1.0, intent.blur)
            )
        if intent.k_scale != 1:
            changed = self._changed(Manipulation.SCALE, changed, replace(intent, k_shift=()))
        return between(image, changed)

    def control(
        self, image: Tensor, region: Tensor, intent: Intent, amounts: Amounts | None, share: float
    ) -> Tensor:
        """Return the image in which the log saliency of a region was shifted."""
        return shifted_region(self, image, region, intent, share)

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


def shifted_region(
    maker: Maker, image: Tensor, region: Tensor, intent: Intent, share: float
) -> Tensor:
    """Return the control of a change that cannot be carried to another region.

    The log saliency of the region is shifted alone, as that of the intent's first was, to a share.
    """
    shifted = Intent(region[None], intent.k_shift[:1], blur=intent.blur)
    return maker.graded(image, shifted).at(share)


def between(image: Tensor, changed: Tensor) -> GradedVersion:
    """Return images between a photograph and a changed one, on a line in pixel values."""
    return GradedVersion(lambda share: image + share * (changed - image))


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
