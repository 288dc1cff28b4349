"""Names of files on an EyeLink's host, which overwrites one of the same name without a word."""

import string

_DIGITS = string.digits + string.ascii_lowercase
_EPOCH_S = 1_577_836_800  # 2020-01-01 UTC


def host_file_name(subject: str, time_s: float) -> str:
    """Return a name for the tracker's host that no session before has had.

    The host overwrites a file of the same name, and several studies may use one host. So the name
    is the last two digits of the subject's number and the seconds since 2020 in base 36, eight
    lower-case letters and digits; the journal says which recording it is.

    Parameters
    ----------
    time_s
        Seconds since 1970, as `time.time` gives them.
    """
    seconds = int(time_s) - _EPOCH_S
    digits = ""
    for _ in range(6):
        seconds, digit = divmod(seconds, 36)
        digits = _DIGITS[digit] + digits
    return f"{int(subject) % 100:02d}{digits}"
