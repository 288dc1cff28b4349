from manipulation.runs.model_card import Origin, model_card


def test_a_card_has_its_parts_in_order():
    origin = Origin("data", "python -m it --all", "0" * 64, {"torch": "2", "numpy": "1"})
    card = model_card(
        "Model `m`", "What it is.\n", {"data": origin.data, "made with": origin.made_with}, origin,
        {"Losses": "None.\n"}, remarks="A remark.",
    )  # fmt: skip
    assert (
        card
        == """# Model `m`

What it is.

| | |
|---|---|
| data | data |
| made with | torch 2, numpy 1 |

    python -m it --all

A remark.

## Losses

None.
"""
    )
