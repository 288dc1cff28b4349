"""The workbench: the sources of a study, and what any version of them comes to.

Nothing here knows of a page. Of every source what does not depend on the choice is computed once;
a choice is a `VersionSettings`, the same that ``study.toml`` states.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from manipulation.images.photographs import Size, to_pixels
from manipulation.saliency.models.protocol import LogSaliencyModel
from manipulation.studio_page.outcome import Outcome, Stage, outcome
from manipulation.studio_page.preview import (
    KnownPrediction,
    negative_of,
    preview_edits,
    preview_pixels,
)
from manipulation.studio_page.regions import Region, key_of, regions_of_source
from manipulation.studio_page.saved_version import saved_outcome
from manipulation.studio_page.turns import InterruptibleModel
from manipulation.study_stimuli.chosen_strength import aim_reached
from manipulation.study_stimuli.models import StudyModels, parts_in_use
from manipulation.study_stimuli.predicted_effect import ImagePredictions
from manipulation.study_stimuli.source_material import SourceMaterial, Sources
from manipulation.study_stimuli.version_choice import FoundVersions, VersionChoice
from manipulation.study_stimuli.version_makers import VersionMakers
from manipulation.targets.intent import Intent
from manipulation.transforms.edits import Negative
from manipulation.upscaling.network import load_upscaler
from stimuli.contract.settings import Settings, SourceSettings, VersionSettings
from stimuli.contract.study import open_study
from stimuli.contract.vocabulary import Condition, Transform
from stimuli.support.errors import InputError, nearest
from stimuli.support.files import sha256

_KEPT = 6  # photographs whose predictions are kept


@dataclass(frozen=True, eq=False)
class Bench:
    """A source, and what does not depend on what is asked of it.

    Attributes
    ----------
    photograph : Tensor (3, h, w)
        The photograph as the networks see it.
    original
        The photograph and what the models predict of it.
    models
        Models that guide the change, with their predictions of the photograph.
    regions
        Regions that can be chosen, by key.
    """

    material: SourceMaterial
    photograph: Tensor
    original: ImagePredictions
    models: Sequence[KnownPrediction]
    regions: dict[str, Region]

    @property
    def source(self) -> SourceSettings:
        """Settings of the source."""
        return self.material.source


class Workbench:
    """Tries versions of the sources of a study.

    Parameters
    ----------
    root
        Study folder.

    Raises
    ------
    InputError
        If anything about the study is wrong.
    """

    def __init__(self, root: Path) -> None:
        self.study = open_study(root)
        self._read = sha256(self.study.settings_file)
        self.sources = Sources(self.study)
        self.sources.read()
        self.models = StudyModels(
            self.settings.manipulation,
            self.study.settings_file.name,
            parts_in_use(self.settings),
            self.settings.pixels.guides,
        )
        self.makers = self._makers_for(self.models.guides)
        self._benches: OrderedDict[str, Bench] = OrderedDict()
        self._negative: tuple[tuple[str, ...], Negative] | None = None
        self._upscaler = load_upscaler(self.settings.images.upscale)
        self.found = FoundVersions()
        self._finished: OrderedDict[tuple[str, VersionSettings], Outcome] = OrderedDict()

    @property
    def settings(self) -> Settings:
        """Settings of the study."""
        return self.study.settings

    @property
    def is_current(self) -> bool:
        """Whether ``study.toml`` is what it was when it was read."""
        path = self.study.settings_file
        return path.is_file() and sha256(path) == self._read

    def source(self, source_id: str) -> SourceSettings:
        """Return the settings of a source, or raise InputError."""
        known = {one.source_id: one for one in self.settings.sources}
        if source_id not in known:
            raise InputError(
                f"{self.study.settings_file}: has no source {source_id!r}; expected one of "
                f"{sorted(known)}{nearest(str(source_id), known)}"
            )
        return known[source_id]

    def version(self, source_id: str, direction: str) -> VersionSettings:
        """Return the version that ``study.toml`` states."""
        versions = self.source(source_id).versions
        return next(one for one in versions if one.direction == direction)

    def bench(self, source_id: str) -> Bench:
        """Return a source with all that does not depend on what is asked of it."""
        if source_id not in self._benches:
            source = self.source(source_id)
            material = self.sources.material(source)
            photograph = material.photograph
            regions = {}
            if source.condition == Condition.OBJECT:
                regions = regions_of_source(material)
            models = [KnownPrediction(one, photograph) for one in self.models.guiding]
            original = self._predictions(photograph, material.shown_size)
            self._benches[source_id] = Bench(material, photograph, original, models, regions)
        self._benches.move_to_end(source_id)
        while len(self._benches) > _KEPT:
            self._benches.popitem(last=False)
        return self._benches[source_id]

    def regions_changed(self) -> None:
        """Read the annotations of all sources again, for a region that was kept or removed."""
        self.sources = Sources(self.study)
        self._finished.clear()  # their objects may have other names
        for source_id, bench in list(self._benches.items()):
            material = self.sources.material(bench.source)
            regions = regions_of_source(material) if bench.regions else {}
            self._benches[source_id] = replace(bench, material=material, regions=regions)

    def check(self, source_id: str, version: VersionSettings) -> None:
        """Raise InputError if a version cannot be made."""
        source = self.source(source_id)
        if source.condition == Condition.OBJECT and not version.targets:
            raise InputError(
                f"{source_id}, {version.direction}: no object is chosen; click one on the "
                f"photograph or in the list"
            )
        self._regions(source_id, version)
        if reason := self.makers.unavailable_because(self.makers.transform(version)):
            raise InputError(reason)

    def preview(self, source_id: str, version: VersionSettings) -> Outcome:
        """Return a first look at a version, quickly; what `check` refuses is refused.

        Parametric edits and pixels stop after one step of their search; networks need no search,
        so theirs is the version itself.
        """
        self.check(source_id, version)
        bench = self.bench(source_id)
        intent, transform = bench.material.intent(version), self.makers.transform(version)
        if transform == Transform.NETWORK:
            return self._chosen_outcome(bench, version, self.makers)
        if transform == Transform.PIXELS:
            known = [
                KnownPrediction(one, bench.photograph) for one in self.models.guides(transform)
            ]
            changed = preview_pixels(known, bench.photograph, intent, self.settings.pixels)
        elif transform == Transform.EDITS:
            negative = self._negative_of(bench, version, intent)
            changed = preview_edits(
                bench.models, bench.photograph, intent, negative, self.settings.edits
            )
        else:
            raise InputError(
                f"transform is {transform!r}, of which the studio has no preview; expected edits, "
                f"network or pixels; make its versions with manipulation.generate"
            )
        return self._outcome(Stage.PREVIEW, bench, version, intent, changed)

    def full(
        self, source_id: str, version: VersionSettings, check: Callable[[], None] = lambda: None
    ) -> Outcome:
        """Return a version as saving would make it; what `check` refuses is refused.

        Parameters
        ----------
        check
            Called before every use of a saliency model; what it raises ends the work.
        """
        self.check(source_id, version)
        bench, makers = self.bench(source_id), self.makers
        if makers.transform(version) != Transform.NETWORK:  # those have models of their own
            makers = self._makers_for(
                lambda transform: [
                    InterruptibleModel(one, check) for one in self.models.guides(transform)
                ]
            )
        finished = self._chosen_outcome(bench, version, makers)
        self._finished[source_id, version] = finished
        while len(self._finished) > _KEPT:
            self._finished.popitem(last=False)
        return finished

    def finished(self, source_id: str, version: VersionSettings) -> Outcome | None:
        """Return a version in full if it was made lately, else None."""
        return self._finished.get((source_id, version))

    def saved(self, source_id: str, version: VersionSettings) -> Outcome | None:
        """Return a version from the files of the study; None where they do not hold it.

        Raises
        ------
        InputError
            If a file cannot be read.
        """
        material = self.sources.material(self.source(source_id))
        transform, masks = self.makers.transform(version), self._masks(source_id, version)
        return saved_outcome(self.study, material, version, transform, self.models, masks)

    def _makers_for(
        self, guides: Callable[[Transform], Sequence[LogSaliencyModel]]
    ) -> VersionMakers:
        return VersionMakers(self.settings, guides, self.study.settings_file.name)

    def _predictions(self, image: Tensor, size: Size) -> ImagePredictions:
        return self.models.predictions(to_pixels(image), size)

    def _chosen_outcome(
        self, bench: Bench, version: VersionSettings, makers: VersionMakers
    ) -> Outcome:
        images, intent = self.settings.images, bench.material.intent(version)
        choice = VersionChoice(images, self.models, makers, self._upscaler, self.found)
        chosen = choice.choose(bench.material, version)
        found = self._outcome(Stage.FULL, bench, version, intent, chosen.image)
        manipulation = self.settings.manipulation
        reached = aim_reached(found.effect, manipulation, of_entropy=not version.targets)
        return replace(found, effect=found.effect.shown_with(chosen.share, reached))

    def _outcome(
        self, stage: Stage, bench: Bench, version: VersionSettings, intent: Intent, changed: Tensor
    ) -> Outcome:
        masks = self._masks(bench.source.source_id, version)
        shown = self._predictions(changed, bench.material.shown_size)
        natural = None  # a preview is not waited for
        if stage == Stage.FULL:
            natural = self.models.naturalness(
                bench.photograph, changed, bench.material.regions(version),
                bench.original.log_saliency,
            )  # fmt: skip
        found = outcome(
            stage, version.direction, bench.original, shown,
            intent.target(bench.original.log_saliency), masks, natural,
        )  # fmt: skip
        took_part = self.models.took_part(self.makers.maker(version).parts)
        return replace(found, effect=found.effect.judged_without(took_part))

    def _regions(self, source_id: str, version: VersionSettings) -> list[Region]:
        regions = self.bench(source_id).regions
        for key in map(key_of, version.targets):
            if key not in regions:
                raise InputError(
                    f"{source_id}: has no region {key!r}; expected one of {', '.join(regions)}"
                )
        return [regions[key_of(target)] for target in version.targets]

    def _masks(self, source_id: str, version: VersionSettings) -> dict[str, Tensor]:
        return {one.name: one.mask.float() for one in self._regions(source_id, version)}

    def _negative_of(self, bench: Bench, version: VersionSettings, intent: Intent) -> Negative:
        key = (bench.source.source_id, *map(key_of, version.targets))
        if self._negative is None or self._negative[0] != key:
            log_saliency = bench.models[0].log_saliency(bench.photograph[None])[0]
            feather = self.settings.edits.feather
            self._negative = (key, negative_of(bench.photograph, intent, log_saliency, feather))
        return self._negative[1]
