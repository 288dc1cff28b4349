"""What an EyeLink is told before it records: every setting that the data depend on, sent outright.

pylink's constructor sends settings of its own, among them a motion threshold that its integer
format makes 0. So nothing is left as it was: what an earlier experiment set on the same host has
no say either. Commands are those of the EyeLink user manual and of the host's ``.ini`` files.
"""

import re

from stimuli.contract.settings import Settings

# Head target data of the remote mode exist from this version of the host software on.
_HTARGET_VERSION = 4.0


def software_version(version: str) -> float:
    """Return the software's version of a text such as ``EYELINK CL 5.15``, 0 if it has none."""
    found = re.search(r"([0-9]+\.[0-9]+)\s*$", version)
    return float(found[1]) if found else 0.0


def setup_commands(settings: Settings, software_version: float) -> list[str]:
    """Return the commands that set up the host, in their order.

    Parameters
    ----------
    software_version
        Version of the host's software, such as 5.15.
    """
    screen, tracker = settings.screen, settings.tracker
    half_width_mm, half_height_mm = 5 * screen.width_cm, 5 * screen.height_cm
    distance_mm = 10 * screen.distance_cm
    target = ",HTARGET" if software_version >= _HTARGET_VERSION else ""
    return [
        # The screen, in pixels and in millimetres from its centre.
        f"screen_pixel_coords 0 0 {screen.width_px - 1} {screen.height_px - 1}",
        f"screen_phys_coords {-half_width_mm:.1f} {half_height_mm:.1f} "
        f"{half_width_mm:.1f} {-half_height_mm:.1f}",
        f"screen_distance {distance_mm:.0f} {distance_mm:.0f}",
        # What is recorded.
        f"active_eye = {tracker.eye.upper()}",
        "binocular_enabled = NO",
        f"sample_rate {tracker.sample_rate_hz}",
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
        f"file_sample_data = LEFT,RIGHT,GAZE,HREF,GAZERES,AREA,STATUS,INPUT{target}",
        "link_event_filter = LEFT,RIGHT,FIXATION,SACCADE,BLINK,BUTTON,INPUT",
        "link_event_data = GAZE,GAZERES,HREF,AREA,VELOCITY,STATUS",
        f"link_sample_data = LEFT,RIGHT,GAZE,GAZERES,AREA,STATUS,INPUT{target}",
        # Calibration.
        "calibration_type = HV9",
        "generate_default_targets = YES",
        "enable_automatic_calibration = YES",
        "automatic_calibration_pacing = 1000",
        "button_function 5 'accept_target_fixation'",
    ]


def host_drawing(settings: Settings, areas: list[tuple[int, int, int, int]]) -> list[str]:
    """Return the commands that draw the trial's outlines on the host's screen.

    Parameters
    ----------
    areas
        ``(left, top, right, bottom)`` of every interest area, in screen pixels.
    """
    screen, placement = settings.screen, settings.placement
    left, top = placement.origin
    right, bottom = left + placement.width_px - 1, top + placement.height_px - 1
    box = f"draw_box {left:.0f} {top:.0f} {right:.0f} {bottom:.0f} 15"
    cross = f"draw_cross {screen.width_px // 2} {screen.height_px // 2} 15"
    return [box, *(f"draw_box {' '.join(map(str, area))} 10" for area in areas), cross]
