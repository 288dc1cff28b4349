"""The saliency models of a study: those that guide the changes, and those that judge them."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from manipulation.images.log_density import salient_region
from manipulation.images.photographs import Size, resized, to_image
from manipulation.naturalness.bounds import Bounds
from manipulation.naturalness.budget import Budget, usable_masks
from manipulation.naturalness.measures import NaturalnessMeasure
from manipulation.naturalness.realism import GUIDE, JUDGE, load_realism_head
from manipulation.naturalness.region_features import RegionFeatures
from manipulation.naturalness.region_statistics import load_usual_range
from manipulation.networks.files import guide_sha256_of, transform_file
from manipulation.saliency import load_saliency_model
from manipulation.saliency.models.files import saliency_model_sha256
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.models.protocol import LogSaliencyModel
from manipulation.saliency.models.published import PublishedDeepGaze
from manipulation.study_stimuli.predicted_effect import ImagePredictions
from manipulation.study_stimuli.second_opinions import SecondOpinion, shared_with, short_name
from manipulation.targets.intent import Intent
from stimuli.contract.settings import ManipulationSettings, Settings, VersionSettings
from stimuli.contract.vocabulary import Transform
from stimuli.support.errors import InputError


class StudyModels:
    """Loads the models that settings name, and checks that no judge takes part in the changes.

    Parameters
    ----------
    settings
        Names of the models.
    where
        File of the settings; errors name it.
    parts
        What makes versions (`parts_in_use`). A judge that a network was trained with is said to
        have guided it, and does not judge what it makes; so is one that guides free pixels.
    pixel_guides
        Names of the models that guide free pixels; loaded when a version first needs them. Without
        any, those that guide edits do.

    Attributes
    ----------
    guiding, guiding_sha256
        Models that guide the changes and their hashes; the first one's predictions are kept.
    second_opinions
        The models that took no part, in the order of the settings.

    Raises
    ------
    InputError
        If a model cannot be loaded, or the weights or the name of one that judges are another's.
    """

    def __init__(
        self,
        settings: ManipulationSettings,
        where: str = "study.toml",
        parts: Sequence[str] = (),
        pixel_guides: Sequence[str] = (),
    ) -> None:
        self._where, self._settings = where, settings
        self._pixel_guides = tuple(pixel_guides)
        load_usual_range(settings.usual)  # so that a wrong file is named now
        guides = (settings.saliency, *settings.also)
        self._loaded = loaded = [
            self._load("manipulation.saliency", settings.saliency),
            *(self._load("manipulation.also", name) for name in settings.also),
        ]
        self.guiding: list[LogSaliencyModel] = list(loaded)
        self.guiding_sha256 = [saliency_model_sha256(model) for model in loaded]
        roles = {
            sha256: f"{name!r}, which guides the changes"
            for sha256, name in zip(self.guiding_sha256, guides, strict=True)
        }
        of_pixels: list[SaliencyModel | PublishedDeepGaze] = []
        of_pixels_sha256: list[str] = []
        if Transform.PIXELS in parts:
            of_pixels, of_pixels_sha256 = self._of_pixels
        guided = [(sha256, str(Transform.PIXELS)) for sha256 in of_pixels_sha256]
        guided += [
            (guide_sha256_of(transform_file(name)), name)
            for name in parts
            if name != Transform.PIXELS
        ]
        names: dict[str, str] = {}
        self.second_opinions: list[SecondOpinion] = []
        for given in settings.judges:
            model, name = self._load("manipulation.second_opinion", given), short_name(given)
            sha256 = saliency_model_sha256(model)
            if sha256 in roles:
                raise InputError(
                    f"{where}: manipulation.second_opinion is {given!r}, the same weights as "
                    f"{roles[sha256]}; expected models that take no part in them and differ, or []"
                )
            if name in names:
                raise InputError(
                    f"{where}: manipulation.second_opinion has {names[name]!r} and {given!r}, both "
                    f"called {name!r} in tables; expected a name for each; rename one of the files"
                )
            roles[sha256], names[name] = f"{given!r}, which judges them too", given
            by_it = tuple(network for guide, network in guided if guide == sha256)
            words = [*(f"guided {one}" for one in by_it), shared_with(model, [*loaded, *of_pixels])]
            shares = ", ".join(filter(None, words))
            self.second_opinions.append(SecondOpinion(name, model, sha256, shares, by_it))

    @property
    def usual(self) -> dict[str, object]:
        """What is usual among objects, JSON-ready."""
        return asdict(load_usual_range(self._settings.usual))

    @property
    def shares(self) -> dict[str, str]:
        """What each model that took no part shares with those that guide, by its name."""
        return {one.name: one.shares for one in self.second_opinions}

    def guides(self, transform: Transform) -> list[LogSaliencyModel]:
        """Return the models that guide a search.

        Raises
        ------
        InputError
            If a model that guides free pixels cannot be loaded.
        """
        return [*self._of_pixels[0]] if transform == Transform.PIXELS else self.guiding

    def guides_sha256(self, transform: Transform) -> list[str]:
        """Return the hashes of the models that guide a search."""
        return self._of_pixels[1] if transform == Transform.PIXELS else self.guiding_sha256

    def took_part(self, parts: Collection[str]) -> frozenset[str]:
        """Return the names of the models that judge, but guided what makes a version.

        Parameters
        ----------
        parts
            As a `Maker` states them.
        """
        of_pixels = self._of_pixels[1] if Transform.PIXELS in parts else []
        return frozenset(
            one.name
            for one in self.second_opinions
            if not set(one.guided).isdisjoint(parts) or one.sha256 in of_pixels
        )

    @cached_property
    def _of_pixels(self) -> tuple[list[SaliencyModel | PublishedDeepGaze], list[str]]:
        """The models that guide free pixels, and their hashes."""
        if not self._pixel_guides:
            return self._loaded, self.guiding_sha256
        loaded = [self._load("pixels.guides", name) for name in self._pixel_guides]
        return loaded, [saliency_model_sha256(model) for model in loaded]

    def _load(self, setting: str, name: str) -> SaliencyModel | PublishedDeepGaze:
        """Return the saliency model that a setting names.

        Raises
        ------
        InputError
            If there is none; it names the setting.
        """
        try:
            return load_saliency_model(name)
        except InputError as error:
            raise InputError(f"{self._where}: {setting}: {error}") from None

    def log_saliency(self, image: Tensor) -> Tensor:
        """Return the prediction ``(H, W)`` of the first guiding model for ``(3, H, W)``."""
        return self.guiding[0].log_saliency(image[None])[0]

    def second_log_saliency(self, image: Tensor) -> dict[str, Tensor]:
        """Return the predictions ``(H, W)`` of the models that took no part, by their names."""
        return {one.name: one.log_saliency(image) for one in self.second_opinions}

    def predictions(self, pixels: np.ndarray, size: Size | None = None) -> ImagePredictions:
        """Return an image with what the models predict of it.

        Parameters
        ----------
        pixels : ndarray (H, W, 3), uint8
            The image as the networks see it.
        size
            Of the photograph as shown, which the guiding model's prediction is brought to; by
            default that of `pixels`.
        """
        image = to_image(pixels)
        log_saliency = resized(self.log_saliency(image), size or pixels.shape[:2])
        return ImagePredictions(pixels, log_saliency, self.second_log_saliency(image))

    @property
    def strength_identity(self) -> dict[str, object]:
        """All that decides the strength of versions beside what makes them, JSON-ready."""
        chosen = self._settings
        identity: dict[str, object] = {}
        if chosen.budget:
            identity |= {
                "bounds": asdict(self._bounds),
                "realism": load_realism_head(GUIDE).sha256,
                "usual": self.usual,
            }
        if chosen.aim or chosen.aim_bits:
            judges = [one.sha256 for one in self.second_opinions]
            identity |= {"aims": [chosen.aim, chosen.aim_bits], "judges": judges}
        if identity:  # of pixels and networks another model guides the change itself
            identity["model"] = self.guiding_sha256[0]
        return identity

    @property
    def naturalness_identity(self) -> dict[str, object]:
        """All that decides how natural a version is measured to be, JSON-ready."""
        judges = [load_realism_head(name).sha256 for name in (GUIDE, JUDGE)]
        return {"judges": judges, "usual": self.usual, "bounds": asdict(self._bounds)}

    @property
    def _bounds(self) -> Bounds:
        return Bounds.of(self._settings)

    @cached_property
    def _region_features(self) -> RegionFeatures:
        return RegionFeatures()

    @cached_property
    def naturalness(self) -> NaturalnessMeasure:
        """How natural a version is."""
        judges = load_realism_head(GUIDE), load_realism_head(JUDGE)
        usual = load_usual_range(self._settings.usual)
        return NaturalnessMeasure(self._region_features, judges, usual, self._bounds)

    def budget(self, photograph: Tensor, intent: Intent) -> Budget:
        """Return what may become of the regions of an intent in a photograph ``(3, H, W)``.

        Without regions, or where they are the whole picture, what is salient counts.
        """
        regions = usable_masks([*intent.masks], photograph)
        if not regions:
            log_saliency = self.log_saliency(photograph)
            salient = salient_region(log_saliency, torch.zeros_like(log_saliency))
            regions = usable_masks([salient], photograph)
        return Budget(
            photograph, regions, self._bounds, self._region_features,
            load_realism_head(GUIDE), load_usual_range(self._settings.usual),
        )  # fmt: skip


def parts_in_use(settings: Settings) -> tuple[str, ...]:
    """Return what makes some version of a study, as `Maker.parts`: networks, and free pixels."""
    chosen = settings.manipulation
    of_transform: dict[str, list[VersionSettings]] = {}
    for source in settings.sources:
        for version in source.versions:
            of_transform.setdefault(version.transform or chosen.transform, []).append(version)
    versions = of_transform.get(Transform.NETWORK, [])
    found = [str(Transform.PIXELS)] if Transform.PIXELS in of_transform else []
    if any(target.k_shift for version in versions for target in version.targets):
        found.append(chosen.shift_network)
    if any(version.k_scale != 1 for version in versions):
        found.append(chosen.scale_network)
    return tuple(found)
