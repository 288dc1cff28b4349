"""Work in a few threads keeps its order, and its errors."""

import pytest

from stimuli.support.threads import in_threads


def test_results_come_in_order_and_an_error_where_its_result_would_stand():
    assert list(in_threads(lambda n: n * n, range(50))) == [n * n for n in range(50)]
    assert list(in_threads(str, [])) == []
    results = in_threads(lambda n: 1 / (n - 3), range(10))
    assert [next(results) for _ in range(3)] == [-1 / 3, -1 / 2, -1]
    with pytest.raises(ZeroDivisionError):
        next(results)
