"""What the course of viewing comes to, in words."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.report.numbers import plain, signed
from analysis.report.tables import between
from analysis.viewing.resampling import RESAMPLES
from analysis.viewing.study import StudyViewing
from stimuli.contract.settings import AnalysisSettings
from stimuli.contract.vocabulary import Direction

Row = Mapping[Hashable, Any]

_AIMS = {
    Direction.INCREASE: "Where the aim was an increase",
    Direction.DECREASE: "Where the aim was a decrease",
    Direction.CONTROL: "In controls",
}


def viewing_methods(viewing: StudyViewing, settings: AnalysisSettings) -> str:
    """Return what was done, as a paper's methods section says it."""
    return (
        f"Fixations that began while the image was shown were counted in bins of "
        f"{settings.time_bin_ms:g} ms from its onset; the fixation under way at the onset was left "
        f"out. Shares on the target were averaged over targets. Latencies of the first fixation on "
        f"a target were estimated by the method of Kaplan and Meier on each image, trials without "
        f"one being censored after {viewing.viewing_ms / 1000:g} s; the curves were averaged over "
        f"targets, and compared by their restricted means. "
        f"First saccades began at the end of the fixation under way at the onset; their latencies "
        f"were parted into {settings.latency_groups} groups of equal size within each subject "
        f"(after Anderson et al., 2015). Scanpaths of different subjects were compared by "
        f"MultiMatch (Jarodzka et al., 2010; Dewhurst et al., 2012) without simplification. "
        f"Intervals are percentiles of {min(RESAMPLES, settings.resamples)} resamples of subjects "
        f"and sources (pigeonhole bootstrap; Owen, 2007); bands of differences hold the whole "
        f"curve in 95 % (maximum of the studentised deviations); both are as much wider as values "
        f"of Student's t are than normal ones that are exceeded as often, with one degree of "
        f"freedom less than there are subjects or sources, whichever are fewer."
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


def _interval(row: Row, name: str, digits: int, unit: str = "") -> str:
    """Return an interval in words, or that there is none."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if not math.isfinite(low):
        return "no interval"
    return f"95 % interval {between(low, high, signed, digits)}{unit}"


def _latency(rows: Mapping[str, Row]) -> str:
    first, dwell = rows["latency_mean"], rows["dwell"]
    return (
        f"the target was first fixated after {plain(first['version'], 0)} ms on versions and "
        f"{plain(first['original'], 0)} ms on originals ({signed(first['difference'], 0)} ms; "
        f"{_interval(first, 'difference', 0, ' ms')}; a trial that never did counts as long as it "
        f"was), and dwelt on for {plain(dwell['version'], 0)} and {plain(dwell['original'], 0)} ms "
        f"({signed(dwell['difference'], 0)} ms; {_interval(dwell, 'difference', 0, ' ms')})."
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
    fast, slow = (plain(one["latency_ms"], 0) for one in (first, last))
    return (
        f"the share of first saccades on the target changed by {signed(first['difference'], 3)} "
        f"among the fastest (median latency {fast} ms) and by {signed(last['difference'], 3)} "
        f"among the slowest ({slow} ms); the latter less the former is "
        f"{signed(last['last_minus_first'], 3)} "
        f"({_interval(last.to_dict(), 'last_minus_first', 3)})."
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
