"""``study.toml`` as text: a commented template and the sources that were proposed."""

import dataclasses
from collections.abc import Iterable

from stimuli.contract.settings import (
    Settings,
    SourceSettings,
    TargetSettings,
    VersionSettings,
)
from stimuli.support.commented_toml import commented_section, toml_value


def settings_template(settings: Settings) -> str:
    """Return a ``study.toml`` that states what a new study was asked for.

    Its name and seed, and where they are not the default ``images.fit``, ``design.controls`` and
    ``manipulation.aim``; every other default is shown as a comment.
    """
    lines = ["# Every choice of this study. A line that starts with # shows the default.", ""]
    asked = {"images": ["fit"], "design": ["controls"], "manipulation": ["aim"]}
    stated = {"study": [spec.name for spec in dataclasses.fields(settings.study)]}
    for section, names in asked.items():
        chosen, default = getattr(settings, section), getattr(Settings(), section)
        stated[section] = [one for one in names if getattr(chosen, one) != getattr(default, one)]
    for spec in dataclasses.fields(settings):
        if spec.name != "sources":
            values = getattr(settings, spec.name)
            lines += commented_section(spec.name, values, stated.get(spec.name, []))
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
