"""What tests of small networks share."""

import pytest
import torch


@pytest.fixture(scope="module")
def one_thread():
    """On maps this small, several threads mostly wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
