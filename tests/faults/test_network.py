"""No command but those that fetch connects to another computer: the guard of all tests bites.

`tests/conftest.py` has it around every test, and so around every command that one of them runs.
"""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guard.sitecustomize import NOTED, stays_here

OUTWARD = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"


@pytest.fixture
def noted():
    """What the guard notes, which is no fault here."""
    log = Path(os.environ[NOTED])
    yield log
    os.truncate(log, 0)


def test_a_process_of_a_test_cannot_connect_to_another_computer(noted):
    done = subprocess.run([sys.executable, "-c", OUTWARD], capture_output=True, text=True)
    assert "nothing leaves this computer" in done.stderr
    assert "192.0.2.1" in noted.read_text()


@pytest.mark.parametrize("name", ["huggingface.co", "192.0.2.1"])
def test_what_a_test_does_itself_is_noted_where_the_error_is_swallowed(noted, name):
    with pytest.raises(OSError, match="nothing leaves"):
        socket.getaddrinfo(name, 443)
    assert name in noted.read_text()


def test_this_computer_may_be_connected_to():
    assert all(map(stays_here, [None, "", "localhost", "127.0.0.1", b"127.0.1.1", "::1"]))
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
