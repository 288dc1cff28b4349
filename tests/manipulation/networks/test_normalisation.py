"""Normalised maps have the values of torch's own, whatever their layout and precision."""

import os
import subprocess
import sys

import pytest
import torch
from torch.nn import functional

from manipulation.networks import fused_normalisation
from manipulation.networks.fast_fgtransform import FastFGTransform, FeatureContribution
from manipulation.networks.fgtransform import FGTransform
from manipulation.networks.normalisation import InstanceNorm, _by_statistics, normalised
from tests.manipulation.operator_trace import LAYOUTS, OperatorTrace

EPS = 1e-5


def maps_and_norm(shape, layout, dtype=torch.float32):
    """Return maps whose mean is far from 0, and a norm whose weights are not 1 and 0."""
    generator = torch.Generator().manual_seed(0)
    maps = 5 + 3 * torch.randn(shape, generator=generator)
    norm = InstanceNorm(shape[1], affine=True)
    for parameter in norm.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    return maps.to(dtype).to(memory_format=layout), norm


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("function", [normalised, _by_statistics])
def test_values_and_gradients_are_those_of_torch_and_the_layout_stays(function, layout):
    maps, norm = maps_and_norm((2, 6, 9, 7), layout)
    found, expected = maps.clone().requires_grad_(), maps.clone().requires_grad_()
    ours = function(found, norm.weight, norm.bias, EPS)
    theirs = functional.instance_norm(expected, weight=norm.weight, bias=norm.bias, eps=EPS)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    assert ours.is_contiguous(memory_format=layout)
    slope = torch.rand(ours.shape, generator=torch.Generator().manual_seed(1))
    ours.backward(slope)
    theirs.backward(slope)
    torch.testing.assert_close(found.grad, expected.grad, atol=1e-5, rtol=1e-4)


def test_a_map_of_one_pixel_is_refused():
    with pytest.raises(ValueError, match="more than one pixel"):
        normalised(torch.ones(2, 3, 1, 1), None, None, EPS)


_INTERPRETED = """
import torch
from manipulation.networks import fused_normalisation
from tests.manipulation.networks import test_normalisation as tests
with torch.no_grad():
    for shape, dtype, tolerance in tests.FUSED:
        maps, norm = tests.maps_and_norm(shape, torch.channels_last, dtype)
        added = torch.randn(shape).to(dtype)
        assert fused_normalisation.serves(maps)
        found = norm.rectified(maps, added)
        expected = torch.relu(norm(maps.float()) + added.float())
        assert found.dtype == dtype
        assert found.is_contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(found.float(), expected, atol=tolerance, rtol=tolerance)
        torch.testing.assert_close(norm.rectified(maps).float(), torch.relu(norm(maps.float())),
                                   atol=tolerance, rtol=tolerance)
"""
# One part and several, channels that fill no block, pixels that fill no step.
FUSED = [
    ((2, 70, 13, 9), torch.float32, 1e-5),
    ((3, 3, 5, 4), torch.float32, 1e-5),
    ((1, 64, 40, 40), torch.bfloat16, 2e-2),
]


@pytest.mark.skipif(fused_normalisation.triton is None, reason="this torch comes without Triton")
def test_the_kernels_of_a_gpu_give_the_same_values_under_the_interpreter():
    done = subprocess.run(
        [sys.executable, "-c", _INTERPRETED],
        env=os.environ | {"TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_with_the_channels_last_no_map_changes_its_layout_and_nothing_waits():
    network = FastFGTransform(FGTransform(5, 8, width=16, blocks=2))
    network.to(memory_format=torch.channels_last)
    images = torch.rand(1, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    summand = torch.rand(1, 16, 4, 4).contiguous(memory_format=torch.channels_last)
    with torch.no_grad(), OperatorTrace() as trace:
        changed = network(images, torch.zeros(1, 32, 32), FeatureContribution(summand, summand))
    assert trace.moved == []
    assert trace.waited == 0
    assert changed.is_contiguous(memory_format=torch.channels_last)
