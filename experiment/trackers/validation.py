"""A validation of our own, for any tracker: targets are shown, and gaze is compared with them.

In come a display and whatever delivers samples; out comes, for every eye, how far gaze was from
each target. The targets are those of an EyeLink's nine points.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from experiment.protocols.display import SetupDisplay
from experiment.protocols.tracker import Validation
from experiment.trackers.samples import GazeSamples, joined
from experiment.trackers.setup_messages import HV9
from stimuli.contract.geometry import Screen, screen_to_degrees

# The first part of a target's time is for the saccade to it.
_SETTLING = 0.5


def measure_errors(
    display: SetupDisplay,
    samples: Callable[[], GazeSamples],
    screen: Screen,
    eyes: Sequence[str],
    *,
    target_s: float,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, np.ndarray]:
    """Show the nine targets one after the other and return the error of gaze at each.

    Parameters
    ----------
    samples
        Returns the samples since its last call.
    eyes
        What is asked of the samples.
    target_s
        How long each target is shown; gaze in the second half counts.
    tell
        Is told of every target.

    Returns
    -------
    dict of array (9, 2)
        By eye, the median of gaze minus the target in degrees, ``(x, y)``; NaN where the eye was
        lost for half of the time or more.
    """
    points_px = screen.size_px / 2 * (1 + np.array(HV9))
    errors: dict[str, list[np.ndarray]] = {side: [] for side in eyes}
    for number, point_px in enumerate(points_px, start=1):
        tell(f"validation: target {number} of {len(points_px)}")
        seen = _look(display, samples, point_px, target_s, eyes)
        target_deg = screen_to_degrees(point_px, screen)
        for side in eyes:
            gaze_deg = screen_to_degrees(seen.eyes[side][:, :2], screen)
            known = np.isfinite(gaze_deg).all(axis=1)
            lost = 2 * known.sum() <= len(known)
            errors[side].append(
                np.full(2, np.nan) if lost else np.median(gaze_deg[known], axis=0) - target_deg
            )
    display.draw_blank()
    display.flip()
    return {side: np.array(found) for side, found in errors.items()}


def _look(
    display: SetupDisplay,
    samples: Callable[[], GazeSamples],
    point_px: np.ndarray,
    target_s: float,
    eyes: Sequence[str],
) -> GazeSamples:
    """Show a target and return the samples of the second half of its time."""
    display.draw_target_at(point_px)
    began_s = now_s = display.flip()
    parts = []
    while now_s < began_s + target_s:
        display.draw_target_at(point_px)
        now_s = display.flip()
        parts.append(samples())
    seen = joined(parts, eyes)
    late = seen.time_s >= began_s + _SETTLING * target_s
    return GazeSamples(
        seen.time_s[late], {side: values[late] for side, values in seen.eyes.items()}
    )


def mean_and_largest(errors: Mapping[str, np.ndarray], preferred: str) -> Validation | None:
    """Return the validation of the preferred eye, or of the other where that was not seen.

    Parameters
    ----------
    errors
        As `measure_errors` returns them.

    Returns
    -------
    Validation or None
        None if every eye was lost at a target or more.
    """
    for side in sorted(errors, key=lambda side: side != preferred):
        distances_deg = np.hypot(*errors[side].T)
        if np.isfinite(distances_deg).all():
            return Validation(
                round(float(distances_deg.mean()), 2), round(float(distances_deg.max()), 2)
            )
    return None
