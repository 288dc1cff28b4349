"""What an EyeLink is told before it records: every setting that the data depend on, sent outright.

pylink's constructor sends settings of its own, among them a motion threshold that its integer
format makes 0, and an earlier experiment may have left others on the same host. So what a program
may set is set. What stays as the operator has it on the host, since it belongs to the camera and
the person before it: tracking mode and lens (``elcl_select_configuration``), illumination
(``elcl_tt_power``), pupil and corneal thresholds, search limits, and how the pupil is fitted.
Commands are those of the EyeLink user manuals and of the host's ``.INI`` files.
"""

import math
import re
from collections.abc import Sequence

from experiment.protocols.tracker import InterestArea
from experiment.trackers.data_viewer import outline_points
from stimuli.contract.settings import Settings
from stimuli.support.errors import InputError

RATES_HZ = (250, 500, 1000, 2000)
# The host's own: how much of the screen's width and height the calibration's targets span.
_AREA_PROPORTION = "0.88 0.83"
_OUTLINE_CORNERS = 24
# Head target data of the remote mode exist from this version of the host software on.
_HTARGET_VERSION = 4.0


def software_version(version: str) -> float:
    """Return the software's version of a text such as ``EYELINK CL 5.15``, 0 if it has none."""
    found = re.search(r"([0-9]+\.[0-9]+)\s*$", version)
    return float(found[1]) if found else 0.0


def check_rate(settings: Settings) -> None:
    """Check that an EyeLink has the sample rate of the study.

    Raises
    ------
    InputError
        If it has not.
    """
    rate = settings.tracker.sample_rate_hz
    if rate not in RATES_HZ:
        raise InputError(
            f"study.toml: tracker.sample_rate_hz is {rate:g}; expected one of "
            f"{', '.join(map(str, RATES_HZ))}, which an EyeLink has"
        )


def setup_commands(settings: Settings, software_version: float) -> list[str]:
    """Return the commands that set up the host, in their order.

    Parameters
    ----------
    software_version
        Version of the host's software, such as 5.15.
    """
    screen, tracker = settings.screen, settings.tracker
    half_width_mm, half_height_mm = 5 * screen.width_cm, 5 * screen.height_cm
    # With two numbers the host expects the ways from the eye to the top and to the bottom edge.
    edge_mm = math.hypot(10 * screen.distance_cm, half_height_mm)
    target = ",HTARGET" if software_version >= _HTARGET_VERSION else ""
    return [
        # The screen, in pixels and in millimetres from its centre.
        f"screen_pixel_coords 0 0 {screen.width_px - 1} {screen.height_px - 1}",
        f"screen_phys_coords {-half_width_mm:.1f} {half_height_mm:.1f} "
        f"{half_width_mm:.1f} {-half_height_mm:.1f}",
        f"screen_distance {edge_mm:.0f} {edge_mm:.0f}",
        # What is recorded.
        f"active_eye = {tracker.eye.upper()}",
        "binocular_enabled = NO",
        f"sample_rate {tracker.sample_rate_hz:.0f}",
        "pupil_size_diameter = NO",
        "heuristic_filter 1 2",
        # The parser.
        "recording_parse_type = GAZE",
        f"saccade_velocity_threshold = {tracker.saccade_velocity_deg_s:g}",
        f"saccade_acceleration_threshold = {tracker.saccade_acceleration_deg_s2:g}",
        f"saccade_motion_threshold = {tracker.saccade_motion_deg:g}",
        f"saccade_pursuit_fixup = {tracker.pursuit_fixup_deg_s:g}",
        "fixation_update_interval = 0",
        "fixation_update_accumulate = 0",
        # What goes to the file, and what comes over the link.
        "file_event_filter = LEFT,RIGHT,FIXATION,SACCADE,BLINK,MESSAGE,BUTTON,INPUT",
        "file_event_data = GAZE,GAZERES,HREF,AREA,VELOCITY,STATUS",
        "file_sample_data = LEFT,RIGHT,GAZE,HREF,RAW,GAZERES,AREA,BUTTON,STATUS,INPUT" + target,
        "link_event_filter = LEFT,RIGHT,FIXATION,SACCADE,BLINK,BUTTON,INPUT",
        "link_event_data = GAZE,GAZERES,HREF,AREA,VELOCITY,STATUS",
        f"link_sample_data = LEFT,RIGHT,GAZE,GAZERES,AREA,STATUS,INPUT{target}",
        # Calibration.
        "calibration_type = HV9",
        f"calibration_area_proportion {_AREA_PROPORTION}",
        f"validation_area_proportion {_AREA_PROPORTION}",
        "calibration_corner_scaling 1.0",
        "validation_corner_scaling 1.0",
        "generate_default_targets = YES",
        "enable_automatic_calibration = YES",
        "automatic_calibration_pacing = 1000",
        "button_function 5 'accept_target_fixation'",
        # A drift check reports the offset and does not shift gaze by it.
        "driftcorrect_cr_disable = AUTO",
    ]


def host_drawing(settings: Settings, areas: Sequence[InterestArea]) -> list[str]:
    """Return the commands that draw the image's frame and the objects on the host's screen."""
    screen, placement = settings.screen, settings.placement
    left, top = placement.origin
    right, bottom = left + placement.width_px - 1, top + placement.height_px - 1
    box = f"draw_box {left:.0f} {top:.0f} {right:.0f} {bottom:.0f} 15"
    cross = f"draw_cross {screen.width_px // 2} {screen.height_px // 2} 15"
    lines = []
    for area in areas:
        points = outline_points(area, _OUTLINE_CORNERS)
        for (x, y), (next_x, next_y) in zip(points, [*points[1:], points[0]], strict=True):
            lines.append(f"draw_line {x} {y} {next_x} {next_y} 10")
    return [box, *lines, cross]
