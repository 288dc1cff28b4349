"""Putting the files of a run in their places: recording, events, participant, provenance.

In come the run's journal and a way to fetch the tracker's file. A file that is there stays as it
is, so that what a session could not finish can be made up for by the next.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from experiment.protocols.tracker import Keeper, Tracker, TrackerFault
from experiment.records.events import event_rows, write_events
from experiment.records.journal import LineKind
from experiment.records.participants import add_participant
from experiment.records.run_files import RunFiles
from stimuli.contract.journal import Line
from stimuli.contract.vocabulary import ParticipantKind, Trial
from stimuli.support.provenance import write_sidecar
from stimuli.support.system import sync_folders


def store_run_files(
    files: RunFiles,
    lines: Sequence[Line],
    schedule: Sequence[Trial],
    tracker: Tracker,
    fetch: Callable[[Path], bool],
) -> None:
    """Put the files of a run in their places.

    Parameters
    ----------
    lines
        The run's journal.
    schedule
        The subject's whole schedule.
    tracker
        What recorded it; told when the recording is in its place.
    fetch
        Puts the recording at a path, further files of it beside that, and returns whether there is
        one.

    Raises
    ------
    TrackerFault, OSError
        If the file could not be fetched. Everything else is in its place then; the provenance,
        which is written last, is not, so that the next ``--resume`` tries again.
    """
    study, settings = files.study, files.study.settings
    facts = next(line for line in lines if line["kind"] == LineKind.SCHEDULE)
    participant_kind = ParticipantKind(facts["observer"])
    recording = files.recording(tracker.suffix)
    outputs: list[Path] = []
    failure: TrackerFault | OSError | None = None
    try:
        outputs += [recording] if recording.is_file() else _fetched(recording, fetch)
    except TrackerFault as fault:
        text = f"{fault}; try again with --resume, or copy it by hand to {recording}"
        failure = TrackerFault(text, lost=fault.lost)
    except OSError as error:
        failure = error
    rows = event_rows(lines, schedule)
    if rows:
        write_events(files.events, rows, settings, participant_kind)
        outputs += [files.events, files.events.with_suffix(".json")]
        add_participant(
            study.participants,
            {
                "participant_id": files.participant_id,
                "order": facts["order"],
                "observer": participant_kind,
            },
        )
    if failure is not None:
        raise failure
    for line in lines:
        if line["kind"] == LineKind.TRACKER_FILE and isinstance(tracker, Keeper):
            tracker.forget(line["name"])
    if not files.provenance.is_file():  # which tells of the session, not of what was put back
        write_sidecar(
            files.provenance,
            command="experiment.run",
            settings=settings.as_dict(),
            inputs=[study.settings_file, study.catalogue, study.blocks],
            outputs=outputs,
            seeds={"study": settings.study.seed, "subject": int(files.subject)},
            root=study.root,
        )


def _fetched(recording: Path, fetch: Callable[[Path], bool]) -> list[Path]:
    """Fetch a recording, which may be several files; return them, the recording itself last.

    They come into a folder of their own, so that the recording is there whole or not at all.
    """
    coming = recording.with_name(f".fetching-{recording.name}")
    coming.mkdir(parents=True, exist_ok=True)
    try:
        if not fetch(coming / recording.name):
            return []
        files = sorted(coming.iterdir(), key=lambda path: (path.name == recording.name, path.name))
        for path in files:
            with open(path, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(path, recording.parent / path.name)
        sync_folders(recording.parent)
        return [recording.parent / path.name for path in files]
    finally:
        shutil.rmtree(coming, ignore_errors=True)
