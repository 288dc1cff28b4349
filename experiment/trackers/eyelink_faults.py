"""The errors of pylink as faults of a tracker; those of a link that is lost are told apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from experiment.protocols.tracker import TrackerFault


class LinkFaults:
    """A context in which pylink's errors are a `TrackerFault`.

    Parameters
    ----------
    link
        The open link to the host, a `pylink.EyeLink`.

    Attributes
    ----------
    lost
        Whether the link was lost.
    """

    def __init__(self, link: Any):
        self._link = link
        self.lost = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Turn pylink's errors into a `TrackerFault`."""
        try:
            yield
        except RuntimeError as error:
            self.check_link(error)
            raise TrackerFault(str(error)) from error

    def check_link(self, error: RuntimeError | str) -> None:
        """Check whether an error is that of a link which is lost, so that no other try helps.

        Parameters
        ----------
        error
            pylink's, or a word for what it returned.

        Raises
        ------
        TrackerFault
            If it is.
        """
        if self._link.isConnected() == 0:
            self.lost = True
            raise TrackerFault(
                f"the link to the host is lost ({error}); check cable and host, then go on with "
                f"--resume: what was recorded is on the host",
                lost=True,
            ) from (error if isinstance(error, RuntimeError) else None)
