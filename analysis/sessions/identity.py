"""Whether the files of a session are its own, by what the session wrote down of them.

The provenance of a run has the SHA-256 of its events and its recording, the journal a hash of the
stimuli in their order, and the recording names the stimulus of every trial. What disagrees is an
`InputError`. What was made elsewhere has none of these: it is analysed, and what could not be
checked is returned as text.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.recordings.recording import Recording
from analysis.sessions.messages import trial_stimuli
from stimuli.contract.journal import Line, read_journal, schedule_sha256
from stimuli.contract.study import Study, participant_id, run_name
from stimuli.contract.vocabulary import Stimulus, subject_label
from stimuli.support.errors import InputError
from stimuli.support.files import read_json, sha256
from stimuli.support.tables import Row


def check_files(
    study: Study, subject: str, run: int, events: Path, recording: Path | None
) -> list[str]:
    """Check events and recording of a run against its provenance; return what could not be.

    Raises
    ------
    InputError
        If a file is not the one that the session left, or the provenance is another subject's.
    """
    path = study.session_provenance(subject, run)
    if not path.is_file():
        return ["without provenance; of recording and events only the stimuli are compared, where "
                "the recording names them"]  # fmt: skip
    provenance = _provenance(path)
    recorded = provenance.get("seeds", {}).get("subject", int(subject))
    if recorded != int(subject):
        raise InputError(
            f"{path}: is of subject {recorded}; expected that of {participant_id(subject)}; put "
            f"the files of both subjects back under their own names"
        )
    unchecked = []
    for file in (events, *([recording] if recording else [])):
        name = file.relative_to(study.root).as_posix()
        expected = provenance["outputs"].get(name)
        if expected is None:
            unchecked.append(f"no SHA-256 of {file.suffix} in the provenance of the session")
        elif (found := sha256(file)) != expected:
            raise InputError(
                f"{file}: is not the file of {participant_id(subject)} that the session left"
                f"{_whose(study, found, name)}: SHA-256 is {found}; expected {expected}; put the "
                f"file back as it was; if it was changed on purpose, take its line out of {path}"
            )
    return unchecked


def check_kept(study: Study, subject: str | None = None) -> None:
    """Check that the events of every run are there that left some, so that nobody vanishes.

    Parameters
    ----------
    subject
        Look at this one alone.
    """
    folder = "sub-*" if subject is None else participant_id(subject)
    for path in sorted((study.root / "sourcedata").glob(f"{folder}/*_provenance.json")):
        name = path.name.replace("_provenance.json", "_events.tsv")
        events = study.root / path.parent.name / "beh" / name
        left = any(output.endswith(name) for output in _provenance(path)["outputs"])
        if left and not events.is_file():
            raise InputError(
                f"{events}: no such table; expected the events that {path} names; put them back "
                f"from a copy, or, to leave the subject out, move its folder of sourcedata away"
            )


def check_none_alone(study: Study, subject: str | None = None) -> None:
    """Check that no run is without provenance and journal where others of the study have theirs.

    Without both nothing tells whether its events, recording and stimuli are its own. A study that
    was recorded elsewhere has neither of any run; of one that was in part, the settings name whom.

    Parameters
    ----------
    subject
        Look at the runs of this one alone.

    Raises
    ------
    InputError
        Names the first such run.
    """
    runs = [(label, run) for label, run, _ in study.runs_with_events()]
    bare = [one for one in runs if not _has_record(study, *one)]
    if len(bare) == len(runs):
        return
    elsewhere = {subject_label(one) for one in study.settings.analysis.recorded_elsewhere}
    for label, run in bare:
        if label not in elsewhere and subject in (None, label):
            raise InputError(
                f"{study.session_provenance(label, run)}: no such provenance, and no journal "
                f"{study.journal(label, run).name}, which other runs of the study have, so nothing "
                f"tells whose the files of {participant_id(label)} are; expected both; put them "
                f"back from a copy, or, if the subject was recorded elsewhere, add {label!r} to "
                f"analysis.recorded_elsewhere in study.toml"
            )


def _has_record(study: Study, subject: str, run: int) -> bool:
    return study.session_provenance(subject, run).is_file() or study.journal(subject, run).is_file()


def check_shown(
    study: Study, subject: str, runs: Mapping[int, Sequence[Row]], stimuli: Sequence[Stimulus]
) -> list[str]:
    """Check that a subject saw the stimuli of the events as they are now; return what could not be.

    The journal has one hash of the whole schedule. Where trials are left to be shown, the hash of
    the catalogue in the provenance takes its place.

    Parameters
    ----------
    runs
        The rows of the events of every run.
    stimuli
        The study's catalogue.

    Raises
    ------
    InputError
        If the stimuli, their images or their order are others, or the journal is damaged or not
        there although the session left one.
    """
    known = {stimulus.stim_id: stimulus for stimulus in stimuli}
    rows = [row for trials in runs.values() for row in trials]
    shown = {int(row["trial"]): known[str(row["stim_id"])] for row in rows}
    whole = sorted(shown) == list(range(1, len(stimuli) + 1))
    unchecked = []
    for run in runs:
        path = study.journal(subject, run)
        lines = _journal(path, study.session_provenance(subject, run))
        stated = [line["schedule_sha256"] for line in lines if "schedule_sha256" in line]
        if not stated:
            unchecked.append("no hash of what was shown in a journal")
        elif not whole:
            _check_catalogue(study, subject, run)
        elif schedule_sha256(shown[trial] for trial in sorted(shown)) != stated[0]:
            raise InputError(
                f"{path}: {participant_id(subject)} was shown other stimuli, images or another "
                f"order than its events and {study.catalogue} have: schedule_sha256 is "
                f"{stated[0]}; put events and stimuli back as they were at the recording"
            )
    return unchecked


def check_recording(
    recording: Recording, path: Path, events: Path, subject: str, trials: Sequence[Row]
) -> None:
    """Check that a recording names the stimuli of the events, where it names any.

    Parameters
    ----------
    path, events
        Files of recording and events.
    trials
        The complete trials of the events.

    Raises
    ------
    InputError
        Names the first trial of which they disagree.
    """
    named = trial_stimuli(recording.messages)
    for trial in trials:
        for stim_id in named.get(int(trial["trial"]), ()):
            if stim_id != trial["stim_id"]:
                raise InputError(
                    f"{path}: stim_id of trial {trial['trial']} of {participant_id(subject)} is "
                    f"{stim_id}; expected {trial['stim_id']}, as {events} has it: put the "
                    f"subject's own recording here, whole and alone, or its own events there"
                )


def _check_catalogue(study: Study, subject: str, run: int) -> None:
    path = study.session_provenance(subject, run)
    name = study.catalogue.relative_to(study.root).as_posix()
    expected = _provenance(path)["inputs"].get(name) if path.is_file() else None
    if expected not in (None, sha256(study.catalogue)):
        raise InputError(
            f"{study.catalogue}: has changed since {run_name(subject, run)} was recorded; SHA-256 "
            f"was {expected}; put the stimuli back as they were; if the images are the same, take "
            f"the line of {name} out of {path}"
        )


def _journal(path: Path, provenance: Path) -> list[Line]:
    """Return the lines of a run's journal; none if it has neither a journal nor a provenance."""
    if not path.is_file() and not provenance.is_file():
        return []
    repair = (
        f"if there is none, move it and {provenance} away and add the subject to "
        f"analysis.recorded_elsewhere in study.toml, to go without their checks"
    )
    if not path.is_file():
        raise InputError(
            f"{path}: no such journal; expected that of the run whose provenance is there; put it "
            f"back from a copy; {repair}"
        )
    try:
        lines = read_journal(path)
    except InputError as damage:
        raise InputError(f"{damage}; {repair}") from None
    if not any(line["kind"] == "schedule" for line in lines):
        raise InputError(
            f"{path}: does not say what was shown; expected a line of kind schedule; put the file "
            f"back from a copy; {repair}"
        )
    return lines


def _provenance(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict) or not all(
        isinstance(content.get(name), dict) for name in ("inputs", "outputs", "seeds")
    ):
        raise InputError(
            f"{path}: is no provenance of a session; expected inputs, outputs and seeds; put the "
            f"file back from a copy, or move it away and go without its checks"
        )
    return content


def _whose(study: Study, found: str, own: str) -> str:
    """Return of which other run a file is, if one is known."""
    for path in sorted((study.root / "sourcedata").glob("sub-*/*_provenance.json")):
        for name, expected in _provenance(path)["outputs"].items():
            if expected == found and name != own:
                return f", but {name}"
    return ""
