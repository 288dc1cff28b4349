"""Where results go: ``derivatives/`` of a study, one set of files a subset.

``fixations/`` is the same for all subsets; elsewhere the names of the files of a subset other than
``all`` end with the subset's name, so that subsets stand side by side.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import numpy as np

from analysis.density.fitted import FittedDensity
from analysis.effects.study_analysis import StudyAnalysis
from analysis.results.run_record import inputs_of, record_file, suffix_of
from analysis.results.study_tables import StudyTable, study_tables
from analysis.results.tables import write_csv
from stimuli.contract.study import BIDS_VERSION, Study
from stimuli.support.errors import InputError
from stimuli.support.files import atomic_path, read_json, write_json
from stimuli.support.provenance import write_sidecar
from stimuli.support.unfinished import remove_unfinished


class Outputs:
    """Writes the results of one subset, by its label, and remembers what it wrote."""

    def __init__(self, study: Study, label: str) -> None:
        self._study, self.label = study, label
        self._suffix = suffix_of(label)
        self._written: list[Path] = []
        remove_unfinished(study.derivatives)

    @property
    def _provenance(self) -> Path:
        return record_file(self._study, self.label)

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
        for table in study_tables(analysis, sentences):
            self.write_table(table)

    def write_table(self, table: StudyTable) -> None:
        """Write a table of this subset, or of all."""
        name = table.name
        path = self._study.derivatives / name if table.of_all else self.path(*name.split("/"))
        self.remember(*write_csv(path, table.schema, table.table, sidecar=table.sidecar))

    def finish(self, analysis: StudyAnalysis) -> None:
        """Remove what the last run wrote and this one did not, and write the provenance."""
        self._remove_earlier()
        study = self._study
        write_json(
            study.derived_description,
            {
                "Name": f"{study.settings.study.name}: fixations, densities, effects",
                "BIDSVersion": BIDS_VERSION,
                "DatasetType": "derivative",
                "GeneratedBy": [{"Name": "guiding-gaze", "Description": "analysis.run"}],
            },
        )
        write_sidecar(
            self._provenance,
            command="analysis.run",
            settings={**study.settings.as_dict(), "subset": self.label},
            inputs=inputs_of(analysis),
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
        tables = (self._study.derivatives / name for name in ("effects", "viewing"))
        for folder in (self.path("densities", "maps"), self.path("report", "figures"), *tables):
            for path in sorted(folder.glob("*")):
                real = folder.resolve() / path.name
                inside = real.is_relative_to(root) and not real.is_dir()
                if inside and real in earlier and path not in self._written:
                    path.unlink()
