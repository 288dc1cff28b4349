"""A session's priority is raised as far as the system lets it, and put back."""

import os
import sys
from types import SimpleNamespace

import pytest

from experiment.display.priority import raised_priority


@pytest.mark.parametrize(
    ("rush", "nicer", "told"),
    [
        (lambda on: True, True, "real-time"),
        (lambda on: False, True, "raised"),
        (lambda on: False, False, "as it was"),
        (lambda on: 1 / 0, False, "as it was"),
    ],
)
def test_what_is_granted_is_told_and_undone(monkeypatch, rush, nicer, told):
    asked, nice = [], [0]

    def noted(on):
        asked.append(on)
        return rush(on)

    def set_nice(which, who, value):
        if not nicer:
            raise PermissionError
        nice.append(value)

    psychopy = SimpleNamespace(
        core=SimpleNamespace(rush=noted),
        logging=SimpleNamespace(console=SimpleNamespace(setLevel=lambda level: None), CRITICAL=50),
    )
    monkeypatch.setitem(sys.modules, "psychopy", psychopy)
    monkeypatch.setattr(os, "getpriority", lambda which, who: nice[-1], raising=False)
    monkeypatch.setattr(os, "setpriority", set_nice, raising=False)
    with raised_priority() as granted:
        assert granted == told
        assert (asked[-1], nice[-1]) == (True, -10 if told == "raised" else 0)
    assert nice[-1] == 0
    assert asked == ([True, False] if told == "real-time" else [True])
