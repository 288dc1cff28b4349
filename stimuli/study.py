"""The study folder: where everything of a study lies."""

from dataclasses import dataclass
from pathlib import Path

from stimuli.errors import InputError
from stimuli.settings import Settings, read_settings


@dataclass(frozen=True)
class Study:
    """A study folder and its settings. Every path below it is named here."""

    root: Path
    settings: Settings

    @property
    def settings_file(self) -> Path:
        return self.root / "study.toml"

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
    def participants(self) -> Path:
        return self.root / "participants.tsv"

    def sourcedata(self, subject: str) -> Path:
        """The tracker's own file and the session's journal."""
        return self.root / "sourcedata" / f"sub-{subject}"

    def events(self, subject: str, run: int = 1) -> Path:
        """BIDS events of one run of a session."""
        name = f"sub-{subject}_task-freeview_run-{run}_events.tsv"
        return self.root / f"sub-{subject}" / "beh" / name

    @property
    def derivatives(self) -> Path:
        return self.root / "derivatives"


def open_study(root: str | Path) -> Study:
    """Open a study folder.

    Raises
    ------
    InputError
        If the folder or its ``study.toml`` is missing, or a setting is wrong.
    """
    root = Path(root)
    repair = (
        f"make one with `python -m manipulation.generate --study {root} --demo`, or with "
        f"--coco IMAGES ANNOTATIONS in place of --demo"
    )
    if not root.is_dir():
        raise InputError(f"{root}: no such study; {repair}")
    if not (root / "study.toml").is_file():
        raise InputError(
            f"{root}: has no study.toml, so it is no study folder; name another folder, or {repair}"
        )
    return Study(root, read_settings(root / "study.toml"))
