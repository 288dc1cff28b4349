"""What a run of ``manipulation.generate`` says of the stimuli that it made."""

import math

from rich.table import Table

from manipulation.study_stimuli.control_stimulus import controls_in_words
from manipulation.study_stimuli.generation import GeneratedStimuli
from manipulation.study_stimuli.latin_square import block_orders
from manipulation.study_stimuli.second_opinions import described
from stimuli.contract.credits import credits_of
from stimuli.contract.licences import Permission
from stimuli.contract.orders import positions
from stimuli.contract.study import Study
from stimuli.contract.vocabulary import Condition, Direction
from stimuli.support.console import messages
from stimuli.support.words import counted

console = messages()


def print_summary(study: Study, generated: GeneratedStimuli) -> None:
    """Print what is predicted of every version, and what should be looked at."""
    judges = list(generated.shares)
    table = Table(
        *("version", "made by", "measure", "original", "version", "asked", *judges),
        "transfer" if len(judges) < 2 else "least transfer", title="Predictions",
    )  # fmt: skip
    versions = [one for one in generated.stimuli if one.direction != Direction.NONE]
    effects = [one.effect for one in versions if one.effect is not None]
    for version, effect in zip(versions, effects, strict=True):
        measure = "p_obj" if version.condition == Condition.OBJECT else "entropy (bits)"
        asked, change = effect.asked_change or 0.0, effect.predicted_change or 0.0
        table.add_row(
            version.stim_id, version.transform, measure, f"{effect.predicted - change:.3f}",
            f"{effect.predicted:.3f} ({change:+.3f})",
            "-" if version.control else f"{asked:+.3f}",
            *(_signed(effect.second_changes.get(name)) for name in judges),
            "-" if effect.transfer is None or version.control else
            f"{effect.transfer:z.0%}{f' ({effect.least})' if len(judges) > 1 else ''}",
        )  # fmt: skip
    console.print(table)
    controls = [one for one in versions if one.control]
    versions = [one for one in versions if not one.control]
    effects = [one.effect for one in versions if one.effect is not None]
    moved = sum(one.moves_as_asked is True for one in versions)
    console.print(f"{moved} of {len(versions)} versions are predicted to move as asked.")
    bound = [one for one in effects if one.within_budget is not None]
    if bound:
        console.print(
            f"{sum(one.within_budget is True for one in bound)} of {len(bound)} versions keep to "
            f"their budget of naturalness."
        )
    if still := [one.stim_id for one in versions if one.effect and one.effect.psnr_db == math.inf]:
        console.print(
            f"Nothing was found within their budget for {', '.join(still)}, which are as their "
            f"originals are."
        )
    missed = [one.stim_id for one in versions if one.effect and one.effect.aim_reached is False]
    if missed:
        console.print(
            f"manipulation.aim is not reached within their budget by "
            f"{counted(len(missed), 'version')}: {', '.join(missed)}. Run again with "
            f"--other-objects, choose others in study.toml ({study.proposals.name} lists them by "
            f"headroom), a smaller aim, or a wider budget."
        )
    for sentence in controls_in_words(controls):
        console.print(sentence)
    for name, shares in generated.shares.items():
        transfers = [one.transfer_to(name) for one in effects if name in one.second_changes]
        console.print(
            f"{described(name, shares)} predicts the same direction for "
            f"{sum(one is not None and one > 0 for one in transfers)} of the {len(transfers)} "
            f"versions that it took no part in."
        )
    _print_terms(study, generated)
    if not generated.made_anew:
        console.print("Everything was there and as the settings ask; nothing was made anew.")
    settings = study.settings
    counts = positions(block_orders(settings.design.orders, settings.blocks), 23)
    first = "/".join(str(counts[1, block]) for block in settings.blocks)
    console.print(f"Of 23 subjects, {first} would begin with each block.")
    console.print(
        f"How they were made, for a paper: {study.stimulus_methods}; whom the photographs are owed "
        f"to: {study.credits.with_suffix('.txt')}"
    )
    console.print(
        f"Look at {study.stimuli / 'contact_sheet.png'} (to print: contact_sheet.pdf); next:"
    )
    console.print(f"  python -m experiment.run --study {study.root} --subject 01", style="bold")


def _print_terms(study: Study, generated: GeneratedStimuli) -> None:
    doubtful = [one for one in credits_of(generated.stimuli) if one.allows != Permission.CHANGED]
    if doubtful:
        named = ", ".join(f"{one.source_id} ({one.licence})" for one in doubtful[:5])
        console.print(
            f"[yellow]Versions of {counted(len(doubtful), 'photograph')} may not be published, or "
            f"it is not known whether they may: {named}{', ...' if len(doubtful) > 5 else ''}; see "
            f"{study.credits.with_suffix('.txt')}[/]"
        )


def _signed(change: float | None) -> str:
    return "-" if change is None else f"{change:+.3f}"
