"""What torch advises about files that it refuses, to run what they hold, reaches nobody."""

import pickle

import pytest

from manipulation.saliency.models.efficientnet_lite import convert
from manipulation.saliency.models.vgg_weights import _read
from stimuli.support.errors import InputError


@pytest.mark.parametrize("read", [lambda path: convert("lite0", path), _read])
def test_a_file_that_would_run_code_is_refused_without_advice(read, tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(print, protocol=2))
    with pytest.raises(InputError, match=r"weights\.pth") as refused:
        read(path)
    assert "weights_only" not in str(refused.value)
