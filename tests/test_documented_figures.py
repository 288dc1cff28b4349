"""Figures in the documents are those of the tables beside them."""

import csv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def curve_rows():
    with (ROOT / "docs" / "naturalness-curve.tsv").open(encoding="utf-8") as opened:
        return list(csv.DictReader(opened, delimiter="\t"))


def cells(row, *, within):
    """Return the cells of a row of the documents, from its share on."""
    found = [
        f"{float(row['strength']):g}",
        *(f"{float(row[name]):+.3f}" for name in ("increase", "decrease", "seen")),
        f"{float(row['second_realism']):.2f}",
    ]
    if within:
        found.append(f"{float(row['within_budget']):.0%}".replace("%", " %"))
    ratio = f"{float(row['psnr_db']):.1f} dB" if row["psnr_db"] else "the same image"
    found += [f"{float(row['feature_distance']):.3f}", ratio]
    return "| " + " | ".join(found) + " |"


@pytest.mark.parametrize(
    "row", curve_rows(), ids=lambda row: f"{row['transform']} {row['strength']}"
)
def test_what_versions_buy_and_cost_is_what_was_measured(row):
    text = (ROOT / "docs" / "naturalness.md").read_text(encoding="utf-8")
    assert cells(row, within=not row["transform"].endswith("steps")) in text
