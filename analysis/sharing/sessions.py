"""The sessions of a study as they may be published: events, recordings, journals, provenance.

Before anything is copied the analysis' own checks are made (`analysis.sessions.runs.read_runs`), so
that the hashes that are written anew are those of files that were right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.recordings.reading import read_recording
from analysis.sessions.physio import write_physio
from analysis.sessions.runs import SessionRun
from analysis.sharing.facts import known_facts, reads
from analysis.sharing.physio import write_shared_physio
from analysis.sharing.recordings import SharedRecording, cleaned_asc, recording_as_asc
from stimuli.contract.journal import journal_line, read_journal, schedule_sha256
from stimuli.contract.schemas import EVENTS
from stimuli.contract.study import PHYSIO, Study
from stimuli.contract.vocabulary import ParticipantKind, Stimulus
from stimuli.support.errors import InputError
from stimuli.support.files import (
    confined,
    read_json,
    sha256,
    write_bytes,
    write_json,
    write_text,
)
from stimuli.support.portable import portable
from stimuli.support.provenance import PACKAGES
from stimuli.support.tables import read_table, write_table

# What is kept of events, journals and provenance, and how it must read to hold no free text.
_OF_EVENTS = {"TaskName": r"freeview", "Observer": "|".join(ParticipantKind)}
_OF_SCREENS = {
    "ScreenDistance", "ScreenOrigin", "ScreenRefreshRate", "ScreenResolution", "ScreenSize",
    "SoftwareName", "SoftwareVersion", "ScreenGamma", "ScreenLuminance", "ScreenLuminanceUnits",
}  # fmt: skip
_NUMBER, _SHA256 = r"[0-9]{1,20}", r"[0-9a-f]{64}"
_OF_SCHEDULES = {
    "run": _NUMBER, "order": _NUMBER, "seed": _NUMBER, "trials": _NUMBER,
    "schedule_sha256": _SHA256, "observer": "|".join(ParticipantKind),
    "mode": r"[a-z-]{1,40}",
}  # fmt: skip
_OF_PROVENANCE = {
    "command": r"(manipulation|experiment|analysis)\.[a-z_]+",
    "commit": r"[0-9a-f]{7,40}(-dirty)?",
    "device": r"cpu|(cuda|mps)(:[0-9]+)?",
}
_SCREEN = r"top|left|not measured|cd/m2|guiding-gaze|[0-9.]+([a-z0-9.+-]*)|[0-9a-f]{7,40}(-dirty)?"
_VERSION = r"[0-9]+(\.[0-9]+)*[a-z0-9.+]*"


@dataclass(frozen=True)
class SharedRun:
    """What became of a run.

    Attributes
    ----------
    messages_left_out
        Of the recording.
    columns_left_out
        Of the events.
    edf
        Whether the tracker's own file is an EDF; its content stands in the ASC file of the copy.
    """

    messages_left_out: int
    columns_left_out: tuple[str, ...]
    edf: bool


def write_run(
    run: SessionRun, study: Study, copy: Study, *, with_edf: bool, changed: bool,
    stimuli: Mapping[str, Stimulus], rows: Sequence[Mapping[str, Any]],
) -> SharedRun:  # fmt: skip
    """Write all files of a run that may be published.

    Parameters
    ----------
    with_edf
        Whether EDF files are copied too, as they are.
    changed
        Whether images differ from those that were shown, since grey stands in their place.
    stimuli
        Rows of the copy's catalogue, by name.
    rows
        The events of all runs of the subject.
    """
    events = copy.events(run.subject, run.run)
    columns = _write_events(run.events, events)
    outputs = [events, events.with_suffix(".json")]
    shared, edf = SharedRecording("", 0), False
    if run.recording is not None and run.recording.name.endswith(PHYSIO):
        path = copy.recording(run.subject, run.run, PHYSIO)
        written, left_out = write_shared_physio(run.recording, path)
        shared = SharedRecording("", left_out)
        outputs += written
    elif run.recording is not None:
        edf = run.recording.suffix.lower() == ".edf"
        recording = read_recording(run.recording)
        shared = recording_as_asc(recording) if edf else cleaned_asc(run.recording)
        path = copy.recording(run.subject, run.run, ".asc")
        write_text(path, shared.text)
        outputs.append(path)
        for own in _edf_files(run, study) if with_edf else ():
            write_bytes(path.with_name(own.name), own.read_bytes())
            outputs.append(path.with_name(own.name))
        text = read_recording(path)
        samples = text.samples()
        if len(samples):
            there = replace(run, events=events, recording=path)
            write_physio(there, text, samples, study.settings)
    _write_journal(run, study, copy, changed=changed, stimuli=stimuli, rows=rows)
    _write_provenance(run, study, copy, outputs)
    return SharedRun(shared.left_out, columns, bool(_edf_files(run, study)))


def _edf_files(run: SessionRun, study: Study) -> list[Path]:
    named = (study.recording(run.subject, run.run, suffix) for suffix in (".edf", ".EDF"))
    return [path for path in named if path.is_file()]


def _write_events(events: Path, target: Path) -> tuple[str, ...]:
    """Write the known columns of an events table; return the names of the others."""
    rows = read_table(events, EVENTS)
    found = read_json(events.with_suffix(".json")) if events.with_suffix(".json").is_file() else {}
    stated = found if isinstance(found, dict) else {}
    kept = known_facts(stated, _OF_EVENTS)
    screen = stated.get("StimulusPresentation")
    if isinstance(screen, dict):
        kept["StimulusPresentation"] = {
            name: value for name, value in screen.items()
            if name in _OF_SCREENS and reads(value, _SCREEN)
        }  # fmt: skip
    write_table(target, EVENTS, rows, sidecar=kept)
    header = events.read_text(encoding="utf-8").partition("\n")[0].split("\t")
    return tuple(name for name in header if name not in EVENTS.names)


def _write_journal(
    run: SessionRun, study: Study, copy: Study, *, changed: bool,
    stimuli: Mapping[str, Stimulus], rows: Sequence[Mapping[str, Any]],
) -> None:  # fmt: skip
    """Write a journal of one line: what was shown, of which the analysis checks the hash."""
    path = study.journal(run.subject, run.run)
    lines = read_journal(path) if path.is_file() else []
    schedule = next((line for line in lines if "schedule_sha256" in line), None)
    if schedule is None:
        return
    facts = known_facts(schedule, _OF_SCHEDULES)
    if changed:
        facts.pop("schedule_sha256", None)
        shown = {int(row["trial"]): stimuli[str(row["stim_id"])] for row in rows}
        if sorted(shown) == list(range(1, len(stimuli) + 1)):
            facts["schedule_sha256"] = schedule_sha256(shown[trial] for trial in sorted(shown))
    line = journal_line(1, {"time": 0.0, "kind": "schedule", **facts})
    write_text(copy.journal(run.subject, run.run), f"{line}\n")


def _write_provenance(run: SessionRun, study: Study, copy: Study, outputs: Sequence[Path]) -> None:
    path = study.session_provenance(run.subject, run.run)
    if path.is_file():
        shared = shared_provenance(read_json(path), copy, outputs)
        write_json(copy.session_provenance(run.subject, run.run), shared)


def shared_provenance(content: object, copy: Study, outputs: Sequence[Path] = ()) -> dict[str, Any]:
    """Return the provenance of a command without dates and arguments, with hashes of the copy.

    Parameters
    ----------
    outputs
        Files of the copy that it is about, beside those that it names.
    """
    stated = content if isinstance(content, dict) else {}
    shared = known_facts(stated, _OF_PROVENANCE)
    shared["versions"] = known_facts(
        stated.get("versions"), dict.fromkeys(("python", *PACKAGES), _VERSION)
    )
    shared["seeds"] = known_facts(stated.get("seeds"), dict.fromkeys(("study", "subject"), _NUMBER))
    shared["settings"] = portable(copy.settings.as_dict())
    for key, more in (("inputs", ()), ("outputs", outputs)):
        named = stated.get(key)
        names = list(named) if isinstance(named, dict) else []
        names += [path.relative_to(copy.root).as_posix() for path in more]
        there = (name for name in names if _is_there(copy.root, name))
        shared[key] = {name: sha256(copy.root / name) for name in sorted(set(there))}
    return shared


def _is_there(root: Path, name: str) -> bool:
    try:
        return confined(root, name, root).is_file()
    except InputError:
        return False
