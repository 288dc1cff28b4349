"""Whether a tracker was set up as the study says, by what its recording tells.

Compared are the pixels of its screen, and eye, sample rate and the parser's thresholds, where the
recording names them.
"""

import re
from pathlib import Path

from analysis.recordings.calibration import displays_px
from analysis.recordings.recording import Recording
from stimuli.contract.settings import Settings
from stimuli.contract.study import participant_id
from stimuli.support.errors import InputError

_SIDES = {"L": "left", "R": "right"}
# The tracker writes down what it was told: result, command, value.
_COMMAND = re.compile(r"!CMD\s+-?[0-9]+\s+(\w+)\s*=?\s*(-?[0-9]+(?:\.[0-9]*)?)\s*")
PARSER_COMMANDS = {
    "saccade_velocity_threshold": "saccade_velocity_deg_s",
    "saccade_acceleration_threshold": "saccade_acceleration_deg_s2",
    "saccade_motion_threshold": "saccade_motion_deg",
    "saccade_pursuit_fixup": "pursuit_fixup_deg_s",
}


def setup_differences(recording: Recording, settings: Settings) -> list[str]:
    """Return in what a recording differs from ``[tracker]`` of the study, one text a difference."""
    tracker, blocks = settings.tracker, recording.blocks
    found = []
    eye = tracker.eye[0].upper()
    others = [eyes for eyes in blocks["eyes"] if eyes and eye not in eyes]
    if others:
        found.append(
            f"the eye is {_SIDES[others[0]]} in {len(others)} of {len(blocks)} recording blocks; "
            f"expected {tracker.eye} (tracker.eye)"
        )
    rates = sorted(set(blocks["sample_rate_hz"].dropna()) - {float(tracker.sample_rate_hz)})
    if rates:
        found.append(
            f"the sample rate is {', '.join(f'{rate:g}' for rate in rates)} Hz; expected "
            f"{tracker.sample_rate_hz:g} (tracker.sample_rate_hz)"
        )
    commands = (_COMMAND.fullmatch(text) for text in recording.messages["text"])
    told = {match[1]: match[2] for match in commands if match}
    for command, name in PARSER_COMMANDS.items():
        expected = getattr(tracker, name)
        if command in told and float(told[command]) != expected:
            found.append(f"{command} is {told[command]}; expected {expected:g} (tracker.{name})")
    return found


def check_setup(recording: Recording, path: Path, subject: str, settings: Settings) -> None:
    """Check that a recording was made on the study's screen, and with its tracker's settings.

    Raises
    ------
    InputError
        Names what differs. Another eye, rate or parser is let pass where
        ``tracker.recorded_otherwise`` is ``"tell"``.
    """
    screen, who = settings.screen, participant_id(subject)
    for left, top, right, bottom in displays_px(recording.messages):
        # Some give the last pixel, others the number of pixels.
        fits = (
            0 <= screen.width_px - (right - left) <= 1,
            0 <= screen.height_px - (bottom - top) <= 1,
        )
        if (left, top) != (0, 0) or not all(fits):
            raise InputError(
                f"{path}: the tracker's screen for {who} is {left:g} {top:g} {right:g} {bottom:g} "
                f"(DISPLAY_COORDS or GAZE_COORDS); expected 0 0 {screen.width_px - 1} "
                f"{screen.height_px - 1}: put the subject's own recording here, or set "
                f"screen.width_px and screen.height_px to the screen that was used"
            )
    differences = setup_differences(recording, settings)
    if differences and settings.tracker.recorded_otherwise == "stop":
        raise InputError(
            f"{path}: {who} was recorded otherwise than study.toml says: {'; '.join(differences)}; "
            f"put the subject's own recording here, correct study.toml, name the subject in "
            f"exclusions.subjects and move its recording away, or set tracker.recorded_otherwise = "
            f'"tell" to analyse it as it is'
        )
