"""The model card of networks trained from random weights, as Markdown."""

from collections.abc import Sequence

from manipulation.runs.model_card import Origin, model_card
from manipulation.saliency.fitting.card import FittedTo
from manipulation.saliency.fitting.scratch_findings import Findings
from manipulation.saliency.fitting.scratch_training import ScratchRecipe
from manipulation.saliency.models.from_scratch import ScratchNetworks
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.scoring.gains import Gains


def networks_card(
    name: str,
    model: SaliencyModel,
    origin: Origin,
    fitted_to: FittedTo,
    recipe: ScratchRecipe,
    seed: int,
    findings: Findings,
) -> str:
    """Return the card of the average of several networks."""
    extractor = model.extractor
    assert isinstance(extractor, ScratchNetworks)
    networks = extractor.trained
    numbers = sum(parameter.numel() for parameter in networks[0].parameters())
    vary = recipe.variation
    introduction = f"""\
The mean of {len(networks)} small convolutional networks, trained from random weights on these \
photographs alone. No network that was trained on anything else has a part in it.

Each network sees the photograph at half its size, and again at a quarter and an eighth: three \
stages with the same weights for every size, to stride 8, widths {list(recipe.widths[:3])}. They \
are fused on the finest grid; two stages to stride 32 of the halved photograph, widths \
{list(recipe.widths[3:])}, and the mean over the image give context. A map with 8 pixels of the \
photograph per cell comes out, and is smoothed by a Gaussian of {recipe.sigma_px:g} px. All \
rectifiers are GELU. Batch normalisation is folded into the weights."""
    facts = {
        "architecture": f"`{model.architecture}`, settings `{extractor.settings()}`",
        "learned numbers": f"{len(networks)} x {numbers}, stored as 16-bit floating point",
        "data": origin.data,
        **fitted_to.facts(model.pixels_per_degree),
        "loss": "mean negative log-likelihood of the fixations, the centre bias added",
        "schedule": f"{recipe.epochs} epochs, batches of {recipe.batch_size}, AdamW "
        f"{recipe.learning_rate:g} rising and falling once, weight decay "
        f"{recipe.weight_decay:g}, running mean of the weights {recipe.averaging:g}, dropout "
        f"{recipe.dropout:g}, seeds from {seed}",
        "views": f"mirrored; scale {vary.scale[0]:g} to {vary.scale[1]:g}, aspect "
        f"{vary.aspect:g}; gamma {vary.gamma:g}, contrast {vary.contrast:g}, saturation "
        f"{vary.saturation:g}, brightness {vary.brightness:g}, colour cast {vary.cast:g}; "
        f"{vary.grey:.0%} without colour",
        "made with": origin.made_with,
        "SHA-256": f"`{origin.sha256}`",
        "weight of the centre bias": f"{float(model.centre_bias.weight):.2f}",
    }
    unseen = f"""\
The photographs were parted into {len(networks)} folds (seed {seed}). Each network was trained \
without one fold, for a number of epochs fixed beforehand, and predicts the photographs of that \
fold. The reference is the centre bias: the smoothed density of the fixations on the other folds' \
photographs. `icf` was fitted to the same folds. People: each person's fixations are predicted by \
Gaussians around those of the others, mixed with centre bias and a uniform density.

| gain over the centre bias, bits per fixation | mean | 95 % interval | photographs above zero |
|---|---|---|---|
| centre bias | 0 | | |
{_rows(_everybody(findings))}

Means over {int(findings.networks.fixations.sum())} fixations; intervals by bootstrap over \
{len(findings.networks.names)} photographs.
{_averaging(findings)}"""
    inside = f"""\
The {len(networks)} networks of the folds themselves, averaged in log saliency. Every photograph \
of the set was seen by {len(networks) - 1} of them, so the file gains more on this set than on new \
photographs; quote the figures above. On a photograph that none has seen the mean of the networks \
is, by the convexity of the logarithm of a sum of exponentials, never worse than the networks are \
on average: the figure of one network is a lower bound in expectation."""
    limits = f"""\
- 15 people and 600 photographs are little: the networks know faces, people, animals, text and \
what stands out, but no object that these photographs do not show often.
- It was trained on one task, free viewing for 3 s, at one viewing distance. Resize other images \
to {model.pixels_per_degree:.1f} px per degree.
- Network and recipe were chosen by the gain on the first fold, in eight trials of 10 to 30 \
epochs; figures for that fold may be too high. It gains \
{findings.alone[0].bits_per_fixation:.3f}, the others {_other_folds(findings):.3f}.
- All fixations inside the photographs were used, the first of a trial among them, whether or not \
it began before the photograph appeared.
- The centre bias is that of this set and this screen. For comparisons with people take the one \
measured in the same experiment.
- Convolutions that know the border of a photograph can learn a part of the centre bias. \
"Saliency without centre bias" means here: without the part that one map can explain."""
    sections = {
        "On photographs it has not seen": unseen,
        "What is in the file": inside,
        "Limits": limits,
    }
    return model_card(f"Saliency model `{name}`", introduction, facts, origin, sections)


def _everybody(findings: Findings) -> list[tuple[str, Gains]]:
    """Return the rows of the table of all photographs."""
    rows = [
        ("a uniform density", findings.uniform),
        ("`icf`, five scales of intensity and contrast", findings.icf),
        ("**`scratch`, one network**", findings.networks),
    ]
    return rows if findings.gold is None else [*rows, ("people (gold standard)", findings.gold)]


def _rows(rows: Sequence[tuple[str, Gains]]) -> str:
    lines = []
    for name, gains in rows:
        low, high = gains.interval()
        above = (gains.bits > 0).mean()
        mean = gains.bits_per_fixation
        lines.append(f"| {name} | {mean:.3f} | {low:.3f} to {high:.3f} | {above:.1%} |")
    return "\n".join(lines)


def _other_folds(findings: Findings) -> float:
    """Return the gain of one network on the photographs of all folds but the first."""
    first = findings.alone[0]
    bits = findings.networks.bits.sum() - first.bits.sum()
    return float(bits / (findings.networks.fixations.sum() - first.fixations.sum()))


def _averaging(findings: Findings) -> str:
    if findings.averaged is None:
        return ""
    alone = [gains.bits_per_fixation for gains in findings.alone]
    rows = [(f"mean of these {len(alone)} networks", findings.averaged)]
    return f"""
What averaging adds was measured on the first fold's {len(findings.averaged.names)} photographs, \
with {len(alone)} networks that were all trained without them and differ in their seeds. Alone \
they gain {", ".join(f"{gain:.3f}" for gain in alone)}.

| first fold only | mean | 95 % interval | photographs above zero |
|---|---|---|---|
{_rows(rows)}
"""
