"""Random edits of photographs, from hardly visible to gross, of many kinds."""

from collections.abc import Callable

import torch
from torch import Tensor

from manipulation.images.gaussian import resample
from manipulation.images.log_odds import image_of_log_odds, squeezed_log_odds
from manipulation.transforms.edits import BOUNDS, Negative, develop

_SHOULDER = 0.01
_SPARSE = 0.5  # share of a region's parametric edits that are used

Edit = Callable[[Tensor, float, torch.Generator], Tensor]


def uniform(generator: torch.Generator, low: float = 0.0, high: float = 1.0) -> float:
    """Return a number between two."""
    return float(low + (high - low) * torch.rand((), generator=generator))


def sign(generator: torch.Generator) -> float:
    """Return 1 or -1."""
    return 1.0 if uniform(generator) < 0.5 else -1.0


def darkroom(negative: Negative, strength: float, generator: torch.Generator) -> Tensor:
    """Return an image ``(3, H, W)`` under random parametric edits of all its regions."""
    shape = (len(negative.regions), len(BOUNDS))
    used = torch.rand(shape, generator=generator) < _SPARSE
    used &= torch.rand((len(used), 1), generator=generator) < 0.7  # some regions stay as they are
    amounts = torch.empty(shape).uniform_(-1, 1, generator=generator).sign()
    amounts = amounts * (0.5 + 0.5 * torch.rand(shape, generator=generator)) * used * strength
    return develop(negative, amounts[None])[0]


def _odds(image: Tensor) -> Tensor:
    return squeezed_log_odds(image, _SHOULDER)


def _blurred(image: Tensor, share: float) -> Tensor:
    size = (image.shape[-2], image.shape[-1])
    return resample(image, max(share * max(size), 0.05), size=size)


def exposure(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Brighter or darker, in log odds."""
    return image_of_log_odds(_odds(image) + 1.8 * strength * sign(generator), _SHOULDER)


def contrast(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Steeper or flatter around the mean."""
    odds = _odds(image)
    slope = 2.0 ** (1.3 * strength * sign(generator))
    return image_of_log_odds(odds.mean() + slope * (odds - odds.mean()), _SHOULDER)


def white_balance(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """A tint of any colour."""
    tint = torch.randn(3, 1, 1, generator=generator)
    tint = tint - tint.mean()
    return image_of_log_odds(_odds(image) + 0.8 * strength * tint / tint.norm(), _SHOULDER)


def saturation(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """More colour, or less, down to grey."""
    odds = _odds(image)
    grey = odds.mean(dim=0, keepdim=True)
    factor = 1 + 1.5 * strength if sign(generator) > 0 else 1 - min(strength, 1)
    return image_of_log_odds(grey + factor * (odds - grey), _SHOULDER)


def gaussian_blur(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Blur, which bleeds over edges."""
    return _blurred(image, 0.012 * strength)


def sharpening(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Unsharp masking of fine or coarse detail, halos included."""
    width = uniform(generator, 0.002, 0.02)
    return (image + 2.5 * strength * (image - _blurred(image, width))).clamp(0, 1)


def wash(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Towards the local mean, as if behind ground glass."""
    return image + min(0.9 * strength, 1) * (_blurred(image, 0.05) - image)


def clipping(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Levels cut at black or white."""
    gain = 1 + 0.8 * strength
    return (gain * image if sign(generator) > 0 else 1 - gain * (1 - image)).clamp(0, 1)


def noise(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Grain, of one colour or of many."""
    shape = image.shape if sign(generator) > 0 else (1, *image.shape[1:])
    return (image + 0.1 * strength * torch.randn(shape, generator=generator)).clamp(0, 1)


def haze(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Towards a light grey."""
    return image + 0.6 * min(strength, 1) * (uniform(generator, 0.6, 0.9) - image)


def hue(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Colours turned around the grey axis."""
    angle = torch.tensor(1.2 * strength * sign(generator))
    cosine, sine, third = angle.cos(), angle.sin(), 1 / 3
    around = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / 3**0.5
    turn = cosine * torch.eye(3) + (1 - cosine) * torch.full((3, 3), third) + sine * around
    return torch.einsum("dc,chw->dhw", turn, image).clamp(0, 1)


def posterising(image: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Few levels of each channel."""
    levels = max(3, round(24 * (1 - 0.9 * min(strength, 1))))
    return (image * levels).round() / levels


KINDS: dict[str, Edit] = {
    "exposure": exposure,
    "contrast": contrast,
    "white balance": white_balance,
    "saturation": saturation,
    "blur": gaussian_blur,
    "sharpening": sharpening,
    "wash": wash,
    "clipping": clipping,
    "noise": noise,
}
UNSEEN_KINDS: dict[str, Edit] = {"haze": haze, "hue": hue, "posterising": posterising}


def mixed(image: Tensor, changed: Tensor, weight: Tensor) -> Tensor:
    """Return the changed image where the weight ``(H, W)`` is 1, the image where it is 0."""
    return image + weight * (changed - image)


def camera(image: Tensor, generator: torch.Generator) -> Tensor:
    """Return a photograph as another camera or program might have kept it: still untouched."""
    odds = _odds(image)
    odds = odds + uniform(generator, -0.25, 0.25) + 0.06 * torch.randn(3, 1, 1, generator=generator)
    odds = odds.mean() + uniform(generator, 0.9, 1.1) * (odds - odds.mean())
    changed = image_of_log_odds(odds, _SHOULDER)
    if uniform(generator) < 0.5:
        changed = _blurred(changed, uniform(generator, 0.0005, 0.002))
    return (
        changed + uniform(generator, 0, 0.012) * torch.randn(image.shape, generator=generator)
    ).clamp(0, 1)
