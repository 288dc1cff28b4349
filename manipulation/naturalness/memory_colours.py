"""Colours that everyone knows by heart, skin, plants and sky, and the ranges that they keep to.

Bartleson (1960) named them memory colours: of these people notice that a hue is wrong, where of a
car they would not. A place counts as skin, plants or sky by its colour alone, so that brown fur
counts as skin, and is kept a natural brown. Ranges are of hue angle, chroma and lightness of
CIELAB, of pictures without detail (`likeness.local_tones`).

They enclose what the 128 photographs of coco128 hold. Hues of people there gather around 55
degrees, and half of that density is passed at 30 and at 75; published centres of preferred skin are
chroma 25 at 46 to 51 degrees (Chen et al. 2013, doi 10.2352/J.ImagingSci.Technol.2013.57.3.030501).
Greens end at 140 degrees; up to 230 there is hardly any colour, and blues end at 285. Of the chroma
of people in those hues 95 % is below 48, of greens below 63, and 99 % of blues in the upper part of
pictures below 35.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from manipulation.naturalness.likeness import largest

_LEAST = 1e-6


@dataclass(frozen=True)
class MemoryColour:
    """Ranges of hue in degrees, less than 180 wide, and of chroma and lightness, in CIELAB."""

    hue: tuple[float, float]
    chroma: tuple[float, float]
    lightness: tuple[float, float]

    def holds(self, tones: Tensor) -> Tensor:
        """Return where tones ``(B, 4, H, W)`` are within all three ranges, ``(B, H, W)``."""
        low, high = self.lightness
        lightness = tones[:, 0]
        return (self.beyond(tones) <= 1e-3) & (lightness >= low) & (lightness <= high)

    def beyond(self, tones: Tensor) -> Tensor:
        """Return how far the colours of tones are outside the ranges of hue and chroma.

        Parameters
        ----------
        tones : Tensor (B, 4, H, W)
            `likeness.local_tones`.

        Returns
        -------
        Tensor (B, H, W)
            In units of CIELAB; 0 within. The distance to the nearer of the two hues and that of
            chroma to its range, as the root of the sum of squares.
        """
        a, b = tones[:, 1], tones[:, 2]
        first, last = ((math.cos(angle), math.sin(angle)) for angle in map(math.radians, self.hue))
        before_first = first[1] * a - first[0] * b
        after_last = last[0] * b - last[1] * a
        of_hue = torch.maximum(before_first, after_last).clamp(min=0)
        chroma = (a.square() + b.square() + _LEAST).sqrt()
        low, high = self.chroma
        of_chroma = (chroma - high).clamp(min=0) + (low - chroma).clamp(min=0)
        return (of_hue.square() + of_chroma.square() + _LEAST).sqrt() - math.sqrt(_LEAST)


MEMORY_COLOURS = {
    "skin": MemoryColour((30, 75), (10, 45), (25, 90)),
    "plants": MemoryColour((95, 140), (12, 65), (15, 85)),
    "sky": MemoryColour((220, 285), (6, 40), (40, 97)),
}


def memory_colour_differences(before: Tensor, after: Tensor) -> Tensor:
    """Return how far skin, plants and sky have left their natural colours ``(B,)``.

    Of each, the mean over the 2 % of the picture where colours that were within the range are
    furthest outside it; of the three the largest. 0 where nothing left. Differentiable in `after`.

    Parameters
    ----------
    before, after : Tensor (B, 4, H, W)
        Of the originals and the versions (`likeness.local_tones`).

    Examples
    --------
    >>> import torch
    >>> from manipulation.naturalness.memory_colours import memory_colour_differences
    >>> skin = torch.tensor([65.0, 16.0, 19.0, 5.0])[None, :, None, None].expand(1, 4, 16, 16)
    >>> flushed = skin + torch.tensor([0.0, 20.0, 0.0, 0.0])[None, :, None, None]
    >>> [round(float(memory_colour_differences(skin, one)[0]), 1) for one in (skin, flushed)]
    [0.0, 1.5]
    """
    found = [
        largest(one.beyond(after) * one.holds(before)).mean(dim=1)
        for one in MEMORY_COLOURS.values()
    ]
    return torch.stack(found).amax(dim=0)
