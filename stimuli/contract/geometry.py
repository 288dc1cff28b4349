"""Where things are: screen, image, PsychoPy's, EyeLink's and angular coordinates.

Points are arrays ``(..., 2)`` of ``(x, y)``, float64. The frames:

image    pixels of the shown image; origin at the outer corner of its top-left pixel, x right,
         y down; the centre of pixel column j is j + 0.5
screen   the same rule for the whole screen
psychopy PsychoPy's ``pix`` units: origin at the screen's centre, x right, y up
eyelink  gaze in a tracker told ``screen_pixel_coords 0 0 width-1 height-1``: whole numbers are
         pixel centres, so 0 is the centre of the first column
degrees  visual angle from the screen's centre, x right, y down, each axis by its own tangent, for
         an eye on the screen's central normal
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Screen:
    """A flat screen and the eye before it.

    Attributes
    ----------
    width_px, height_px : int
    width_cm, height_cm : float
        Of the area that those pixels fill.
    distance_cm : float
        From the eye to the centre of the screen.
    """

    width_px: int
    height_px: int
    width_cm: float
    height_cm: float
    distance_cm: float

    @property
    def size_px(self) -> np.ndarray:
        return np.array([self.width_px, self.height_px], dtype=np.float64)

    @property
    def cm_per_px(self) -> np.ndarray:
        return np.array([self.width_cm, self.height_cm]) / self.size_px

    @property
    def pixels_per_degree(self) -> np.ndarray:
        """``(x, y)`` pixels per degree of visual angle at the centre of the screen."""
        return self.distance_cm * np.pi / 180.0 / self.cm_per_px


@dataclass(frozen=True)
class Placement:
    """The rectangle of the screen that an image fills, in screen pixels."""

    left_px: float
    top_px: float
    width_px: float
    height_px: float
    image_width_px: int
    image_height_px: int

    @property
    def origin(self) -> np.ndarray:
        return np.array([self.left_px, self.top_px], dtype=np.float64)

    @property
    def scale(self) -> np.ndarray:
        """Screen pixels per image pixel, ``(x, y)``."""
        return np.array(
            [self.width_px / self.image_width_px, self.height_px / self.image_height_px]
        )


@dataclass(frozen=True)
class Rectangle:
    """A rectangle of whole pixels of an image, such as the photograph in the square as shown."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int

    @property
    def origin(self) -> np.ndarray:
        """Its top left corner ``(x, y)``."""
        return np.array([self.left_px, self.top_px], dtype=np.float64)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, in the order of an array's."""
        return self.height_px, self.width_px

    @property
    def rows_and_columns(self) -> tuple[slice, slice]:
        """What cuts it out of an array ``(height, width, ...)`` of the image."""
        bottom, right = self.top_px + self.height_px, self.left_px + self.width_px
        return slice(self.top_px, bottom), slice(self.left_px, right)

    def holds(self, points: np.ndarray) -> np.ndarray:
        """Return for image points ``(..., 2)`` whether they lie in it."""
        return inside(np.asarray(points) - self.origin, self.width_px, self.height_px)


def frame_of(rectangles: Iterable[Rectangle]) -> Rectangle:
    """Return the smallest rectangle that holds all of one or more."""
    edges = [(one.left_px, one.top_px, one.left_px + one.width_px, one.top_px + one.height_px)
             for one in rectangles]  # fmt: skip
    left, top = (min(one[axis] for one in edges) for axis in (0, 1))
    right, bottom = (max(one[axis] for one in edges) for axis in (2, 3))
    return Rectangle(left, top, right - left, bottom - top)


def centred(screen: Screen, image_width_px: int, image_height_px: int) -> Placement:
    """Return the placement of an image centred on the screen, one image pixel a screen pixel."""
    return Placement(
        left_px=(screen.width_px - image_width_px) / 2,
        top_px=(screen.height_px - image_height_px) / 2,
        width_px=image_width_px,
        height_px=image_height_px,
        image_width_px=image_width_px,
        image_height_px=image_height_px,
    )


def image_to_screen(points: np.ndarray, placement: Placement) -> np.ndarray:
    """Image pixels to screen pixels."""
    return np.asarray(points, dtype=np.float64) * placement.scale + placement.origin


def screen_to_image(points: np.ndarray, placement: Placement) -> np.ndarray:
    """Screen pixels to image pixels; points beside the image come out negative or too large."""
    return (np.asarray(points, dtype=np.float64) - placement.origin) / placement.scale


def screen_to_psychopy(points: np.ndarray, screen: Screen) -> np.ndarray:
    """Screen pixels to PsychoPy's centred pixels, y up."""
    return (np.asarray(points, dtype=np.float64) - screen.size_px / 2) * np.array([1.0, -1.0])


def psychopy_to_screen(points: np.ndarray, screen: Screen) -> np.ndarray:
    """PsychoPy's centred pixels, y up, to screen pixels."""
    return np.asarray(points, dtype=np.float64) * np.array([1.0, -1.0]) + screen.size_px / 2


def screen_to_eyelink(points: np.ndarray) -> np.ndarray:
    """Screen pixels to the tracker's, half a pixel less."""
    return np.asarray(points, dtype=np.float64) - 0.5


def eyelink_to_screen(points: np.ndarray) -> np.ndarray:
    """The tracker's pixels to screen pixels, half a pixel more."""
    return np.asarray(points, dtype=np.float64) + 0.5


def screen_to_degrees(points: np.ndarray, screen: Screen) -> np.ndarray:
    """Screen pixels to degrees of visual angle from the centre, per axis."""
    offset_cm = (np.asarray(points, dtype=np.float64) - screen.size_px / 2) * screen.cm_per_px
    return np.degrees(np.arctan2(offset_cm, screen.distance_cm))


def degrees_to_screen(points: np.ndarray, screen: Screen) -> np.ndarray:
    """Degrees of visual angle from the centre, per axis, to screen pixels."""
    offset_cm = np.tan(np.radians(np.asarray(points, dtype=np.float64))) * screen.distance_cm
    return offset_cm / screen.cm_per_px + screen.size_px / 2


def extent_deg(screen: Screen, placement: Placement) -> np.ndarray:
    """Return the visual angle that a placed image spans, ``(width, height)`` in degrees."""
    corners = np.array([[0, 0], [placement.image_width_px, placement.image_height_px]])
    left_top, right_bottom = screen_to_degrees(image_to_screen(corners, placement), screen)
    return right_bottom - left_top


def inside(points: np.ndarray, width_px: float, height_px: float) -> np.ndarray:
    """Return for image points ``(..., 2)`` whether they lie on an image of that size."""
    points = np.asarray(points, dtype=np.float64)
    return np.all((points >= 0) & (points < np.array([width_px, height_px])), axis=-1)
