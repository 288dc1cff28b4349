"""The model card of a trained network, as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

from manipulation.training.evaluation import TERMS, Result
from manipulation.training.settings import differences
from manipulation.transforms.files import Trained

_WHAT = {
    "shift": "Shifts the log saliency of regions by k_sh nats (eq. 11)",
    "scale": "Scales the log saliency of the whole image by k_sc (eq. 12)",
}
_SOURCES = {
    "saliency": "the layers of the saliency model's own network",
    "vgg19": "layers of VGG-19",
    "random": "random filters, which know nothing of objects",
}


@dataclass(frozen=True)
class Origin:
    """Where a trained network came from.

    Attributes
    ----------
    data
        What the photographs are, and their licence.
    command
        That made it.
    photographs, annotated, held_out
        Their numbers: all, those with annotated objects, those that training never saw.
    sha256
        Of the file of weights.
    versions
        Of the packages that it was made with.
    device
        That it was trained on.
    """

    data: str
    command: str
    photographs: int
    annotated: int
    held_out: int
    sha256: str
    versions: dict[str, str]
    device: str


def model_card(name: str, trained: Trained, origin: Origin, results: Sequence[Result]) -> str:
    """Return the card of a network whose losses are known."""
    settings = trained.settings
    guide, targets = settings.guide, settings.targets
    numbers = sum(one.numel() for one in trained.network.parameters())
    versions = ", ".join(f"{key} {value}" for key, value in origin.versions.items())
    stated = "\n".join(f"    {key} = {value!r}" for key, value in differences(settings).items())
    rows = "\n".join(
        f"| {one.split} ({one.images}) | "
        + " | ".join(f"{getattr(one, term):.4g}" for term in TERMS)
        + " |"
        for one in results
    )
    seen = f"FGTransform sees {_SOURCES[guide.guiding]}; " if trained.network.uses_features else ""
    return f"""# Transform `{name}`

{_WHAT[targets.manipulation]}. A `{settings.network.kind}` of {numbers:,} weights. {seen}\
feature and texture losses compare {_SOURCES[guide.comparing]}. The saliency model that says where \
people will look is `{guide.saliency}`.

| | |
|---|---|
| data | {origin.data} |
| photographs | {origin.photographs}, {origin.annotated} with annotated objects, \
{origin.held_out} held out |
| steps | {trained.iteration} of {settings.schedule.batch_size} images, \
{settings.data.size_px} px |
| trained on | {origin.device} |
| made with | {versions} |
| SHA-256 | `{origin.sha256}` |

    {origin.command}

What its settings state otherwise than the defaults:

{stated or "    nothing"}

## Losses

Means over photographs, before the weights (total: with them). `test` are photographs that it has
never seen; every photograph has the same target for whatever network is measured. Adversarial is
judged by the discriminator that was trained beside it.

| photographs | {" | ".join(TERMS)} |
|---|{"---|" * len(TERMS)}
{rows}

## Limits

- It fools the saliency model that it was trained with. Whether people follow is a question for an \
experiment, and the answer depends on the objects in the image (Gatys et al. 2017).
- Ask it for what it was trained with: k_sh from {targets.k_shift_low:g} to \
{targets.k_shift_high:g}, k_sc from {targets.k_scale_low:g} to {targets.k_scale_high:g}, images of \
about {settings.data.size_px} px.
"""
