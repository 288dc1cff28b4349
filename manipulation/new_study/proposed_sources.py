"""What is proposed, as it stands in ``study.toml``, where a researcher may change every choice."""

from collections.abc import Iterable

from manipulation.new_study.proposals import Proposal
from stimuli.contract.settings import (
    ManipulationSettings,
    SourceSettings,
    TargetSettings,
    VersionSettings,
)
from stimuli.contract.vocabulary import Direction


def proposed_sources(
    proposals: Iterable[Proposal], chosen: ManipulationSettings
) -> tuple[SourceSettings, ...]:
    """Return the sources that are proposed, as they stand in ``study.toml``, by name."""
    taken = (
        (one, one.condition)
        for one in sorted(proposals, key=lambda one: one.candidate.source_id)
        if one.condition is not None
    )
    return tuple(
        SourceSettings(
            source_id=one.candidate.source_id,
            photograph=f"stimuli/sources/{one.candidate.source_id}"
            f"{one.candidate.path.suffix.lower()}",
            annotations="stimuli/sources/annotations.json",
            image_id=one.candidate.image_id,
            condition=condition,
            versions=_versions(one, chosen),
        )
        for one, condition in taken
    )


def _versions(proposal: Proposal, chosen: ManipulationSettings) -> tuple[VersionSettings, ...]:
    if proposal.aim is None:
        scales = {Direction.INCREASE: 1 / chosen.k_scale, Direction.DECREASE: chosen.k_scale}
        return tuple(VersionSettings(direction, (), scale) for direction, scale in scales.items())
    versions = []
    signs = ((Direction.INCREASE, 1), (Direction.DECREASE, -1))
    for (direction, sign), scale in zip(signs, proposal.aim.scales, strict=True):
        shift = sign * chosen.k_shift
        targets = [TargetSettings((proposal.aim.annotation_id,), k_shift=shift)]
        if proposal.partner:
            targets.append(TargetSettings((proposal.partner.annotation_id,), k_shift=-shift))
        versions.append(VersionSettings(direction, tuple(targets), round(scale, 3)))
    return tuple(versions)
