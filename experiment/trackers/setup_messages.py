"""What an EyeLink writes into its file of a validation and of a drift check.

In come errors of gaze in degrees, out come messages in the host's words.
"""

import numpy as np

from stimuli.contract.geometry import Screen, degrees_to_screen
from stimuli.contract.geometry import screen_to_eyelink as to_eyelink

# The host's nine targets, as shares of the screen's half width and half height.
HV9 = (
    (0, 0), (0, -0.83), (0, 0.83), (-0.88, 0), (0.88, 0),
    (-0.88, -0.83), (0.88, -0.83), (-0.88, 0.83), (0.88, 0.83),
)  # fmt: skip


def validation_messages(errors_deg: np.ndarray, screen: Screen, side: str) -> list[str]:
    """Return the messages of a validation: the errors over all targets, then at each.

    Parameters
    ----------
    errors_deg
        ``(9, 2)``, gaze minus target, ``(x, y)``, in the order of `HV9`.
    side
        The eye: ``LEFT`` or ``RIGHT``.
    """
    points_px = screen.size_px / 2 * (1 + np.array(HV9))
    errors_px = errors_deg * screen.pixels_per_degree
    distances_deg = np.hypot(*errors_deg.T)
    mean_deg, mean_px = np.hypot(*errors_deg.mean(axis=0)), errors_px.mean(axis=0)
    messages = [
        f"!CAL VALIDATION HV9 {side[0]} {side}  GOOD "
        f"ERROR {distances_deg.mean():.2f} avg. {distances_deg.max():.2f} max  "
        f"OFFSET {mean_deg:.2f} deg. {mean_px[0]:.1f},{mean_px[1]:.1f} pix."
    ]
    for number, (point, error_px, distance_deg) in enumerate(
        zip(to_eyelink(points_px), errors_px, distances_deg, strict=True)
    ):
        where = _offset(point, distance_deg, error_px)
        messages.append(f"VALIDATE {side[0]} POINT {number}  {side}  at {where}")
    return messages


def drift_check_message(gaze_deg: np.ndarray, screen: Screen, side: str) -> str:
    """Return the message of a drift check that was accepted.

    Parameters
    ----------
    gaze_deg
        Gaze ``(x, y)`` in degrees from the central target.
    side
        The eye: ``LEFT`` or ``RIGHT``.
    """
    centre_px = screen.size_px / 2
    error_px = degrees_to_screen(gaze_deg, screen) - centre_px
    where = _offset(to_eyelink(centre_px), float(np.hypot(*gaze_deg)), error_px)
    return f"DRIFTCORRECT {side[0]} {side}  at {where}"


def _offset(point_px: np.ndarray, distance_deg: float, error_px: np.ndarray) -> str:
    return (
        f"{point_px[0]:.0f},{point_px[1]:.0f}  OFFSET {distance_deg:.2f} deg.  "
        f"{error_px[0]:.1f},{error_px[1]:.1f} pix."
    )
