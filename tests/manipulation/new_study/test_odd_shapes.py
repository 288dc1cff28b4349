"""What is odd about a photograph is said as people would see it; examples of names hold."""

import doctest

import pytest

from manipulation.new_study import odd_shapes, source_names
from manipulation.new_study.odd_shapes import what_people_would_see
from stimuli.contract import tool_polygons
from stimuli.contract.settings import ImageSettings


@pytest.mark.parametrize(
    ("size", "fit", "words"),
    [
        ((48, 64), "crop", "64 x 48 px and is shown at 1024 px: people would see it 21 times"),
        ((400, 4000), "crop", "90% of it is cut off: people would see the middle alone"),
        ((400, 4000), "stretch", "people would see it stretched 10.0-fold to a square"),
        ((400, 4000), "whole", "is shown whole as a strip of 1024 x 102 px: .* mostly grey"),
        ((3024, 4032), "crop", "^$"),
        ((480, 640), "stretch", "^$"),
    ],
)
def test_people_would_notice_size_and_shape(size, fit, words):
    import re

    assert re.search(words, what_people_would_see(size, ImageSettings(fit=fit)))


@pytest.mark.parametrize("module", [odd_shapes, source_names, tool_polygons])
def test_examples_hold(module):
    assert doctest.testmod(module).failed == 0
