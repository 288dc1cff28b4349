"""The workbench: the sources of a study, and what any version of them comes to.

Nothing here knows of a page. Of every source what does not depend on the choice is computed once;
a choice is a `VersionSettings`, the same that ``study.toml`` states.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from manipulation.interactive.outcome import (
    FULL,
    PREVIEW,
    SAVED,
    Outcome,
    View,
    as_tensor,
    outcome,
    sized,
)
from manipulation.interactive.preview import Known, negative_of, preview_edits, preview_pixels
from manipulation.interactive.regions import Region, key_of, regions_of_source
from manipulation.interactive.turns import Watched
from manipulation.judges import Judges
from manipulation.photographs import resized, to_image, to_pixels
from manipulation.sources import Sources
from manipulation.transforms.edits import Negative
from manipulation.transforms.files import transform_file
from manipulation.transforms.intent import Intent
from manipulation.transforms.makers import build_maker
from stimuli.catalogue import read_catalogue
from stimuli.errors import InputError, nearest
from stimuli.files import read_image, read_log_saliency, sha256
from stimuli.settings import TRANSFORMS, SourceSettings, VersionSettings
from stimuli.study import open_study
from stimuli.vocabulary import Condition, Direction, Stimulus

_KEPT = 6  # photographs whose predictions are kept


@dataclass(frozen=True, eq=False)
class Bench:
    """A source, and what does not depend on what is asked of it.

    Attributes
    ----------
    photograph : Tensor (3, side, side)
        As the networks see it.
    view
        Of the photograph.
    models
        That guide the change, with their predictions of the photograph.
    regions
        That can be chosen, by key.
    """

    source: SourceSettings
    photograph: Tensor
    view: View
    models: Sequence[Known]
    regions: dict[str, Region]


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
        self.sources.check()
        self.judges = Judges(self.settings.manipulation, self.study.settings_file.name)
        self._networks = build_maker("network", self.settings, self.judges.guiding)
        self._benches: OrderedDict[str, Bench] = OrderedDict()
        self._negative: tuple[tuple[str, ...], Negative] | None = None

    @property
    def settings(self):
        """Of the study."""
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
            photograph = self.sources.photograph(source)
            regions = {}
            if source.condition == Condition.OBJECT:
                regions = regions_of_source(self.sources, source)
            models = [Known(one, photograph) for one in self.judges.guiding]
            view = self._view(photograph)
            self._benches[source_id] = Bench(source, photograph, view, models, regions)
        self._benches.move_to_end(source_id)
        while len(self._benches) > _KEPT:
            self._benches.popitem(last=False)
        return self._benches[source_id]

    def check(self, source_id: str, version: VersionSettings) -> None:
        """Raise InputError if a version cannot be made."""
        source = self.source(source_id)
        if source.condition == Condition.OBJECT and not version.targets:
            raise InputError(
                f"{source_id}, {version.direction}: no object is chosen; click one on the "
                f"photograph or in the list"
            )
        self._regions(source_id, version)
        if reason := self.why_not(self.transform(version)):
            raise InputError(reason)

    def transform(self, version: VersionSettings) -> str:
        """Return the name of what makes a version."""
        return version.transform or self.settings.manipulation.transform

    def why_not(self, transform: str) -> str | None:
        """Return why versions cannot be made by a transform; None where they can."""
        if transform not in TRANSFORMS:
            return f"transform is {transform!r}; expected one of {', '.join(TRANSFORMS)}"
        chosen = self.settings.manipulation
        if transform != "network":
            return None
        if chosen.also:
            return (
                "network: manipulation.also names further saliency models, and networks work "
                "against the one that they were trained with"
            )
        for kind in ("shift", "scale"):
            name = getattr(chosen, f"{kind}_network")
            try:
                transform_file(name)
            except InputError:
                return (
                    f"network: manipulation.{kind}_network is {name!r}, which neither ships nor is "
                    f"a file; name one of manipulation.train in study.toml"
                )
        return None

    def preview(self, source_id: str, version: VersionSettings) -> Outcome:
        """Return a first look at a version, quickly.

        Parametric edits and pixels stop after one step of their search; networks need no search,
        so theirs is the version itself.

        Raises
        ------
        InputError
            If the version cannot be made.
        """
        self.check(source_id, version)
        bench = self.bench(source_id)
        intent, transform = self._intent(source_id, version), self.transform(version)
        if transform == "network":
            changed = self._networks(bench.photograph, intent)
            return self._outcome(FULL, bench, version, intent, changed)
        if transform == "pixels":
            changed = preview_pixels(bench.models, bench.photograph, intent, self.settings.pixels)
        else:
            negative = self._negative_of(bench, version, intent)
            changed = preview_edits(
                bench.models, bench.photograph, intent, negative, self.settings.edits
            )
        return self._outcome(PREVIEW, bench, version, intent, changed)

    def full(
        self, source_id: str, version: VersionSettings, check: Callable[[], None] = lambda: None
    ) -> Outcome:
        """Return a version as saving would make it.

        Parameters
        ----------
        check
            Called before every use of a saliency model; what it raises ends the work.

        Raises
        ------
        InputError
            If the version cannot be made.
        """
        self.check(source_id, version)
        bench, transform = self.bench(source_id), self.transform(version)
        maker = self._networks
        if transform != "network":
            models = [Watched(one, check) for one in self.judges.guiding]
            maker = build_maker(transform, self.settings, models)
        intent = self._intent(source_id, version)
        return self._outcome(FULL, bench, version, intent, maker(bench.photograph, intent))

    def saved(self, source_id: str, version: VersionSettings) -> Outcome | None:
        """Return a version from the files of the study; None where they do not hold it.

        Raises
        ------
        InputError
            If a file cannot be read.
        """
        if not self.study.catalogue.is_file():
            return None
        rows = {
            one.direction: one
            for one in read_catalogue(self.study.catalogue)
            if one.source_id == source_id
        }
        direction = Direction(version.direction)
        if not {Direction.NONE, direction} <= rows.keys():
            return None
        if not self._states(rows[direction], source_id, version):
            return None
        root, masks = self.study.root, self._masks(source_id, version)
        views = [self._saved_view(rows[one]) for one in (Direction.NONE, direction)]
        target = as_tensor(read_log_saliency(root / rows[direction].target))
        found = outcome(SAVED, version.direction, *views, target, masks)
        told = rows[direction].prognosis
        return replace(found, prognosis=told) if told else found

    def _states(self, row: Stimulus, source_id: str, version: VersionSettings) -> bool:
        source = self.source(source_id)
        asked = [(self.sources.ids(source, one), one.k_shift) for one in version.targets]
        made = [(one.annotation_ids, one.k_shift) for one in row.targets]
        return (made, row.k_scale, row.transform) == (
            asked,
            version.k_scale,
            self.transform(version),
        )

    def _saved_view(self, row: Stimulus) -> View:
        pixels = read_image(self.study.root / row.image)
        seen = resized(to_image(pixels), self.settings.images.model_px)
        log_saliency = as_tensor(read_log_saliency(self.study.root / row.prediction))
        return View(pixels, log_saliency, self._second(seen))

    def _view(self, image: Tensor) -> View:
        pixels = to_pixels(image)
        rounded = to_image(pixels)
        return View(pixels, self.judges.log_saliency(rounded), self._second(rounded))

    def _second(self, image: Tensor) -> Tensor | None:
        return self.judges.second_log_saliency(image) if self.judges.second else None

    def _outcome(
        self, stage: str, bench: Bench, version: VersionSettings, intent: Intent, changed: Tensor
    ) -> Outcome:
        masks = self._masks(bench.source.source_id, version)
        return outcome(
            stage, version.direction, bench.view, self._view(changed),
            intent.target(bench.view.log_saliency), sized(masks, self.settings.images.model_px),
        )  # fmt: skip

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

    def _intent(self, source_id: str, version: VersionSettings) -> Intent:
        """Return what `Sources.intent` does, from masks that are read already."""
        side, model_px = self.settings.images.size_px, self.settings.images.model_px
        masks = list(self._masks(source_id, version).values())
        return Intent(
            masks=torch.stack(masks) if masks else torch.zeros(0, side, side),
            k_shift=tuple(target.k_shift for target in version.targets),
            k_scale=version.k_scale,
            blur=self.settings.manipulation.mask_blur_px / model_px,
        )

    def _negative_of(self, bench: Bench, version: VersionSettings, intent: Intent) -> Negative:
        key = (bench.source.source_id, *map(key_of, version.targets))
        if self._negative is None or self._negative[0] != key:
            log_saliency = bench.models[0].predict(bench.photograph[None])[0]
            feather = self.settings.edits.feather
            self._negative = (key, negative_of(bench.photograph, intent, log_saliency, feather))
        return self._negative[1]
