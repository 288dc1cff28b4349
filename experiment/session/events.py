"""The BIDS events of a session: one row a trial, and a sidecar that describes screen and observer.

Onsets count from the first gaze sample of the run, as the gaze recording of the same run does.
"""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from experiment.session.trial import TrialRecord
from stimuli.provenance import source_commit
from stimuli.settings import Settings
from stimuli.tables import EVENTS, Value, write_table


def event_row(record: TrialRecord, first_sample_s: float) -> dict[str, Value]:
    """Return a trial as a row of `stimuli.tables.EVENTS`."""
    trial, shown = record.trial, record.shown
    return {
        "onset": round(shown.onset_s - first_sample_s, 6),
        "duration": round(shown.offset_s - shown.onset_s, 6),
        "trial": trial.trial,
        "block": trial.block,
        "block_position": trial.block_position,
        "stim_id": trial.stimulus.stim_id,
        "source_id": trial.stimulus.source_id,
        "condition": trial.stimulus.condition,
        "direction": trial.stimulus.direction,
        "status": record.status,
        "frames": shown.frames,
        "dropped_frames": shown.dropped_frames,
    }


def events_sidecar(settings: Settings, observer: str) -> dict[str, object]:
    """Return what the events sidecar says beside its columns; lengths in metres, as BIDS asks."""
    screen = settings.screen
    return {
        "TaskName": "freeview",
        "Observer": observer,
        "StimulusPresentation": {
            "ScreenDistance": round(screen.distance_cm / 100, 6),
            "ScreenOrigin": ["top", "left"],
            "ScreenRefreshRate": screen.refresh_hz,
            "ScreenResolution": [screen.width_px, screen.height_px],
            "ScreenSize": [round(screen.width_cm / 100, 6), round(screen.height_cm / 100, 6)],
            "SoftwareName": "guiding-gaze",
            "SoftwareVersion": _version(),
        },
    }


def write_events(
    path: Path, records: Sequence[TrialRecord], settings: Settings, *, observer: str
) -> None:
    """Write the events of a whole session."""
    first_sample_s = records[0].recording_s
    rows = [event_row(record, first_sample_s) for record in records]
    write_table(path, EVENTS, rows, sidecar=events_sidecar(settings, observer))


def _version() -> str:
    try:
        return metadata.version("guiding-gaze")
    except metadata.PackageNotFoundError:
        return source_commit() or "n/a"  # a checkout, not installed
