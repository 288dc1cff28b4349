"""What a simulated session of subject 07 leaves in a study folder, and how tests look at it."""

import hashlib

from experiment.records.reading import read_run_journal
from stimuli.contract.schemas import EVENTS
from stimuli.contract.study import open_study
from stimuli.support.tables import read_table

ASC = "sourcedata/sub-07/s07r1.asc"
JOURNAL = "sourcedata/sub-07/sub-07_task-freeview_run-1_journal.jsonl"
PROVENANCE = "sourcedata/sub-07/sub-07_task-freeview_run-1_provenance.json"
EVENTS_TSV = "sub-07/beh/sub-07_task-freeview_run-1_events.tsv"
KEPT = {ASC, JOURNAL, PROVENANCE, EVENTS_TSV, EVENTS_TSV.replace(".tsv", ".json")}


def contents(folder):
    """Return the SHA-256 of every file of a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def journal_of(study):
    """Return the journal of the first run."""
    return read_run_journal(open_study(study), 7)


def all_rows(study):
    """Return the events of all runs."""
    return [
        row
        for path in sorted((study / "sub-07/beh").glob("*_events.tsv"))
        for row in read_table(path, EVENTS)
    ]
