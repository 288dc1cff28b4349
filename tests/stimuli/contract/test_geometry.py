"""Every conversion of coordinates is undone by its inverse, and anchors are where they must be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stimuli.contract import geometry
from stimuli.contract.geometry import Placement, Rectangle, Screen, frame_of

SCREEN = Screen(1920, 1080, 52.1, 29.3, 60.0)
SMALL = Screen(1024, 768, 40.0, 30.0, 57.3)
coordinate = st.floats(-4000, 4000)
point = st.tuples(coordinate, coordinate).map(np.array)


@given(point)
@pytest.mark.parametrize("screen", [SCREEN, SMALL])
def test_screen_conversions_are_undone_by_their_inverses(screen, point):
    placement = Placement(100.5, 20.0, 640.0, 480.0, 320, 160)
    pairs = [
        (lambda p: geometry.screen_to_image(p, placement),
         lambda p: geometry.image_to_screen(p, placement)),
        (lambda p: geometry.screen_to_psychopy(p, screen),
         lambda p: geometry.psychopy_to_screen(p, screen)),
        (geometry.screen_to_eyelink, geometry.eyelink_to_screen),
        (lambda p: geometry.screen_to_degrees(p, screen),
         lambda p: geometry.degrees_to_screen(p, screen)),
    ]  # fmt: skip
    for there, back in pairs:
        np.testing.assert_allclose(back(there(point)), point, atol=1e-8)
        np.testing.assert_allclose(there(back(point / 100)), point / 100, atol=1e-8)


def test_a_rectangle_holds_the_points_of_the_pixels_that_it_cuts_out():
    rectangle = Rectangle(2, 3, 4, 1)
    pixels = np.zeros((8, 8), dtype=bool)
    pixels[rectangle.rows_and_columns] = True
    rows, columns = np.mgrid[:8, :8]
    centres = np.stack([columns, rows], axis=-1) + 0.5
    np.testing.assert_array_equal(rectangle.holds(centres), pixels)
    assert pixels.sum() == 4
    assert rectangle.holds([[2, 3], [5.99, 3.99], [6, 3], [2, 4]]).tolist() == [True, True, 0, 0]


def test_the_frame_of_a_landscape_and_a_portrait_is_their_square():
    landscape, portrait = Rectangle(0, 2, 12, 8), Rectangle(2, 0, 8, 12)
    assert frame_of([landscape, portrait]) == Rectangle(0, 0, 12, 12)
    assert frame_of([landscape, landscape]) == landscape


def test_the_centre_of_the_screen_is_the_origin_of_psychopy_and_of_visual_angle():
    middle = [960.0, 540.0]
    np.testing.assert_array_equal(geometry.screen_to_psychopy(middle, SCREEN), [0, 0])
    np.testing.assert_array_equal(geometry.screen_to_degrees(middle, SCREEN), [0, 0])


def test_psychopy_y_points_up_and_all_others_down():
    above = [960.0, 100.0]
    assert geometry.screen_to_psychopy(above, SCREEN)[1] == 440
    assert geometry.screen_to_degrees(above, SCREEN)[1] < 0


def test_the_centre_of_the_first_pixel_is_half_for_us_and_zero_for_the_tracker():
    np.testing.assert_array_equal(geometry.screen_to_eyelink([0.5, 0.5]), [0, 0])
    np.testing.assert_array_equal(geometry.screen_to_eyelink([1919.5, 1079.5]), [1919, 1079])


def test_the_papers_image_spans_about_25_degrees():
    placement = geometry.centred(SCREEN, 1024, 1024)
    assert (placement.left_px, placement.top_px) == (448, 28)
    width_cm = 1024 * 52.1 / 1920
    expected = 2 * np.degrees(np.arctan(width_cm / 2 / 60))
    width, height = geometry.extent_deg(SCREEN, placement)
    assert width == pytest.approx(expected)
    assert 25 <= height <= 27


def test_pixels_per_degree_is_the_slope_at_the_centre():
    step = geometry.degrees_to_screen([1e-4, 1e-4], SCREEN) - SCREEN.size_px / 2
    np.testing.assert_allclose(step / 1e-4, SCREEN.pixels_per_degree, rtol=1e-6)


def test_inside_includes_the_first_edge_and_excludes_the_last():
    points = [[0, 0], [9.999, 4.999], [10, 0], [0, 5], [-1e-9, 0]]
    assert geometry.inside(points, 10, 5).tolist() == [True, True, False, False, False]
