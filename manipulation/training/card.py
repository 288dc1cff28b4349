"""The model card of a trained network, as Markdown."""

from collections.abc import Sequence
from pathlib import Path

from manipulation.networks.files import Checkpoint
from manipulation.networks.guide import LayerSource
from manipulation.networks.settings import Manipulation, differences
from manipulation.runs.model_card import Origin, model_card
from manipulation.training.results import TERMS, Result
from stimuli.support.files import sha256

_WHAT = {
    Manipulation.SHIFT: "Shifts the log saliency of regions by k_sh nats (eq. 11)",
    Manipulation.SCALE: "Scales the log saliency of the whole image by k_sc (eq. 12)",
}
_SOURCES = {
    LayerSource.SALIENCY: "the layers of the saliency model's own network",
    LayerSource.VGG19: "layers of VGG-19",
    LayerSource.RANDOM: "random filters, which know nothing of objects",
}


def transform_card(
    name: str,
    checkpoint: Checkpoint,
    origin: Origin,
    results: Sequence[Result],
    *,
    photographs: int,
    annotated: int,
    held_out: int,
    device: str,
    start: Path | None,
) -> str:
    """Return the card of a network whose losses are known.

    Parameters
    ----------
    name
        What the network is called.
    checkpoint
        The network after its last step.
    origin
        Where its file came from.
    results
        Its losses.
    photographs, annotated, held_out
        Numbers of photographs: all, those with annotated objects, those that training never saw.
    device
        What it was trained on.
    start
        File of the network whose weights it began with, if not with new ones.
    """
    settings = checkpoint.settings
    guide, targets = settings.guide, settings.targets
    numbers = sum(one.numel() for one in checkpoint.network.parameters())
    stated = "\n".join(f"    {key} = {value!r}" for key, value in differences(settings).items())
    rows = "\n".join(
        f"| {one.split} ({one.images}) | "
        + " | ".join(f"{getattr(one, term):.4g}" for term in TERMS)
        + " |"
        for one in results
    )
    seen = (
        f"FGTransform sees {_SOURCES[guide.guiding]}; feature" if checkpoint.network.uses_features
        else "Feature"
    )  # fmt: skip
    introduction = f"""\
{_WHAT[targets.manipulation]}. A `{settings.network.kind}` of {numbers:,} weights. {seen} \
and texture losses compare {_SOURCES[guide.comparing]}. The saliency model that says where \
people will look is `{guide.saliency}`."""
    facts = {
        "data": origin.data,
        "photographs": f"{photographs}, {annotated} with annotated objects, {held_out} held out",
        "steps": f"{checkpoint.iteration} of {settings.schedule.batch_size} images, "
        f"{settings.data.size_px} px",
        **({"began with": f"`{start.stem}`, SHA-256 `{sha256(start)}`"} if start else {}),
        "trained on": device,
        "made with": origin.made_with,
        "SHA-256": f"`{origin.sha256}`",
    }
    remarks = f"""\
What its settings state otherwise than the defaults:

{stated or "    nothing"}"""
    never_seen = "this training has not seen" if start else "it has never seen"
    losses = f"""\
Means over photographs, before the weights (total: with them). `test` are photographs that
{never_seen}; every photograph has the same target for whatever network is measured.
Adversarial is judged by the discriminator that was trained beside it.

| photographs | {" | ".join(TERMS)} |
|---|{"---|" * len(TERMS)}
{rows}"""
    limits = f"""\
- It fools the saliency model that it was trained with. Whether people follow is a question for an \
experiment, and the answer depends on the objects in the image (Gatys et al. 2017).
- Ask it for what it was trained with: k_sh from {targets.k_shift_low:g} to \
{targets.k_shift_high:g}, k_sc from {targets.k_scale_low:g} to {targets.k_scale_high:g}, images of \
about {settings.data.size_px} px."""
    return model_card(
        f"Transform `{name}`",
        introduction,
        facts,
        origin,
        {"Losses": losses, "Limits": limits},
        remarks=remarks,
    )
