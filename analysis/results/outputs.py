"""Where results go: ``derivatives/`` of a study, one set of files a subset.

``fixations/`` is the same for all subsets; elsewhere the names of the files of a subset other than
``all`` end with the subset's name, so that subsets stand side by side.
"""

import dataclasses
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from analysis.density.centre_bias import CentreBias
from analysis.density.fitted import FittedDensity
from analysis.density.mixture import DensityFit
from analysis.effects.agreement import AGREEMENT
from analysis.effects.controls import CONTROLS
from analysis.effects.further import FurtherResults
from analysis.effects.mechanism.features import COMPARISONS
from analysis.effects.mechanism.moderators import MODERATORS
from analysis.effects.mechanism.predictors import PREDICTORS
from analysis.effects.mixed.mixed_logit import MIXED_MODELS
from analysis.effects.models import MODELS, TRIALS
from analysis.effects.noise_ceiling import NOISE_CEILING
from analysis.effects.sensitivity import SENSITIVITY
from analysis.effects.standardised import STANDARDISED, SUBJECT_EFFECTS
from analysis.effects.study_analysis import StudyAnalysis
from analysis.effects.summary import SUMMARY
from analysis.fixations.quality import QUALITY
from analysis.results.tables import write_csv
from stimuli.contract.schemas import EFFECTS, FIXATIONS_ON_TARGETS
from stimuli.contract.study import BIDS_VERSION, Study
from stimuli.support.errors import InputError
from stimuli.support.files import atomic_path, read_json, write_json
from stimuli.support.provenance import write_sidecar
from stimuli.support.tables import Column, Schema
from stimuli.support.unfinished import remove_unfinished

PARAMETERS = Schema(
    "parameters",
    (
        Column("stim_id", str, "Stimulus"),
        Column("bandwidth_px", float, "Standard deviation of the Gaussian kernel", "px"),
        Column("kde", float, "Weight of the kernel density estimate"),
        Column("uniform", float, "Weight of the uniform density"),
        Column("centre_bias", float, "Weight of the centre bias"),
        Column(
            "log_likelihood_bits", float,
            "Mean log likelihood of a fixation, its subject left out, over uniform", "bit",
        ),
        Column("information_gain_bits", float, "The same over the centre bias", "bit"),
        Column("n_fixations", int, "Fixations on the image"),
        Column("n_subjects", int, "Subjects who made them"),
        Column("fitted", bool, "False: fewer than two subjects, centre bias and uniform only"),
    ),
)  # fmt: skip


_WHOLE = (
    "Shown whole, on grey: the maps of a stimulus cover its photograph alone (photograph_px in "
    "stimuli.tsv), in cells of the same size; Grid is that of the smallest rectangle that holds "
    "every photograph"
)


