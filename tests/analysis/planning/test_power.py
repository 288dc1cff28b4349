"""Power as a function of plain numbers."""

import pytest

from analysis.planning.power import POWER, simulate_power
from analysis.planning.simulation import Population
from stimuli.support.errors import InputError


def test_an_effect_and_its_opposite_are_shown_and_none_is_not():
    population = Population(baseline=0.4, source_effect_sd=0.2)
    power = simulate_power([0.15, -0.15, 0.0], [20], 20, population=population, simulations=60)
    assert tuple(power.columns) == POWER.names
    shown = power.set_index("effect")["power"]
    assert shown[0.15] > 0.9
    assert shown[-0.15] > 0.9
    assert shown[0.0] < 0.15


def test_a_seed_gives_the_same_again_and_another_does_not():
    once, again, other = (
        simulate_power([0.1], [6], 8, simulations=20, seed=seed) for seed in (1, 1, 2)
    )
    assert once.equals(again)
    assert not once.equals(other)


def test_an_effect_beyond_what_p_can_reach_is_refused():
    with pytest.raises(InputError, match="beyond"):
        simulate_power([0.95], [10], 10)
