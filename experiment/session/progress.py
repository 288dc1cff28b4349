"""How far a session has come, for whoever watches: trials, frames, lost eyes, and the time left."""

from experiment.protocols.display import Clock
from experiment.session.trial import TrialRecord


class Progress:
    """Counts the trials of a session as they end.

    Parameters
    ----------
    trials
        How many there are to run.
    """

    def __init__(self, clock: Clock, trials: int):
        self._clock, self._trials = clock, trials
        self._began_s = clock.now()
        self._done = self._dropped = self._frames = self._unseen = 0

    def begin(self) -> None:
        """Take the time at which a trial begins, if it is the first."""
        if not self._done:
            self._began_s = self._clock.now()

    def after(self, record: TrialRecord) -> dict[str, object]:
        """Return what a page tells after a trial.

        Returns
        -------
        dict
            ``done`` trials, ``dropped`` frames, the shares ``lost`` and ``lost_last`` of the frames
            of all images and of the last in which no eye was seen, None where none was shown, and
            ``left_s``, the seconds left if the rest goes on as what was done, rests included.
        """
        shown = record.shown
        self._done += 1
        self._dropped += shown.dropped_frames
        self._frames += shown.frames
        self._unseen += shown.unseen_frames
        passed_s = self._clock.now() - self._began_s
        return {
            "done": self._done,
            "dropped": self._dropped,
            "lost": _share(self._unseen, self._frames),
            "lost_last": _share(shown.unseen_frames, shown.frames),
            "left_s": round(passed_s / self._done * (self._trials - self._done)),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
