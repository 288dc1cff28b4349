"""The section of the report on the course of viewing: sentences, figures and tables."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.report.numbers import plain, signed
from analysis.report.tables import Table, between, direction_cell
from analysis.report.viewing_figures import draw_course, draw_latency, draw_scanpaths
from analysis.viewing.study import StudyViewing
from stimuli.contract.vocabulary import Direction, ParticipantKind

Row = Mapping[Hashable, Any]

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
_AIMS = {
    Direction.INCREASE: "Where the aim was an increase",
    Direction.DECREASE: "Where the aim was a decrease",
    Direction.CONTROL: "In controls",
}


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
    n_sources
        Sources of the targets.
    viewing_s
        For how long an image was shown.
    """

    sentences: Sequence[str]
    figures: Mapping[str, bytes]
    measures: Table
    first_saccades: Table
    scanpaths: Table
    similarity: Table
    looked: str
    n_sources: int
    viewing_s: str


def draw_viewing(viewing: StudyViewing, folder: Path) -> dict[str, list[Path]]:
    """Draw the figures that there are; return what was written, PNG first, by name."""
    drawn = {}
    course = viewing.time_course
    if course is not None:
        timed = ["fixations", "gaze"]
        if course.course["step"].max() > 1:
            drawn["course"] = draw_course(course.course, timed, folder / "time-course")
        if (course.course["by"] == "number").sum() > course.course["direction"].nunique():
            drawn["number"] = draw_course(course.course, ["number"], folder / "fixation-numbers")
        drawn["latency"] = draw_latency(course.latency, course.first_saccades, folder / "latency")
    if viewing.scanpaths.similarity["difference"].notna().any():
        drawn["scanpaths"] = draw_scanpaths(viewing.scanpaths.similarity, folder / "scanpaths")
    return drawn


def viewing_section(
    viewing: StudyViewing,
    drawn: Mapping[str, Sequence[Path]],
    kinds: Sequence[ParticipantKind],
) -> ViewingSection:
    """Return the section.

    Parameters
    ----------
    drawn
        As `draw_viewing` returns it.
    kinds
        Who took part.
    """
    people = all(kind == ParticipantKind.HUMAN for kind in kinds)
    simulated = set(kinds) == {ParticipantKind.SIMULATED}
    who = "people" if people else "simulated observers" if simulated else "observers"
    course = viewing.time_course
    return ViewingSection(
        sentences=viewing_sentences(viewing),
        figures={name: paths[0].read_bytes() for name, paths in drawn.items()},
        measures=Table([], []) if course is None else _measure_rows(course.measures),
        first_saccades=Table([], []) if course is None else _saccade_rows(course.first_saccades),
        scanpaths=_measure_rows(viewing.scanpaths.measures),
        similarity=_similarity_rows(viewing.scanpaths.similarity),
        looked=f"{viewing.n_subjects} {who}",
        n_sources=viewing.n_sources,
        viewing_s=f"{viewing.viewing_ms / 1000:g}",
    )


def viewing_sentences(viewing: StudyViewing) -> list[str]:
    """Return the main results in words: latency, dwell time, course, first saccades, scanpaths."""
    course = viewing.time_course
    sentences = []
    for aim, opening in _AIMS.items() if course is not None else ():
        assert course is not None
        rows = {
            row["measure"]: row
            for row in course.measures[course.measures["direction"] == aim].to_dict("records")
        }
        if rows and math.isfinite(rows["latency_mean"]["difference"]):
            sentences.append(f"{opening}, {_latency(rows)}")
            sentences += [f"{opening}, {text}" for text in _when(course.course, aim)]
        saccades = course.first_saccades
        own = saccades[saccades["direction"] == aim]
        if len(own) and math.isfinite(own["last_minus_first_low"].iloc[0]):
            sentences.append(f"{opening}, {_first_saccades(own)}")
    return sentences + _scanpaths(viewing.scanpaths.similarity)


def _interval(row: Row, name: str, digits: int) -> str:
    ends = between(row[f"{name}_low"], row[f"{name}_high"], signed, digits)
    return f"95 % interval {ends}"


def _latency(rows: Mapping[str, Row]) -> str:
    first, dwell = rows["latency_mean"], rows["dwell"]
    return (
        f"the target was first fixated after {plain(first['version'], 0)} ms on versions and "
        f"{plain(first['original'], 0)} ms on originals ({signed(first['difference'], 0)} ms; "
        f"{_interval(first, 'difference', 0)} ms; a trial that never did counts as long as it "
        f"was), and dwelt on for {plain(dwell['version'], 0)} and {plain(dwell['original'], 0)} ms "
        f"({signed(dwell['difference'], 0)} ms; {_interval(dwell, 'difference', 0)} ms)."
    )


def _when(course: pd.DataFrame, aim: Direction) -> list[str]:
    """Return when gaze on the target differed; nothing where no band is known."""
    rows = course[(course["direction"] == aim) & (course["by"] == "gaze")]
    if rows["band_low"].isna().all():
        return []
    spans: list[str] = []
    for sign, what in ((1, "more"), (-1, "less")):
        beyond = rows[(rows["band_low"] > 0) if sign > 0 else (rows["band_high"] < 0)]
        runs = (beyond["step"].diff() != 1).cumsum()
        spans += [
            f"{what} from {plain(run['from_ms'].iloc[0], 0)} to "
            f"{plain(run['to_ms'].iloc[-1], 0)} ms"
            for _, run in beyond.groupby(runs)
        ]
    if not spans:
        return [
            "no time bin shows another share of gaze on the target than on originals: the band "
            "that holds the whole curve in 95 % holds zero throughout."
        ]
    return [
        f"the share of gaze on the target was {', and '.join(spans)} than on originals (95 % for "
        f"the whole curve at once)."
    ]


def _first_saccades(rows: pd.DataFrame) -> str:
    first, last = rows.iloc[0], rows.iloc[-1]
    return (
        f"the share of first saccades on the target changed by {signed(first['difference'])} among "
        f"the fastest (median latency {plain(first['latency_ms'], 0)} ms) and by "
        f"{signed(last['difference'])} among the slowest ({plain(last['latency_ms'], 0)} ms); the "
        f"latter less the former is {signed(last['last_minus_first'])} "
        f"({_interval(last.to_dict(), 'last_minus_first', 2)})."
    )


def _scanpaths(similarity: pd.DataFrame) -> list[str]:
    """Return one sentence: in what respects versions change scanpaths beyond chance."""
    known = similarity[similarity["difference_low"].notna()]
    if known.empty:
        return []
    apart = known[known["difference_high"] < 0]
    if apart.empty:
        return [
            f"Nothing says that versions changed scanpaths: none of {len(known)} intervals "
            f"(MultiMatch, between original and version less within one of them) lies below zero."
        ]
    found = "; ".join(
        f"{row['condition']} {row['direction']}: {row['dimension']} "
        f"{signed(row['difference'], 3)} ({_interval(row, 'difference', 3)})"
        for row in apart.to_dict("records")
    )
    return [
        f"Scanpaths of different people were less alike between an original and its version than "
        f"within one of them in {len(apart)} of {len(known)} measures, uncorrected for their "
        f"number ({found})."
    ]


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
    return Table(["", "Aim", "Measure", "n", "Trials", *_DIFFERENCE], rows, text_columns=3)


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
        "", "Aim", "Alike in", "Sources", "Compared", "Originals", "Versions", "Between",
        *_DIFFERENCE[2:],
    ]  # fmt: skip
    return Table(head, rows, text_columns=3)
