"""What the pages send: the size of every chart, its marks, and the rows of every table."""

import json
import os
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

_ARROW = "data:application/vnd.apache.arrow.file;base64,"
_KIND = "application/vnd.vegalite.v6+json"


def sent(store: Path) -> dict[str, list[int]]:
    """Run every page over all that a store holds, and look at what it would send.

    Returns:
        Of each chart its bytes and its marks (rows of its data), of each table its rows.
    """
    import altair
    import marimo

    from dashboard import address, pages

    os.environ["PATCHPILOT_STORE"] = str(store)
    told: dict[str, list[int]] = {"bytes": [], "marks": [], "rows": []}
    # What a browser asks for by its address: without one, a page shows its last weeks alone.
    with patch.object(address, "parameters", lambda *_, **__: {"period": ["all"]}):
        for page in pages.PAGES:
            notebook = import_module(f"dashboard.{Path(page.notebook).stem}")
            # Specs as they are, not within the script that a notebook elsewhere would need around
            # them; importing a page sets what it draws with.
            altair.renderers.enable("mimetype")
            outputs, _ = notebook.app.run()
            for output in outputs:
                if isinstance(output, marimo.Html):
                    _look(output.text, told)
    return told


def _look(markup: str, told: dict[str, list[int]]) -> None:
    found = _Markup()
    found.feed(markup)
    told["rows"] += found.rows
    for text in found.specs:
        spec = json.loads(text)
        if isinstance(spec, str):
            spec = json.loads(spec)
        # A chart is a spec by itself, or one of the kinds that it could be shown as.
        spec = spec.get(_KIND, spec)
        told["bytes"].append(len(text.encode()))
        told["marks"].append(sum(_rows(spec)))


def _rows(spec: Any) -> Iterator[int]:  # noqa: ANN401 - any part of a chart
    """Yield how many rows each data of a chart has."""
    if isinstance(spec, Mapping):
        for name, part in spec.items():
            if name == "datasets":
                yield from (len(rows) for rows in part.values())
            elif name == "data" and isinstance(part, Mapping):
                yield from _inline(part)
            else:
                yield from _rows(part)
    elif isinstance(spec, Sequence) and not isinstance(spec, str):
        for part in spec:
            yield from _rows(part)


def _inline(data: Mapping[str, Any]) -> Iterator[int]:
    if isinstance(data.get("values"), list):
        yield len(data["values"])
    url = str(data.get("url", ""))
    if url.startswith("data:"):
        if not url.startswith(_ARROW):
            raise ValueError(f"a chart's data are of an unknown kind: {url[:40]}")
        from polars import read_ipc

        yield len(read_ipc(b64decode(url.removeprefix(_ARROW))))


class _Markup(HTMLParser):
    """Specs of charts, and how many rows each table has."""

    def __init__(self) -> None:
        super().__init__()
        self.specs: list[str] = []
        self.rows: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.rows.append(0)
        elif tag == "tr" and self.rows:
            self.rows[-1] += 1
        self.specs += [
            value for _, value in attrs if value and value[0] in '{"' and "vega-lite/v" in value
        ]