class Outputs:
    """Writes the results of one subset, by its label, and remembers what it wrote."""

    def __init__(self, study: Study, label: str) -> None:
        self._study, self.label = study, label
        self._suffix = "" if label == "all" else f"_{label.removeprefix('all_')}"
        self._written: list[Path] = []
        remove_unfinished(study.derivatives)

    @property
    def _provenance(self) -> Path:
        return self._study.derivatives / f"analysis{self._suffix}.json"

    @property
    def _before(self) -> Path:
        """The provenance of the last run that was finished, while another is at work."""
        return self._provenance.with_suffix(".before.json")

    def path(self, folder: str, name: str) -> Path:
        """Return where a result of this subset goes: ``effects.csv`` in ``effects/``."""
        stem, dot, suffix = name.partition(".")
        return self._study.derivatives / folder / f"{stem}{self._suffix}{dot}{suffix}"

    def remember(self, *paths: Path) -> None:
        """Count files among the results that were written elsewhere."""
        self._written += paths

    @property
    def tables(self) -> list[Path]:
        """The tables that were written."""
        return [path for path in self._written if path.suffix == ".csv"]

    def maps(self, stim_id: str) -> Path:
        """Return where the maps of a stimulus go."""
        return self.path("densities", "maps") / f"{stim_id}.npz"

    def write_maps(self, stim_id: str, density: FittedDensity, log_model: np.ndarray) -> None:
        """Write the log densities of people, model and centre bias, float32.

        The provenance of an earlier run goes first: while it is missing, results are incomplete.
        """
        if self._provenance.is_file():
            os.replace(self._provenance, self._before)
        path = self.maps(stim_id)
        with atomic_path(path) as temporary, open(temporary, "wb") as file:
            np.savez(
                file,
                people=density.log_density.astype(np.float32),
                model=log_model.astype(np.float32),
                centre_bias=density.log_centre_bias.astype(np.float32),
            )
        self.remember(path)

    def write_tables(self, analysis: StudyAnalysis, sentences: Sequence[str]) -> None:
        """Write every table of an analysis; the sentences stand in the summary's sidecar."""
        fixations = analysis.fixations
        self._write("fixations/fixations.csv", FIXATIONS_ON_TARGETS, fixations, of_all=True)
        self._write("fixations/quality.csv", QUALITY, analysis.recordings.quality, of_all=True)
        self._write_parameters(analysis.fits, analysis.centre_bias)
        notes = {
            "Entropy": "Over the pixels of the image as shown, whatever the grid of the maps",
            "Direction": "Of a target: the sign of its own shift",
            **(
                {"Control": "p_obj of the increase's aim where another region got its change"}
                if len(analysis.controls)
                else {}
            ),
            "Observers": dict(sorted(Counter(analysis.participants.values()).items())),
        }
        settings = self._study.settings.analysis
        resamples = settings.resamples
        described = notes | {
            "Sentences": list(sentences),
            "Intervals": f"95 %, Student's, from {resamples} resamples of subjects and sources "
            f"(people) or of sources (model); of relative changes percentiles",
            "PObj": settings.p_obj,
            "EntropyOfPeople": settings.entropy,
        }
        self._write("effects/effects.csv", EFFECTS, analysis.effects, notes)
        self._write("effects/summary.csv", SUMMARY, analysis.summary, described)
        if len(analysis.controls):
            self._write("effects/controls.csv", CONTROLS, analysis.controls)
        self._write("effects/agreement.csv", AGREEMENT, analysis.agreement)
        self._write("effects/models.csv", MODELS, analysis.models)
        self._write("effects/trials.csv", TRIALS, analysis.trials)
        self._write_further(analysis.further)
        if analysis.sensitivity is not None:
            not_tried = {"NotTried": list(analysis.sensitivity.not_tried)}
            rows = analysis.sensitivity.effects
            self._write("effects/sensitivity.csv", SENSITIVITY, rows, not_tried)

    def write_table(
        self, name: str, schema: Schema, table: pd.DataFrame, sidecar: Mapping[str, object]
    ) -> None:
        """Write a table of this subset, such as ``viewing/latency.csv``, that stands by itself."""
        self._write(name, schema, table, sidecar)

    def _write_further(self, further: FurtherResults) -> None:
        """Write the tables of what the counts of fixations on targets tell."""
        for name, schema, table in (
            ("mixed_models", MIXED_MODELS, further.mixed),
            ("standardised", STANDARDISED, further.standardised),
            ("subject_effects", SUBJECT_EFFECTS, further.subjects),
            ("noise_ceiling", NOISE_CEILING, further.ceiling),
            (
                "comparisons",
                COMPARISONS.with_members(map(str, further.comparisons)),
                further.comparisons,
            ),
            ("predictors", PREDICTORS, further.predictors),
            ("moderators", MODERATORS, further.moderators),
        ):
            self._write(f"effects/{name}.csv", schema, table)

    def _write(
        self,
        name: str,
        schema: Schema,
        table: pd.DataFrame,
        sidecar: Mapping[str, object] | None = None,
        *,
        of_all: bool = False,
    ) -> None:
        """Write a table; one `of_all` subsets has no subset in its name."""
        path = self._study.derivatives / name if of_all else self.path(*name.split("/"))
        self.remember(*write_csv(path, schema, table, sidecar=sidecar))

    def _write_parameters(self, fits: Mapping[str, DensityFit], centre_bias: CentreBias) -> None:
        rows = [{"stim_id": stim_id, **dataclasses.asdict(fit)} for stim_id, fit in fits.items()]
        bandwidth_px, grid = centre_bias.bandwidth_px, centre_bias.grid
        described = {
            "Maps": "maps/STIMULUS.npz: natural-log probability of every cell of the grid "
            "for people, model (with the measured centre bias) and centre bias",
            "Grid": {
                "Columns": grid.columns,
                "Rows": grid.rows,
                "WidthPx": grid.width_px,
                "HeightPx": grid.height_px,
            },
            **({"Photographs": _WHOLE} if self._study.settings.images.fit == "whole" else {}),
            "CentreBias": {
                "LeavesOut": self._study.settings.analysis.centre_bias,
                "BandwidthPx": None if np.isnan(bandwidth_px) else bandwidth_px,
                "UniformShare": centre_bias.uniform_share,
            },
        }
        self._write("densities/parameters.csv", PARAMETERS, pd.DataFrame(rows), described)

    def finish(self, analysis: StudyAnalysis) -> None:
        """Remove maps and figures of the last run that are no more, and write the provenance."""
        self._remove_earlier()
        study, design = self._study, analysis.design
        write_json(
            study.derived_description,
            {
                "Name": f"{study.settings.study.name}: fixations, densities, effects",
                "BIDSVersion": BIDS_VERSION,
                "DatasetType": "derivative",
                "GeneratedBy": [{"Name": "guiding-gaze", "Description": "analysis.run"}],
            },
        )
        masks = sorted({one.target.mask for one in design.comparisons if one.target})
        shown = [path for one in design.stimuli for path in (one.image, one.prediction)]
        recordings = [run.recording for run in analysis.runs if run.recording]
        write_sidecar(
            self._provenance,
            command="analysis.run",
            settings={**study.settings.as_dict(), "subset": self.label},
            inputs=[
                study.settings_file, study.catalogue, study.participants,
                *(run.events for run in analysis.runs), *recordings,
                *(study.root / path for path in [*masks, *shown]),
            ],
            outputs=self._written,
            seeds={"study": study.settings.study.seed},
            root=study.root,
        )  # fmt: skip
        self._before.unlink(missing_ok=True)

    def _remove_earlier(self) -> None:
        """Remove what the last run's provenance names and this run did not write.

        Other files in the same folders are somebody's own. The names are only compared, so one
        that leads elsewhere removes nothing.
        """
        root, earlier = self._study.root.resolve(), set[Path]()
        with suppress(InputError, AttributeError, KeyError, TypeError):
            content = cast(dict[str, Any], read_json(self._before))
            earlier = {root / name for name in content["outputs"]}
        for folder in (self.path("densities", "maps"), self.path("report", "figures")):
            for path in sorted(folder.glob("*")):
                real = folder.resolve() / path.name
                inside = real.is_relative_to(root) and not real.is_dir()
                if inside and real in earlier and path not in self._written:
                    path.unlink()
