"""A screen that is not there, or is scaled, is refused with what to do."""

import pytest

from experiment.display.opening import check_pixels, check_screen_number
from stimuli.contract.settings import ScreenSettings
from stimuli.support.errors import InputError

FULL_HD = ScreenSettings()


def test_the_screen_of_the_study_is_taken():
    check_pixels((1920, 1080), (1920, 1080), 0, FULL_HD)
    check_screen_number(1, [(1920, 1080), (2560, 1440)])


@pytest.mark.parametrize(
    ("size", "framebuffer", "told"),
    [
        ((1920, 1080), (3840, 2160), "is scaled: a window of 1920 x 1080 has 3840 x 2160 pixels"),
        ((1280, 720), (1280, 720), "scaling, which may be 150 %, to 100 %"),
        ((1280, 1024), (1280, 1024), r"gives 1280 x 1024 pixels.*resolution, or name another"),
    ],
)
def test_scaled_and_other_screens_are_refused(size, framebuffer, told):
    with pytest.raises(InputError, match=told):
        check_pixels(size, framebuffer, 0, FULL_HD)


@pytest.mark.parametrize("number", [5, 2, -1])
def test_a_screen_that_is_not_there_is_refused_with_those_that_are(number):
    with pytest.raises(InputError, match=rf"is {number}; .* 0: 1920 x 1080, 1: 2560 x 1440"):
        check_screen_number(number, [(1920, 1080), (2560, 1440)])
