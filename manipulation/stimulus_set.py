"""The stimuli of a study while they are made: one source after the other, then the catalogue.

A version is made in steps, each with a file of its own: what is asked for (targets), the changed
image as the networks see it (versions), the image as shown (images), its prediction (predictions),
and what the models think of it. A step is done again only where something that it depends on has
changed (`design.made`), and every file is written whole. The catalogue comes last, so a study
without ``stimuli.tsv`` is one whose stimuli are not finished.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from manipulation.design.blocks import block_orders, version_blocks
from manipulation.design.contact_sheet import Panel, write_contact_sheets
from manipulation.design.made import Made, array_sha256
from manipulation.judges import Judges
from manipulation.photographs import resized, to_image, to_pixels
from manipulation.prognosis import measured, newly_clipped, psnr_db
from manipulation.saliency.centre_bias import log_normalised
from manipulation.sources import Ids, Sources
from manipulation.transforms.makers import Maker, Networks, build_maker
from manipulation.transforms.upscaling import load_upscaler
from stimuli.catalogue import write_blocks, write_catalogue
from stimuli.errors import InputError
from stimuli.files import read_image, read_log_saliency, sha256, write_image, write_log_saliency
from stimuli.provenance import write_sidecar
from stimuli.settings import SourceSettings, VersionSettings
from stimuli.study import Study
from stimuli.vocabulary import Block, Condition, Direction, Prognosis, Stimulus, Target

_SHEET_PX = 256
_RECIPE = 1  # counts up when the same settings come to make other files


class StimulusSet:
    """Makes the stimuli of a study.

    All photographs and annotations are read and checked at once, before anything is written.

    Parameters
    ----------
    study
        Its settings say everything that is made.

    Attributes
    ----------
    stimuli
        Rows of the catalogue so far: three of every source.
    fresh
        Files and figures that were made anew; 0 if everything was there.
    """

    def __init__(self, study: Study) -> None:
        self.study, self.settings = study, study.settings
        self.sources = Sources(study)
        self.sources.check()
        self.upscaler = load_upscaler(self.settings.images.upscale)
        self.judges = Judges(self.settings.manipulation, study.settings_file.name)
        self._makers: dict[str, Maker] = {}
        for source in self.settings.sources:
            for version in source.versions:
                self.maker(version)
        self.blocks = version_blocks(
            {one.source_id: Condition(one.condition) for one in self.settings.sources},
            self.settings.study.seed,
        )
        self.fresh = 0
        self.stimuli: list[Stimulus] = []
        self._panels: list[list[Panel]] = []

    def add_source(self, source: SourceSettings) -> None:
        """Make the original and the two versions of a source, and write their files."""
        photograph = self.sources.photograph(source)
        row = {Direction.NONE: self._original(source, photograph)}
        for version in source.versions:
            direction = Direction(version.direction)
            row[direction] = self._version(source, version, photograph, row[Direction.NONE])
        self.stimuli += [row[direction] for direction in Direction]
        self._panels.append([self._panel(source, row[direction]) for direction in Direction])

    def finish(self) -> None:
        """Write blocks, contact sheets, provenance and, last, the catalogue."""
        study = self.study
        named = {stimulus.stim_id for stimulus in self.stimuli}
        for record in sorted((study.stimuli / "made").glob("*.json")):
            if record.stem not in named:  # of a source that the settings no longer name
                self._made(record.stem).remove()
        write_blocks(study.blocks, block_orders(self.settings.design.orders))
        title = (
            f"{self.settings.study.name}: images and predicted densities without centre bias "
            f"({self.settings.manipulation.saliency})"
        )
        write_contact_sheets(study.stimuli, self._panels, title)
        photographs = [study.root / one.photograph for one in self.settings.sources]
        write_sidecar(
            study.stimuli / "generate.provenance.json",
            command="manipulation.generate",
            settings=self.settings.as_dict(),
            inputs=[study.settings_file, *photographs, *self.sources.annotation_files],
            outputs=[study.root / one.image for one in self.stimuli] + [study.blocks],
            seeds={"study": self.settings.study.seed},
            root=study.root,
        )
        write_catalogue(study.catalogue, self.stimuli)

    def transform(self, version: VersionSettings) -> str:
        """Return the name of what makes a version."""
        return version.transform or self.settings.manipulation.transform

    def maker(self, version: VersionSettings) -> Maker:
        """Return what makes a version.

        Raises
        ------
        InputError
            If it cannot be had, or does not go with `manipulation.also`.
        """
        chosen, name = self.settings.manipulation, self.transform(version)
        if name == "network" and chosen.also:
            raise InputError(
                f"{self.study.settings_file}: manipulation.also names {list(chosen.also)}, but "
                f"networks work against the model that they were trained with; expected "
                f'transform = "edits", or nothing in also'
            )
        if name not in self._makers:
            self._makers[name] = build_maker(name, self.settings, self.judges.guiding)
        maker = self._makers[name]
        if isinstance(maker, Networks):  # loaded now, so that a wrong one is named at once
            needed = {
                "shift": any(target.k_shift for target in version.targets),
                "scale": version.k_scale != 1,
            }
            for kind in (kind for kind, is_needed in needed.items() if is_needed):
                maker.network(kind)
        return maker

    def _made(self, stim_id: str) -> Made:
        return Made(self.study.root, stim_id, self._unfinished)

    def _unfinished(self) -> None:
        """Something is made anew: from here on the catalogue would be wrong."""
        self.fresh += 1
        self.study.catalogue.unlink(missing_ok=True)

    def _original(self, source: SourceSettings, photograph: Tensor) -> Stimulus:
        stim_id = f"{source.source_id}_{Condition.ORIGINAL}"
        made = self._made(stim_id)
        for ids, mask in self.sources.masks(source).items():
            pixels = (mask * 255).byte().numpy()
            made.file(
                _mask_file(source, ids), array_sha256(pixels), lambda p, m=pixels: write_image(p, m)
            )
        ids = self.sources.aim(source, source.versions[0])
        files = self._shown(made, lambda: photograph, array_sha256(photograph.numpy()))
        aim = None if ids is None else self.sources.mask(source, ids)
        prognosis = Prognosis(
            self._value(made, "predicted", files, aim),
            entropy_bits=self._value(made, "entropy", files, None),
        )
        made.finish()
        return self._row(source, None, made, files, prognosis)

    def _version(
        self, source: SourceSettings, version: VersionSettings, photograph: Tensor, of: Stimulus
    ) -> Stimulus:
        stim_id = f"{source.source_id}_{version.direction}"
        made = self._made(stim_id)
        root, side = self.study.root, self.settings.images.size_px
        intent, maker = self.sources.intent(source, version), self.maker(version)
        asked = [_RECIPE, array_sha256(photograph.numpy()), intent.identity]
        guided = [*asked, self.judges.guiding_sha256[0]]
        made.file(
            f"stimuli/targets/{stim_id}.npz",
            [*guided, side],
            lambda path: write_log_saliency(
                path, intent.target(resized(self.judges.log_saliency(photograph), side)).numpy()
            ),
        )
        changed = f"stimuli/versions/{stim_id}.png"
        changed_sha256 = made.file(
            changed,
            [*asked, maker.identity, self.judges.guiding_sha256],
            lambda path: write_image(path, to_pixels(maker(photograph, intent))),
        )
        files = self._shown(made, lambda: to_image(read_image(root / changed)), changed_sha256)
        ids = self.sources.aim(source, version)
        aim = None if ids is None else self.sources.mask(source, ids)
        prognosis = self._prognosis(made, files, of, aim)
        made.finish()
        return self._row(source, version, made, files, prognosis)

    def _shown(self, made: Made, image: Callable[[], Tensor], image_from: str) -> "_Files":
        """Have an image as shown and its prediction."""
        images, root = self.settings.images, self.study.root
        shown = f"stimuli/images/{made.stim_id}.png"
        prediction = f"stimuli/predictions/{made.stim_id}.npz"
        shown_sha256 = made.file(
            shown,
            [_RECIPE, image_from, self.upscaler.sha256, images.size_px],
            lambda path: write_image(path, to_pixels(self.upscaler(image(), images.size_px))),
        )
        prediction_sha256 = made.file(
            prediction,
            [shown_sha256, self.judges.guiding_sha256[0], images.model_px],
            lambda path: write_log_saliency(path, self._predicted(read_image(root / shown))),
        )
        return _Files(shown, shown_sha256, prediction, prediction_sha256)

    def _predicted(self, shown: np.ndarray) -> np.ndarray:
        """Return the log saliency of an image as shown: rounding and both resizes included."""
        return resized(self.judges.log_saliency(self._seen(shown)), len(shown)).numpy()

    def _seen(self, shown: np.ndarray) -> Tensor:
        return resized(to_image(shown), self.settings.images.model_px)

    def _prognosis(
        self, made: Made, files: "_Files", of: Stimulus, aim: Tensor | None
    ) -> Prognosis:
        """Return what the models say of a version, and how far it is from the original."""
        root = self.study.root
        target = f"stimuli/targets/{made.stim_id}.npz"
        original = _Files(of.image, of.image_sha256, of.prediction, sha256(root / of.prediction))
        asked = _Files("", "", target, sha256(root / target))
        before, after, wished = (
            self._value(made, name, one, aim)
            for name, one in (("original", original), ("predicted", files), ("asked", asked))
        )
        second_change = None
        if self.judges.second:
            judged = [
                self._second(made, name, one, aim)
                for name, one in (("second original", original), ("second", files))
            ]
            second_change = judged[1] - judged[0]
        pair = [read_image(root / one.image) for one in (original, files)]
        return Prognosis(
            predicted=after,
            asked_change=wished - before,
            predicted_change=after - before,
            second_change=second_change,
            entropy_bits=self._value(made, "entropy", files, None),
            psnr_db=psnr_db(*pair),
            clipped=newly_clipped(*pair),
            feature_distance=made.value(
                "feature distance",
                [_RECIPE, original.image_sha256, files.image_sha256, self.settings.images.model_px],
                lambda: self.judges.feature_distance(*map(self._seen, pair)),
            ),
        )

    def _value(self, made: Made, name: str, files: "_Files", aim: Tensor | None) -> float:
        """Return the measure of a density in a file under the first guiding model."""
        return made.value(
            name,
            [_RECIPE, files.prediction_sha256, array_sha256(aim)],
            lambda: measured(
                torch.from_numpy(read_log_saliency(self.study.root / files.prediction)), aim
            ),
        )

    def _second(self, made: Made, name: str, files: "_Files", aim: Tensor | None) -> float:
        """Return the measure of an image as shown under the model of the second opinion."""
        return made.value(
            name,
            [
                *(_RECIPE, files.image_sha256, array_sha256(aim)),
                *(self.judges.second_sha256, self.settings.images.model_px),
            ],
            lambda: measured(
                self.judges.second_log_saliency(
                    self._seen(read_image(self.study.root / files.image))
                ),
                aim,
            ),
        )

    def _row(
        self,
        source: SourceSettings,
        version: VersionSettings | None,
        made: Made,
        files: "_Files",
        prognosis: Prognosis,
    ) -> Stimulus:
        direction = Direction(version.direction) if version else Direction.NONE
        targets = []
        for target in version.targets if version else ():
            ids = self.sources.ids(source, target)
            targets.append(Target(ids, target.k_shift, _mask_file(source, ids)))
        return Stimulus(
            stim_id=made.stim_id,
            source_id=source.source_id,
            condition=Condition(source.condition) if version else Condition.ORIGINAL,
            direction=direction,
            block=self.blocks[source.source_id, direction] if version else Block.ORIGINALS,
            targets=tuple(targets),
            k_scale=version.k_scale if version else 1.0,
            image=files.image,
            target=f"stimuli/targets/{made.stim_id}.npz" if version else None,
            prediction=files.prediction,
            image_sha256=files.image_sha256,
            source_sha256=sha256(self.study.root / source.photograph),
            checkpoint_sha256=self.judges.guiding_sha256[0],
            licence=self.sources.licence(source),
            transform=self.transform(version) if version else "none",
            prognosis=prognosis,
        )

    def _panel(self, source: SourceSettings, stimulus: Stimulus) -> Panel:
        root = self.study.root
        ids = self.sources.aim(source, source.versions[0])
        mask = None
        if ids is not None:
            mask = resized(self.sources.mask(source, ids), _SHEET_PX).numpy() > 0.5
        log_saliency = torch.from_numpy(read_log_saliency(root / stimulus.prediction))
        shown = to_image(read_image(root / stimulus.image))
        return Panel(
            title=f"{source.source_id}: "
            f"{stimulus.condition if stimulus.direction == Direction.NONE else stimulus.direction}",
            figures=_figures(stimulus, "p_obj" if ids else "bits"),
            image=to_pixels(resized(shown, _SHEET_PX)),
            density=log_normalised(resized(log_saliency, _SHEET_PX)).exp().numpy(),
            mask=mask,
        )


@dataclass(frozen=True)
class _Files:
    """An image as shown and a density, by their paths in the study and their hashes."""

    image: str
    image_sha256: str
    prediction: str
    prediction_sha256: str


def _mask_file(source: SourceSettings, ids: Ids) -> str:
    return f"stimuli/masks/{source.source_id}_{'-'.join(map(str, ids))}.png"


def _figures(stimulus: Stimulus, unit: str) -> str:
    """Return what the contact sheet says of a stimulus."""
    prognosis = stimulus.prognosis
    if prognosis.predicted_change is None:
        return f"{unit} {prognosis.predicted:.3f}"
    text = f"{unit} {prognosis.predicted:.3f} ({prognosis.predicted_change:+.3f})"
    if prognosis.transfer is None:
        return text
    return f"{text}\n2nd opinion {prognosis.second_change:+.3f} ({prognosis.transfer:.0%})"
