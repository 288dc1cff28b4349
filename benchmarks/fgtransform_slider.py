"""``fgtransform-slider``: a new target on an image that was encoded; see `fgtransform`."""

from benchmarks.fgtransform import rows_of
from benchmarks.harness import Row


def run() -> list[Row]:
    """Time a new target; the reference encodes the image anew."""
    return rows_of("fgtransform-slider")
