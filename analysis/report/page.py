"""The report: one HTML page that holds everything, pictures included, and runs no script."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from analysis.effects.contrasts import Contrast
from analysis.effects.failures import failures
from analysis.outputs import Outputs
from analysis.progress import progress
from analysis.report import checks, data, sections
from analysis.report.content import Content
from analysis.report.failures import (
    draw_failures,
    failure_columns,
    failure_name,
    failure_text,
)
from analysis.report.figures import draw_effects
from analysis.report.panels import ROWS, Column, Panel, draw_panel, panels
from analysis.report.stylesheet import STYLE
from analysis.report.subsets import draw_subsets, read_summaries
from analysis.report.tiles import TILE_PX
from stimuli.files import write_text


def write_report(content: Content, outputs: Outputs) -> Path:
    """Draw every figure, write the page and return its path."""
    folder = outputs.path("report", "figures")
    effects = draw_effects(content.effects, content.summary, folder / "effects")
    summaries = read_summaries(content.study.derivatives / "effects", content.summary)
    subsets = draw_subsets(summaries, folder / "subsets")
    outputs.wrote(*effects, *subsets)
    against = failures(content.contrasts)
    failed = {one.aim.version.source_id for one in against}
    shown, kept = [], {}
    n_sources = len({stimulus.source_id for stimulus in content.stimuli})
    for panel in progress(panels(content, outputs.maps), "Figures", n_sources):
        outputs.wrote(draw_panel(panel, folder / f"source-{panel.source_id}.png"))
        shown.append(_panel(panel))
        if panel.source_id in failed:
            kept[panel.source_id] = panel
    drawn = draw_failures(against, kept, folder / "failures.png")
    outputs.wrote(*([drawn] if drawn else []))
    pictured = [
        (failure_name(one), failure_text(one), _failure(one, kept[one.aim.version.source_id]))
        for one in against
    ]
    page = outputs.path("report", "index.html")
    write_text(page, _page(content, effects[0], subsets[0], pictured, shown))
    outputs.wrote(page)
    return page


def _page(
    content: Content, effects: Path, subsets: Path, failed: list[tuple[str, str, str]],
    shown: list[str],
) -> str:  # fmt: skip
    name = escape(content.study.settings.study.name)
    figure, by_subset = (
        base64.b64encode(path.read_bytes()).decode("ascii") for path in (effects, subsets)
    )
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
Subset of fixations: <b>{escape(content.label)}</b>.</p>
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
<figure class="wide">
<img src="data:image/png;base64,{by_subset}" alt="Mean changes by subset of fixations">
<figcaption><b>Figure 2.</b> Mean changes in every subset that was analysed.</figcaption>
</figure>
</section>
<section>
<h2>Checks</h2>
{checks.checks(content)}
</section>
<section>
<h2>Failures</h2>
{checks.failures(content, failed)}
</section>
<section>
<h2>Data</h2>
{data.data(content)}
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


def _failure(contrast: Contrast, panel: Panel) -> str:
    return _tiles(panel.source_id, failure_columns(contrast, panel))


def _panel(panel: Panel) -> str:
    return (
        f'<div class="panel"><h3>{escape(panel.source_id)} <span>{escape(panel.aim)}</span></h3>'
        f"{_tiles(panel.source_id, panel.columns)}</div>"
    )


def _tiles(source_id: str, columns: Sequence[Column]) -> str:
    rows = []
    for name in ROWS:
        cells = []
        for column in columns:
            notes = "<br>".join(map(escape, column.notes[name]))
            alt = escape(f"{source_id}, {column.title}, {name}")
            cells.append(
                f'<td><img src="{_uri(column.tiles[name])}" alt="{alt}" width="{TILE_PX}">'
                f"<div>{notes}</div></td>"
            )
        rows.append(f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>')
    heads = "".join(
        f'<th scope="col" class="{column.stimulus.direction}">{column.title}</th>'
        for column in columns
    )
    return f'<table class="tiles"><tr><th></th>{heads}</tr>{"".join(rows)}</table>'


def _uri(pixels: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
