"""The record of a run of the analysis: what it read and wrote, and which others read the same.

A run of one subset leaves the results of the others as they were. They may stand beside its own
only if they come from the same files and the same version of the toolkit: the records, which list
every file by its SHA-256, tell.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd

from analysis.effects.study_analysis import StudyAnalysis
from stimuli.contract.study import Study
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, sha256, sha256_as_read
from stimuli.support.provenance import package_versions, sha256_by_name, source_commit
from stimuli.support.tables import MISSING


def suffix_of(label: str) -> str:
    """Return what ends the names of a subset's files: nothing of all fixations."""
    return "" if label == "all" else f"_{label.removeprefix('all_')}"


def record_file(study: Study, label: str) -> Path:
    """Return where the record of a subset's last run lies; it is missing while one is at work."""
    return study.derivatives / f"analysis{suffix_of(label)}.json"


def inputs_of(analysis: StudyAnalysis) -> list[Path]:
    """Return every file that an analysis rests on."""
    study, design = analysis.study, analysis.design
    masks = sorted({one.target.mask for one in design.comparisons if one.target})
    shown = [path for one in design.stimuli for path in (one.image, one.prediction)]
    recordings = [run.recording for run in analysis.runs if run.recording]
    return [
        study.settings_file, study.catalogue, study.participants,
        *(run.events for run in analysis.runs), *recordings,
        *(study.root / path for path in [*masks, *shown]),
    ]  # fmt: skip


@dataclass(frozen=True, eq=False)
class OtherRun:
    """Results of another subset.

    Attributes
    ----------
    label
        The subset.
    summary : DataFrame
        Rows by `analysis.effects.summary.SUMMARY`.
    stale
        Why they may not stand beside those of the present run; empty if they may.
    """

    label: str
    summary: pd.DataFrame
    stale: str


def other_runs(analysis: StudyAnalysis) -> list[OtherRun]:
    """Return what runs of other subsets found, by the names of their files."""
    study = analysis.study
    inputs = sha256_by_name(inputs_of(analysis), study.root, sha256_as_read)
    made = {"commit": source_commit(), "versions": package_versions()}
    found = []
    for path in sorted((study.derivatives / "effects").glob("summary*.csv")):
        try:
            table = pd.read_csv(path, na_values=MISSING)
        except ValueError:
            continue  # somebody's own
        if "subset" not in table or table.empty or table["subset"].iloc[0] == analysis.label:
            continue
        label = str(table["subset"].iloc[0])
        stale = _why_stale(study, label, path, inputs, made)
        if set(analysis.summary.columns) - set(table.columns):
            stale = stale or _OTHER_VERSION
        found.append(OtherRun(label, table.reindex(columns=analysis.summary.columns), stale))
    return found


_OTHER_VERSION = "another version of the toolkit made it"


def _why_stale(
    study: Study, label: str, summary: Path, inputs: Mapping[str, str], made: Mapping[str, object]
) -> str:
    try:
        record = cast(dict[str, Any], read_json(record_file(study, label)))
        earlier, outputs = dict(record["inputs"]), dict(record["outputs"])
        before = {"commit": record["commit"], "versions": record["versions"]}
    except (InputError, KeyError, TypeError, ValueError):
        return "its last run was not finished"
    if outputs.get(summary.relative_to(study.root).as_posix()) != sha256(summary):
        return "its last run was not finished"
    for name in sorted(inputs.keys() | earlier.keys()):
        if name not in earlier:
            return f"{name} was not there when it ran"
        if name not in inputs:
            return f"{name} is not used any more"
        if inputs[name] != earlier[name]:
            return f"{name} has changed since it ran"
    return "" if _version(before) == _version(made) else _OTHER_VERSION


def _version(made: Mapping[str, object]) -> str:
    """Return the commit of the toolkit, or where it is installed its number."""
    versions = made["versions"]
    number = versions.get("guiding-gaze") if isinstance(versions, Mapping) else None
    return json.dumps(made["commit"] or number)
