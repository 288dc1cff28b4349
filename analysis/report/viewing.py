"""The section of the report on the course of viewing: sentences, figures and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.report.numbers import plain, signed
from analysis.report.tables import Table, between, direction_cell
from analysis.report.viewing_sentences import viewing_methods, viewing_sentences
from analysis.viewing.study import StudyViewing
from stimuli.contract.settings import AnalysisSettings
from stimuli.contract.vocabulary import ParticipantKind
from stimuli.support.words import counted

_NAMES = {
    "fixated": "target fixated, share of trials",
    "latency_mean": "first fixation on the target, mean",
    "latency_median": "first fixation on the target, median",
    "dwell": "dwell time on the target",
    "dwell_share": "dwell time, share of fixation time",
    "first_fixation": "duration of the first fixation on it",
    "visits": "visits of the target",
    "fixations": "fixations on the image",
    "fixation_duration": "fixation duration",
    "saccade_amplitude": "saccade amplitude",
    "scanpath_length": "scanpath length",
}
_DIGITS = {"share": 3, "ms": 0, "visits": 2, "fixations": 2, "deg": 2, "px": 1}


@dataclass(frozen=True, eq=False)
class ViewingSection:
    """What the page shows of the course of viewing.

    Attributes
    ----------
    sentences
        The main results in words.
    figures
        Bytes of PNG files, by name; those that there are.
    measures, first_saccades, scanpaths, similarity : Table
        Of the targets and of whole scanpaths.
    looked
        How many people, or simulated observers, looked.
    sources
        How many sources have a target.
    viewing_s
        For how long an image was shown.
    methods
        A paragraph for a paper.
    """

    sentences: Sequence[str]
    figures: Mapping[str, bytes]
    measures: Table
    first_saccades: Table
    scanpaths: Table
    similarity: Table
    looked: str
    sources: str
    viewing_s: str
    methods: str


def viewing_section(
    viewing: StudyViewing,
    drawn: Mapping[str, Sequence[Path]],
    kinds: Sequence[ParticipantKind],
    settings: AnalysisSettings,
) -> ViewingSection:
    """Return the section.

    Parameters
    ----------
    drawn
        As `draw_viewing` returns it.
    kinds
        Who took part.
    settings : AnalysisSettings
        Of the study.
    """
    people = all(kind == ParticipantKind.HUMAN for kind in kinds)
    simulated = set(kinds) == {ParticipantKind.SIMULATED}
    who = ("person", "people") if people else ("observer", "observers")
    if simulated:
        who = ("simulated observer", "simulated observers")
    course = viewing.time_course
    return ViewingSection(
        sentences=viewing_sentences(viewing),
        figures={name: paths[0].read_bytes() for name, paths in drawn.items()},
        measures=Table([], []) if course is None else _measure_rows(course.measures),
        first_saccades=Table([], []) if course is None else _saccade_rows(course.first_saccades),
        scanpaths=_measure_rows(viewing.scanpaths.measures),
        similarity=_similarity_rows(viewing.scanpaths.similarity),
        looked=counted(viewing.n_subjects, *who),
        sources=counted(viewing.n_sources, "source"),
        viewing_s=f"{viewing.viewing_ms / 1000:g}",
        methods=viewing_methods(viewing, settings),
    )


_DIFFERENCE = ("Original", "Version", "Difference", "95\N{NO-BREAK SPACE}% interval")


def _measure_rows(measures: pd.DataFrame) -> Table:
    rows = []
    for row in measures.to_dict("records"):
        digits = _DIGITS[row["unit"]]
        unit = row["unit"] if row["unit"] in ("ms", "deg", "px") else ""
        rows.append(
            [
                row["condition"], direction_cell(row["direction"]),
                f"{_NAMES[row['measure']]}{f' ({unit})' if unit else ''}",
                str(row["n_pairs"]), f"{row['n_original']} / {row['n_version']}",
                plain(row["original"], digits), plain(row["version"], digits),
                signed(row["difference"], digits),
                between(row["difference_low"], row["difference_high"], signed, digits),
            ]
        )  # fmt: skip
    return Table(["Condition", "Aim", "Measure", "n", "Trials", *_DIFFERENCE], rows, text_columns=3)


def _saccade_rows(first_saccades: pd.DataFrame) -> Table:
    rows = [
        [
            direction_cell(row["direction"]), str(row["group"]), plain(row["latency_ms"], 0),
            f"{row['n_original']} / {row['n_version']}", plain(row["original"], 3),
            plain(row["version"], 3), signed(row["difference"], 3),
            between(row["difference_low"], row["difference_high"], signed, 3),
        ]
        for row in first_saccades.to_dict("records")
    ]  # fmt: skip
    return Table(["Aim", "Group", "Latency (ms)", "Saccades", *_DIFFERENCE], rows)


def _similarity_rows(similarity: pd.DataFrame) -> Table:
    rows = [
        [
            row["condition"], direction_cell(row["direction"]), row["dimension"],
            str(row["n_sources"]), str(row["n_comparisons"]), plain(row["within_original"], 3),
            plain(row["within_version"], 3), plain(row["between"], 3),
            signed(row["difference"], 3),
            between(row["difference_low"], row["difference_high"], signed, 3),
        ]
        for row in similarity.to_dict("records")
    ]  # fmt: skip
    head = [
        "Condition", "Aim", "Alike in", "Sources", "Compared", "Originals", "Versions", "Between",
        *_DIFFERENCE[2:],
    ]  # fmt: skip
    return Table(head, rows, text_columns=3)
