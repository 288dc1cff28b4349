"""The report: one HTML page that holds everything, pictures included, and runs no script."""

import base64
import io
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from analysis.outputs import Outputs
from analysis.progress import progress
from analysis.report import sections
from analysis.report.content import Content
from analysis.report.figures import draw_effects
from analysis.report.panels import ROWS, Panel, draw_panel, panels
from analysis.report.stylesheet import STYLE
from analysis.report.tiles import TILE_PX
from stimuli.files import write_text


def write_report(content: Content, outputs: Outputs) -> Path:
    """Draw every figure, write the page and return its path."""
    folder = outputs.path("report", "figures")
    effects = draw_effects(content.effects, content.summary, folder / "effects")
    outputs.wrote(*effects)
    shown = []
    n_sources = len({stimulus.source_id for stimulus in content.stimuli})
    for panel in progress(panels(content, outputs.maps), "Figures", n_sources):
        outputs.wrote(draw_panel(panel, folder / f"source-{panel.source_id}.png"))
        shown.append(_panel(panel))
    page = outputs.path("report", "index.html")
    write_text(page, _page(content, effects[0], shown))
    outputs.wrote(page)
    return page


def _page(content: Content, effects: Path, shown: list[str]) -> str:
    name = escape(content.study.settings.study.name)
    figure = base64.b64encode(effects.read_bytes()).decode("ascii")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}: gaze and its guidance</title>
<style>
{STYLE}</style>
</head>
<body>
<main>
<header>
<h1>{name}</h1>
<p class="subtitle">Where people looked at the changed images, and where the model said they would.
Subset of fixations: <b>{escape(content.subset)}</b>.</p>
</header>
{sections.banner(content)}
<section>
<h2>Result</h2>
{sections.result(content)}
<figure class="wide">
<img src="data:image/png;base64,{figure}" alt="Changes in people and model">
<figcaption><b>Figure 1.</b> Changes of each version against its original. Top: every target (or
version, for the entropy) is a point; filled are people, open is the model; lines are means with
95&nbsp;% intervals. Bottom: people against model; on the dashed line the model is right.
</figcaption>
</figure>
{sections.summary_table(content)}
</section>
<section>
<h2>Data</h2>
{sections.data(content)}
</section>
<section>
<h2>Methods</h2>
{sections.methods_text(content)}
</section>
<section>
<h2>Every source</h2>
<p>Densities of people and of the model over the dimmed image: brighter is more often fixated, on
one scale within a row. White lines enclose the smallest regions that hold 50 and 80&nbsp;% of the
fixations; dots are fixations; the target is outlined.</p>
{"".join(shown)}
</section>
<section>
<h2>Densities</h2>
{sections.parameters(content)}
</section>
</main>
</body>
</html>
"""


def _panel(panel: Panel) -> str:
    rows = []
    for name in ROWS:
        cells = []
        for column in panel.columns:
            notes = "<br>".join(map(escape, column.notes[name]))
            alt = escape(f"{panel.source_id}, {column.title}, {name}")
            cells.append(
                f'<td><img src="{_uri(column.tiles[name])}" alt="{alt}" width="{TILE_PX}">'
                f"<div>{notes}</div></td>"
            )
        rows.append(f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>')
    heads = "".join(
        f'<th scope="col" class="{column.stimulus.direction}">{column.title}</th>'
        for column in panel.columns
    )
    return (
        f'<div class="panel"><h3>{escape(panel.source_id)} <span>{escape(panel.aim)}</span></h3>'
        f'<table class="tiles"><tr><th></th>{heads}</tr>{"".join(rows)}</table></div>'
    )


def _uri(pixels: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
