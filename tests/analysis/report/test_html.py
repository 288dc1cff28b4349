"""Pages escape what they are given, and hold everything themselves."""

import numpy as np
from markupsafe import Markup

from analysis.report.html import jpeg_uri, render
from analysis.report.tables import Table, direction_cell


def session(**context):
    table = Table(["run"], [["1"]])
    return render(
        "session.html",
        **{"participant": "sub-01", "name": "a study", "not_a_person": None, "runs": table,
           "notes": [], "trials_figure": b"png", "scanpaths_figure": b"png",
           "n_losses": 3, "losses_figure": b"png"} | context,
    )  # fmt: skip


def test_names_are_text_and_never_html():
    page = session(name="<b>bold</b> & more", notes=['<img src="x">'])
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in page
    assert "<b>bold" not in page
    assert '<img src="x"' not in page


def test_cells_are_escaped_unless_they_are_marked_as_html():
    page = session(runs=Table(["a<b"], [["<i>", Markup("<sub>obj</sub>")]]))
    assert "<th>a&lt;b</th>" in page
    assert '<td>&lt;i&gt;</td><td class="number"><sub>obj</sub></td>' in page
    assert direction_cell('"><script>') == (
        '<span class="&#34;&gt;&lt;script&gt;">&#34;&gt;&lt;script&gt;</span>'
    )


def test_a_page_loads_nothing_and_runs_nothing():
    page = session()
    assert "<style>\n:root" in page
    assert "<script" not in page
    assert not [part for part in page.split('src="')[1:] if not part.startswith("data:image/")]
    assert jpeg_uri(np.zeros((4, 4, 3), np.uint8)).startswith("data:image/jpeg;base64,")


def test_figures_are_numbered_and_titles_say_who_looked():
    page = session(who="simulated observer")
    assert page.count("Figure 1.") == 1
    assert "<h1>sub-01 \N{EN DASH} simulated observer</h1>" in page
    assert "quality of the recording \N{EN DASH} simulated observer</title>" in page
    assert page.count('data-who="simulated observer"') == page.count("<h2 ")
