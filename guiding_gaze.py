"""The command ``guiding-gaze``: every command of the toolkit under one name.

``guiding-gaze run --study STUDY`` is ``python -m experiment.run --study STUDY``, but for what lies
in the current folder: that is no code here, wherever the command is started.
"""

import runpy
import sys
from collections.abc import Sequence

COMMANDS = {
    name.replace("_", "-"): f"{package}.{name}"
    for package, names in {
        "manipulation": (
            "generate", "studio", "transfer", "fetch_coco", "compare_stimuli", "train",
            "compare", "evaluate",
            "evaluate_saliency", "convert_backbone", "fit_networks", "fit_realism",
            "fit_saliency", "fit_upscaling", "natural_statistics", "normalise_vgg",
        ),
        "experiment": ("run", "check", "balance"),
        "analysis": ("session", "power", "densities", "events", "collect_fixations", "share"),
    }.items()
    for name in names
} | {"analyse": "analysis.run"}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command that the first argument names; it exits as it does by itself."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] not in COMMANDS:
        asked = arguments and arguments[0] not in ("-h", "--help")
        told = "\n".join(f"  {name:20} python -m {module}" for name, module in COMMANDS.items())
        print(
            (f"error: no command {arguments[0]!r}\n" if asked else "")
            + f"usage: guiding-gaze COMMAND ...; --help after a command says more\n\n{told}",
            file=sys.stderr if asked or not arguments else sys.stdout,
        )
        sys.exit(2 if asked or not arguments else 0)
    sys.argv[1:] = arguments[1:]
    runpy.run_module(COMMANDS[arguments[0]], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
