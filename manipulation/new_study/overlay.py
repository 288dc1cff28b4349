"""Pictures of what is proposed: every source as it is shown, its objects outlined.

A look tells whether masks lie where the objects are, which no number does: a mask on a photograph
that its camera stored turned is as large as the right one.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import binary_dilation

from manipulation.images.framing import boxed
from manipulation.images.photographs import squared, squared_mask, to_pixels
from manipulation.new_study.candidates import read_candidate
from manipulation.new_study.proposals import Proposal
from stimuli.contract.masks import Annotations
from stimuli.contract.vocabulary import Condition
from stimuli.support.console import progress
from stimuli.support.errors import InputError
from stimuli.support.files import write_image

_SIDE = 256
_COLUMNS, _ROWS = 6, 4
_GAP, _LINE = 8, 20
_AIM, _PARTNER, _OTHER = (0, 229, 255), (255, 214, 0), (255, 255, 255)


def write_overlays(
    folder: Path, proposals: Sequence[Proposal], annotations: Annotations, fit: str
) -> list[Path]:
    """Write ``proposals.png``, and after 24 sources ``proposals-2.png`` and so on.

    The aim is outlined in cyan, what is shifted the other way in yellow, other objects in white.

    Parameters
    ----------
    folder
        Where.
    proposals
        Those that are sources are shown.
    annotations
        Of their photographs.
    fit
        How photographs become square.
    """
    sources = [one for one in proposals if one.condition is not None]
    sources.sort(key=lambda one: one.candidate.source_id)
    tiles = [_tile(one, annotations, fit) for one in progress(sources, "Drawing what is proposed")]
    paths = []
    for page, first in enumerate(range(0, len(tiles), _COLUMNS * _ROWS), start=1):
        path = folder / f"proposals{f'-{page}' if page > 1 else ''}.png"
        write_image(path, _sheet(tiles[first : first + _COLUMNS * _ROWS]))
        paths.append(path)
    return paths


def _tile(proposal: Proposal, annotations: Annotations, fit: str) -> Image.Image:
    candidate = proposal.candidate
    pixels, masks = read_candidate(candidate, annotations, 2 * _SIDE)
    shown = to_pixels(squared(pixels, _SIDE, fit))
    colours = {one.annotation_id: _OTHER for one in proposal.objects}
    for one, colour in ((proposal.partner, _PARTNER), (proposal.aim, _AIM)):
        if one is not None:
            colours.pop(one.annotation_id)
            colours[one.annotation_id] = colour  # on top of the others
    for annotation_id, colour in colours.items():
        try:
            inside = squared_mask(masks.union([annotation_id]), _SIDE, fit).numpy() > 0.5
        except InputError:
            continue  # an outline that cannot be read
        width = 1 if colour == _OTHER else 2
        shown[binary_dilation(inside, iterations=width) & ~inside] = colour
    tile = Image.new("RGB", (_SIDE, _SIDE + _LINE), (32, 32, 32))
    tile.paste(Image.fromarray(np.ascontiguousarray(boxed(shown, 128))), (0, _LINE))
    aim = f": {proposal.aim.category}" if proposal.aim else ""
    entropy = ": entropy" if proposal.condition == Condition.ENTROPY else ""
    text = f"{candidate.source_id}{aim}{entropy}"
    font = ImageFont.load_default(12)
    while font.getlength(text) > _SIDE - 6:
        text = f"{text.rstrip('.')[:-1]}..."
    ImageDraw.Draw(tile).text((3, 3), text.encode("ascii", "replace").decode(), (235,) * 3, font)
    return tile


def _sheet(tiles: Sequence[Image.Image]) -> np.ndarray:
    columns = min(_COLUMNS, len(tiles))
    rows = -(-len(tiles) // columns)
    wide, high = _SIDE + _GAP, _SIDE + _LINE + _GAP
    sheet = Image.new("RGB", (columns * wide + _GAP, rows * high + _GAP), (16, 16, 16))
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        sheet.paste(tile, (_GAP + column * wide, _GAP + row * high))
    return np.asarray(sheet)
