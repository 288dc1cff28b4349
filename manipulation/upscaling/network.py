"""From the size that networks see to the size on the screen: super-resolution by 2.

Originals and versions take this same way, as in the paper, where EnhanceNet (Sajjadi, Schölkopf &
Hirsch 2017, arXiv:1612.07919) does it. In comes an image ``(3, h, w)``, RGB in [0, 1], and the size
as shown; out comes the image at that size. `load_upscaler` gives what does it by name.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn import functional

from manipulation.images.photographs import Size
from manipulation.runs.tensors import save_tensors
from stimuli.support.errors import InputError, nearest
from stimuli.support.files import sha256

FORMAT = "guiding-gaze upscaling network 1"
WEIGHTS = Path(__file__).resolve().parents[1] / "weights" / "upscaling" / "embedded.safetensors"
NAMES = ("embedded", "bicubic", "none")
SCALE = 2
_SURROUND_PX = 9


class UpscalingNetwork(nn.Module):
    """Adds to a bicubic interpolation by 2 what photographs have beyond it.

    A residual body at the small size, then a shuffle of channels into pixels (Shi et al. 2016,
    arXiv:1609.05158). What goes in is the image less its mean over 9 x 9 pixels, and no
    convolution has a bias, so the network cannot change brightness, a constant image stays
    constant, and half the contrast has half the detail. Before training it is the interpolation.

    Parameters
    ----------
    channels
        Of every layer of the body.
    blocks
        Pairs of 3 x 3 convolutions with a shortcut.
    """

    def __init__(self, channels: int = 32, blocks: int = 4) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, channels, 5, padding=2, bias=False)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, channels, 3, padding=1, bias=False),
                nn.ReLU(inplace=True),
                nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            )
            for _ in range(blocks)
        )
        self.last = nn.Conv2d(channels, 3 * SCALE**2, 3, padding=1, bias=False)
        for block in self.blocks:
            first, last = (one for one in block.children() if isinstance(one, nn.Conv2d))
            nn.init.kaiming_normal_(first.weight, nonlinearity="relu")
            nn.init.kaiming_normal_(last.weight, nonlinearity="linear")
            last.weight.data.mul_(0.1)
        nn.init.zeros_(self.last.weight)

    def settings(self) -> dict[str, int]:
        """Return the arguments that build a network of this shape."""
        return {"channels": self.first.out_channels, "blocks": len(self.blocks)}

    def forward(self, images: Tensor) -> Tensor:
        """Return images ``(B, 3, h, w)`` as ``(B, 3, 2 h, 2 w)``, not yet clamped to [0, 1]."""
        margin = _SURROUND_PX // 2
        surround = functional.avg_pool2d(images, _SURROUND_PX, 1, margin, count_include_pad=False)
        features = self.first(images - surround)
        for block in self.blocks:
            features = features + block(features)
        detail = functional.pixel_shuffle(self.last(features), SCALE)
        height, width = images.shape[-2:]
        return _interpolated(images, (SCALE * height, SCALE * width)) + detail


@dataclass(frozen=True)
class Upscaler:
    """Brings images to the size as shown; call it with an image and that size.

    Attributes
    ----------
    name
        As given to `load_upscaler`.
    sha256
        Of the file of weights, or of the name where there are none: what results depend on.
    double
        Images ``(1, 3, h, w)`` to ``(1, 3, 2 h, 2 w)``; None where there is no network.
    """

    name: str
    sha256: str
    double: Callable[[Tensor], Tensor] | None = None

    @torch.no_grad()
    def __call__(self, image: Tensor, size: Size) -> Tensor:
        """Return an image at another size.

        The network is used once, where the image grows; what then lacks to the size, or is too
        much, is bicubic interpolation, which averages where it shrinks. With the network that
        ships, 512 to 1024 px takes about 100 MB.

        Parameters
        ----------
        image : Tensor (3, h, w)
            RGB in [0, 1].
        size
            Height and width of what comes out, or the side of a square.

        Returns
        -------
        Tensor (3, H, W)
            float32 in [0, 1].

        Raises
        ------
        InputError
            If the upscaler is ``none`` and the image has another size.
        """
        image, size = image.detach().float(), (size, size) if isinstance(size, int) else size
        if image.shape[-2:] == size:
            return image.clone()
        if self.name == "none":
            raise InputError(
                f'images.upscale is "none", images.size_px is {max(size)} and the image has '
                f"{tuple(image.shape[-2:])} px (images.model_px); expected equal sizes; set "
                f'images.model_px = {max(size)}, or images.upscale = "embedded"'
            )
        if self.double is not None and max(size) > max(image.shape[-2:]):
            image = self.double(image[None])[0].clamp(0, 1)
        return bicubic(image, size)


def bicubic(image: Tensor, size: Size) -> Tensor:
    """Return an image ``(3, h, w)`` in [0, 1] at another size, without a network."""
    size = (size, size) if isinstance(size, int) else size
    return _interpolated(image[None], size)[0].clamp(0, 1)


def _interpolated(images: Tensor, size: tuple[int, int]) -> Tensor:
    if images.shape[-2:] == size:
        return images
    return functional.interpolate(images, size, mode="bicubic", antialias=True)


def load_upscaler(name: str) -> Upscaler:
    """Return what brings images to the size as shown.

    Parameters
    ----------
    name
        ``embedded``: the network that ships with the toolkit. ``bicubic``: interpolation.
        ``none``: images must have the size already. Or a file: one that
        ``python -m manipulation.fit_upscaling`` wrote, or a published network of scale 2, which the
        package ``spandrel`` reads.

    Raises
    ------
    InputError
        If there is no such file, it cannot be read, its network has another scale or no RGB images,
        or ``spandrel`` is needed and not installed.

    Examples
    --------
    >>> import torch
    >>> from manipulation import load_upscaler
    >>> upscaler = load_upscaler("embedded")
    >>> upscaler(torch.rand(3, 32, 32), 64).shape
    torch.Size([3, 64, 64])
    """
    if name in ("bicubic", "none"):
        return Upscaler(name, hashlib.sha256(name.encode()).hexdigest())
    path = WEIGHTS if name == "embedded" else Path(name)
    if not path.is_file():
        raise InputError(
            f"images.upscale is {name!r}; expected one of {', '.join(NAMES)}, or an existing file "
            f"of a network{nearest(name, NAMES)}"
        )
    double = load_network(path) if _is_ours(path) else _published(path)
    return Upscaler(name, sha256(path), double)


def save_network(path: str | Path, network: UpscalingNetwork) -> None:
    """Write a network with 16-bit weights to `path`, whole or not at all."""
    metadata = {"format": FORMAT, "settings": json.dumps(network.settings(), sort_keys=True)}
    save_tensors(path, {n: tensor.half() for n, tensor in network.state_dict().items()}, metadata)


def load_network(path: str | Path) -> UpscalingNetwork:
    """Return a network that `save_network` wrote, with 32-bit weights, frozen.

    Raises
    ------
    InputError
        If the file is truncated or of another kind.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        network = UpscalingNetwork(**json.loads(metadata["settings"]))
        network.load_state_dict(tensors)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{path}: is no network of manipulation.fit_upscaling ({error}); copy it again"
        ) from None
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise InputError(f"{path}: holds weights that are no finite numbers; train it again")
    network = network.to(memory_format=torch.channels_last)  # faster on processors
    return network.eval().requires_grad_(False)


