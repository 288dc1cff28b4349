"""The model card of networks that were trained on fixations, as Markdown."""

import math
from collections.abc import Sequence
from pathlib import Path

from manipulation.runs.model_card import Origin, model_card
from manipulation.saliency.fitting.card import FittedTo, terms
from manipulation.saliency.fitting.network_findings import Aside, Findings
from manipulation.saliency.fitting.network_recipe import NetworkRecipe
from manipulation.saliency.models.model import SaliencyModel
from manipulation.saliency.models.pretrained import PretrainedNetworks
from manipulation.saliency.scoring.gains import Gains
from stimuli.support.files import sha256

_HEAD = """\
| gain over the centre bias, bits per fixation | mean | 95 % interval | photographs above zero |
|---|---|---|---|"""
_CHOSEN = """\
- The default recipe on a backbone was chosen in a handful of trials on photographs of OSIE; \
figures for that set may be slightly too high for it.
"""
_TASK = """\
- It was trained on one task, free viewing, at one viewing distance. Resize other images to {:.1f} \
px per degree.
- All fixations inside the photographs were used, the first of a trial among them, whether or not \
it began before the photograph appeared.
- The centre bias is that of this set and this screen. For comparisons with people take the one \
measured in the same experiment.
- Convolutions that know the border of a photograph can learn a part of the centre bias. \
"Saliency without centre bias" means here: without the part that one map can explain."""


def networks_card(
    name: str,
    model: SaliencyModel,
    origin: Origin,
    fitted_to: FittedTo,
    recipe: NetworkRecipe,
    seed: int,
    findings: Findings,
    *,
    final: bool = False,
) -> str:
    """Return the card of the mean of several networks, or of the final one after them."""
    vary = recipe.variation
    rate = f"{recipe.learning_rate:g}"
    if recipe.backbone:
        rate += f" ({recipe.backbone_rate:g} for the backbone)"
    facts = {
        "architecture": f"`{model.architecture}`, settings `{model.extractor.settings()}`",
        "numbers": f"{_numbers(model, recipe)}, stored as 16-bit floating point",
        **_backbone_file(recipe),
        "data": origin.data,
        **fitted_to.facts(model.pixels_per_degree),
        "loss": "mean negative log-likelihood of the fixations, the centre bias added",
        "schedule": f"{recipe.epochs} epochs, batches of {recipe.batch_size}, AdamW {rate} rising "
        f"and falling once, weight decay {recipe.weight_decay:g}, running mean of the weights "
        f"{recipe.averaging:g}, seeds from {seed}",
        "views": f"mirrored; scale {vary.scale[0]:g} to {vary.scale[1]:g}, aspect "
        f"{vary.aspect:g}; gamma {vary.gamma:g}, contrast {vary.contrast:g}, saturation "
        f"{vary.saturation:g}, brightness {vary.brightness:g}, colour cast {vary.cast:g}; "
        f"{vary.grey:.0%} without colour; half of them blurred up to {vary.blur_px:g} px and noisy "
        f"up to {vary.noise:g}",
        "made with": origin.made_with,
        "SHA-256": f"`{origin.sha256}`",
        "weight of the centre bias": f"{float(model.centre_bias.weight):.2f}",
    }
    introduction = _on_backbone(recipe) if recipe.backbone else _from_scratch(recipe)
    about = "other photographs" if recipe.backbone else "no object that these often show"
    chosen = _CHOSEN if recipe.backbone else ""
    limits = f"""\
{chosen}- The networks know faces, people, animals, text and what stands out as these people \
looked at them; what {about} hold was not measured here.
{_TASK.format(model.pixels_per_degree)}"""
    sections = {
        "On photographs it has not seen": _unseen(name, findings, seed),
        "What is in the file": _inside(findings, final=final),
        "Limits": limits,
    }
    sections |= terms(model)
    return model_card(f"Saliency model `{name}`", introduction, facts, origin, sections)


def _backbone_file(recipe: NetworkRecipe) -> dict[str, str]:
    path = Path(recipe.weights)
    return {"backbone's file": f"SHA-256 `{sha256(path)}`"} if path.is_file() else {}


def _numbers(model: SaliencyModel, recipe: NetworkRecipe) -> str:
    """Return how many numbers the networks have, and how many of these are the backbone's own."""
    count = sum(one.numel() for one in model.extractor.parameters())
    if not isinstance(model.extractor, PretrainedNetworks) or not recipe.kept_stages:
        return f"{count} learned"
    trunks = [network.trunk for network in model.extractor.trained]
    kept = sum(
        one.numel()
        for trunk in trunks
        for part in (trunk.conv_stem, *trunk.blocks[: recipe.kept_stages])
        for one in part.parameters()
    )
    return f"{count}, of which {kept} are as the backbone had them"


def _from_scratch(recipe: NetworkRecipe) -> str:
    return f"""\
Small convolutional networks, trained from random weights on these photographs alone. No network \
that was trained on anything else has a part in them.

Each network sees the photograph at half its size, and again at a quarter and an eighth: three \
stages with the same weights for every size, to stride 8, widths {list(recipe.widths[:3])}. They \
are fused on the finest grid; two stages to stride 32 of the halved photograph, widths \
{list(recipe.widths[3:])}, and the mean over the image give context. A map with 8 pixels of the \
photograph per cell comes out, and is smoothed by a Gaussian of {recipe.sigma_px:g} px. Dropout \
{recipe.dropout:g} of the merged channels; all rectifiers are GELU. Batch normalisation is folded \
into the weights."""


