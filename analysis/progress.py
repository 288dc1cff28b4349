"""A progress bar on the terminal's error stream, so that results can be piped."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def progress(items: Iterable[Item], description: str, total: int | None) -> Iterator[Item]:
    """Yield the items and show how many of `total` are done; silent where nobody watches."""
    console = Console(stderr=True)
    yield from track(
        items, description, total, console=console, transient=True, disable=not console.is_terminal
    )
