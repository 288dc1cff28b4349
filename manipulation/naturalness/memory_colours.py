"""Colours that everyone knows by heart, skin, plants and sky, and the ranges that they keep to.

Bartleson (1960) named them memory colours: of these people notice that a hue is wrong, where of a
car they would not. A place counts as skin, plants or sky by its colour in the photograph alone, so
that brown fur counts as skin, and is kept a natural brown. Natural ranges are of hue angle and
chroma of CIELAB, of pictures without detail (`likeness.local_tones`); lightness only decides what
counts.

What counts is wider than what is natural, so that light, dark and yellow skin, bright lawns and
deep skies are kept too: the ten tones of the Monk Skin Tone scale count. What was outside its
natural range in the photograph is held against where it was. White skies and those at sunset, and
leaves in autumn, have no such colours: of them differences to the photograph are bounded alone.

Ranges are read off the 128 photographs of coco128. Hues of people there gather around 55 degrees,
and half of that density is passed at 30 and at 75; published centres of preferred skin are chroma
25 at 46 to 51 degrees (Chen et al. 2013, doi 10.2352/J.ImagingSci.Technol.2013.57.3.030501). Greens
end at 140 degrees, blues begin at 220 and end at 285, with hardly any colour between. Of the chroma
of people in those hues 95 % is below 48, of greens below 63, and 99 % of blues in the upper part of
pictures below 35.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from manipulation.naturalness.likeness import largest

_LEAST, _NOTHING = 1e-6, 1e-3


@dataclass(frozen=True)
class MemoryColour:
    """What counts as skin, plants or sky, and the colours that are natural for it, in CIELAB.

    Attributes
    ----------
    hue, chroma
        Ranges that are natural; hue in degrees, less than 180 wide.
    hue_counts, chroma_counts, lightness_counts
        Ranges within which a place of the photograph counts.
    """

    hue: tuple[float, float]
    chroma: tuple[float, float]
    hue_counts: tuple[float, float]
    chroma_counts: tuple[float, float]
    lightness_counts: tuple[float, float]

    def counts(self, tones: Tensor) -> Tensor:
        """Return where tones ``(B, 4, H, W)`` of a photograph count, ``(B, H, W)``, bool."""
        low, high = self.lightness_counts
        near = _beyond(tones, self.hue_counts, self.chroma_counts) <= _NOTHING
        return near & (tones[:, 0] >= low) & (tones[:, 0] <= high)

    def left(self, before: Tensor, after: Tensor) -> Tensor:
        """Return how much further outside the natural range colours are than they were.

        Parameters
        ----------
        before, after : Tensor (B, 4, H, W)
            Of the photograph and of the version (`likeness.local_tones`).

        Returns
        -------
        Tensor (B, H, W)
            In units of CIELAB; 0 where a place does not count, or went no further.
        """
        was, now = (_beyond(one, self.hue, self.chroma) for one in (before, after))
        return (now - was).clamp(min=0) * self.counts(before)


def _beyond(tones: Tensor, hue: tuple[float, float], chroma: tuple[float, float]) -> Tensor:
    """Return how far colours ``(B, 4, H, W)`` are outside ranges of hue and chroma, ``(B, H, W)``.

    The distance to the nearer of the two hues, of opposite colours to grey, and that of chroma to
    its range, as the root of the sum of squares, in units of CIELAB.
    """
    a, b = tones[:, 1], tones[:, 2]
    middle, half = (math.radians((hue[1] + sign * hue[0]) / 2) for sign in (1, -1))
    along = math.cos(middle) * a + math.sin(middle) * b
    across = (math.cos(middle) * b - math.sin(middle) * a).abs()
    found = (a.square() + b.square() + _LEAST).sqrt()
    to_edge = (math.cos(half) * across - math.sin(half) * along).clamp(min=0)
    is_opposite = math.cos(half) * along + math.sin(half) * across < 0
    of_hue = torch.where(is_opposite, found, to_edge)
    of_chroma = (found - chroma[1]).clamp(min=0) + (chroma[0] - found).clamp(min=0)
    return (of_hue.square() + of_chroma.square() + _LEAST).sqrt() - math.sqrt(_LEAST)


MEMORY_COLOURS = {
    "skin": MemoryColour((30, 75), (8, 45), (22, 95), (3.5, 60), (10, 97)),
    "plants": MemoryColour((95, 140), (10, 65), (88, 168), (6, 100), (10, 95)),
    "sky": MemoryColour((220, 285), (6, 40), (210, 300), (4, 80), (20, 98)),
}


def memory_colour_differences(before: Tensor, after: Tensor) -> Tensor:
    """Return how far skin, plants and sky have left their natural colours ``(B,)``.

    Of each, the mean over the 2 % of the picture where they went furthest out of the natural range;
    of the three the largest. 0 where nothing left. Differentiable in `after`.

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
    found = [largest(one.left(before, after)).mean(dim=1) for one in MEMORY_COLOURS.values()]
    return torch.stack(found).amax(dim=0)
