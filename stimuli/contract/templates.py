"""``study.toml`` as text: a commented template and the sources that were proposed."""

import dataclasses
from collections.abc import Iterable

from stimuli.contract.settings import (
    DesignSettings,
    ImageSettings,
    Settings,
    SourceSettings,
    StudySettings,
    TargetSettings,
    VersionSettings,
)
from stimuli.support.commented_toml import commented_section, toml_value


def settings_template(
    study: StudySettings, *, controls: bool = False, fit: str = ImageSettings.fit
) -> str:
    """Return a ``study.toml`` that states `study` and shows every other setting as a comment.

    Matched controls, and ``images.fit``, are stated where they are not the default.
    """
    lines = ["# Every choice of this study. A line that starts with # shows the default.", ""]
    settings = Settings(
        study=study, images=ImageSettings(fit=fit), design=DesignSettings(controls=controls)
    )
    stated = {
        "study": [spec.name for spec in dataclasses.fields(study)],
        "images": [] if fit == ImageSettings.fit else ["fit"],
        "design": ["controls"] if controls else [],
    }
    for section in dataclasses.fields(settings):
        if section.name == "sources":
            continue
        values = getattr(settings, section.name)
        lines += commented_section(section.name, values, stated.get(section.name, []))
    return "\n".join(lines)


def sources_text(sources: Iterable[SourceSettings]) -> str:
    """Return ``[[sources]]`` tables, to stand at the end of a ``study.toml``."""
    lines = []
    for source in sources:
        lines.append("[[sources]]")
        leave = ("versions", "control") if source.control else ("versions",)
        names = [spec.name for spec in dataclasses.fields(source) if spec.name not in leave]
        lines += [f"{name} = {toml_value(getattr(source, name))}" for name in names]
        lines.append("versions = [")
        for version in source.versions:
            targets = ", ".join(f"{{ {', '.join(_pairs(one))} }}" for one in version.targets)
            named = _pairs(version, leave=("targets",))
            lines.append(f"  {{ {', '.join(named)}, targets = [{targets}] }},")
        lines += ["]", ""]
    return "\n".join(lines)


def _pairs(settings: VersionSettings | TargetSettings, leave: tuple[str, ...] = ()) -> list[str]:
    """Return ``key = value`` for all that has no default or differs from it."""
    return [
        f"{spec.name} = {toml_value(getattr(settings, spec.name))}"
        for spec in dataclasses.fields(settings)
        if spec.name not in leave and getattr(settings, spec.name) != spec.default
    ]
