"""The model card of a saliency model that was adapted to an audience, as Markdown."""

from manipulation.runs.model_card import Origin, model_card
from manipulation.saliency.fitting.adapt import AdaptedModel
from manipulation.saliency.fitting.card import terms


def adapted_card(name: str, adapted: AdaptedModel, base: str, origin: Origin, seed: int) -> str:
    """Return the card of a model that was adapted to an audience."""
    model, numbers, fitted_to = adapted.model, adapted.numbers, adapted.fitted_to
    facts = {
        "adapted from": base,
        "architecture": f"`{model.architecture}`, settings `{model.extractor.settings()}`",
        "data": origin.data,
        **fitted_to.facts(model.pixels_per_degree),
        "temperature": f"{numbers.temperature:.3f}",
        "final blur": f"{numbers.sigma_px:.1f} px",
        "weight of the centre bias": f"{numbers.bias_weight:.2f}",
        "made with": origin.made_with,
        "SHA-256": f"`{origin.sha256}`",
    }
    rows = "\n".join(
        f"| {what} | {gains.bits_per_fixation:.3f} | {gains.interval()[0]:.3f} to "
        f"{gains.interval()[1]:.3f} |"
        for what, gains in (("as it was", adapted.before), ("adapted", adapted.after))
    )
    gains = f"""\
The photographs were parted into halves (seed {seed}); each photograph has the centre bias and the \
numbers of the half that it is not in. The reference is that centre bias. "As it was" is the model \
with this centre bias at the weight that it had.

| gain over the centre bias, bits per fixation | mean | 95 % interval |
|---|---|---|
{rows}"""
    introduction = (
        "A saliency model whose centre bias, weight of the centre bias, final blur and temperature "
        "(a factor on log saliency) were fitted to an audience; its other numbers are those of the "
        "model that it was adapted from."
    )
    if not adapted.gains:
        gains += """

Adapted, it predicts the other half no better than it did. Use it as it was."""
    limits = f"""\
- It was adapted to one set of photographs, one task and one viewing distance. Resize other images \
to {model.pixels_per_degree:.1f} px per degree.
- What the model that it was adapted from does not see, it does not see either."""
    sections = {"On the other half": gains, "Limits": limits, **terms(model)}
    return model_card(f"Saliency model `{name}`", introduction, facts, origin, sections)
