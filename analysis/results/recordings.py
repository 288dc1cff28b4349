"""Recordings as tables: their events, their gaze samples, and how many events there are.

In come recordings by their names; out come the paths of the files that were written.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.recordings.events import RECORDING_EVENTS, event_counts, recording_events
from analysis.recordings.recording import Recording
from analysis.results.tables import write_csv
from stimuli.support.console import progress
from stimuli.support.files import atomic_path, write_json
from stimuli.support.tables import MISSING


def write_events(path: Path, recordings: Mapping[str, Recording]) -> list[Path]:
    """Write the events of recordings as one table; its sidecar says what was not sound."""
    events = pd.concat([recording_events(one, name) for name, one in recordings.items()])
    unsound = {name: dict(one.warnings) for name, one in recordings.items()}
    return write_csv(path, RECORDING_EVENTS, events, sidecar={"NotSound": unsound})


def write_event_counts(path: Path, recordings: Mapping[str, Recording]) -> list[Path]:
    """Write as JSON how many events of each kind every recording holds."""
    write_json(path, {name: event_counts(one) for name, one in recordings.items()})
    return [path]


def write_samples(folder: Path, recordings: Mapping[str, Recording]) -> list[Path]:
    """Write the gaze samples of every recording into a folder, as ``NAME_samples.csv.gz``."""
    paths = []
    for name in progress(recordings, "Samples", len(recordings)):
        paths.append(folder / f"{Path(name).name.split('.')[0]}_samples.csv.gz")
        with atomic_path(paths[-1]) as temporary:
            samples = recordings[name].samples()
            samples.to_csv(temporary, index=False, na_rep=MISSING, float_format="%.10g")
    return paths
