"""The tables of the report's data: what was recorded, how good it is, what was left out."""

from collections import Counter, defaultdict

import pandas as pd
from markupsafe import Markup

from analysis.effects.study_analysis import StudyAnalysis
from analysis.report.numbers import DASH, plain
from analysis.report.tables import Table
from analysis.sessions.runs import unchecked_runs
from stimuli.contract.study import participant_id

_QUALITY = {
    "track_loss": ("Track loss", "share of the image's time", 3),
    "validation_deg": ("Validation", "mean error, degrees", 2),
    "drift_deg": ("Drift", "fixation 0 from the centre, degrees", 2),
    "precision_deg": ("Precision", "RMS of successive samples, degrees", 3),
    "n_fixations": ("Fixations", "on a trial", 1),
}


def count_rows(analysis: StudyAnalysis) -> Table:
    """Return what was recorded, what was used and what was not, and why."""
    counts, used = analysis.recordings.counts, analysis.used
    dropped = analysis.study.settings.exclusions.drop_blink_adjacent
    beside = counts["fixations short and beside a blink"]
    kinds = Counter(analysis.participants.values())
    by_kind = ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds))
    in_subset = (
        len(analysis.fixations)
        - len(used)
        - counts["fixations under way at image onset"]
        - counts["fixations off the image"]
        - counts["fixations on excluded trials"]
        - (beside if dropped else 0)
    )
    rows: list[list[str]] = [
        ["Subjects", f"{len(analysis.participants)} ({by_kind})"],
        ["Recordings", str(sum(run.recording is not None for run in analysis.runs))],
        *(
            [what.capitalize(), str(counts[what])]
            for what in counts
            if what.startswith("trials") and counts[what]
        ),
        ["Fixations on trials", str(len(analysis.fixations))],
        ["– on excluded trials", str(counts["fixations on excluded trials"])],
        ["– under way at image onset", str(counts["fixations under way at image onset"])],
        ["– off the image", str(counts["fixations off the image"])],
        *([["– short and beside a blink", str(beside)]] if dropped else []),
        [f"– not in subset {analysis.label}", str(in_subset)],
        [Markup("<b>Fixations used</b>"), Markup("<b>{}</b>").format(len(used))],
        ["Fixations a stimulus", _span(used.groupby("stim_id").size())],
        *([] if dropped else [["Short and beside a blink, flagged and used", str(beside)]]),
    ]
    return Table([], rows)


def quality_rows(analysis: StudyAnalysis) -> Table:
    """Return the quality of the data over trials."""
    quality = analysis.recordings.quality
    rows = []
    for name, (title, unit, digits) in _QUALITY.items():
        values = quality[name].dropna().astype(float)
        if values.empty:
            rows.append([title, unit, "0", DASH, DASH, DASH])
            continue
        ends = (plain(float(values.quantile(q)), digits) for q in (0.5, 0.9, 1.0))
        rows.append([title, unit, str(len(values)), *ends])
    head = ["Quality", "", "Trials", "Median", "90\N{NO-BREAK SPACE}%", "Largest"]
    return Table(head, rows, text_columns=2)


def quality_by_subject_rows(analysis: StudyAnalysis) -> Table:
    """Return means of the quality by subject."""
    rows = [
        [
            participant_id(str(subject)), str(len(own)),
            *(plain(own[name].astype(float).mean(), digits) for name, (_, _, digits)
              in _QUALITY.items()),
            str(int(own["excluded"].notna().sum())),
        ]
        for subject, own in analysis.recordings.quality.groupby("subject")
    ]  # fmt: skip
    titles = [title for title, _, _ in _QUALITY.values()]
    return Table(["Subject", "Trials", *titles, "Excluded"], rows)


def exclusion_rows(analysis: StudyAnalysis) -> Table:
    """Return every trial that a rule left out."""
    rows = [
        [participant_id(row["subject"]), str(row["trial"]), row["stim_id"], row["excluded"]]
        for row in analysis.recordings.excluded.to_dict("records")
    ]
    return Table(["Subject", "Trial", "Stimulus", "Rule"], rows, text_columns=4)


def without_rows(analysis: StudyAnalysis) -> Table:
    """Return the trials without a fixation on their image, by cause and subject."""
    found = defaultdict[tuple[str, str], list[int]](list)
    for one in analysis.recordings.without:
        found[one.cause, one.subject].append(one.trial)
    rows = [
        [cause.capitalize(), participant_id(subject), str(len(trials)), ", ".join(map(str, trials))]
        for (cause, subject), trials in sorted(found.items())
    ]
    return Table(["Why", "Subject", "Number", "Trials"], rows, text_columns=2)


def unchecked_rows(analysis: StudyAnalysis) -> Table:
    """Return what could not be checked of which runs, whose sessions left no record of it."""
    found = unchecked_runs(analysis.runs)
    return Table(["Not checked", "Of"], [[what, ", ".join(of)] for what, of in found.items()], 2)


def warning_rows(analysis: StudyAnalysis) -> Table:
    """Return what was not sound in a recording."""
    rows = [[file, what, str(n)] for file, what, n in analysis.recordings.warnings]
    return Table(["File", "What", "Count"], rows, text_columns=2)


def _span(counts: pd.Series) -> str:
    return f"{counts.min()} to {counts.max()}, median {counts.median():g}" if len(counts) else "0"
