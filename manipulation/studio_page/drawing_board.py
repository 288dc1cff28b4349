"""The region that is being drawn on a source, until it is kept in the study.

Points come in as the page knows them, in its view of the square; strokes are kept in pixels of the
photograph, so that what is kept does not depend on the cut.
"""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from torch import Tensor

from manipulation.images.photographs import squared_mask, view_box
from manipulation.regions.drawing import Canvas, Click, Loop, Point, Stroke, resized_stroke
from manipulation.studio_page.keeping import (
    MADE_BY,
    KeptRegions,
    keep_region,
    kept_regions,
    remove_region,
    restore_region,
)
from manipulation.studio_page.regions import OUTLINE_PX, VIEW, outline
from manipulation.studio_page.session import Session
from stimuli.contract.vocabulary import Condition
from stimuli.support.errors import InputError
from stimuli.support.files import read_image

_KEPT = 3  # photographs whose superpixels are kept


class DrawingBoard:
    """Strokes on the photographs of a session, a region at a time on each.

    Parameters
    ----------
    session
        Says which source is on the table.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._strokes: dict[str, tuple[Stroke, ...]] = {}
        self._canvases: OrderedDict[str, Canvas] = OrderedDict()
        self._shown = 0

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """The strokes on the source on the table, in their order."""
        return self._strokes.get(self.session.source_id, ())

    def click(self, at: Sequence[float], away: bool) -> None:
        """Add the segment under a point of the view, or take it away."""
        self._set((*self.strokes, Click(self._in_pixels(at), away)))

    def loop(self, corners: Sequence[Sequence[float]], away: bool) -> None:
        """Add what is inside a loop through points of the view, or take it away."""
        self._set((*self.strokes, Loop(tuple(map(self._in_pixels, corners)), away)))

    def resize(self, steps: int) -> None:
        """Make the segment of the last click larger by steps, or smaller where they are negative.

        Raises
        ------
        InputError
            If there is no stroke, or the last one is a loop.
        """
        *before, last = self._some_strokes()
        self._set((*before, resized_stroke(last, steps)))

    def undo(self) -> None:
        """Take back the last stroke."""
        self._strokes[self.session.source_id] = self._some_strokes()[:-1]

    def clear(self) -> None:
        """Take back all strokes."""
        self._strokes.pop(self.session.source_id, None)

    def keep(self, name: str) -> str:
        """Keep what is drawn in the study, under a name; return what was done.

        Raises
        ------
        InputError
            If nothing is drawn, or the study cannot take it: then nothing is changed.
        """
        session = self.session
        with session.turns.working(session.turns.new()):
            session.refresh()
            mask, source = self.mask(), session.bench.source
            if mask is None or not self._on_view(mask).any():
                raise InputError(
                    f"{source.source_id}: nothing is drawn; click a segment or draw a loop on the "
                    f"photograph first"
                )
            kinds = {"loop" if isinstance(one, Loop) else "click" for one in self.strokes}
            made_by = f"{MADE_BY}{' and '.join(sorted(kinds))}"
            region = keep_region(session.workbench.study, source, mask, name, made_by)
            session.regions_changed()
            self.clear()
        if source.condition == Condition.ENTROPY:
            return (
                f"Kept: {name.strip()}, annotation {region}. Versions of this source now aim at it."
            )
        return f"Kept: {name.strip()}, annotation {region}. Choose it like any other object."

    def remove(self, region_id: int) -> str:
        """Remove a region that was kept from the study; return what was done.

        Raises
        ------
        InputError
            If a version aims at it, or the study may not be changed: then nothing is changed.
        """
        session = self.session
        with session.turns.working(session.turns.new()):
            session.refresh()
            gone = remove_region(session.workbench.study, session.source_id, region_id)
            session.regions_changed()
        return f"Removed: {gone.label}. Undo removing brings it back."

    def restore(self) -> str:
        """Bring the region that was removed last back into the study; return what was done.

        Raises
        ------
        InputError
            If none was removed, or the study may not be changed: then nothing is changed.
        """
        session = self.session
        with session.turns.working(session.turns.new()):
            session.refresh()
            back = restore_region(session.workbench.study, session.source_id)
            session.regions_changed()
        return f"Back again: {back.label}."

    @property
    def kept(self) -> KeptRegions:
        """The regions of the source on the table that were drawn; none where it cannot be read."""
        try:
            return kept_regions(self.session.workbench.study, self.session.bench.source)
        except InputError:
            return KeptRegions()

    def mask(self) -> np.ndarray | None:
        """Return what is drawn as a mask ``(height, width)`` bool; None without strokes."""
        return self._canvas().mask(self.strokes) if self.strokes else None

    def shown(self) -> dict[str, object]:
        """Return what the page shows of it; no two values are equal, so that each is noticed."""
        self._shown += 1
        mask = self.mask()
        view = None if mask is None else self._on_view(mask)
        kept = self.kept
        return {
            "number": self._shown,
            "strokes": len(self.strokes),
            "outline": "" if view is None else outline(view),
            "share": 0.0 if view is None else float(view.mean()),
            "resizable": isinstance(self.strokes[-1] if self.strokes else None, Click),
            "kept": [{"id": one.region_id, "label": one.label} for one in kept.there],
            "removed": kept.removed[-1].label if kept.removed else "",
        }

    def _set(self, strokes: tuple[Stroke, ...]) -> None:
        if all(one.away for one in strokes):
            raise InputError("nothing is drawn yet that could be taken away; add a part first")
        self._canvas().mask(strokes)  # a stroke that cannot be is refused
        self._strokes[self.session.source_id] = strokes

    def _some_strokes(self) -> tuple[Stroke, ...]:
        if not self.strokes:
            raise InputError(f"{self.session.source_id}: nothing is drawn yet")
        return self.strokes

    def _canvas(self) -> Canvas:
        source = self.session.bench.source
        path = self.session.root / source.photograph
        if str(path) not in self._canvases:
            self._canvases[str(path)] = Canvas(read_image(path))
        self._canvases.move_to_end(str(path))
        while len(self._canvases) > _KEPT:
            self._canvases.popitem(last=False)
        return self._canvases[str(path)]

    @property
    def _fit(self) -> str:
        return self.session.workbench.settings.images.fit

    def _on_view(self, mask: np.ndarray) -> Tensor:
        return squared_mask(mask, OUTLINE_PX, self._fit)

    def _in_pixels(self, point: Sequence[float]) -> Point:
        height, width = self._canvas().size
        left, top, right, bottom = view_box(width, height, self._fit)
        x, y = (min(max(float(one) / VIEW, 0.0), 1.0) for one in point)
        x_px, y_px = left + x * (right - left), top + y * (bottom - top)
        return min(max(x_px, 0.0), float(width)), min(max(y_px, 0.0), float(height))
