"""The files of one subject's session: their names, and the check that nothing is overwritten."""

from dataclasses import dataclass
from pathlib import Path

from experiment.session.journal import FINISHED, last_kind
from experiment.session.participants import participant_ids
from stimuli.errors import InputError
from stimuli.study import Study


@dataclass(frozen=True)
class Records:
    """Where the session of a subject is kept.

    Attributes
    ----------
    subject
        Label as `stimuli.vocabulary.subject_label` gives it.
    """

    study: Study
    subject: str
    run: int = 1

    @property
    def participant_id(self) -> str:
        return f"sub-{self.subject}"

    @property
    def folder(self) -> Path:
        return self.study.sourcedata(self.subject)

    @property
    def _stem(self) -> str:
        return f"{self.participant_id}_task-freeview_run-{self.run}"

    @property
    def journal(self) -> Path:
        return self.folder / f"{self._stem}_journal.jsonl"

    @property
    def provenance(self) -> Path:
        return self.folder / f"{self._stem}_provenance.json"

    @property
    def events(self) -> Path:
        return self.study.events(self.subject, self.run)

    def recording(self, suffix: str) -> Path:
        """The tracker's file under the tracker's name: the host takes at most 8 characters."""
        name = f"s{self.subject}r{self.run}"
        return self.folder / f"{name if len(name) <= 8 else name[1:]}{suffix}"

    def check_new(self) -> None:
        """Check that no session of this subject was kept, whole or in part.

        Raises
        ------
        InputError
            Names what is there and what can be done.
        """
        other = "name another subject number"
        if self.participant_id in participant_ids(self.study.participants):
            raise InputError(
                f"{self.study.participants}: {self.participant_id} has taken part; {other}"
            )
        if self.journal.is_file() and last_kind(self.journal) != FINISHED:
            raise InputError(
                f"{self.folder}: holds a session of {self.participant_id} that did not finish; "
                f"its journal ends with {last_kind(self.journal)!r}. Nothing is overwritten: look "
                f"at {self.journal.name}, then remove the folder by hand, or {other}"
            )
        # The subject's BIDS folder, two above .../sub-07/beh/sub-07_..._events.tsv.
        for folder in (self.folder, self.events.parent.parent):
            kept = sorted(path for path in folder.rglob("*") if not path.is_dir())
            if kept:
                raise InputError(
                    f"{kept[0]}: {self.participant_id} was recorded before, and nothing is "
                    f"overwritten; {other}, or move {folder} away"
                )
