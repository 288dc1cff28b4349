"""The model card of a realism judge, as Markdown."""

from manipulation.realism_fitting.fit import FALSE_ALARMS, JudgeQuality
from manipulation.realism_fitting.random_edits import KINDS, UNSEEN_KINDS
from manipulation.runs.model_card import Origin, model_card
from stimuli.support.words import counted

_LIMITS = """\
- It sees one region of one picture, and not what it was before. Mild edits look like another \
photograph, to it as to people: of these it finds few, and that is what a budget means.
- It learned what edits do to these photographs. Of other pictures, drawings or screens, its \
scores mean little, and a photograph that was edited before it came into a study counts as it is.
- `guide` and `judge` have seen other photographs from other first weights, and share all else: \
features, kinds of edits, and the networks and guides that made some of them.
- A high rank among untouched photographs does not say that people cannot tell; nobody was asked."""


def realism_card(
    name: str,
    origin: Origin,
    quality: JudgeQuality,
    *,
    photographs: int,
    calibrated: int,
    rounds: int,
    seed: int,
    agreement: float,
) -> str:
    """Return the card of a judge.

    Parameters
    ----------
    photographs, calibrated
        Numbers of those that it was fitted to, and of those whose untouched regions are its scale.
    rounds
        Regions that were drawn of each photograph.
    agreement
        Rank correlation with the other judge on photographs that neither has seen.
    """
    introduction = """\
Tells from a photograph and a region how strongly it was edited there, without the original. The \
mean of four small networks on the features of `efficientnet` (strides 2 to 16) and on the pixels, \
each summed up by mean and deviation inside the region and around it, and by its mean along the \
contour. Its score is a guess of the distance to the original in features."""
    facts = {
        "data": origin.data,
        "photographs": f"{photographs} to fit, {calibrated} others for the scores of what is "
        f"untouched, {quality.photographs} kept from both; {counted(rounds, 'region')} of each",
        "edits": f"our own at random; {', '.join(KINDS)}; outputs of the networks that "
        f"shipped then; free pixels; never seen: {', '.join(UNSEEN_KINDS)}",
        "seed": str(seed),
        "made with": origin.made_with,
        "SHA-256": f"`{origin.sha256}`",
    }
    groups = list(quality.found[FALSE_ALARMS[0]])
    head = " | ".join(f"limit for {rate:.0%}" for rate in FALSE_ALARMS)
    rows = "\n".join(
        f"| {group} | " + " | ".join(f"{quality.found[rate][group]:.0%}" for rate in FALSE_ALARMS)
        + " |"
        for group in groups
    )  # fmt: skip
    found = f"""\
On the {quality.photographs} photographs that it has not seen, with {quality.edits} edits. Rank \
correlation of score and distance over all edits {quality.order:.2f}; of score and strength over \
our own edits {quality.order_of_settings:.2f}; of the scores of the two judges {agreement:.2f}.

Share that is found, at limits that a share of other untouched photographs exceeds:

| | {head} |
|---|{"---|" * len(FALSE_ALARMS)}
{rows}"""
    sections = {"Unseen photographs": found, "Limits": _LIMITS}
    return model_card(f"Realism judge `{name}`", introduction, facts, origin, sections)
