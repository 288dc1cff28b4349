"""The model card of a fitted saliency model, as Markdown."""

from dataclasses import dataclass

from manipulation.runs.model_card import Origin, model_card
from manipulation.saliency.fitting.schedule import Schedule
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.scoring.gains import Gains

_TREATMENT = """\
All fixations inside the photographs were used, the first of a trial among them, whether or not it \
began before the photograph appeared. Early fixations lie near the centre; they strengthen the \
centre bias and lower the gain over it."""


@dataclass(frozen=True)
class FittedTo:
    """What a saliency model was fitted to.

    Attributes
    ----------
    photographs, fixations, outside
        Photographs, fixations on them, and fixations left out since they were beside them.
    height_px
        Height that the photographs were resized to.
    """

    photographs: int
    fixations: int
    outside: int
    height_px: int

    def facts(self, pixels_per_degree: float) -> dict[str, str]:
        """Return the rows of a card that say so."""
        return {
            "photographs, fixations": f"{self.photographs}, {self.fixations} "
            f"({self.outside} beside the photographs left out)",
            "size": f"resized to {self.height_px} px height, {pixels_per_degree:.1f} px per degree",
        }


def saliency_card(
    name: str,
    model: SaliencyModel,
    origin: Origin,
    fitted_to: FittedTo,
    schedule: Schedule,
    folds: int,
    gains: Gains,
) -> str:
    """Return the card of a model whose `gains` were measured on unseen photographs."""
    low, high = gains.interval()
    per_image = gains.bits / gains.fixations
    weight, sigma = float(model.centre_bias.weight), float(model.blur.sigma_px)
    learned = sum(one.numel() for one in model.parameters())
    if model.extractor.stored_elsewhere:
        learned -= sum(one.numel() for one in model.extractor.parameters())
    introduction = f"""\
{(type(model.extractor).__doc__ or "").splitlines()[0]}
Readout of {len(model.readout.widths)} 1x1 convolutions with {model.readout.widths} channels, \
GELU between them; {learned} learned numbers."""
    facts = {
        "architecture": f"`{model.architecture}`, settings `{model.extractor.settings()}`",
        "data": origin.data,
        **fitted_to.facts(model.pixels_per_degree),
        "schedule": f"{schedule.epochs} epochs, batches of {schedule.batch_size}, "
        f"Adam {schedule.learning_rate:g}, a tenth after epochs {schedule.steps}, "
        f"seed {schedule.seed}",
        "made with": origin.made_with,
        "SHA-256": f"`{origin.sha256}`",
        "final blur": f"{sigma:.1f} px",
        "weight of the centre bias": f"{weight:.2f}",
    }
    unseen = f"""\
Every photograph was predicted by a model fitted to the other folds ({folds} folds over \
photographs, drawn with seed {schedule.seed}). The reference is the centre bias: the smoothed \
density of the fixations on the other folds' photographs, its width chosen among them.

| information gain over the centre bias | bits per fixation |
|---|---|
| mean over all {int(gains.fixations.sum())} fixations | {gains.bits_per_fixation:.3f} |
| 95 % bootstrap interval over photographs | {low:.3f} to {high:.3f} |
| photographs with a gain above zero | {(per_image > 0).mean():.1%} |

The weights in this file were then fitted once more, to all photographs. On these photographs they \
gain more than on new ones; quote the figures above."""
    limits = f"""\
- It sees what its features see. Faces, text and objects count only as far as these \
give them away.
- It was fitted to one set of photographs, one task and one viewing distance. Resize other \
images to {model.pixels_per_degree:.1f} px per degree.
- The default schedule, and the scales of ICF, were chosen by the gain on held-out photographs of \
OSIE, in a handful of trials; figures for that set are slightly too high for it.
- The centre bias is that of this set and this screen. For comparisons with people take the one \
measured in the same experiment."""
    sections = {
        "On photographs it has not seen": unseen,
        "Treatment of the fixations": _TREATMENT,
        "Limits": limits,
        **terms(model),
    }
    return model_card(f"Saliency model `{name}`", introduction, facts, origin, sections)


def terms(model: SaliencyModel) -> dict[str, str]:
    """Return the section of a card on the weights of others; nothing where there are none."""
    if not model.backbones:
        return {}
    where = ""
    if model.extractor.stored_elsewhere:
        where = f"They are not in this file, which holds the readout of {model.backbones[0]}. "
    stated = model.notice or "Nothing here states their terms: see who published them."
    return {"Terms of the backbone's weights": f"{where}{stated}"}
