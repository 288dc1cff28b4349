"""Tune versions by eye: choose objects, move shift and scale, see the prediction, save.

``python -m manipulation.studio --study STUDY`` serves a page to this computer alone.
"""

import argparse
from collections.abc import Sequence

from manipulation.studio_page.open_studio import open_studio
from stimuli.support import commands


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    open_studio(arguments.study, port=arguments.port, browser=arguments.browser)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = commands.parser(
        "manipulation.studio",
        "Tune the versions of a study by eye, in a page that this computer alone can open. Choose "
        "a photograph, click objects, move k_shift and k_scale, and see the changed image beside "
        "the original, the predicted densities and the second opinions. Where no object is "
        "annotated, click a segment or draw a loop, name it and keep it: it then stands in the "
        "study's COCO annotation file. Saving writes the version into STUDY/study.toml and makes "
        "its files; an undo takes that back.\n\nNothing is sent anywhere. Stimuli that somebody "
        "has seen cannot be changed.",
        "python -m manipulation.studio --study my-study",
    )
    parser.add_argument("--study", required=True, help="study folder")
    parser.add_argument("--port", type=int, metavar="N", help="of the page (default: the first "
                        "free one from 7860)")  # fmt: skip
    parser.add_argument(
        "--browser", action=argparse.BooleanOptionalAction, default=True,
        help="open the page in a browser (default: yes)",
    )  # fmt: skip
    return parser.parse_args(argv)


if __name__ == "__main__":
    commands.run(main)
