"""Models that took no part in making the versions of a study, and what they share with the guides.

What moves the models that guided a change need not move people, and a model that is like them says
little about that. So each judge is said to share what it has in common with a guide.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from manipulation.runs.tensors import tensor_sha256
from manipulation.saliency.models.model import NOT_STATED
from manipulation.saliency.models.protocol import FixationDensityModel
from stimuli.support.words import listed

_UNSAFE = re.compile(r"\W+")
_OWN_NUMBERS = 16  # of which an array has at least as many, if it can be told from others


@dataclass(frozen=True, eq=False)
class SecondOpinion:
    """A model that judges the versions of a study.

    Attributes
    ----------
    name
        What it is called in tables and figures.
    sha256
        Of its weights.
    shares
        What it shares with the guides, in words; empty if nothing.
    guided
        Networks that were trained with it, whose versions it does not judge.
    """

    name: str
    model: FixationDensityModel
    sha256: str
    shares: str
    guided: tuple[str, ...] = ()

    @property
    def described(self) -> str:
        """The name, and in brackets what it shares."""
        return described(self.name, self.shares)

    @torch.no_grad()
    def log_saliency(self, image: Tensor) -> Tensor:
        """Return the prediction ``(H, W)`` for an image ``(3, H, W)``."""
        return self.model.log_saliency(image[None])[0]


def described(name: str, shares: str) -> str:
    """Return the name of a judge, and in brackets what it shares."""
    return f"{name} ({shares})" if shares else name


def short_name(name_or_file: str) -> str:
    """Return what a model is called in a column: letters and digits, joined by ``_``."""
    stem = Path(name_or_file).name.removesuffix(".safetensors")
    return _UNSAFE.sub("_", stem).strip("_") or "model"


def shared_with(judge: FixationDensityModel, guides: Iterable[FixationDensityModel]) -> str:
    """Return in words what a judge shares with models that guide: weights, pictures, backbones.

    ``shares OSIE and tf_efficientnet_lite2``; empty if it shares nothing. Where a model does not
    state its data, ``photographs not stated`` says so. A backbone of one name with other weights is
    shared as well; ``weights`` are some learned numbers that are the same.
    """
    guides = list(guides)
    weights = {one for guide in guides for one in _weights(guide)}
    data_sets = {one.casefold() for guide in guides for one in guide.data_sets}
    backbones = {_without_tag(one) for guide in guides for one in guide.backbones}
    shared = [] if weights.isdisjoint(_weights(judge)) else ["weights"]
    shared += [
        one for one in judge.data_sets if one != NOT_STATED and one.casefold() in data_sets
    ] + [one for one in judge.backbones if _without_tag(one) in backbones]
    words = [f"shares {listed(shared)}"] if shared else []
    if NOT_STATED in {*judge.data_sets, *data_sets}:
        words.append(f"photographs {NOT_STATED}")
    return ", ".join(words)


def _weights(model: FixationDensityModel) -> set[str]:
    """Return hashes of what a model has learned, but for arrays that are equal by chance."""
    parameters = model.parameters() if isinstance(model, nn.Module) else ()
    return {
        tensor_sha256(one)
        for one in parameters
        if one.numel() >= _OWN_NUMBERS and one.min() != one.max()
    }


def _without_tag(backbone: str) -> str:
    """Return a backbone without the tag of its weights: other training makes no other network."""
    return backbone.partition(".")[0]
