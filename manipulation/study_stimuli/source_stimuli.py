"""The stimuli of a source: the original and its versions, their files and catalogue rows.

A version is made in steps, each with a file of its own: what is asked for (targets), the changed
image as the networks see it (versions), the image as shown (images), its prediction (predictions),
and what the models expect of it. A step is done again only where something that it depends on has
changed (`build_record`), and every file is written whole.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from torch import Tensor

from manipulation.images.framing import Framing
from manipulation.images.photographs import resized, to_image, to_pixels
from manipulation.study_stimuli.build_record import BuildRecord, array_sha256
from manipulation.study_stimuli.chosen_strength import ChosenVersion, aim_reached
from manipulation.study_stimuli.control_stimulus import MadeVersion, make_control
from manipulation.study_stimuli.made_with import MADE_WITH, made_with
from manipulation.study_stimuli.models import StudyModels
from manipulation.study_stimuli.recorded_effect import (
    RECIPE,
    HashedFile,
    RecordedEffect,
    ShownImage,
    seen_by_networks,
)
from manipulation.study_stimuli.source_material import Ids, SourceMaterial
from manipulation.study_stimuli.version_choice import FoundVersions, VersionChoice
from manipulation.study_stimuli.version_makers import VersionMakers
from manipulation.upscaling.network import Upscaler
from stimuli.contract.settings import VersionSettings
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import (
    Block,
    Condition,
    Direction,
    PredictedEffect,
    Stimulus,
    Target,
    Transform,
)
from stimuli.support.files import (
    read_image,
    sha256_as_read,
    write_image,
    write_log_saliency,
)

_EDITS = "edits"  # noted in the record while a version is made
_SURROUND = ("salient", "rest")  # regions of edits beside the targets


class SourceStimuli:
    """Makes the stimuli of one source after the other.

    Parameters
    ----------
    study
        Where they are written, and all that is asked.
    models, makers, upscaler
        Predict, change and enlarge the images.
    blocks
        Block of every version, by source and direction.
    on_change
        Called before anything is made anew.
    found
        Versions that were found before, which are not searched again.
    """

    def __init__(
        self,
        study: Study,
        models: StudyModels,
        makers: VersionMakers,
        upscaler: Upscaler,
        blocks: Mapping[tuple[str, Direction], Block],
        on_change: Callable[[], None],
        found: FoundVersions | None = None,
    ) -> None:
        self.study, self.images = study, study.settings.images
        self.models, self.makers, self.upscaler = models, makers, upscaler
        self.blocks, self._on_change = blocks, on_change
        found = FoundVersions() if found is None else found
        self.choice = VersionChoice(self.images, models, makers, upscaler, found)

    def make(self, material: SourceMaterial) -> tuple[Stimulus, ...]:
        """Make the original and the versions of a source, and write their files."""
        photograph = material.photograph
        shown, original = self._original(material, photograph)
        made = {Direction.NONE: MadeVersion(original)}
        for version in material.source.versions:
            made[version.direction] = self._version(material, version, photograph, shown)
        if self.study.settings.has_control(material.source):
            control = make_control(self, material, made[Direction.INCREASE], shown)
            made[Direction.CONTROL] = MadeVersion(control)
        return tuple(made[direction].stimulus for direction in Direction if direction in made)

    def record(self, stim_id: str) -> BuildRecord:
        """Return the record of what was made for a stimulus."""
        return BuildRecord(self.study.root, stim_id, self._on_change)

    def _original(
        self, material: SourceMaterial, photograph: Tensor
    ) -> tuple[ShownImage, Stimulus]:
        record = self.record(f"{material.source.source_id}_{Condition.ORIGINAL}")
        for ids in material.target_ids:
            self._write_mask(record, material, ids)
        framing = material.framing
        shown = self.shown(record, lambda: photograph, array_sha256(photograph), framing)
        aim = material.aim(material.source.versions[0])
        effect = self.effects(record, framing, aim).of_original(shown)
        record.finish()
        return shown, self.row(material, None, record.stim_id, shown, effect)

    def _version(
        self,
        material: SourceMaterial,
        version: VersionSettings,
        photograph: Tensor,
        original: ShownImage,
    ) -> MadeVersion:
        record = self.record(f"{material.source.source_id}_{version.direction}")
        intent, maker = material.intent(version), self.makers.maker(version)
        asked = [RECIPE, array_sha256(photograph), intent.identity]

        def log_saliency_asked_for() -> np.ndarray:
            log_saliency = resized(self.models.log_saliency(photograph), material.shown_size)
            return intent.target(log_saliency).numpy()

        target = target_file(record.stim_id)
        target_sha256 = record.file_if_stale(
            target,
            [*asked, self.models.guiding_sha256[0], self.images.size_px],
            lambda path: write_log_saliency(path, log_saliency_asked_for()),
        )

        @cache
        def chosen() -> ChosenVersion:
            return self.choice.choose(material, version)

        changed = f"stimuli/versions/{record.stim_id}.png"
        made_from = self.choice.made_from(material, version)
        regions = [_annotations(material.ids(target)) for target in version.targets]

        def write_changed(path: Path) -> None:
            record.note(
                _EDITS, made_from,
                {
                    region: {name: float(f"{amount:.4g}") for name, amount in edits.items()}
                    for region, edits in zip([*regions, *_SURROUND], chosen().edits, strict=False)
                },
            )  # fmt: skip
            write_image(path, to_pixels(chosen().image))

        changed_sha256 = record.file_if_stale(changed, made_from, write_changed)
        share = record.value_if_stale("strength", made_from, lambda: chosen().share)
        amounts = None
        if version.direction == Direction.INCREASE and self.study.settings.has_control(
            material.source
        ):
            amounts = record.value_if_stale("amounts", made_from, lambda: chosen().amounts)
        changed_path = self.study.root / changed
        shown = self.shown(
            record, lambda: to_image(read_image(changed_path)), changed_sha256, material.framing
        )
        effect = self.effects(record, material.framing, material.aim(version)).of_version(
            original, shown, HashedFile(target, target_sha256), material.regions(version)
        )
        effect = effect.judged_without(self.models.took_part(maker.parts))
        manipulation, of_entropy = self.study.settings.manipulation, not version.targets
        reached = aim_reached(effect, manipulation, of_entropy=of_entropy)
        effect = effect.shown_with(share, reached)
        edits = record.noted(_EDITS, made_from) or {}
        record.finish()
        row = self.row(material, version, record.stim_id, shown, effect)
        return MadeVersion(replace(row, edits=edits), share, amounts)

    def _write_mask(self, record: BuildRecord, material: SourceMaterial, ids: Ids) -> None:
        pixels = material.framing.mask((material.mask(ids) * 255).byte().numpy())
        record.file_if_stale(
            mask_file(material.source.source_id, ids),
            array_sha256(pixels),
            lambda path: write_image(path, pixels),
        )

    def shown(
        self, record: BuildRecord, image: Callable[[], Tensor], image_from: str, framing: Framing
    ) -> ShownImage:
        """Return an image as shown and its prediction, both from their files.

        The prediction is of the photograph alone, without what surrounds it.
        """
        size_px, model_px = self.images.size_px, self.images.model_px
        shown = f"stimuli/images/{record.stim_id}.png"
        shown_path = self.study.root / shown

        shown_sha256 = record.file_if_stale(
            shown,
            [RECIPE, image_from, self.upscaler.sha256, size_px, *framing.identity],
            lambda path: write_image(path, self._framed(image(), framing)),
        )

        record.value_if_stale(MADE_WITH, shown_sha256, made_with)

        def predicted() -> np.ndarray:  # rounding and both resizes included
            seen = seen_by_networks(read_image(shown_path), framing)
            return resized(self.models.log_saliency(seen), framing.shown_size).numpy()

        prediction = f"stimuli/predictions/{record.stim_id}.npz"
        prediction_sha256 = record.file_if_stale(
            prediction,
            [shown_sha256, self.models.guiding_sha256[0], model_px, *framing.identity],
            lambda path: write_log_saliency(path, predicted()),
        )
        return ShownImage(
            HashedFile(shown, shown_sha256), HashedFile(prediction, prediction_sha256)
        )

    def _framed(self, image: Tensor, framing: Framing) -> np.ndarray:
        """Return an image as shown."""
        return framing.image(to_pixels(self.upscaler(image, framing.shown_size)))

    def effects(self, record: BuildRecord, framing: Framing, aim: Tensor | None) -> RecordedEffect:
        """Return what measures the effect of a stimulus on p_obj of a region, or the entropy."""
        return RecordedEffect(self.study.root, self.models, framing, record, aim)

    def row(
        self,
        material: SourceMaterial,
        version: VersionSettings | None,
        stim_id: str,
        shown: ShownImage,
        effect: PredictedEffect,
    ) -> Stimulus:
        """Return the catalogue's row of a version, or of the original."""
        source_id, root = material.source.source_id, self.study.root
        direction = version.direction if version else Direction.NONE
        targets = []
        for target in version.targets if version else ():
            ids = material.ids(target)
            mask = mask_file(source_id, ids)
            targets.append(Target(ids, target.k_shift, mask, sha256_as_read(root / mask)))
        asked = target_file(stim_id) if version else None
        if asked and not (root / asked).is_file():  # a control's
            asked = None
        return Stimulus(
            stim_id=stim_id,
            source_id=source_id,
            condition=material.source.condition if version else Condition.ORIGINAL,
            direction=direction,
            block=self.blocks[source_id, direction] if version else Block.ORIGINALS,
            targets=tuple(targets),
            k_scale=version.k_scale if version else 1.0,
            image=shown.image.path,
            target=asked,
            prediction=shown.prediction.path,
            image_sha256=shown.image.sha256,
            source_sha256=sha256_as_read(root / material.source.photograph),
            checkpoint_sha256=self.models.guiding_sha256[0],
            licence=material.licence,
            photograph=material.file_name,
            transform=self.makers.transform(version) if version else Transform.NONE,
            effect=effect,
            photograph_px=material.framing.photograph if self.images.fit == "whole" else None,
            target_sha256=None if asked is None else sha256_as_read(root / asked),
            prediction_sha256=shown.prediction.sha256,
        )


def _annotations(ids: Ids) -> str:
    return "+".join(map(str, ids))


def mask_file(source_id: str, ids: Ids) -> str:
    """Return the path in the study of the mask of a region."""
    return f"stimuli/masks/{source_id}_{'-'.join(map(str, ids))}.png"


def target_file(stim_id: str) -> str:
    """Return the path in the study of the log saliency that a version was asked for."""
    return f"stimuli/targets/{stim_id}.npz"
