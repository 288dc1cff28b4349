"""Which messages of a recording may be published: those of known words, which hold no free text.

A message that an experiment or an operator wrote may say anything. So what is kept is what the
tracker itself writes, what Data Viewer reads, and what the analysis needs; all else is left out.
"""

import re

_NUMBER = r"-?[0-9.]+"
_NUMBERS = rf"(?:[ ,]+{_NUMBER})*"
_NAME = r"[\w+-]+"
_OURS = "block|block_position|stim_id|source_id|condition|direction|status|dropped_frames"
_KNOWN = re.compile(
    r"(?:[+-]?[0-9]{1,9}\s+)?(?:"  # how late it was sent
    r"TRIALID\s+-?[0-9]+"
    rf"|TRIAL_RESULT{_NUMBERS}|SYNCTIME{_NUMBERS}|IMAGE_OFFSET|BLANK_SCREEN"
    r"|FIXATION_TIMEOUT [a-z-]+"
    rf"|!V TRIAL_VAR (?:{_OURS}) {_NAME}"
    rf"|!V IAREA (?:RECTANGLE|ELLIPSE){_NUMBERS}(?: {_NAME})?"
    rf"|!V IMGLOAD [A-Z_]+ (?:\.\./)*stimuli/[\w./-]+{_NUMBERS}"
    rf"|!V (?:CLEAR|TRIAL_END){_NUMBERS}"
    rf"|(?:CLOCK_OFFSET_MS|RETRACE_INTERVAL|(?:DISPLAY|GAZE)_COORDS)[ =]+{_NUMBER}{_NUMBERS}"
    r"|!CAL\b.*|VALIDATE\b.*|DRIFTCORRECT\b.*|!MODE RECORD\b.*"
    r"|(?:RECCFG|ELCLCFG|ELCL_[A-Z_]+|THRESHOLDS|PUPIL_DATA_TYPE|CAMERA_LENS_FOCAL_LENGTH)\b"
    r"[A-Z0-9_ .,:()=-]*"
    rf"|!CMD\s+-?[0-9]+\s+\w+\s*=?\s*{_NUMBER}"
    r"|(?:ERROR|WARNING)[A-Z_ :=]*[0-9]*"
    r")\s*",
    re.DOTALL,
)


def is_known(text: str) -> bool:
    """Return whether a message is of a kind that holds no free text.

    Examples
    --------
    >>> is_known("TRIALID 7"), is_known("-3 SYNCTIME"), is_known("sleepy, asked Erika to stop")
    (True, True, False)
    """
    return _KNOWN.fullmatch(text) is not None
