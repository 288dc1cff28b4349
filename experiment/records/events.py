"""The BIDS events of a run: one row a trial, and a sidecar that tells of screen and participant.

Everything comes from the journal, whether the run has just ended or was cut off weeks ago. Onsets
count from the first gaze sample of the run, as the gaze recording of the same run does.
"""

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from experiment.records.journal import WITHDRAWN, LineKind
from stimuli.contract.journal import Line
from stimuli.contract.schemas import EVENTS
from stimuli.contract.settings import NOT_MEASURED, Settings
from stimuli.contract.vocabulary import ParticipantKind, Trial, TrialStatus
from stimuli.support.provenance import source_commit
from stimuli.support.tables import Row, write_table


def ended_trials(lines: Sequence[Line]) -> dict[int, Line]:
    """Return the line that tells the end of every trial whose image was, or may have been, shown.

    A trial that was started but never ended was cut off. Before its recording began, at the drift
    check, no image can have appeared; from then on that is not known, so it counts as interrupted,
    at the time when it was started.
    """
    ended: dict[int, Line] = {}
    started_s: dict[int, float] = {}
    for line in lines:
        if line["kind"] == LineKind.TRIAL_STARTED:
            started_s[line["trial"]] = line["time"]
        elif line["kind"] == LineKind.RECORDING_STARTED and line["trial"] in started_s:
            time_s = started_s[line["trial"]]
            ended[line["trial"]] = {
                "status": TrialStatus.INTERRUPTED,
                "onset": time_s,
                "offset": time_s,
                "frames": 0,
                "dropped_frames": 0,
            }
        elif line["kind"] == LineKind.TRIAL_ENDED:
            ended.pop(line["trial"], None)
            if line["status"] != WITHDRAWN:
                ended[line["trial"]] = line
    return ended


def trial_under_way(lines: Sequence[Line]) -> str:
    """Return in words what became of the last trial that a journal tells of."""
    started = [line["trial"] for line in lines if line["kind"] == LineKind.TRIAL_STARTED]
    if not started:
        return "no trial had begun"
    end = ended_trials(lines).get(started[-1])
    if end is None:
        return f"the image of trial {started[-1]} had not appeared, and will be shown"
    if end["status"] == TrialStatus.INTERRUPTED:
        return f"trial {started[-1]} is interrupted, not complete, and is not shown again"
    return f"trial {started[-1]} is {end['status']}"


def event_rows(lines: Sequence[Line], schedule: Sequence[Trial]) -> list[Row]:
    """Return the trials of a run as rows of `stimuli.contract.schemas.EVENTS`, in time's order.

    Parameters
    ----------
    lines
        The run's journal.
    schedule
        The subject's whole schedule.
    """
    by_number = {trial.trial: trial for trial in schedule}
    ended = ended_trials(lines)
    first_samples = [
        line["first_sample"] for line in lines if line["kind"] == LineKind.RECORDING_STARTED
    ]
    origin_s = min([*first_samples, *(line["onset"] for line in ended.values())], default=0.0)
    rows = []
    for number, line in ended.items():
        trial = by_number[number]
        rows.append(
            {
                "onset": round(line["onset"] - origin_s, 6),
                "duration": round(line["offset"] - line["onset"], 6),
                "trial": number,
                "block": trial.block,
                "block_position": trial.block_position,
                "stim_id": trial.stimulus.stim_id,
                "source_id": trial.stimulus.source_id,
                "condition": trial.stimulus.condition,
                "direction": trial.stimulus.direction,
                "status": line["status"],
                "frames": line["frames"],
                "dropped_frames": line["dropped_frames"],
                "early_frames": line.get("early_frames"),
                "on_time": line.get("on_time"),
                "shown_by": line.get("shown_by"),
            }
        )
    return sorted(rows, key=lambda row: row["onset"])


def events_sidecar(settings: Settings, participant_kind: ParticipantKind) -> dict[str, object]:
    """Return what the events sidecar says beside its columns; lengths in metres, as BIDS asks."""
    screen = settings.screen
    return {
        "TaskName": "freeview",
        "Observer": participant_kind,
        "StimulusPresentation": {
            "ScreenDistance": round(screen.distance_cm / 100, 6),
            "ScreenOrigin": ["top", "left"],
            "ScreenRefreshRate": screen.refresh_hz,
            "ScreenResolution": [screen.width_px, screen.height_px],
            "ScreenSize": [round(screen.width_cm / 100, 6), round(screen.height_cm / 100, 6)],
            # Not of BIDS, which has no words for them.
            "ScreenGamma": _measured(screen.gamma),
            "ScreenLuminance": _measured(screen.luminance_cd_m2),
            "ScreenLuminanceUnits": "cd/m2",
            "SoftwareName": "guiding-gaze",
            "SoftwareVersion": _version(),
        },
    }


def write_events(
    path: Path, rows: Sequence[Row], settings: Settings, participant_kind: ParticipantKind
) -> None:
    """Write the events of a run and their sidecar."""
    write_table(path, EVENTS, rows, sidecar=events_sidecar(settings, participant_kind))


def _measured(value: float | None) -> float | str:
    return NOT_MEASURED if value is None else value


def _version() -> str:
    try:
        return metadata.version("guiding-gaze")
    except metadata.PackageNotFoundError:
        return source_commit() or "n/a"  # a checkout, not installed
