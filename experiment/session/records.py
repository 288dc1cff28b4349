"""The files of one run of a subject's session, and the names that they have.

A run is what one start of the command records. A session that is broken off goes on in the next
run, with a journal, a tracker file and events of its own: nothing is ever overwritten.
"""

import string
from dataclasses import dataclass
from pathlib import Path

from stimuli.errors import InputError
from stimuli.study import Study

_DIGITS = string.digits + string.ascii_lowercase
_EPOCH_S = 1_577_836_800  # 2020-01-01 UTC


@dataclass(frozen=True)
class Records:
    """Where one run of a subject is kept.

    Attributes
    ----------
    subject
        Label as `stimuli.vocabulary.subject_label` gives it.
    run
        From 1.
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
        """The tracker's file as it is kept, under a short name as trackers give them."""
        name = f"s{self.subject}r{self.run}"
        return self.folder / f"{name if len(name) <= 8 else name[1:]}{suffix}"


def runs_of(study: Study, subject: str) -> list[Records]:
    """Return the runs of a subject that have a journal, in their order."""
    runs = []
    while (records := Records(study, subject, len(runs) + 1)).journal.is_file():
        runs.append(records)
    return runs


def check_new(records: Records, participants: list[str]) -> None:
    """Check that nothing of this subject is kept, whole or in part.

    Raises
    ------
    InputError
        Names what is there and what can be done.
    """
    other = "name another subject number"
    if records.participant_id in participants:
        raise InputError(
            f"{records.study.participants}: {records.participant_id} has taken part; {other}, or "
            f"go on with a session that was broken off by adding --resume"
        )
    # The subject's BIDS folder, two above .../sub-07/beh/sub-07_..._events.tsv.
    for folder in (records.folder, records.events.parent.parent):
        kept = sorted(path for path in folder.rglob("*") if not path.is_dir())
        if kept:
            raise InputError(
                f"{kept[0]}: {records.participant_id} was recorded before, and nothing is "
                f"overwritten; {other}, or go on with its session by adding --resume"
            )


def host_name(subject: str, time_s: float) -> str:
    """Return a name for the tracker's host that no session before has had.

    The host overwrites a file of the same name, and several studies may use one host. So the name
    is the last two digits of the subject's number and the seconds since 2020 in base 36, eight
    lower-case letters and digits; the journal says which recording it is.
    """
    seconds = int(time_s) - _EPOCH_S
    digits = ""
    for _ in range(6):
        seconds, digit = divmod(seconds, 36)
        digits = _DIGITS[digit] + digits
    return f"{int(subject) % 100:02d}{digits}"
