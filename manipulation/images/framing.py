"""Where a photograph stands in the square image that is shown, and what surrounds it.

Whatever changes a photograph or predicts gaze on it sees the photograph alone. The square is made
last, when an image or a mask is written, so its surround is the same in every version, and no
density reaches into it.
"""

from dataclasses import dataclass

import numpy as np

from stimuli.contract.geometry import Rectangle


@dataclass(frozen=True)
class Framing:
    """A photograph within the square as shown.

    Attributes
    ----------
    model_size
        Height and width of the photograph as networks see it.
    side_px
        Of the square as shown.
    photograph
        Where the photograph lies in that square.
    grey
        Pixel value of the surround, 0 to 255.
    """

    model_size: tuple[int, int]
    side_px: int
    photograph: Rectangle
    grey: int

    @property
    def shown_size(self) -> tuple[int, int]:
        """Height and width of the photograph as shown."""
        return self.photograph.shape

    @property
    def identity(self) -> list[object]:
        """What of it decides the pixels of an image as shown, JSON-ready; nothing for a square."""
        one = self.photograph
        if self.shown_size == (self.side_px, self.side_px):
            return []
        return [one.left_px, one.top_px, one.width_px, one.height_px, self.grey]

    def image(self, photograph: np.ndarray) -> np.ndarray:
        """Return the square as shown ``(side, side, 3)`` from the photograph in its size."""
        return boxed(self._checked(photograph), self.grey)

    def mask(self, region: np.ndarray) -> np.ndarray:
        """Return the mask of the square ``(side, side)`` from that of the photograph."""
        return boxed(self._checked(region), 0)

    def cut(self, image: np.ndarray) -> np.ndarray:
        """Return the photograph ``(height, width, ...)`` of a square as shown."""
        return np.ascontiguousarray(image[self.photograph.rows_and_columns])

    def _checked(self, part: np.ndarray) -> np.ndarray:
        if part.shape[:2] != self.shown_size:
            raise ValueError(f"the photograph is {part.shape}; expected {self.shown_size}")
        return part


def boxed(part: np.ndarray, surround: float) -> np.ndarray:
    """Return an array ``(height, width, ...)`` in the middle of a square of its longer side."""
    inner = _middle(part.shape[0], part.shape[1])
    square = np.full((max(inner.shape),) * 2 + part.shape[2:], surround, part.dtype)
    square[inner.rows_and_columns] = part
    return square


def _middle(height: int, width: int) -> Rectangle:
    side = max(height, width)
    return Rectangle((side - width) // 2, (side - height) // 2, width, height)


def framing(model_size: tuple[int, int], model_px: int, side_px: int, grey: int) -> Framing:
    """Return the framing of a photograph that networks see in a size, centred in the square.

    Its sides as shown are those that networks see times ``side_px / model_px``.
    """
    height, width = (max(1, round(side * side_px / model_px)) for side in model_size)
    return Framing(model_size, side_px, _middle(height, width), grey)
