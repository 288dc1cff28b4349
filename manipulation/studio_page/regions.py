"""What can be chosen on a photograph: its objects, all objects of a category, unions in use."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from manipulation.images.framing import boxed
from manipulation.images.photographs import resized
from manipulation.regions.coco_entries import UNNAMED
from manipulation.study_stimuli.source_material import Ids, SourceMaterial
from stimuli.contract.region_names import union_name
from stimuli.contract.settings import TargetSettings
from stimuli.support.errors import InputError

OUTLINE_PX = 512  # side at which outlines are drawn
VIEW = 1000  # and of the view in whose units they are given


@dataclass(frozen=True, eq=False)
class Region:
    """A region that a version can aim at.

    Attributes
    ----------
    key
        Names the region in the page.
    name
        For people, such as ``person 2``.
    ids
        COCO annotations whose union it is.
    category
        Set where it is all objects of that category.
    mask : Tensor (H, W), bool
        At the size as shown.
    outline
        SVG path in a view of `VIEW` x `VIEW`.
    label_at
        Where a name goes: above the middle of the region, ``(x, y)`` in that view.
    """

    key: str
    name: str
    ids: Ids
    category: str
    mask: Tensor
    outline: str
    label_at: tuple[int, int]

    @property
    def single(self) -> bool:
        """Whether it is one object, to be clicked on."""
        return not self.category and len(self.ids) == 1

    @property
    def share(self) -> float:
        """Share of the picture that it covers."""
        return float(self.mask.float().mean())

    def target(self, k_shift: float) -> TargetSettings:
        """Return the settings of a target that is this region."""
        if self.category:
            return TargetSettings(category=self.category, k_shift=k_shift)
        return TargetSettings(annotation_ids=self.ids, k_shift=k_shift)


def key_of(target: TargetSettings) -> str:
    """Return the key of the region that a target means."""
    if target.category:
        return f"all:{target.category}"
    return "+".join(map(str, target.annotation_ids))


def regions_of_source(material: SourceMaterial) -> dict[str, Region]:
    """Return the regions of a source by key: objects, categories of several, unions in use.

    Objects of which nothing is left once the photograph is cut to a square are left out.

    Raises
    ------
    InputError
        If an annotation cannot be read.
    """
    if material.objects is None:
        return {}
    annotations = material.objects.annotations
    entries = annotations.of_image(material.source.image_id)
    categories = {
        entry["id"]: annotations.categories.get(entry.get("category_id", -1), "object")
        for entry in entries
    }
    counts = Counter(categories.values())
    names = material.names
    found: dict[str, Region] = {}

    def add(key: str, name: str, ids: Ids, category: str = "") -> None:
        try:
            mask = material.mask(ids)
        except InputError:
            return  # nothing of it is inside the square
        found[key] = Region(key, name, ids, category, mask > 0.5, outline(mask), label_place(mask))

    for entry in entries:
        add(str(entry["id"]), names[entry["id"]], (entry["id"],))
    named = set(annotations.categories.values())
    for category, count in counts.items():
        if count > 1 and category in named and category != UNNAMED:
            ids = tuple(i for i, name in categories.items() if name == category)
            add(f"all:{category}", f"all {count} of {category}", ids, category)
    for version in material.source.versions:
        for target in version.targets:
            if (key := key_of(target)) not in found:
                ids = material.ids(target)
                add(key, union_name(names, ids), ids, target.category)
    return found


def outline(mask: Tensor) -> str:
    """Return the outline of a region as an SVG path, holes included (fill rule: evenodd)."""
    from skimage.measure import approximate_polygon, find_contours

    square = torch.from_numpy(boxed(mask.numpy(), 0))
    inside = np.pad(resized(square, OUTLINE_PX).numpy(), 1)
    paths = []
    for contour in find_contours(inside, 0.5):
        corners = approximate_polygon(contour, 0.7)
        points = ((corners[:-1, ::-1] - 0.5) * VIEW / OUTLINE_PX).clip(0, VIEW)
        if len(points) > 2:
            paths.append("M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + "Z")
    return "".join(paths)


def label_place(mask: Tensor) -> tuple[int, int]:
    """Return the middle column of a region and its top row, in units of the view."""
    rows, columns = np.nonzero(boxed(mask.numpy(), 0) > 0.5)
    scale = VIEW / max(mask.shape)
    return int(columns.mean() * scale), int(rows.min() * scale)
