"""Counts over subjects are those that the designs are known for."""

import pytest

from stimuli.contract.orders import balancing_subjects, carry_overs, order_number, positions
from stimuli.contract.vocabulary import Block

ORIGINALS, FIRST, SECOND, THIRD = Block
LATIN = ((ORIGINALS, FIRST, SECOND), (FIRST, SECOND, ORIGINALS), (SECOND, ORIGINALS, FIRST))
WILLIAMS = LATIN + tuple(order[::-1] for order in LATIN)


def test_23_subjects_begin_8_8_and_7_times_with_each_block():
    counts = positions(LATIN, 23)
    assert [counts[1, block] for block in LATIN[0]] == [8, 8, 7]
    assert set(positions(LATIN, 24).values()) == {8}
    assert sum(counts.values()) == 3 * 23


@pytest.mark.parametrize("times", [1, 2, 7])
def test_six_subjects_in_williams_orders_balance_positions_and_carry_overs(times):
    assert set(positions(WILLIAMS, 6 * times).values()) == {2 * times}
    assert set(carry_overs(WILLIAMS, 6 * times).values()) == {2 * times}
    assert len(carry_overs(WILLIAMS, 6)) == 6


def test_a_latin_square_lets_each_block_follow_one_block_alone():
    counts = carry_overs(LATIN, 24)
    assert sorted(counts.values()) == [0, 0, 0, 16, 16, 16]
    assert counts[ORIGINALS, FIRST] == 16
    assert counts[FIRST, ORIGINALS] == 0


@pytest.mark.parametrize(
    ("count", "orders", "subjects", "expected"),
    [
        (positions, LATIN, 23, (21, 24)),
        (positions, LATIN, 24, (24,)),
        (positions, LATIN, 2, (3,)),
        (carry_overs, LATIN, 24, ()),
        (positions, WILLIAMS, 23, (21, 24)),
        (carry_overs, WILLIAMS, 23, (18, 24)),
        (carry_overs, WILLIAMS, 3, (6,)),
    ],
)
def test_the_nearest_numbers_that_balance(count, orders, subjects, expected):
    assert balancing_subjects(count, orders, subjects) == expected


def test_with_four_blocks_four_subjects_in_williams_orders_balance_everything():
    orders = (
        (ORIGINALS, FIRST, THIRD, SECOND), (FIRST, SECOND, ORIGINALS, THIRD),
        (SECOND, THIRD, FIRST, ORIGINALS), (THIRD, ORIGINALS, SECOND, FIRST),
    )  # fmt: skip
    assert set(positions(orders, 8).values()) == {2}
    assert set(carry_overs(orders, 8).values()) == {2}
    assert (len(positions(orders, 8)), len(carry_overs(orders, 8))) == (16, 12)
    assert balancing_subjects(carry_overs, orders, 23) == (20, 24)


def test_orders_are_dealt_in_turn():
    assert [order_number(n, LATIN) for n in ("01", 2, "003", 4, "999999")] == [1, 2, 3, 1, 3]
