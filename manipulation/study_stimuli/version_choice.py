"""Finding the version of a source that a study asks for; what was found once is not searched again.

`generate` and the studio find it in the same way from the same inputs, so a version that the studio
has finished is what a save writes.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from manipulation.images.photographs import to_pixels
from manipulation.study_stimuli.build_record import array_sha256, digest
from manipulation.study_stimuli.chosen_strength import ChosenVersion, chosen_version
from manipulation.study_stimuli.models import StudyModels
from manipulation.study_stimuli.recorded_effect import RECIPE, seen_by_networks
from manipulation.study_stimuli.source_material import SourceMaterial
from manipulation.study_stimuli.version_makers import VersionMakers
from manipulation.upscaling.network import Upscaler
from stimuli.contract.settings import ImageSettings, VersionSettings

_KEPT = 8


@dataclass
class FoundVersions:
    """The versions that were found last, by the digest of all that they were made from."""

    _by_digest: OrderedDict[str, ChosenVersion] = field(default_factory=OrderedDict)

    def get(self, made_from: list[object]) -> ChosenVersion | None:
        """Return what was found from the same inputs, or None."""
        return self._by_digest.get(digest(made_from))

    def keep(self, made_from: list[object], version: ChosenVersion) -> None:
        """Keep a version; the oldest beyond eight are forgotten."""
        self._by_digest[digest(made_from)] = version
        while len(self._by_digest) > _KEPT:
            self._by_digest.popitem(last=False)


@dataclass
class VersionChoice:
    """Finds versions for a study's settings of images, within the budget as shown.

    Attributes
    ----------
    models, makers, upscaler
        Predict, change and enlarge the images.
    found
        What was found before, and what is found here.
    """

    images: ImageSettings
    models: StudyModels
    makers: VersionMakers
    upscaler: Upscaler
    found: FoundVersions = field(default_factory=FoundVersions)

    def made_from(self, material: SourceMaterial, version: VersionSettings) -> list[object]:
        """Return all that decides a version, JSON-ready."""
        manipulation = self.makers.settings.manipulation
        made_from = [
            RECIPE, array_sha256(material.photograph), material.intent(version).identity,
            self.makers.maker(version).identity,
            self.models.guides_sha256(self.makers.transform(version)),
            self.models.strength_identity,
        ]  # fmt: skip
        if manipulation.budget:
            framing = material.framing
            made_from += [self.upscaler.sha256, self.images.size_px, *framing.identity]
        return made_from

    def choose(self, material: SourceMaterial, version: VersionSettings) -> ChosenVersion:
        """Return a version at its strength, found before or now."""
        made_from, framing = self.made_from(material, version), material.framing
        if known := self.found.get(made_from):
            return known
        chosen = chosen_version(
            self.makers.maker(version), material.photograph, material.intent(version), self.models,
            self.makers.settings.manipulation,
            lambda image: seen_by_networks(
                framing.image(to_pixels(self.upscaler(image, framing.shown_size))), framing
            ),
        )  # fmt: skip
        self.found.keep(made_from, chosen)
        return chosen
