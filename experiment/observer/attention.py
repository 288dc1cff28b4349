"""Where the simulated observer wants to look, given what is on the screen.

On an image a goal comes from a mixture: the model's prediction, a Gaussian around the centre of the
screen (people look there whatever is shown), and a uniform density over the image, which is the
photograph alone where that is shown whole on grey. The shares are
settings (``[observer]`` in study.toml), so that what an analysis should find is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiment.display.scene import Scene
from stimuli.contract.geometry import (
    Rectangle,
    degrees_to_screen,
    image_to_screen,
    screen_to_degrees,
    screen_to_image,
)
from stimuli.contract.settings import Settings
from stimuli.contract.vocabulary import Stimulus
from stimuli.support.files import read_log_saliency

# Finer cells than these, 0.1 degree on a 25 degree image, are lost in the error of landing.
_LARGEST_SIDE = 256
# Scatter of fixations on a small target, and on a blank screen, standard deviation per axis.
_TARGET_SD_DEG = 0.15
_BLANK_SD_DEG = 2.0


@dataclass(frozen=True)
class FixationDensity:
    """A probability density over an image, made for drawing from it.

    Attributes
    ----------
    cumulative
        Cumulative probability of the cells in rows, ``(rows * columns,)``, ending in 1.
    row_edges, column_edges
        Edges of the cells as shares of the image's height and width, ``(rows + 1,)`` and
        ``(columns + 1,)``.
    photograph
        Where the photograph that it is over lies in the image; None where it fills it.
    """

    cumulative: np.ndarray
    row_edges: np.ndarray
    column_edges: np.ndarray
    photograph: Rectangle | None = None

    def draw(self, generator: np.random.Generator) -> np.ndarray:
        """Return a point ``(x, y)`` as shares of the photograph's width and height, in [0, 1)."""
        cell = int(np.searchsorted(self.cumulative, generator.random(), side="right"))
        row, column = divmod(min(cell, len(self.cumulative) - 1), len(self.column_edges) - 1)
        lower = np.array([self.column_edges[column], self.row_edges[row]])
        upper = np.array([self.column_edges[column + 1], self.row_edges[row + 1]])
        return lower + generator.random(2) * (upper - lower)


def fixation_density(
    log_saliency: np.ndarray, photograph: Rectangle | None = None
) -> FixationDensity:
    """Return the softmax over space of a ``(height, width)`` map of log saliency (nats)."""
    probability = np.exp(log_saliency - log_saliency.max())
    edges = []
    for axis, size in enumerate(log_saliency.shape):
        edge = np.linspace(0, size, min(size, _LARGEST_SIDE) + 1).astype(int)
        probability = np.add.reduceat(probability, edge[:-1], axis=axis)
        edges.append(edge / size)
    cumulative = np.cumsum(probability, dtype=np.float64)
    return FixationDensity(cumulative / cumulative[-1], edges[0], edges[1], photograph)


def read_densities(root: Path, stimuli: Sequence[Stimulus]) -> dict[str, FixationDensity]:
    """Return the predicted density of every stimulus by its ``stim_id``.

    All are read before the session, which a prediction that cannot be read would break off.

    Raises
    ------
    InputError
        Names the prediction that is absent or wrong.
    """
    return {
        stimulus.stim_id: fixation_density(
            read_log_saliency(root / stimulus.prediction), stimulus.photograph_px
        )
        for stimulus in stimuli
    }


class Attention:
    """Draws where to look next.

    Parameters
    ----------
    densities
        Predicted densities by ``stim_id``.
    """

    def __init__(
        self,
        densities: Mapping[str, FixationDensity],
        settings: Settings,
        generator: np.random.Generator,
    ):
        self._densities = densities
        self._observer = settings.observer
        self._screen = settings.screen.geometry
        self._placement = settings.placement
        self._generator = generator

    def __call__(self, scene: Scene) -> np.ndarray:
        """Return a goal ``(x, y)`` in degrees from the centre of the screen."""
        if scene.stim_id is None:
            sd_deg = _TARGET_SD_DEG if scene.target else _BLANK_SD_DEG
            return self._generator.normal(0.0, sd_deg, 2)
        share = self._generator.random()
        predicted = self._densities.get(scene.stim_id)
        photograph = predicted.photograph if predicted else None
        if photograph is None:
            sides = self._placement.image_width_px, self._placement.image_height_px
            photograph = Rectangle(0, 0, *sides)
        if share < self._observer.follows_model:
            if predicted is None:  # a practice image: nothing is predicted for it
                return self._near_centre(photograph)
            return self._on_image(predicted.draw(self._generator), photograph)
        if share < self._observer.follows_model + self._observer.follows_centre:
            return self._near_centre(photograph)
        return self._on_image(self._generator.random(2), photograph)

    def _on_image(self, shares: np.ndarray, photograph: Rectangle) -> np.ndarray:
        point = photograph.origin + shares * photograph.shape[::-1]
        return screen_to_degrees(image_to_screen(point, self._placement), self._screen)

    def _near_centre(self, photograph: Rectangle) -> np.ndarray:
        """Return a point of the Gaussian, cut off at the edge of the image."""
        while True:
            goal = self._generator.normal(0.0, self._observer.centre_sd_deg, 2)
            point = screen_to_image(degrees_to_screen(goal, self._screen), self._placement)
            if photograph.holds(point):
                return goal
