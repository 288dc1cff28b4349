"""What a training run says of its course: the first step, steps a second, and the time left."""

import time
from collections import deque
from collections.abc import Callable

from rich.progress import Progress

_WINDOW = 200  # last steps that the pace is measured over
_FIRST_S, _LONGEST_S = 10.0, 600.0  # between two lines of a log; each pause is twice the one before


class Pace:
    """Shows how far a run is on its bar, and in lines where no terminal shows the bar.

    The pace is that of the last steps after the first, which compiles and warms up; so it is right
    from the second step on, of a run that goes on too.

    Parameters
    ----------
    progress
        Its console is told when the first step is done and, if it is no terminal, how fast steps
        are and how long the rest takes: after 10 s, then ever more rarely, up to 10 minutes apart.
    total
        Steps of the whole run.
    clock
        Seconds, from anywhere.

    Examples
    --------
    >>> import io
    >>> from rich.console import Console
    >>> from rich.progress import Progress
    >>> from manipulation.training.pace import Pace
    >>> log, seconds = io.StringIO(), iter([0, 30, 32, 34, 40])
    >>> progress = Progress(console=Console(file=log, width=100), disable=True)
    >>> pace = Pace(progress, 1000, clock=lambda: next(seconds))
    >>> for step in (1, 2, 3, 4):
    ...     pace.step(step, {"total": 0.5})
    >>> print(log.getvalue().rstrip())
    the first step is done 30 s after the start
    step 4 of 1000, loss 0.5: 0.30 steps a second, 55 min left
    """

    def __init__(
        self, progress: Progress, total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.progress, self.total, self.clock = progress, total, clock
        self._bar = progress.add_task("waiting for the first step", total=total)
        self._began = clock()
        self._steps: deque[tuple[int, float]] = deque(maxlen=_WINDOW + 1)
        self._loss = ""
        self._pause_s, self._said = _FIRST_S, self._began

    def step(self, done: int, means: dict[str, float] | None = None) -> None:
        """Count a step: how many are done, and the mean losses where they are known."""
        now = self.clock()
        if means is not None:
            self._loss = f", loss {means['total']:.4g}"
        self._steps.append((done, now))
        if len(self._steps) == 1:
            self._said = now
            self._say(f"the first step is done {spoken_s(now - self._began)} after the start")
            self.progress.update(self._bar, completed=done, description="training")
            return
        (first, began), (last, ended) = self._steps[0], self._steps[-1]
        rate = (last - first) / max(ended - began, 1e-9)
        self.progress.update(
            self._bar, completed=done, description=f"training{self._loss}, {_per_second(rate)}"
        )
        if done == self.total or now - self._said >= self._pause_s:
            self._pause_s = min(2 * self._pause_s, _LONGEST_S)
            self._said = now
            if not self.progress.console.is_terminal:
                self._say(
                    f"step {done} of {self.total}{self._loss}: {_per_second(rate)}, "
                    f"{spoken_s((self.total - done) / rate)} left"
                )

    def _say(self, sentence: str) -> None:
        self.progress.console.print(sentence, markup=False)


def spoken_s(seconds: float) -> str:
    """Return a time in the two units that tell it, such as ``3 h 12 min``.

    Examples
    --------
    >>> from manipulation.training.pace import spoken_s
    >>> [spoken_s(seconds) for seconds in (0.42, 42, 3000, 11_520, 200_000)]
    ['0.4 s', '42 s', '50 min', '3 h 12 min', '2 d 7 h']
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def _per_second(rate: float) -> str:
    return f"{rate:.2f} steps a second" if rate >= 0.1 else f"{1 / rate:.0f} s a step"
