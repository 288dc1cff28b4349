"""Where results go: ``derivatives/`` of a study, one set of files a subset.

``fixations/`` is the same for all subsets; elsewhere the names of the files of a subset other than
``all`` end with the subset's name, so that subsets stand side by side.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.density.centre_bias import CentreBias
from analysis.density.fit import Fit
from analysis.density.stimuli import StimulusDensity
from analysis.effects.agreement import AGREEMENT
from analysis.effects.aims import Aim
from analysis.effects.models import LONG, MODELS
from analysis.effects.sensitivity import SENSITIVITY
from analysis.effects.summary import SUMMARY
from analysis.fixations.quality import QUALITY
from analysis.recordings.sessions import Run
from analysis.tables import write_csv
from stimuli.files import atomic_path, write_json
from stimuli.provenance import write_sidecar
from stimuli.study import Study
from stimuli.tables import EFFECTS, FIXATIONS, Column, Schema
from stimuli.vocabulary import Stimulus

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


class Outputs:
    """Writes the results of one subset, by its label, and remembers what it wrote."""

    def __init__(self, study: Study, label: str) -> None:
        self._study, self.label = study, label
        self._suffix = "" if label == "all" else f"_{label.removeprefix('all_')}"
        self._written: list[Path] = []

    @property
    def _provenance(self) -> Path:
        return self._study.derivatives / f"analysis{self._suffix}.json"

    def path(self, folder: str, name: str) -> Path:
        """Return where a result of this subset goes: ``effects.csv`` in ``effects/``."""
        stem, dot, suffix = name.partition(".")
        return self._study.derivatives / folder / f"{stem}{self._suffix}{dot}{suffix}"

    def wrote(self, *paths: Path) -> None:
        """Remember files that were written elsewhere."""
        self._written += paths

    def write_fixations(self, table: pd.DataFrame, quality: pd.DataFrame) -> None:
        """Write the fixation table and the quality of trials, the same for all subsets.

        The provenance of an earlier run goes first: while it is missing, results are incomplete.
        """
        self._provenance.unlink(missing_ok=True)
        folder = self._study.derivatives / "fixations"
        self.wrote(
            *write_csv(folder / "fixations.csv", FIXATIONS, table),
            *write_csv(folder / "quality.csv", QUALITY, quality),
        )

    def maps(self, stim_id: str) -> Path:
        """Return where the maps of a stimulus go."""
        return self.path("densities", "maps") / f"{stim_id}.npz"

    def write_maps(self, density: StimulusDensity, log_model: np.ndarray) -> None:
        """Write the log densities of people, model and centre bias, float32."""
        path = self.maps(density.stim_id)
        with atomic_path(path) as temporary, open(temporary, "wb") as file:
            np.savez(
                file,
                people=density.log_density.astype(np.float32),
                model=log_model.astype(np.float32),
                centre_bias=density.log_centre_bias.astype(np.float32),
            )
        self.wrote(path)

    def write_parameters(self, fits: Mapping[str, Fit], centre_bias: CentreBias) -> None:
        """Write the parameters of every density."""
        rows = [{"stim_id": stim_id, **dataclasses.asdict(fit)} for stim_id, fit in fits.items()]
        bandwidth_px = centre_bias.bandwidth_px
        self.wrote(
            *write_csv(
                self.path("densities", "parameters.csv"),
                PARAMETERS,
                pd.DataFrame(rows),
                sidecar={
                    "Maps": "maps/STIMULUS.npz: natural-log probability of every cell of the grid "
                    "for people, model (with the measured centre bias) and centre bias",
                    "Grid": {
                        "Columns": centre_bias.grid.columns,
                        "Rows": centre_bias.grid.rows,
                        "WidthPx": centre_bias.grid.width_px,
                        "HeightPx": centre_bias.grid.height_px,
                    },
                    "CentreBias": {
                        "LeavesOut": self._study.settings.analysis.centre_bias,
                        "BandwidthPx": None if np.isnan(bandwidth_px) else bandwidth_px,
                        "UniformShare": centre_bias.uniform_share,
                    },
                },
            )
        )

    def write_effects(
        self,
        effects: pd.DataFrame,
        summary: pd.DataFrame,
        sentences: Sequence[str],
        observers: Mapping[str, str],
    ) -> None:
        """Write effects and their summary."""
        resamples = self._study.settings.analysis.resamples
        notes = {
            "Entropy": "Over the pixels of the image as shown, whatever the grid of the maps",
            "Direction": "Of a target: the sign of its own shift",
            "Observers": {kind: list(observers.values()).count(kind) for kind in
                          sorted(set(observers.values()))},
        }  # fmt: skip
        self.wrote(
            *write_csv(self.path("effects", "effects.csv"), EFFECTS, effects, sidecar=notes),
            *write_csv(
                self.path("effects", "summary.csv"),
                SUMMARY,
                summary,
                sidecar={
                    **notes,
                    "Sentences": list(sentences),
                    "Intervals": f"95 %, percentiles of {resamples} resamples of subjects and "
                    "sources (people) or of sources (model)",
                },
            ),
        )

    def write_checks(
        self, agreement: pd.DataFrame, models: pd.DataFrame, trials: pd.DataFrame
    ) -> None:
        """Write agreement of people and model, the regressions and the table for others."""
        self.wrote(
            *write_csv(self.path("effects", "agreement.csv"), AGREEMENT, agreement),
            *write_csv(self.path("effects", "models.csv"), MODELS, models),
            *write_csv(self.path("effects", "trials.csv"), LONG, trials),
        )

    def write_sensitivity(self, rows: pd.DataFrame, skipped: Sequence[str]) -> None:
        """Write the effects under other choices."""
        path = self.path("effects", "sensitivity.csv")
        self.wrote(*write_csv(path, SENSITIVITY, rows, sidecar={"NotTried": list(skipped)}))

    def finish(self, runs: Sequence[Run], stimuli: Sequence[Stimulus], aims: Sequence[Aim]) -> None:
        """Remove what an earlier run of this subset left, and write the provenance."""
        for folder in (self.path("densities", "maps"), self.path("report", "figures")):
            for path in sorted(folder.glob("*")):
                if path not in self._written:
                    path.unlink()
        study = self._study
        write_json(
            study.derivatives / "dataset_description.json",
            {
                "Name": f"{study.settings.study.name}: fixations, densities, effects",
                "BIDSVersion": "1.11.0",
                "DatasetType": "derivative",
                "GeneratedBy": [{"Name": "guiding-gaze", "Description": "analysis.run"}],
            },
        )
        masks = sorted({aim.target.mask for aim in aims if aim.target})
        read = [path for stimulus in stimuli for path in (stimulus.image, stimulus.prediction)]
        write_sidecar(
            self._provenance,
            command="analysis.run",
            settings={**study.settings.as_dict(), "subset": self.label},
            inputs=[
                study.settings_file, study.catalogue, study.participants,
                *(run.events for run in runs), *(run.recording for run in runs if run.recording),
                *(study.root / path for path in [*masks, *read]),
            ],
            outputs=self._written,
            seeds={"study": study.settings.study.seed},
            root=study.root,
        )  # fmt: skip
