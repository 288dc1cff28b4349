"""``study.toml`` as text: a commented template and the sources that were proposed."""

import dataclasses
import json
from collections.abc import Iterable

from stimuli.settings import Settings, SourceSettings, StudySettings


def _toml(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)


def _pairs(settings: object, leave: tuple[str, ...] = ()) -> list[str]:
    """Return ``key = value`` for all that has no default or differs from it."""
    return [
        f"{spec.name} = {_toml(getattr(settings, spec.name))}"
        for spec in dataclasses.fields(settings)
        if spec.name not in leave and getattr(settings, spec.name) != spec.default
    ]


def _table(settings: object) -> str:
    return "{ " + ", ".join(_pairs(settings)) + " }"


def settings_template(study: StudySettings) -> str:
    """Return a ``study.toml`` that states `study` and shows every other setting as a comment."""
    lines = ["# Every choice of this study. A line that starts with # shows the default.", ""]
    for section in dataclasses.fields(Settings):
        if section.name == "sources":
            continue
        stated = study if section.name == "study" else section.default_factory()
        lines.append(f"[{section.name}]")
        for spec in dataclasses.fields(stated):
            comment = "" if section.name == "study" else "# "
            value = _toml(getattr(stated, spec.name))
            lines.append(f"{comment}{spec.name} = {value}  # {spec.metadata['help']}")
        lines.append("")
    return "\n".join(lines)


def sources_text(sources: Iterable[SourceSettings]) -> str:
    """Return ``[[sources]]`` tables, to stand at the end of a ``study.toml``."""
    lines = []
    for source in sources:
        lines.append("[[sources]]")
        names = [spec.name for spec in dataclasses.fields(source) if spec.name != "versions"]
        lines += [f"{name} = {_toml(getattr(source, name))}" for name in names]
        lines.append("versions = [")
        for version in source.versions:
            targets = ", ".join(_table(target) for target in version.targets)
            named = _pairs(version, leave=("targets",))
            lines.append(f"  {{ {', '.join(named)}, targets = [{targets}] }},")
        lines += ["]", ""]
    return "\n".join(lines)
