"""Serving the page of a study, to this computer alone."""

import errno
import os
import socket
import webbrowser
from functools import partial
from pathlib import Path
from types import ModuleType

from manipulation.studio_page.controls import css
from manipulation.studio_page.guard import Guard, new_token
from manipulation.studio_page.page import Page
from manipulation.studio_page.session import Session
from manipulation.studio_page.workbench import Workbench
from manipulation.study_stimuli.sheets import draw_missing_sheets
from stimuli.support.console import messages
from stimuli.support.errors import InputError

_HOST = "127.0.0.1"
_LOOKS = {
    "primary_hue": "sky", "secondary_hue": "sky", "neutral_hue": "slate",
    "spacing_size": "sm", "radius_size": "sm", "text_size": "sm",
    "font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"],
}  # fmt: skip

console = messages()


def open_studio(study: str | Path, *, port: int | None = None, browser: bool = True) -> None:
    """Serve the page on which the versions of a study are tuned by eye, until Ctrl-C ends it.

    Contact sheets that a studio left undrawn when it was killed are drawn beside what else goes on.
    Nothing is sent anywhere: the page can be opened on this computer alone, by the address that
    is printed, which ends in a secret (`manipulation.studio_page.guard`).

    Parameters
    ----------
    study
        Study folder.
    port
        Of the page; by default the first free one from 7860.
    browser
        Whether to open the page in a browser.

    Raises
    ------
    InputError
        If the study is wrong, the port is in use, or gradio is not installed.

    Examples
    --------
    >>> from manipulation import open_studio
    >>> open_studio("my-study", port=7900, browser=False)  # doctest: +SKIP
    """
    if port is not None:
        _check_free(port)
    session = Session(Path(study))
    gradio = _gradio()
    from starlette.middleware import Middleware  # gradio's own base

    page = Page(session)
    token = new_token()
    guard = Middleware(Guard, token=token)
    try:
        _, url, _ = page.blocks.launch(
            server_name=_HOST, server_port=port, share=False, quiet=True,
            inbrowser=False, prevent_thread_lock=True, ssr_mode=False, pwa=False,
            mcp_server=False, footer_links=[], css=css(), theme=gradio.themes.Default(**_LOOKS),
            run_history=False, enable_monitoring=False, max_file_size=1,
            app_kwargs={"middleware": [guard], "docs_url": None, "redoc_url": None},
        )  # fmt: skip
    except OSError as error:
        if error.errno not in (None, errno.EADDRINUSE, errno.EACCES):
            raise
        raise _in_use(port or "7860 to 7959", error) from None
    address = f"{url}?token={token}"
    console.print(
        f"The studio is at {address} , for this computer alone. Ctrl-C ends it.", soft_wrap=True
    )
    if browser:
        webbrowser.open(address)
    session.afterwards.do(partial(_draw_missing_sheets, session.workbench))
    page.blocks.block_thread()
    if unsaved := session.unsaved_places:
        named = "; ".join(", ".join(place) for place in unsaved)
        console.print(f"[yellow]Not saved, and gone: {named}[/]")
    if session.afterwards.is_busy:
        console.print(
            "Contact sheets are being drawn; Ctrl-C again leaves them for when the "
            "studio is opened next, or to manipulation.generate."
        )
    session.close()


def _check_free(port: int) -> None:
    """Check that a port is free, before a study is read for nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        if os.name == "posix":  # as servers do; elsewhere it would allow what is in use
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((_HOST, port))
        except (OSError, OverflowError) as error:
            raise _in_use(port, error) from None


def _in_use(port: int | str, error: Exception) -> InputError:
    return InputError(f"port {port} is in use ({error}); name another")


def _draw_missing_sheets(workbench: Workbench) -> None:
    def judges() -> list[str]:
        return [one.described for one in workbench.models.second_opinions]

    draw_missing_sheets(workbench.study, judges)


def _gradio() -> ModuleType:
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
