"""Whom the photographs of a study are owed to: a table, a list as text, and a figure's legend.

Everything comes from the column ``licence`` of the catalogue, which has the terms of a photograph
and what attribution needs (`stimuli.contract.masks.Annotations.licence`).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from stimuli.contract.coco_file import UNKNOWN
from stimuli.contract.licences import Permission, permission
from stimuli.contract.schemas import CREDITS
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Direction, Stimulus
from stimuli.support.files import write_text
from stimuli.support.tables import write_table

UNKNOWN_TERMS = "terms unknown"
"""How it is written that no licence is stated."""
_TERMS = re.compile(
    r"(?P<licence>.*?)(?: \((?P<licence_address>[a-z]+://[^\s)]+)\))?"
    r"(?:; title: (?P<title>.*?))?(?:; credit: (?P<author>.*?))?(?:; photograph: (?P<address>\S+))?"
)
_ALLOWS = {
    Permission.UNCHANGED: "its licence forbids versions; ask its author before any is published",
    Permission.NOTHING: "all rights are reserved; ask its author before it is published",
    Permission.UNKNOWN: "its terms are not known; find them out before it is published",
}


@dataclass(frozen=True)
class Credit:
    """Whom a photograph is owed to; what is not stated is None.

    Attributes
    ----------
    licence, licence_address
        Name of its terms, and where they stand.
    address
        Page or file of the photograph.
    allows
        What the terms allow, as far as their words tell.
    """

    source_id: str
    title: str | None
    author: str | None
    licence: str
    licence_address: str | None
    address: str | None
    allows: Permission

    @property
    def terms(self) -> str:
        """The licence in words, also where it is not known."""
        return UNKNOWN_TERMS if self.licence == UNKNOWN else self.licence

    @property
    def attribution(self) -> str:
        """The credit as it stands in a list: title, author, licence and addresses."""
        terms = f"{self.terms}{f' ({self.licence_address})' if self.licence_address else ''}"
        title = f'"{self.title}"' if self.title else None
        by = f"by {self.author}" if self.author else None
        return ", ".join(filter(None, (title, by, terms, self.address)))


def credits_of(stimuli: Iterable[Stimulus]) -> tuple[Credit, ...]:
    """Return whom each photograph of a catalogue is owed to, by its name.

    Examples
    --------
    >>> from stimuli import credits_of, open_study, read_catalogue
    >>> credits = credits_of(read_catalogue(open_study("demo-study").catalogue))
    >>> credits[0].source_id, credits[0].licence
    ('astronaut', 'Public domain')
    """
    terms = {one.source_id: one.licence for one in stimuli if one.direction == Direction.NONE}
    return tuple(credit_of(source_id, terms[source_id]) for source_id in sorted(terms))


def credit_of(source_id: str, terms: str) -> Credit:
    """Return whom one photograph is owed to, from its terms as the catalogue states them.

    Examples
    --------
    >>> from stimuli.contract.credits import credit_of
    >>> credit_of("tower", "CC BY 2.0; credit: Ann").attribution
    'by Ann, CC BY 2.0'
    """
    stated = _TERMS.fullmatch(terms)
    assert stated is not None  # every text fits
    return Credit(
        source_id=source_id,
        title=stated["title"] or None,
        author=stated["author"] or None,
        licence=stated["licence"] or UNKNOWN,
        licence_address=stated["licence_address"],
        address=stated["address"],
        allows=permission(terms),
    )


def figure_legend(credits: Sequence[Credit]) -> str:
    """Return the credits of photographs as they stand below a figure that shows them.

    Examples
    --------
    >>> from stimuli import credits_of, figure_legend, open_study, read_catalogue
    >>> credits = credits_of(read_catalogue(open_study("demo-study").catalogue))
    >>> figure_legend(credits[1:2])
    'Photograph: chelsea by Stefan van der Walt (CC0 1.0); changed by us where said.'
    """
    owed = [
        f"{one.title or one.source_id}{f' by {one.author}' if one.author else ''} ({one.terms})"
        for one in credits
    ]
    noun = "Photograph" if len(owed) == 1 else "Photographs"
    return f"{noun}: {'; '.join(owed)}; changed by us where said."


def credits_text(credits: Sequence[Credit]) -> str:
    """Return the list of attributions, the legend of a figure, and what the terms do not allow."""
    lines = [
        "The photographs of this study, in the order of their names in it. Versions of them were "
        "made for it, which are fitted to the screen and changed.",
        "",
        *(f"{one.source_id}: {one.attribution}." for one in credits),
        "",
        "Below a figure that shows all of them:",
        "",
        figure_legend(credits),
    ]
    doubtful = [f"{one.source_id}: {_ALLOWS[one.allows]}." for one in credits if one.allows in
                _ALLOWS]  # fmt: skip
    if doubtful:
        lines += ["", "Before anything is published:", "", *doubtful]
    return "\n".join(lines) + "\n"


def write_credits(study: Study, stimuli: Iterable[Stimulus]) -> None:
    """Write ``stimuli/credits.tsv`` and ``stimuli/credits.txt`` of a study."""
    credits = credits_of(stimuli)
    write_table(study.credits, CREDITS, [asdict(one) for one in credits])
    write_text(study.credits.with_suffix(".txt"), credits_text(credits))
