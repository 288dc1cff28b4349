"""Which lines of a recording may be published: those of known words, which hold no free text.

A message that an experiment or an operator wrote may say anything, over several lines too. So what
is kept is what the tracker itself writes, what Data Viewer reads, and what the analysis needs, each
by its very words; all else is left out.
"""

import re

from analysis.sessions.setup import PARSER_COMMANDS
from stimuli.contract.vocabulary import Block, Condition, Direction, TrialStatus

_NUMBER = r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?"
_NUMBERS = rf"(?:[ ,]+{_NUMBER})*"
_NAME = r"[\w+-]+"
_LATE = r"(?:[+-]?[0-9]{1,9}\s+)?"  # how late a message was sent


def _one_of(*words: str) -> str:
    return "|".join(map(re.escape, words))


_KNOWN = re.compile(
    rf"{_LATE}(?:"
    r"TRIALID\s+-?[0-9]+"
    rf"|TRIAL_RESULT{_NUMBERS}|SYNCTIME{_NUMBERS}|IMAGE_OFFSET|BLANK_SCREEN"
    r"|FIXATION_TIMEOUT (?:accept|drift-check|recalibrate|skip|pause|abort)"
    rf"|STIM_ID {_NAME}|TRIAL_END (?:{_one_of(*TrialStatus, 'withdrawn')})"
    r"|OPERATOR (?:accept|recalibrate|skip|pause|abort)"
    rf"|!V TRIAL_VAR (?:stim_id|source_id) {_NAME}"
    rf"|!V TRIAL_VAR (?:block_position|dropped_frames) {_NUMBER}"
    rf"|!V TRIAL_VAR block (?:{_one_of(*Block)})"
    rf"|!V TRIAL_VAR condition (?:{_one_of(*Condition)})"
    rf"|!V TRIAL_VAR direction (?:{_one_of(*Direction)})"
    rf"|!V TRIAL_VAR status (?:{_one_of(*TrialStatus, 'withdrawn')})"
    rf"|!V IAREA (?:RECTANGLE|ELLIPSE|FREEHAND){_NUMBERS}(?: {_NAME})?"
    rf"|!V IMGLOAD (?:CENTER|FILL|TOP_LEFT) (?:\.\./)*stimuli/images/[\w.-]+{_NUMBERS}"
    rf"|!V (?:CLEAR|TRIAL_END){_NUMBERS}"
    rf"|(?:CLOCK_OFFSET_MS|RETRACE_INTERVAL|(?:DISPLAY|GAZE)_COORDS)[ =]+{_NUMBER}{_NUMBERS}"
    rf"|!CMD\s+-?[0-9]+\s+(?:{_one_of(*PARSER_COMMANDS, 'sample_rate')})\s*=?\s*{_NUMBER}"
    r"|(?:ERROR|WARNING)[ :]+(?:MESSAGES?|EVENTS?|SAMPLES?|COMMANDS?|LOST|[ :=0-9])*"
    r")\s*",
    re.DOTALL,
)
_OF_TRACKER = re.compile(
    rf"{_LATE}(?:!CAL|VALIDATE|DRIFTCORRECT|!MODE RECORD|RECCFG|THRESHOLDS|PUPIL_DATA_TYPE"
    r"|ELCLCFG|ELCL_PROC|ELCL_EFIT_PARAMS|ELCL_PCR_PARAM|ELCL_WINDOW_SIZES"
    r"|CAMERA_LENS_FOCAL_LENGTH)\b(.*)",
    re.DOTALL,
)
_WORD = re.compile(r"[^\W\d_]+")
# Those that EyeLinks of all generations write about calibration, drift and recording.
_TRACKER_WORDS = frozenset(re.findall(r"\w+", (
    "a ABORTED ABTABLER at avg AUTOSLIP B Bad box BTABLER bx by cal Cal CALIBRATION Calibration "
    "center CENTROID centx centy Change check coeff Corner correction CR Cross cx cy deg dxx "
    "ELLIPSE ERROR eye eyy f FAILED FAIR fixup Gain gain Gains goaly GOOD gx Gx Gy H href HV "
    "ixx jyy L large LEFT LR lx match max MTABLER Nonlinearity OFF OFFSET offx offy ON P PCR "
    "pix POINT points POOR Prenormalize Proportion Quadrant R range RAW Ratio ratio Ratios "
    "RECORD REPEATED Resolution RIGHT rotation RTABLER rx screen Slip T too TOWER ty upd V "
    "VALIDATION x X y Y "
)))  # fmt: skip

# Each cell is taken at once and as a whole, so that no line can take long.
_NUMBER_CELL = rf"{_NUMBER}(?![^\s,])|\.+(?![^\s,])"
_SAMPLE = re.compile(
    rf"[0-9]+(?:\.[0-9]+)?(?:[\s,]++(?>{_NUMBER_CELL}|(?=\S*\.)[.ABCFILMNRT]{{3,20}}))*+\s*"
)
_EVENT = re.compile(
    r"(?:START|END|PRESCALER|VPRESCALER|PUPIL|EVENTS|SAMPLES|[SE](?:FIX|SACC|BLINK)|INPUT|BUTTON)"
    rf"(?:\s++(?>{_NUMBER_CELL}|(?:LEFT|RIGHT|[LR]|EVENTS|SAMPLES|GAZE|HREF|PUPIL|RAW|RES|RATE"
    r"|TRACKING|CR|P|FILTER|INPUT|BUTTON|VEL|AREA|DIAMETER|HTARGET|HTARG|STATUS)(?!\S)))*+\s*"
)
_REMARK = re.compile(
    r"\*\*\s*(?:TYPE: EDF_FILE[A-Z_ ]*|VERSION: EYELINK [IVX0-9 .]+|SOURCE: EYELINK [A-Z]{2}"
    r"|EYELINK [IVX]+ [A-Z]{2} v[0-9.]+.*|CAMERA: Eye[Ll]ink [A-Z0-9]+ Version [0-9.]+"
    r"(?: Sensor=[A-Z0-9]+)?)\s*"
)
# When a tracker's own program was built, and what is in brackets, say nothing of a session; but
# neither does anybody need them.
_PROGRAM = re.compile(r"(\*\*\s*EYELINK [IVX]+ [A-Z]{2} v[0-9.]+).*")


def is_known(text: str) -> bool:
    """Return whether a message is of a kind that holds no free text.

    Examples
    --------
    >>> is_known("TRIALID 7"), is_known("-3 SYNCTIME"), is_known("sleepy, asked Erika to stop")
    (True, True, False)
    >>> is_known("!CAL CALIBRATION HV9 L LEFT GOOD"), is_known("!CAL by Erika")
    (True, False)
    """
    if _KNOWN.fullmatch(text):
        return True
    written = _OF_TRACKER.fullmatch(text)
    return written is not None and _TRACKER_WORDS.issuperset(_WORD.findall(written[1]))


def known_line(line: str) -> str | None:
    """Return a line of an ASC file that is no message as it may be published; None if it may not.

    Samples and events are numbers and the tracker's own words; of remarks those stay that name the
    kind of file and of tracker.

    Examples
    --------
    >>> known_line("EFIX L 1000 1200 200 512.0 384.0 1100")
    'EFIX L 1000 1200 200 512.0 384.0 1100'
    >>> known_line("END of the break, says Erika"), known_line("2026-03-05 Erika came")
    (None, None)
    """
    if line.startswith("**"):
        return _PROGRAM.sub(r"\1", line) if _REMARK.fullmatch(line) else None
    return line if _SAMPLE.fullmatch(line) or _EVENT.fullmatch(line) else None
