"""What the tracker's parser found in a recording, as one table of events and messages.

In comes a `Recording`; out come its fixations, saccades, blinks and messages as rows of one table,
and how many there are of each.
"""

import pandas as pd

from analysis.recordings.recording import Recording
from stimuli.support.tables import Column, Schema

KINDS = ("fixation", "saccade", "blink", "message")

RECORDING_EVENTS = Schema(
    "recording_events",
    (
        Column("file", str, "Recording, as named on the command line"),
        Column("block", int, "Stretch of recording, counted from 1; 0 between two of them"),
        Column(
            "kind", str, "What happened",
            levels={"fixation": "By the tracker's parser", "saccade": "By the tracker's parser",
                    "blink": "By the tracker's parser", "message": "Sent to the tracker"},
        ),
        Column("eye", str, "Whose event", levels={"L": "Left eye", "R": "Right eye"}),
        Column("start_ms", float, "First sample, or time of the message, tracker's clock", "ms"),
        Column("end_ms", float, "Last sample", "ms"),
        Column("duration_ms", float, "Duration, last sample included", "ms"),
        Column("x_px", float, "Mean of a fixation, start of a saccade, tracker's pixels", "px"),
        Column("y_px", float, "The same, down", "px"),
        Column("x_end_px", float, "End of a saccade", "px"),
        Column("y_end_px", float, "The same, down", "px"),
        Column("amplitude_deg", float, "Of a saccade", "deg"),
        Column("peak_velocity_deg_s", float, "Of a saccade", "deg/s"),
        Column("pupil", float, "Mean pupil size of a fixation, tracker's units"),
        Column("text", str, "Of a message"),
    ),
)  # fmt: skip

_SACCADE = {"x_start_px": "x_px", "y_start_px": "y_px"}


def event_counts(recording: Recording) -> dict[str, int]:
    """Return how many fixations, saccades, blinks and messages a recording holds.

    Examples
    --------
    >>> from analysis import event_counts, read_recording
    >>> counts = event_counts(read_recording("demo-study/sourcedata/sub-01/s01r1.asc"))
    >>> list(counts)
    ['fixations', 'saccades', 'blinks', 'messages']
    """
    return {f"{kind}s": len(getattr(recording, f"{kind}s")) for kind in KINDS}


def recording_events(recording: Recording, file: str) -> pd.DataFrame:
    """Return the events and messages of a recording as one table.

    Parameters
    ----------
    recording : Recording
        A recording, as `read_recording` returns it.
    file
        Content of the column ``file``.

    Returns
    -------
    events : DataFrame
        Columns of `RECORDING_EVENTS`, in the order of time within every block.

    Examples
    --------
    >>> from analysis import read_recording, recording_events
    >>> recording = read_recording("demo-study/sourcedata/sub-01/s01r1.asc")
    >>> events = recording_events(recording, "s01r1.asc")
    >>> blink_ms = events[events["kind"] == "blink"]["duration_ms"].median()
    """
    parts = [
        recording.fixations.assign(kind="fixation"),
        recording.saccades.rename(columns=_SACCADE).assign(kind="saccade"),
        recording.blinks.assign(kind="blink"),
        recording.messages.rename(columns={"time_ms": "start_ms"}).assign(kind="message"),
    ]
    columns = list(RECORDING_EVENTS.names)
    whole = [part.assign(file=file).reindex(columns=columns) for part in parts]
    filled = [part.astype(object) for part in whole if len(part)]
    table = pd.concat(filled, ignore_index=True)
    return table.sort_values(["block", "start_ms"], kind="stable", ignore_index=True)
