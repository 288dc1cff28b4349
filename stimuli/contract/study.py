"""The study folder: where everything of a study lies."""

import re
from dataclasses import dataclass
from pathlib import Path

from stimuli.contract.settings import Settings, read_settings
from stimuli.contract.vocabulary import subject_label
from stimuli.support.errors import InputError

BIDS_VERSION = "1.11.1"
SETTINGS_FILE = "study.toml"
DESCRIPTION_FILE = "dataset_description.json"
INSTRUCTIONS_FILE = "instructions_{}.txt"  # by language

EYE1, PHYSIO = "_recording-eye1", "_physio.tsv.gz"
# What the recording names as its tracker where people say where they looked.
CODE_CHARTS = "CodeCharts"
_EVENTS = re.compile(r"sub-([0-9]{2,6})_task-freeview_run-([0-9]+)_events\.tsv")


@dataclass(frozen=True)
class Study:
    """A study folder and its settings; every path that two stages know is named here.

    Subjects are given by number, as text or not: ``7``, ``"7"`` and ``"07"`` are the same.
    """

    root: Path
    settings: Settings

    @property
    def settings_file(self) -> Path:
        return self.root / SETTINGS_FILE

    @property
    def description(self) -> Path:
        """What BIDS asks of every dataset: name, version, kind."""
        return self.root / DESCRIPTION_FILE

    @property
    def derived_description(self) -> Path:
        """The same for the derived data."""
        return self.derivatives / DESCRIPTION_FILE

    def instructions(self, language: str) -> Path:
        """Return the study's own instructions in a language, which need not be there."""
        return self.root / INSTRUCTIONS_FILE.format(language)

    @property
    def stimuli(self) -> Path:
        return self.root / "stimuli"

    @property
    def catalogue(self) -> Path:
        return self.stimuli / "stimuli.tsv"

    @property
    def blocks(self) -> Path:
        return self.root / "blocks.tsv"

    @property
    def proposals(self) -> Path:
        """Why the sources of the study were chosen."""
        return self.stimuli / "proposals.tsv"

    @property
    def credits(self) -> Path:
        """Whom the photographs are owed to; beside it the same as text."""
        return self.stimuli / "credits.tsv"

    @property
    def stimulus_methods(self) -> Path:
        """How the stimuli were made, in words for a paper."""
        return self.stimuli / "methods.txt"

    @property
    def generate_provenance(self) -> Path:
        """With what the stimuli were made."""
        return self.stimuli / "generate.provenance.json"

    @property
    def participants(self) -> Path:
        return self.root / "participants.tsv"

    def subject_folder(self, subject: str | int) -> Path:
        """Return the BIDS folder of a subject."""
        return self.root / participant_id(subject)

    def sourcedata(self, subject: str | int) -> Path:
        """Return the folder of the tracker's own files and the session's journals."""
        return self.root / "sourcedata" / participant_id(subject)

    def events(self, subject: str | int, run: int = 1) -> Path:
        """Return the BIDS events of one run of a session."""
        return self.subject_folder(subject) / "beh" / f"{run_name(subject, run)}_events.tsv"

    def runs_with_events(self) -> list[tuple[str, int, Path]]:
        """Return subject, run and events of every run that has events, in their order."""
        found = [
            (match[1], int(match[2]), path)
            for path in self.root.glob("sub-*/beh/*_events.tsv")
            if (match := _EVENTS.fullmatch(path.name))
        ]
        return sorted(found, key=lambda one: (int(one[0]), one[1]))

    def journal(self, subject: str | int, run: int = 1) -> Path:
        """Return the journal of one run of a session."""
        return self.sourcedata(subject) / f"{run_name(subject, run)}_journal.jsonl"

    def session_provenance(self, subject: str | int, run: int = 1) -> Path:
        """Return the provenance of one run of a session."""
        return self.sourcedata(subject) / f"{run_name(subject, run)}_provenance.json"

    def recording(self, subject: str | int, run: int, suffix: str) -> Path:
        """Return the recording of one run, given how the names of its tracker's files end.

        Samples are BIDS ``physio`` beside the events, those of the preferred eye; any other file is
        the tracker's own, under a short name as trackers give them.
        """
        if suffix == PHYSIO:
            name = f"{run_name(subject, run)}{EYE1}{PHYSIO}"
            return self.events(subject, run).with_name(name)
        name = f"s{subject_label(subject)}r{run}"
        return self.sourcedata(subject) / f"{name if len(name) <= 8 else name[1:]}{suffix}"

    @property
    def subjects(self) -> list[str]:
        """The participants of whom there are data, whole or in part, as ``sub-07``."""
        folders = (*self.root.glob("sub-*"), *(self.root / "sourcedata").glob("sub-*"))
        return sorted({path.name for path in folders})

    @property
    def derivatives(self) -> Path:
        return self.root / "derivatives"


def participant_id(subject: str | int) -> str:
    """Return what a subject is called in BIDS: ``sub-07``."""
    return f"sub-{subject_label(subject)}"


def run_name(subject: str | int, run: int) -> str:
    """Return how the names of the files of one run begin, as BIDS has it."""
    return f"{participant_id(subject)}_task-freeview_run-{run}"


def open_study(root: str | Path) -> Study:
    """Open a study folder.

    Raises
    ------
    InputError
        If the folder or its ``study.toml`` is missing, or a setting is wrong.

    Examples
    --------
    >>> from stimuli import open_study
    >>> study = open_study("demo-study")
    >>> study.settings.screen.refresh_hz
    120.0
    >>> study.catalogue.as_posix()
    'demo-study/stimuli/stimuli.tsv'
    """
    root = Path(root)
    repair = (
        f"make one with `python -m manipulation.generate --study {root} --demo`, or with "
        f"--coco IMAGES ANNOTATIONS or --photographs FOLDER in place of --demo"
    )
    if root.is_file():
        raise InputError(f"{root}: is a file; expected the folder of a study; name that folder")
    if not root.is_dir():
        raise InputError(f"{root}: no such study; {repair}")
    if not (root / SETTINGS_FILE).is_file():
        raise InputError(
            f"{root}: has no study.toml, so it is no study folder; name another folder, or {repair}"
        )
    return Study(root, read_settings(root / SETTINGS_FILE))
