"""The model card of a network that upscales, as Markdown."""

from collections.abc import Mapping

from manipulation.runs.model_card import Origin, model_card
from manipulation.upscaling.measures import BORDER_PX, Quality, interval
from manipulation.upscaling.network import UpscalingNetwork
from manipulation.upscaling.recipe import UpscalingRecipe

_LIMITS = """\
- The photographs are JPEG files. Some of their blocks and ringing are part of what it learned to \
make, and of what it is measured against; half of its views were reduced first, which leaves less \
of them.
- Trained on clean reductions alone it sharpens noise and the ringing of JPEG; on degraded ones, \
fine texture less.
- It is made for images that were reduced by 2 with Lanczos. Of photographs that are smaller \
than images.size_px it sharpens what was blurred by enlarging them, and their artefacts with it.
- It was trained for the smallest mean difference, so where it cannot know it is smooth. Fine \
texture is less crisp than in a photograph of full size."""


def upscaling_card(
    name: str,
    network: UpscalingNetwork,
    origin: Origin,
    recipe: UpscalingRecipe,
    found: Mapping[str, Mapping[str, Quality]],
    *,
    photographs: int,
    held_out: int,
    seed: int,
) -> str:
    """Return the card of a network.

    Parameters
    ----------
    found
        By the name of a set of photographs that it has not seen, qualities by method.
    photographs, held_out
        Numbers of those that it was trained on, and of those that were kept from it.
    seed
        Of first weights and draws.
    """
    settings = network.settings()
    numbers = sum(one.numel() for one in network.parameters())
    sides = f"{2 * recipe.crop_px} x {2 * recipe.crop_px}"
    introduction = f"""\
Super-resolution by 2: from the size that networks see to the size on the screen. A small residual \
network, trained from random weights on these photographs alone, in the manner of EnhanceNet \
(Sajjadi, Schölkopf & Hirsch 2017) without its adversarial part: it adds what a photograph has \
beyond its bicubic interpolation, and invents no texture.

A convolution of 5 x 5, {settings["blocks"]} residual blocks of two convolutions of 3 x 3 with \
ReLU between them, {settings["channels"]} channels, all at the small size; a convolution to 12 \
channels whose values are shuffled into 2 x 2 pixels of three colours. It sees the image less its \
mean over 9 x 9 pixels and has no biases: what is constant stays constant."""
    facts = {
        "learned numbers": f"{numbers}, stored as 16-bit floating point",
        "data": origin.data,
        "photographs": f"{photographs}; {held_out} more were held out, by a hash of names",
        "loss": f"mean of sqrt(difference^2 + {recipe.softness:g}^2) over pixels and colours "
        "(Charbonnier)",
        "schedule": f"{recipe.steps} steps of {recipe.photographs * recipe.crops} crops of "
        f"{sides} px, Adam {recipe.learning_rate:g} falling to 0 in the last {recipe.fall:.0%}, "
        f"running mean of the weights {recipe.averaging:g}, seed {seed}",
        "views": f"mirrored and turned; half of them reduced by 1 to {recipe.most_reduction:g} "
        "beforehand",
        "degraded input": _degraded(recipe),
        "made with": origin.made_with,
        "SHA-256": f"`{origin.sha256}`",
    }
    unseen = f"""\
Photographs were reduced by 2 (Pillow, Lanczos, 8 bits: as `generate` makes the image that \
networks see), upscaled again, rounded to 8 bits and held against what they were; in rows with \
"JPEG" the reduction was stored as a JPEG file of that quality (Pillow's) in between. PSNR and \
SSIM (Wang et al. 2004: Gaussian windows of 1.5 px) are those of luma (Y of ITU-R BT.601) with a \
peak of 255, without a border of {BORDER_PX} px. Bicubic and Lanczos are Pillow's. Of a folder \
that it was trained on these are the photographs held out, of others all; those of the demo ship \
inside scikit-image, scikit-learn and matplotlib.

| photographs | upscaled by | PSNR, dB | SSIM |
|---|---|---|---|
{_means(found)}

Differences are means over photographs, with 95 % intervals by bootstrap over them; the last \
column is the share of photographs on which the network is better.

| photographs | network less | | mean | 95 % interval | better on |
|---|---|---|---|---|---|
{_differences(found)}"""
    return model_card(
        f"Upscaling network `{name}`",
        introduction,
        facts,
        origin,
        {"On photographs it has not seen": unseen, "Limits": _LIMITS},
    )


def _degraded(recipe: UpscalingRecipe) -> str:
    if not recipe.degraded:
        return "none"
    return (
        f"{recipe.degraded:.0%} of the reductions, not of what they should become: normal noise of "
        f"0 to {255 * recipe.most_noise:.1f} grey levels, then JPEG of quality "
        f"{recipe.lowest_quality} to {recipe.highest_quality} (Pillow), drawn anew for each crop"
    )


def _means(found: Mapping[str, Mapping[str, Quality]]) -> str:
    return "\n".join(
        f"| {place} ({len(one.psnr)}) | {f'**{method}**' if method == 'network' else method} | "
        f"{one.psnr.mean():.2f} | {one.ssim.mean():.4f} |"
        for place, methods in found.items()
        for method, one in methods.items()
    )


def _differences(found: Mapping[str, Mapping[str, Quality]]) -> str:
    lines = []
    for place, methods in found.items():
        ours = methods["network"]
        for method in ("bicubic", "Lanczos"):
            for measure, digits in (("psnr", 2), ("ssim", 4)):
                differences = getattr(ours, measure) - getattr(methods[method], measure)
                low, high = interval(differences)
                lines.append(
                    f"| {place} | {method} | {measure.upper()} | {differences.mean():+.{digits}f} "
                    f"| {low:+.{digits}f} to {high:+.{digits}f} | {(differences > 0).mean():.1%} |"
                )
    return "\n".join(lines)
