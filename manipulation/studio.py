"""Tune versions by eye: choose objects, move shift and scale, see the prediction, save.

``python -m manipulation.studio --study STUDY`` serves a page to this computer alone.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from manipulation.interactive.page import Page, css
from manipulation.interactive.session import Session
from stimuli import commands
from stimuli.errors import InputError

_HOST = "127.0.0.1"
_LOOKS = {
    "primary_hue": "sky", "secondary_hue": "sky", "neutral_hue": "slate",
    "spacing_size": "sm", "radius_size": "sm", "text_size": "sm",
    "font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"],
}  # fmt: skip

console = Console(stderr=True, soft_wrap=True, highlight=False)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    session = Session(Path(arguments.study))
    gradio = _gradio()
    page = Page(session)
    try:
        _, url, _ = page.blocks.launch(
            server_name=_HOST, server_port=arguments.port, share=False, quiet=True,
            inbrowser=arguments.browser, prevent_thread_lock=True, ssr_mode=False, pwa=False,
            mcp_server=False, footer_links=[], css=css(), theme=gradio.themes.Default(**_LOOKS),
        )  # fmt: skip
    except OSError as error:
        raise InputError(
            f"--port {arguments.port or '7860 to 7959'}: in use ({error}); name another"
        ) from None
    console.print(f"The studio is at {url}, for this computer alone. Ctrl-C ends it.")
    page.blocks.block_thread()


def _arguments(argv):
    parser = commands.parser(
        "manipulation.studio",
        "Tune the versions of a study by eye, in a page that this computer alone can open. Choose "
        "a photograph, click objects, move k_shift and k_scale, and see the changed image beside "
        "the original, the predicted densities and the second opinion. Saving writes the version "
        "into STUDY/study.toml and makes its files; an undo takes that back.\n\nNothing is sent "
        "anywhere. Stimuli that somebody has seen cannot be changed.",
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


def _gradio():
    """Return gradio, told to send nothing; these must be set before it is imported."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import gradio
    except ImportError:
        raise InputError(
            'the studio needs gradio, which is not installed; pip install -e ".[manipulation]"'
        ) from None
    return gradio


if __name__ == "__main__":
    commands.run(main)
