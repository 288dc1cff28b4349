"""The report's account of the data: what was recorded, how good it is, what was left out."""

from html import escape

from analysis.report.content import Content
from analysis.report.numbers import DASH, plain
from analysis.report.tables import table


def data(content: Content) -> str:
    """Return what was recorded, what was used and what was not, and why."""
    counts, used = content.account.counts, content.used
    dropped = content.study.settings.exclusions.drop_blink_adjacent
    beside = counts["fixations short and beside a blink"]
    subjects = sorted(content.observers)
    kinds = sorted(set(content.observers.values()))
    by_kind = ", ".join(f"{list(content.observers.values()).count(kind)} {kind}" for kind in kinds)
    in_subset = (
        len(content.fixations)
        - len(used)
        - counts["fixations under way at image onset"]
        - counts["fixations off the image"]
        - counts["fixations on excluded trials"]
        - (beside if dropped else 0)
    )
    rows = [
        ["Subjects", f"{len(subjects)} ({by_kind})"],
        ["Recordings", str(sum(run.recording is not None for run in content.runs))],
        *(
            [what.capitalize(), str(counts[what])]
            for what in counts
            if what.startswith("trials") and counts[what]
        ),
        ["Fixations on trials", str(len(content.fixations))],
        ["– on excluded trials", str(counts["fixations on excluded trials"])],
        ["– under way at image onset", str(counts["fixations under way at image onset"])],
        ["– off the image", str(counts["fixations off the image"])],
        *([["– short and beside a blink", str(beside)]] if dropped else []),
        [f"– not in subset {escape(content.label)}", str(in_subset)],
        ["<b>Fixations used</b>", f"<b>{len(used)}</b>"],
        ["Fixations a stimulus", _span(used.groupby("stim_id").size())],
        *([] if dropped else [["Short and beside a blink, flagged and used", str(beside)]]),
    ]
    return table([], rows) + _quality(content) + _exclusions(content) + _warnings(content)


_QUALITY = {
    "track_loss": ("Track loss", "share of the image's time", 3),
    "validation_deg": ("Validation", "mean error, degrees", 2),
    "drift_deg": ("Drift", "fixation 0 from the centre, degrees", 2),
    "precision_deg": ("Precision", "RMS of successive samples, degrees", 3),
    "n_fixations": ("Fixations", "on a trial", 1),
}


def _quality(content: Content) -> str:
    """Return the quality of the data over trials, and by subject, folded away."""
    quality = content.account.quality
    rows = []
    for name, (title, unit, digits) in _QUALITY.items():
        values = quality[name].dropna().astype(float)
        if values.empty:
            rows.append([title, unit, "0", DASH, DASH, DASH])
            continue
        ends = (plain(values.quantile(q), digits) for q in (0.5, 0.9, 1.0))
        rows.append([title, unit, str(len(values)), *ends])
    head = ["Quality", "", "Trials", "Median", "90&nbsp;%", "Largest"]
    by_subject = [
        [
            f"sub-{escape(str(subject))}", str(len(own)),
            *(plain(own[name].astype(float).mean(), digits) for name, (_, _, digits)
              in _QUALITY.items()),
            str(int(own["excluded"].notna().sum())),
        ]
        for subject, own in quality.groupby("subject")
    ]  # fmt: skip
    heads = ["Subject", "Trials", *(title for title, _, _ in _QUALITY.values()), "Excluded"]
    return table(head, rows, text_columns=2) + (
        f"<details><summary>Means by subject</summary>{table(heads, by_subject)}</details>"
    )


def _exclusions(content: Content) -> str:
    """Return every trial that a rule left out."""
    excluded = content.account.excluded
    if excluded.empty:
        return '<p class="note">No trial was excluded by a rule.</p>'
    rows = [
        [f"sub-{escape(row['subject'])}", str(row["trial"]), escape(row["stim_id"]),
         escape(row["excluded"])]
        for row in excluded.to_dict("records")
    ]  # fmt: skip
    return (
        f"<details open><summary>{len(rows)} of {len(content.account.quality)} trials were "
        f"excluded</summary>"
        f"{table(['Subject', 'Trial', 'Stimulus', 'Rule'], rows, text_columns=4)}</details>"
    )


def _warnings(content: Content) -> str:
    if not content.account.warnings:
        return '<p class="note">Every recording was read whole.</p>'
    rows = [[escape(file), escape(what), str(n)] for file, what, n in content.account.warnings]
    return (
        f"<details open><summary>{len(rows)} remarks on recordings that are not whole</summary>"
        f"{table(['File', 'What', 'Count'], rows, text_columns=2)}</details>"
    )


def _span(counts) -> str:
    return f"{counts.min()} to {counts.max()}, median {counts.median():g}" if len(counts) else "0"
