"""Recordings on an EyeLink's host: opened under a name never used before, closed, and fetched."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiment.protocols.display import Clock
from experiment.protocols.tracker import TrackerFault
from experiment.trackers.eyelink_faults import LinkFaults
from experiment.trackers.eyelink_names import host_file_name

MODE_CHANGE_MS = 50
_TRIES, _BETWEEN_TRIES_S = 3, 1.0
_given: set[str] = set()  # names of this process; two may be asked for in one second


class HostFiles:
    """The files of an EyeLink's host, of which one may be open.

    Parameters
    ----------
    pylink, link, clock, tell
        As of `experiment.trackers.eyelink.EyeLink`.
    faults
        In which pylink is called.
    """

    def __init__(
        self,
        pylink: Any,
        link: Any,
        clock: Clock,
        *,
        faults: LinkFaults,
        tell: Callable[[str], None],
    ):
        self._pylink, self._link, self._clock = pylink, link, clock
        self._faults, self._tell = faults, tell
        self._name: str | None = None

    def open(self, subject: str) -> str:
        """Open a file and return its name, as `experiment.protocols.tracker.Tracker.open`."""
        name = _new_name(subject)
        with self._faults():
            self._end_what_goes_on()
            code = self._link.openDataFile(f"{name}.edf")
            if code != 0:
                raise TrackerFault(
                    f"the host does not open the file {name}.edf (code {code}, "
                    f"{self._link.getLastMessage() or 'no message'}); is its disk full?"
                )
        self._name = name
        return name

    def save(self, path: Path) -> bool:
        """Close the open file, after recording was stopped, and put it at `path`."""
        name, self._name = self._name, None
        if name is None:
            return False
        with self._faults():
            self._link.setOfflineMode()
            self._pylink.msecDelay(10 * MODE_CHANGE_MS)
            code = self._link.closeDataFile()
        if code != 0:
            self._tell(
                f"tracker: the host did not close {name}.edf (code {code}, "
                f"{self._link.getLastMessage() or 'no message'}); it may lack its last trials: is "
                f"the host's disk full?"
            )
        return self._fetch(name, path)

    def recover(self, name: str, path: Path) -> bool:
        """Put the file of an earlier session at `path`."""
        with self._faults():
            self._end_what_goes_on()
        return self._fetch(name, path)

    def _end_what_goes_on(self) -> None:
        """End what a session that crashed has left under way: a recording, a file that is open."""
        self._link.setOfflineMode()
        self._pylink.msecDelay(MODE_CHANGE_MS)
        self._link.closeDataFile()

    def _fetch(self, name: str, path: Path) -> bool:
        if self._link.isConnected() == -1:  # the dummy mode has no files
            return False
        told = ""
        for attempt in range(1, _TRIES + 1):
            path.unlink(missing_ok=True)  # pylink does not write over a file
            try:
                size = self._link.receiveDataFile(f"{name}.edf", str(path))
                if size > 0 and path.is_file() and path.stat().st_size == size:
                    return True
                told = f"{size} bytes came"
            except RuntimeError as error:
                told = str(error)
                self._faults.check_link(error)
            self._tell(f"tracker: {name}.edf does not come ({told}), attempt {attempt}")
            self._clock.wait(_BETWEEN_TRIES_S)
        path.unlink(missing_ok=True)
        raise TrackerFault(f"{name}.edf could not be fetched from the host ({told})")


def _new_name(subject: str) -> str:
    """Return a name that no file on the host has."""
    time_s = time.time()
    while (name := host_file_name(subject, time_s)) in _given:
        time_s += 1
    _given.add(name)
    return name
