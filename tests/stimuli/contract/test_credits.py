"""Whom photographs are owed to, and what their terms allow, by the words that files have."""

from pathlib import Path

import pytest

from stimuli.contract.credits import credits_of, credits_text, figure_legend
from stimuli.contract.licences import Permission, permission
from stimuli.contract.masks import annotations_of
from stimuli.contract.vocabulary import Block, Condition, Direction, Stimulus


def original(source_id, terms):
    return Stimulus(
        f"{source_id}_original", source_id, Condition.ORIGINAL, Direction.NONE, Block.ORIGINALS, (),
        1.0, "i.png", None, "p.npz", "0" * 64, "0" * 64, "0" * 64, terms,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "allows"),
    [  # COCO's eight, and what others write
        ("Attribution-NonCommercial-ShareAlike License "
         "(http://creativecommons.org/licenses/by-nc-sa/2.0/)", Permission.CHANGED),
        ("Attribution-NonCommercial License (http://creativecommons.org/licenses/by-nc/2.0/)",
         Permission.CHANGED),
        ("Attribution-NonCommercial-NoDerivs License "
         "(http://creativecommons.org/licenses/by-nc-nd/2.0/)", Permission.UNCHANGED),
        ("Attribution License (http://creativecommons.org/licenses/by/2.0/)", Permission.CHANGED),
        ("Attribution-ShareAlike License (http://creativecommons.org/licenses/by-sa/2.0/)",
         Permission.CHANGED),
        ("Attribution-NoDerivs License (http://creativecommons.org/licenses/by-nd/2.0/)",
         Permission.UNCHANGED),
        ("No known copyright restrictions (http://flickr.com/commons/usage/)", Permission.CHANGED),
        ("United States Government Work (http://www.usa.gov/copyright.shtml)", Permission.CHANGED),
        ("CC BY-NC-ND 4.0", Permission.UNCHANGED), ("CC0 1.0", Permission.CHANGED),
        ("© 2020 a studio, all rights reserved", Permission.NOTHING),
        ("unknown", Permission.UNKNOWN), ("", Permission.UNKNOWN),
        ("unknown; credit: the CC BY society; photograph: https://a.org/by-nd/1.jpg",
         Permission.UNKNOWN),
    ],
)  # fmt: skip
def test_terms_allow_what_their_words_say(terms, allows):
    assert permission(terms) == allows


def test_a_credit_is_what_the_annotation_file_says():
    entry = {
        "id": 3,
        "file_name": "a.jpg",
        "width": 4,
        "height": 4,
        "license": 1,
        "title": "Dog; asleep",
        "author": "A. B.",
        "flickr_url": "https://flickr.com/3",
    }
    licence = {"id": 1, "name": "CC BY 2.0", "url": "https://c.org/by/2.0/"}
    content = {"images": [entry], "annotations": [], "licenses": [licence]}
    terms = annotations_of(content, Path("a.json")).licence(3)
    (credit,) = credits_of([original("dog", terms)])
    assert (credit.title, credit.author) == ("Dog; asleep", "A. B.")
    assert (credit.licence, credit.licence_address) == ("CC BY 2.0", "https://c.org/by/2.0/")
    assert credit.address == "https://flickr.com/3"
    assert credit.attribution == (
        '"Dog; asleep", by A. B., CC BY 2.0 (https://c.org/by/2.0/), https://flickr.com/3'
    )


def test_the_list_ends_with_what_must_be_found_out():
    credits = credits_of([original("b", "unknown"), original("a", "CC0"), original("c", "BY-ND")])
    assert (
        figure_legend(credits[:2])
        == "Photographs: a (CC0); b (terms unknown); changed by us where said."
    )
    text = credits_text(credits)
    assert "b: its terms are not known" in text
    assert "c: its licence forbids versions" in text
    assert "a: its" not in text
