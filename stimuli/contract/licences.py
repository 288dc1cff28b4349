"""What the terms of a photograph allow, as far as their words tell.

The terms are those of the catalogue's column ``licence``: a name and an address, as annotation
files have them. Nothing here is a lawyer's advice: what is not known to be allowed counts as
unknown, and somebody has to look.
"""

import re
from enum import StrEnum


class Permission(StrEnum):
    """What may be done with a photograph."""

    CHANGED = "changed"  # copies and versions may be passed on, on the terms stated
    UNCHANGED = "unchanged"  # no versions: NoDerivatives
    NOTHING = "nothing"  # all rights are reserved
    UNKNOWN = "unknown"


_NO_DERIVATIVES = re.compile(r"no[- ]?deriv|\bby([- ]nc)?[- ]nd\b|\bno changes\b", re.IGNORECASE)
_RESERVED = re.compile(r"all rights reserved|no licen[cs]e|not for publication", re.IGNORECASE)
_ALLOWED = re.compile(
    r"creativecommons\.org/(licenses|publicdomain)/|\bcc[- ]?(0|by)\b|\bcc0\b|public domain|"
    r"\battribution|no known copyright|united states government work|"
    r"\b(mit|bsd|apache)\b|publication permitted",
    re.IGNORECASE,
)


def permission(terms: str) -> Permission:
    """Return what terms allow.

    Examples
    --------
    >>> from stimuli import permission
    >>> str(permission("CC BY 2.0 (https://creativecommons.org/licenses/by/2.0/)"))
    'changed'
    >>> str(permission("Attribution-NoDerivs License"))
    'unchanged'
    >>> str(permission("my own"))
    'unknown'
    """
    terms = (
        terms.partition("; title: ")[0].partition("; credit: ")[0].partition("; photograph: ")[0]
    )
    if _NO_DERIVATIVES.search(terms):
        return Permission.UNCHANGED
    if _RESERVED.search(terms):
        return Permission.NOTHING
    return Permission.CHANGED if _ALLOWED.search(terms) else Permission.UNKNOWN
