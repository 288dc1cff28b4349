"""No two objects of a photograph have one name, whatever their categories are called."""

from pathlib import Path

from stimuli.contract.masks import Annotations
from stimuli.contract.region_names import object_names


def test_a_category_that_is_called_like_a_numbered_object_keeps_its_name():
    categories = {1: "dog", 2: "dog 1", 3: "cat"}
    entries = {n: {"id": n, "image_id": 5, "category_id": c} for n, c in enumerate((1, 1, 2, 3), 7)}
    annotations = Annotations(Path("file.json"), {5: {}}, entries, categories, {}, {})
    assert object_names(annotations, 5) == {7: "dog 2", 8: "dog 3", 9: "dog 1", 10: "cat"}
