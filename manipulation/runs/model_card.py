"""The model card of fitted weights, as Markdown: what they are, where from, and how good.

Each kind of model words its own facts and sections; the form of the page, and what is known of any
file of weights, is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stimuli.support.files import sha256
from stimuli.support.provenance import package_versions

_PACKAGES = ("python", "torch", "numpy", "pillow")


@dataclass(frozen=True)
class Origin:
    """Where a file of weights came from.

    Attributes
    ----------
    data
        What it was fitted to, and the licence of that.
    command
        Command line that made it.
    sha256
        Of the file.
    versions
        Of the packages that it was made with.
    """

    data: str
    command: str
    sha256: str
    versions: Mapping[str, str]

    @classmethod
    def of_file(cls, path: Path, *, data: str, command: str) -> "Origin":
        """Return the origin of a file that was made just now, in this environment."""
        versions = package_versions()
        return cls(data, command, sha256(path), {name: versions[name] for name in _PACKAGES})

    @property
    def made_with(self) -> str:
        """The packages and their versions."""
        return ", ".join(f"{name} {version}" for name, version in self.versions.items())


def model_card(
    title: str,
    introduction: str,
    facts: Mapping[str, str],
    origin: Origin,
    sections: Mapping[str, str],
    *,
    remarks: str = "",
) -> str:
    """Return a card.

    Parameters
    ----------
    title, introduction
        What the model is; paragraphs are parted by an empty line.
    facts
        Rows of the first table, in order.
    origin
        Its command stands below that table.
    sections
        Text by heading, in order.
    remarks
        Text between the command and the first section.
    """
    rows = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    parts = [f"# {title}", introduction, f"| | |\n|---|---|\n{rows}", f"    {origin.command}"]
    if remarks:
        parts.append(remarks)
    for heading, text in sections.items():
        parts += [f"## {heading}", text]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"
