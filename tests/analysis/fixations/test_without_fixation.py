"""Trials without a fixation on their image are named with the cause, on either page."""

import re
from dataclasses import replace

import pytest

from analysis.effects.study_analysis import analyse_study
from analysis.fixations.recording_summary import RecordingSummary
from analysis.fixations.table import fixation_table
from analysis.fixations.without_fixation import Cause, TrialWithout
from analysis.report.data import count_rows, without_rows
from analysis.report.methods import methods
from analysis.report.session_report import report_session
from analysis.sessions.runs import read_runs
from stimuli.contract.catalogue import read_catalogue
from stimuli.contract.schemas import EVENTS
from stimuli.contract.study import open_study
from stimuli.support.tables import read_table, write_table


@pytest.fixture(scope="module")
def study(make_study, tmp_path_factory):
    """Two subjects; on trials 1 to 5 of the first something went wrong, each time otherwise."""
    root = make_study(
        tmp_path_factory.mktemp("without") / "study", n_sources=2, n_subjects=2, n_fixations=3,
        samples=True,
    )  # fmt: skip
    asc = root / "sourcedata/sub-01/s01r1.asc"
    trials = re.split(r"(?=MSG\t\d+ TRIALID)", asc.read_text())
    broken = [
        lambda text: re.sub(r"MSG\t(\d+) -3 SYNCTIME", r"MSG\t\1 ERROR MESSAGES LOST 1", text),
        lambda text: re.sub(r"MSG\t\d+ -3 SYNCTIME\n", "", text),
        lambda text: re.sub(r"(?m)^(?:START|END|SFIX|EFIX|\d).*\n", "", text),
        lambda text: re.sub(r"(?m)^[SE]FIX.*\n", "", text),
        lambda text: re.sub(r"(EFIX L   \d+\t\d+\t\d+\t) *[0-9.]+", r"\1   10.0", text),
        lambda text: text.replace("\t 900.0\t...", "\t 9x0.0\t...", 3),
    ]
    head, *trials = trials
    for number, change in enumerate(broken):
        trials[number] = change(trials[number])
    asc.write_text("".join([head, *trials]))
    # The image of trial 6 was shown for three frames too long.
    events = root / "sub-01/beh/sub-01_task-freeview_run-1_events.tsv"
    rows = read_table(events, EVENTS)
    rows[5]["duration"] = 3.0 + 3 / 120
    write_table(events, EVENTS, rows)
    return open_study(root)


def test_every_trial_has_its_cause(study):
    runs = read_runs(study, read_catalogue(study.catalogue))
    _, summary = fixation_table(runs, study.settings)
    assert {one.trial: one.cause for one in summary.without} == {
        1: Cause.MESSAGES_LOST, 2: Cause.CUT, 3: Cause.NOT_RECORDED, 4: Cause.NO_EVENTS,
        5: Cause.OFF_IMAGE,
    }  # fmt: skip
    assert {one.subject for one in summary.without} == {"01"}
    assert ("s01r1.asc", "ERROR MESSAGES LOST in trial 1", 1) in summary.warnings


def test_the_report_and_the_page_of_the_session_name_them(study):
    analysis = analyse_study(study)
    rows = without_rows(analysis).rows
    assert sorted(row[1:] for row in rows) == [["sub-01", "1", str(n)] for n in range(1, 6)]
    page = report_session(study, 1).page.read_text()
    for trial, cause in enumerate(Cause, start=1):
        assert f"no fixation on the image in trial {trial}: {cause}".replace("'", "&#39;") in page
    assert "image shown more than a frame too long or too short in trial 6" in page
    assert "1 ERROR MESSAGES LOST in trial 1" in page
    assert re.search(r"3 sample lines that cannot be read, such as .*9x0\.0", page)


def test_a_duration_off_by_more_than_a_frame_is_counted_and_left_out_if_asked(study):
    counted = "Trials whose image was shown more than a frame too long or too short"
    assert [counted, "1"] in count_rows(analyse_study(study)).rows
    rules = replace(study.settings.exclusions, duration_frames=1.0)
    runs = read_runs(study, read_catalogue(study.catalogue))
    _, summary = fixation_table(runs, replace(study.settings, exclusions=rules))
    assert summary.excluded[["subject", "trial", "excluded"]].to_numpy().tolist() == [
        ["01", 6, "duration_frames 3 above 1"]
    ]


def test_every_subject_saw_every_version_is_said_only_when_true(study):
    said = "every subject saw every original and version"
    analysis = analyse_study(study)
    assert said in methods(analysis)[0]
    first, *others = analysis.runs
    rows = [dict(row) for row in first.trials]
    rows[0]["status"] = "skipped"
    partly = replace(analysis, runs=[replace(first, trials=rows), *others])
    assert said not in methods(partly)[0]
    assert "1 of 2 subjects saw every original and version" in methods(partly)[0]


def test_a_study_without_a_fixation_says_why():
    summary = RecordingSummary(without=[
        TrialWithout("01", 1, trial, "a", cause)
        for trial, cause in enumerate([Cause.NO_EVENTS, Cause.NOT_RECORDED, Cause.NO_EVENTS])
    ])  # fmt: skip
    summary.counts["trials complete"] = 3
    assert (
        "(trials: 3 complete): on 2 no fixation was found while the image was shown; on 1 the eye "
        "was not recorded when the image appeared; expected some"
    ) in summary.why_none()
