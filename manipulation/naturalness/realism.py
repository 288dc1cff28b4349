"""The realism judge: how edited a region of a picture looks, without its original.

Two ship. ``guide`` bounds what versions may cost, ``judge`` has seen other photographs and takes
part in nothing; both say which share of untouched photographs looks at least as edited.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from manipulation.naturalness.region_features import pooled
from manipulation.runs.tensors import save_tensors, tensors_sha256
from stimuli.support.errors import InputError

GUIDE, JUDGE = "guide", "judge"
FORMAT = "guiding-gaze realism judge 1"
_WEIGHTS = Path(__file__).parents[1] / "weights" / "naturalness"
_FURTHEST = 5.0  # standard deviations beyond which a feature counts no further


class RealismHead(nn.Module):
    """Tells from the vector of a region (`pooled`) how strongly it was edited.

    The mean of a few small networks, each of which was fitted from other first weights.

    Attributes
    ----------
    mean, deviation : Tensor (D,)
        Of the features over the photographs that it was fitted to.
    untouched : Tensor (n,)
        Scores of regions of photographs that nobody edited and it has not seen, ascending.
    """

    mean: Tensor
    deviation: Tensor
    untouched: Tensor

    def __init__(self, features: int, networks: int = 4) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))
        self.register_buffer("untouched", torch.zeros(0))
        self.networks = nn.ModuleList(_network(features) for _ in range(networks))

    def forward(self, vectors: Tensor) -> Tensor:
        """Return scores ``(B,)`` of vectors ``(B, D)``: distances in features, as it guesses."""
        near = self.standardised(vectors)
        return torch.stack([network(near)[:, 0] for network in self.networks]).mean(dim=0)

    def standardised(self, vectors: Tensor) -> Tensor:
        """Return vectors in standard deviations, bent so that none is far away."""
        return _FURTHEST * torch.tanh((vectors - self.mean) / self.deviation / _FURTHEST)

    def scores(self, maps: Sequence[Tensor], weights: Sequence[Tensor]) -> Tensor:
        """Return scores ``(B, n)`` of regions of images.

        Parameters
        ----------
        maps : sequence of Tensor (B, C, h, w)
            Of the images (`RegionFeatures.maps`), in which the scores are differentiable.
        weights : sequence of Tensor (3, H, W)
            Of each region (`region_weights`).
        """
        return torch.stack([self(pooled(maps, one)) for one in weights], dim=1)

    def realism(self, score: float) -> float:
        """Return which share of untouched photographs looks at least as edited; above 0."""
        beyond = int((self.untouched >= score).sum())
        return (beyond + 1) / (len(self.untouched) + 1)

    def limit(self, share: float) -> float:
        """Return the score that a share of untouched photographs reaches or exceeds."""
        return float(torch.quantile(self.untouched.double(), 1 - share))

    @property
    def sha256(self) -> str:
        """Hash of its numbers."""
        return tensors_sha256(self.state_dict().items())


def _network(features: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(0.3), nn.Linear(features, 96), nn.GELU(),
        nn.Dropout(0.5), nn.Linear(96, 32), nn.GELU(), nn.Linear(32, 1),
    )  # fmt: skip


def save_realism_head(path: str | Path, head: RealismHead, data: str) -> None:
    """Write a fitted head, with what it was fitted to in words."""
    state = {name: value.half() for name, value in head.state_dict().items()}
    save_tensors(path, state, {"format": FORMAT, "data": data})


@cache
def load_realism_head(name_or_file: str) -> RealismHead:
    """Return a head that ships (``guide`` or ``judge``), or one of `manipulation.fit_realism`.

    Raises
    ------
    InputError
        If there is no such file, or it is of another kind.
    """
    ships = name_or_file in (GUIDE, JUDGE)
    path = _WEIGHTS / f"realism-{name_or_file}.safetensors" if ships else Path(name_or_file)
    if not path.is_file():
        raise InputError(
            f"realism judge {name_or_file!r}: no such file; expected {GUIDE}, {JUDGE} or a file of "
            f"manipulation.fit_realism"
        )
    try:
        with safe_open(path, "pt") as opened:
            found = (opened.metadata() or {}).get("format")
            state = {name: opened.get_tensor(name).float() for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a safetensors file: {error}") from None
    if found != FORMAT:
        raise InputError(f"{path}: its format is {found!r}; expected {FORMAT!r}")
    head = RealismHead(
        len(state["mean"]), len({name.split(".")[1] for name in state if "." in name})
    )
    head.untouched = state["untouched"]
    head.load_state_dict(state)
    return head.eval().requires_grad_(False)