def _is_ours(path: Path) -> bool:
    """Return whether a file says that it is of our format, whole or not."""
    with open(path, "rb") as file:
        return FORMAT.encode() in file.read(4096)


def _published(path: Path) -> Callable[[Tensor], Tensor]:
    """Return a published network, read by spandrel."""
    try:
        import spandrel
    except ImportError as error:
        raise InputError(
            f"images.upscale is {str(path)!r}, a file that the package spandrel would read, which "
            f"cannot be imported ({error}): pip install spandrel"
        ) from None
    try:
        network = spandrel.ModelLoader(device="cpu").load_from_file(path)
    except Exception as error:  # of any kind: unpickling, zip files, tensors, architectures
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(
            f"{path}: spandrel cannot read it as a network ({why}); expected a .pth, .pt, .ckpt or "
            f".safetensors file of an architecture that it knows; copy it again"
        ) from None
    channels = (network.input_channels, network.output_channels)
    if not isinstance(network, spandrel.ImageModelDescriptor) or channels != (3, 3):
        raise InputError(
            f"{path}: its network takes {channels[0]} channels and returns {channels[1]} "
            f"({type(network).__name__}); expected one from RGB images to RGB images"
        )
    if network.scale != SCALE:
        raise InputError(
            f"{path}: its network enlarges by {network.scale}; expected {SCALE}, from "
            f"images.model_px 512 to images.size_px 1024"
        )
    network.model.requires_grad_(False)
    return network.float().eval()
