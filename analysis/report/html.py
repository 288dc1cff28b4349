"""Pages: one HTML file each that holds its style sheet and its pictures, and runs no script.

Templates and style sheet lie in ``templates/``. Whatever a template is given is escaped, unless it
is marked as HTML (`markupsafe.Markup`).
"""

import base64
import io
import itertools
import re
from functools import cache
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from PIL import Image

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **context: object) -> str:
    """Return the page that a template of ``templates/`` makes of its context."""
    style = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
    page = _environment().get_template(template).render(style=Markup(style), **context)
    return _with_contents(page, str(context.get("who") or ""))


def _with_contents(page: str, who: str) -> str:
    """Return a page with numbered figures, and sections that a list after its header links to."""
    names: list[str] = []
    figures = itertools.count(1)

    def named(found: re.Match[str]) -> str:
        names.append(found[1])
        said = f' data-who="{escape(who)}"' if who else ""
        return f'<h2 id="section-{len(names)}"{said}>{found[1]}</h2>'

    page = re.sub(r"<h2>(.*?)</h2>", named, page)
    if who:
        said = f" \N{EN DASH} {escape(who)}"
        page = re.sub("</(h1|title)>", lambda found: said + found[0], page)
    page = re.sub("<figcaption>", lambda _: f"<figcaption><b>Figure {next(figures)}.</b> ", page)
    links = "".join(
        f'<a href="#section-{number}">{name}</a>' for number, name in enumerate(names, start=1)
    )
    contents = f'<nav class="contents" aria-label="Contents">{links}</nav>\n</header>'
    return page.replace("</header>", contents, 1) if len(names) > 2 else page


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["png"] = png_uri
    return environment


def png_uri(png: bytes) -> str:
    """Return a PNG file as a data URI."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def jpeg_uri(pixels: np.ndarray) -> str:
    """Return pixels ``(height, width, 3)`` uint8 as a data URI, small enough for hundreds."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
