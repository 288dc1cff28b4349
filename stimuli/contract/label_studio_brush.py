"""What a brush painted in Label Studio, as a mask.

Label Studio packs the picture that was painted, four bytes a pixel, into bits, most significant
first: the number of values in 32 bits, the width of a value less one in 5, four widths of counts
less one in 4 each. Then come runs: whether one value is repeated (1 bit), which of the four widths
the count has (2), the count less one, and the value, or as many values.
"""

from collections.abc import Sequence

import numpy as np

from stimuli.support.errors import InputError

_OPAQUE = 3  # place of a pixel's opacity, which is what was painted


def painted_mask(packed: Sequence[int], height: int, width: int) -> np.ndarray:
    """Return the mask ``(height, width)``, bool, that a list of bytes holds.

    Raises
    ------
    InputError
        If it holds another number of pixels, or ends early.
    """
    if not all(type(one) is int and 0 <= one < 256 for one in packed):
        raise InputError("what a brush painted holds what is no byte; expected 0 to 255")
    bits = _Bits(bytes(packed))
    number = bits.read(32)
    if number != 4 * height * width:
        raise InputError(
            f"what a brush painted has {number} values; expected {4 * height * width}, four for "
            f"each of {width} x {height} pixels"
        )
    value_bits = bits.read(5) + 1
    count_bits = [bits.read(4) + 1 for _ in range(4)]
    values, at = np.zeros(number, np.uint8), 0
    while at < number:
        repeated = bits.read(1)
        end = min(number, at + 1 + bits.read(count_bits[bits.read(2)]))
        if repeated:
            values[at:end] = min(bits.read(value_bits), 255)
        else:
            values[at:end] = [min(bits.read(value_bits), 255) for _ in range(at, end)]
        at = end
    return values.reshape(height, width, 4)[..., _OPAQUE] > 0


class _Bits:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def read(self, number: int) -> int:
        """Return the next bits as a whole number."""
        start, self._at = self._at, self._at + number
        if self._at > 8 * len(self._content):
            raise InputError("what a brush painted ends early; export it again")
        last = (self._at + 7) // 8
        value = int.from_bytes(self._content[start // 8 : last], "big") >> (8 * last - self._at)
        return value & ((1 << number) - 1)
