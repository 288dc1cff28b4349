"""Normalised maps have the values of torch's own, whatever their layout and precision."""

import os
import subprocess
import sys

import pytest
import torch
from torch.nn import functional

from manipulation.networks import fused_normalisation
from manipulation.networks.normalisation import InstanceNorm, _by_statistics, normalised
from tests.manipulation.operator_trace import LAYOUTS

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
fused_normalisation._PARTS = 4, 16  # so that few parts are many
for case in tests.FUSED:
    tests.check_fused(*case, torch.device("cpu"))
"""


def check_fused(shape, dtype, tolerance, device):
    """Hold values and gradients of the kernels against the plain function with 32 bits."""
    maps, norm = maps_and_norm(shape, torch.channels_last, dtype)
    generator = torch.Generator().manual_seed(1)
    added, slope = (torch.randn(shape, generator=generator).to(dtype) for _ in range(2))
    exact = [one.float().requires_grad_() for one in (maps, added)]
    values = normalised(exact[0], norm.weight, norm.bias, EPS)
    for adds, rectifies in ((True, True), (False, False)):
        expected = values + exact[1] if adds else values
        expected = torch.relu(expected) if rectifies else expected
        given = [
            one.detach().to(device, copy=True).requires_grad_()
            for one in (maps, added, norm.weight, norm.bias)
        ]
        assert fused_normalisation.serves(given[0])
        found = fused_normalisation.normalised(
            given[0], given[2], given[3], EPS, given[1] if adds else None, rectifies=rectifies
        )
        assert found.dtype == dtype
        assert found.is_contiguous(memory_format=torch.channels_last)
        _close(found, expected, tolerance)
        wanted = [0, 1, 2, 3] if adds else [0, 2, 3]
        slopes = torch.autograd.grad(found, [given[n] for n in wanted], slope.to(device))
        known = [*exact, norm.weight, norm.bias]
        # Where 16 bits and 32 do not agree that a value is above 0, its gradient is 0 in one.
        there = slope.float() * (found.float().cpu() > 0) if rectifies else slope.float()
        unrectified = values + exact[1] if adds else values
        theirs = torch.autograd.grad(
            unrectified, [known[n] for n in wanted], there, retain_graph=True
        )
        for one, other in zip(slopes, theirs, strict=True):
            _close(one, other, tolerance * max(1, float(other.abs().max())))


def _close(found, expected, tolerance):
    found = found.float().cpu().detach()
    torch.testing.assert_close(found, expected.detach(), atol=tolerance, rtol=tolerance)


# One part, several, and more than are combined at once; channels and pixels that fill no block.
FUSED = [
    ((1, 70, 5, 4), torch.float32, 1e-5),
    ((3, 5, 20, 18), torch.bfloat16, 2e-2),
]


@pytest.mark.skipif(fused_normalisation.triton is None, reason="this torch comes without Triton")
def test_the_kernels_of_a_gpu_give_the_same_values_under_the_interpreter():
    done = subprocess.run(
        [sys.executable, "-c", _INTERPRETED],
        env=os.environ | {"TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
    )
    if "only 0-dimensional arrays can be converted" in done.stderr:
        pytest.skip("the interpreter of this Triton does not work with this numpy")
    assert done.returncode == 0, done.stderr[-2000:]


# What the kernels are launched with at full size: 16 divides every number but that of parts.
OF_MAPS = ("maps", "result", "gradient", "added", "of_maps", "of_added")  # 16 bits, all else 32
NUMBERS = ("pixels", "channels", "parts", "each")
TILE = {"PIXELS": 64, "CHANNELS": 64}
CONSTANTS = {
    "statistics": TILE,
    "combine": {"PARTS": 128, "CHANNELS": 16},
    "apply": {"ADDS": True, "RECTIFIES": True, **TILE},
    "gradient_sums": {"RECTIFIES": True, **TILE},
    "gradient_of_maps": {"ADDS": True, "RECTIFIES": True, **TILE},
}


@pytest.mark.skipif(fused_normalisation.triton is None, reason="this torch comes without Triton")
@pytest.mark.parametrize("name", list(CONSTANTS))
def test_the_kernels_are_built_for_a_gpu_and_read_16_bytes_at_once(name, tmp_path, monkeypatch):
    from triton import compile as build
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    kernel, constants = getattr(fused_normalisation.kernels, name), CONSTANTS[name]
    signature = {
        argument: "*bf16" if argument in OF_MAPS else "i32" if argument in NUMBERS else "*fp32"
        for argument in kernel.arg_names
    }
    signature |= dict.fromkeys(constants, "constexpr")
    if "eps" in signature:
        signature["eps"] = "fp32"
    attributes = {
        (place,): [["tt.divisibility", 16]]
        for place, argument in enumerate(kernel.arg_names)
        if argument not in ("parts", "eps", *constants)
    }
    source = ASTSource(kernel, signature, constexprs=constants, attrs=attributes)
    built = build(source, target=GPUTarget("cuda", 90, 32))
    assert len(built.asm["cubin"]) > 1000
    assert "ld.global.v4.b32" in built.asm["ptx"]


def test_where_triton_cannot_build_its_kernels_a_warning_says_so_and_torch_s_own_serve(monkeypatch):
    def normalised(*_, **__):
        raise RuntimeError("Failed to find C compiler.\nSet CC.")

    monkeypatch.setattr(fused_normalisation, "normalised", normalised)
    with pytest.warns(UserWarning, match=r"does not work here \(RuntimeError: .* C compiler\.\)"):
        assert not fused_normalisation._works.__wrapped__(torch.device("cpu"))
