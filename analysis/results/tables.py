"""Tables of results: CSV with a header, beside it a JSON file that describes every column.

Derivatives are CSV, for statistics programs; raw tables are tab-separated, as BIDS asks.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from stimuli.support.files import write_json, write_text
from stimuli.support.tables import MISSING, Schema, safe_cell


def write_csv(
    path: str | Path,
    schema: Schema,
    table: pd.DataFrame,
    *,
    sidecar: Mapping[str, object] | None = None,
) -> list[Path]:
    """Write a table and the JSON sidecar of its columns; return both paths.

    Missing values are ``n/a``, truth values ``true`` and ``false``, as in `stimuli.support.tables`.
    `sidecar` adds entries beside the columns'.
    """
    path = Path(path)
    table = table[list(schema.names)].copy()
    for column in schema.columns:
        if column.type is str:
            known = [one for one in table[column.name].unique() if isinstance(one, str)]
            unsafe = {one: safe for one in known if (safe := safe_cell(one)) != one}
            table[column.name] = table[column.name].replace(unsafe)
        if column.type is bool:
            table[column.name] = table[column.name].map({True: "true", False: "false"})
    write_text(path, table.to_csv(index=False, na_rep=MISSING, lineterminator="\n"))
    described = path.with_suffix(".json")
    columns = schema.sidecar(lambda name: table[name].unique())
    write_json(described, {**(sidecar or {}), **columns})
    return [path, described]