def _on_backbone(recipe: NetworkRecipe) -> str:
    return f"""\
Networks that begin as `{recipe.backbone}` of timm with weights that know ImageNet, and were \
trained further on these fixations.

A network sees the photograph at three quarters of its size and again at half of that. Every group \
of the backbone's blocks from stride 8 on is brought to {recipe.width} channels; their sum on the \
grid of stride 8, with a linear function of its mean over the image, goes through convolutions of \
3 x 3, 1 x 1 and 1 x 1. The map is smoothed by a Gaussian of {recipe.sigma_px:g} px of the \
photograph. {_kept(recipe)}{_adversarial(recipe)}"""


def _kept(recipe: NetworkRecipe) -> str:
    blocks = (
        f"The first {recipe.kept_stages} of the backbone's groups of blocks keep their weights, "
    )
    if not recipe.kept_stages:
        return "The backbone's batch normalisation is kept, and folded into the weights."
    return f"{blocks}and so does its batch normalisation, which is folded into the weights."


def _adversarial(recipe: NetworkRecipe) -> str:
    start = f" The training began with the weights of `{recipe.start}`." if recipe.start else ""
    if not recipe.radius:
        return start
    return f"""{start}

It was trained under adversarial changes: each view was changed by {recipe.attack_steps} projected \
gradient steps to what hurt the likelihood most, within a root mean square of {recipe.radius:g} of \
the pixel values (a PSNR of {-20 * math.log10(recipe.radius):.0f} dB)."""


def _unseen(name: str, findings: Findings, seed: int) -> str:
    """Return what was measured on photographs that a network was not trained on."""
    folds = findings.folds
    if folds == 0:
        return _aside(name, findings.aside)
    text = f"""\
The photographs were parted into {folds} folds (seed {seed}). Each network was trained without one \
fold, for a number of epochs fixed beforehand, and predicts the photographs of that fold. The \
reference is the centre bias: the smoothed density of the fixations on the other folds' \
photographs. `icf` was fitted to the same folds. People: each person's fixations are predicted by \
Gaussians around those of the others, mixed with centre bias and a uniform density.

{_HEAD}
| centre bias | 0 | | |
{_rows(_everybody(name, findings))}

Means over {int(findings.networks.fixations.sum())} fixations; intervals by bootstrap over \
{len(findings.networks.names)} photographs."""
    parts = [text, _averaging(findings), _aside(name, findings.aside)]
    return "\n\n".join(part for part in parts if part)


def _inside(findings: Findings, *, final: bool) -> str:
    """Say which networks the file holds."""
    if final:
        return (
            "One further network, which saw every photograph but those set aside. Quote the "
            "figures above, of photographs that were not seen."
        )
    folds = findings.folds
    return f"""\
The {folds} networks of the folds themselves, averaged in log saliency. Every photograph of the \
folds was seen by {folds - 1} of them, so the file gains more on these photographs than on new \
ones; quote the figures above. On a photograph that none has seen the mean of the networks is, by \
the convexity of the logarithm of a sum of exponentials, never worse than the networks are on \
average: the figure of one network is a lower bound in expectation."""


def _everybody(name: str, findings: Findings) -> list[tuple[str, Gains]]:
    """Return the rows of the table of all photographs."""
    rows = [
        ("a uniform density", findings.uniform),
        ("`icf`, five scales of intensity and contrast", findings.icf),
        (f"**`{name}`, one network**", findings.networks),
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


def _averaging(findings: Findings) -> str:
    if findings.averaged is None:
        return ""
    alone = [gains.bits_per_fixation for gains in findings.alone]
    rows = [(f"mean of these {len(alone)} networks", findings.averaged)]
    return f"""\
What averaging adds was measured on the first fold's {len(findings.averaged.names)} photographs, \
with {len(alone)} networks that were all trained without them and differ in their seeds. Alone \
they gain {", ".join(f"{gain:.3f}" for gain in alone)}.

{_HEAD}
{_rows(rows)}"""


def _aside(name: str, aside: Aside | None) -> str:
    if aside is None:
        return ""
    alone = [gains.bits_per_fixation for gains in aside.networks]
    rows = [
        ("a uniform density", aside.uniform),
        ("`icf`", aside.icf),
        (f"**`{name}`, the model in the file**", aside.model),
    ]
    if aside.start is not None:
        rows.append(("the model that its training began with", aside.start))
    if aside.mean is not None:
        rows.append((f"mean of all {len(alone)} networks", aside.mean))
    if aside.gold is not None:
        rows.append(("people (gold standard)", aside.gold))
    return f"""\
{len(aside.model.names)} photographs were set aside before the folds were drawn, and had no part \
in any fit. The networks alone gain {", ".join(f"{gain:.3f}" for gain in alone)} on them.

{_HEAD}
{_rows(rows)}"""
