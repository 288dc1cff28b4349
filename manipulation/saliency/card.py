"""The model card of a fitted saliency model, as Markdown."""

from dataclasses import dataclass

from manipulation.saliency.cross_validation import Gains
from manipulation.saliency.model import SaliencyModel
from manipulation.saliency.schedule import Schedule


@dataclass(frozen=True)
class Origin:
    """Where a fitted model came from.

    Attributes
    ----------
    data
        What the photographs and fixations are, and their licence.
    command
        Command line that made the model.
    images, fixations, outside
        Photographs, fixations on them, and fixations left out since they were beside them.
    height_px
        Height that the photographs were resized to.
    sha256
        Of the file of weights.
    versions
        Of the packages that it was made with.
    """

    data: str
    command: str
    images: int
    fixations: int
    outside: int
    height_px: int
    sha256: str
    versions: dict[str, str]


def model_card(
    name: str, model: SaliencyModel, origin: Origin, schedule: Schedule, folds: int, gains: Gains
) -> str:
    """Return the card of a model whose `gains` were measured on unseen photographs."""
    low, high = gains.interval()
    per_image = gains.bits / gains.fixations
    weight, sigma = float(model.centre_bias.weight), float(model.blur.sigma_px)
    versions = ", ".join(f"{name} {version}" for name, version in origin.versions.items())
    learned = sum(parameter.numel() for parameter in model.parameters())
    return f"""# Saliency model `{name}`

{(type(model.extractor).__doc__ or "").splitlines()[0]}
Readout of {len(model.readout.widths)} 1x1 convolutions with {model.readout.widths} channels, \
GELU between them; {learned} learned numbers.

| | |
|---|---|
| architecture | `{model.architecture}`, settings `{model.extractor.settings()}` |
| data | {origin.data} |
| photographs, fixations | {origin.images}, {origin.fixations} \
({origin.outside} beside the photographs left out) |
| size | resized to {origin.height_px} px height, {model.pixels_per_degree:.1f} px per degree |
| schedule | {schedule.epochs} epochs, batches of {schedule.batch_size}, \
Adam {schedule.learning_rate:g}, a tenth after epochs {schedule.steps}, seed {schedule.seed} |
| made with | {versions} |
| SHA-256 | `{origin.sha256}` |
| final blur | {sigma:.1f} px |
| weight of the centre bias | {weight:.2f} |

    {origin.command}

## On photographs it has not seen

Every photograph was predicted by a model fitted to the other folds ({folds} folds over \
photographs, drawn with seed {schedule.seed}). The reference is the centre bias: the smoothed \
density of the fixations on the other folds' photographs, its width chosen among them.

| information gain over the centre bias | bits per fixation |
|---|---|
| mean over all {int(gains.fixations.sum())} fixations | {gains.bits_per_fixation:.3f} |
| 95 % bootstrap interval over photographs | {low:.3f} to {high:.3f} |
| photographs with a gain above zero | {(per_image > 0).mean():.1%} |

The weights in this file were then fitted once more, to all photographs. On these photographs they \
gain more than on new ones; quote the figures above.

## Treatment of the fixations

All fixations inside the photographs were used, the first of a trial among them, whether or not it \
began before the photograph appeared. Early fixations lie near the centre; they strengthen the \
centre bias and lower the gain over it.

## Limits

- It sees what its features see. Faces, text and objects count only as far as these \
give them away.
- It was fitted to one set of photographs, one task and one viewing distance. Resize other \
images to {model.pixels_per_degree:.1f} px per degree.
- The default schedule, and the scales of ICF, were chosen by the gain on held-out photographs of \
OSIE, in a handful of trials; figures for that set are slightly too high for it.
- The centre bias is that of this set and this screen. For comparisons with people take the one \
measured in the same experiment.
"""
