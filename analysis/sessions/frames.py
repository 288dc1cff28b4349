"""The frames of the images of a session, as its journals keep them."""

from collections.abc import Iterable

from stimuli.contract.journal import read_journal, unpacked_intervals
from stimuli.contract.study import Study


def frame_intervals(study: Study, subject: str, runs: Iterable[int]) -> dict[int, list[float]]:
    """Return the times between the flips of every image, in seconds, by trial.

    Trials whose journal is not there, or of an earlier version, are left out.

    Parameters
    ----------
    runs
        Numbers of the subject's runs.
    """
    intervals: dict[int, list[float]] = {}
    for run in runs:
        path = study.journal(subject, run)
        for line in read_journal(path) if path.is_file() else ():
            if line["kind"] == "trial-ended" and line.get("intervals"):
                intervals[line["trial"]] = unpacked_intervals(line["intervals"])
    return intervals
