"""Only the newest request is worked on: a new one makes those before it give up."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import Tensor

from manipulation.saliency.models.protocol import LogSaliencyModel


class Superseded(Exception):
    """Something newer is asked for, so nobody waits for this any more."""


class Turns:
    """Numbers requests, and lets one at a time work."""

    def __init__(self) -> None:
        self._newest, self._counting, self._working = 0, threading.Lock(), threading.Lock()

    def new(self) -> int:
        """Return the number of a new request; from now on those before are superseded."""
        with self._counting:
            self._newest += 1
            return self._newest

    def end(self) -> None:
        """Wait until what is worked on has given up or is done; from then on nothing works.

        A process that ends while a network computes in one of its threads is aborted.
        """
        self.new()
        self._working.acquire()

    @property
    def newest(self) -> int:
        """Number of the newest request."""
        return self._newest

    def check(self, number: int) -> None:
        """Raise Superseded if there is a newer request than `number`."""
        if number != self._newest:
            raise Superseded

    @contextmanager
    def working(self, number: int) -> Iterator[Callable[[], None]]:
        """Work on a request, once the one before has given up; yields its `check`.

        Raises
        ------
        Superseded
            If there is a newer one.
        """
        with self._working:
            self.check(number)
            yield lambda: self.check(number)

    @contextmanager
    def certain(self) -> Iterator[None]:
        """Work once what goes on has given up, whatever else is asked for meanwhile."""
        self.new()
        with self._working:
            yield


class InterruptibleModel:
    """A saliency model that asks before each use whether to go on."""

    def __init__(self, model: LogSaliencyModel, check: Callable[[], None]) -> None:
        self._model, self._check = model, check

    def __call__(self, images: Tensor) -> Tensor:
        self._check()
        return self._model(images)

    def log_saliency(self, images: Tensor) -> Tensor:
        self._check()
        return self._model.log_saliency(images)
