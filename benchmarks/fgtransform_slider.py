"""``fgtransform-slider``: a new target on an image that was looked at; see `fgtransform`."""

from benchmarks.fgtransform import rows_of
from benchmarks.harness import Row


def run() -> list[Row]:
    """Time a new target; the reference looks at the image anew."""
    return rows_of("fgtransform-slider")
