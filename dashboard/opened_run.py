"""One run opened: its calls as a tree with what they carried, and its patches. Markup only."""

import json
from collections.abc import Mapping
from typing import Any

from analytics.metrics.catalog import Unit
from analytics.render import UNKNOWN, counted, moment, number, seconds
from analytics.store.tables import MOST_CALLS, Payload
from dashboard.reading import RunDetail
from dashboard.run_columns import ending
from dashboard.widgets import NOTHING, Markup, facts, join, nothing, status, tag

_MOST_LINES = 400
_DEEPEST = 12
"""Steps of indentation; what lies deeper stands at this depth."""


def opened_run(detail: RunDetail) -> Markup:
    """Return everything about one run."""
    patches = [patch(title, diff) for title, diff in detail.diffs]
    if detail.diffs_left_out:
        patches.append(_and(detail.diffs_left_out, "more patched bug"))
    return join([_run(detail.run), *patches, _calls(detail)])


def _and(n: int, noun: str) -> Markup:
    return tag("p", f"and {counted(n, noun)}", class_="pp-quiet")


def _run(run: Mapping[str, Any]) -> Markup:
    tokens = run["tokens"]
    known = {
        "Outcome": status(ending(run)),
        "Task": run["task"],
        "Variant": run["variant"],
        "Model": run["model"],
        "Began": f"{moment(run['started_at'])} UTC",
        "Took": seconds(run["duration_s"]),
        "Bugs fixed": _of(run["bugs_fixed"], run["bugs_found"]),
        "Tests passed": _of(run["tests_passed"], run["tests_total"]),
        "Tokens": number(tokens, Unit.TOKENS),
        "Cost": number(run["cost_usd"], Unit.USD),
        "Error": run["error_type"],
        "Run": tag("code", run["run_id"]),
    }  # fmt: skip
    return facts(known)


def patch(title: str, diff: str) -> Markup:
    """Return one unified diff under its title."""
    added = sum(line.startswith("+") and not line.startswith("+++") for line in diff.splitlines())
    removed = sum(line.startswith("-") and not line.startswith("---") for line in diff.splitlines())
    head = tag(
        "summary",
        tag("b", "Patch"),
        " ",
        tag("span", title, class_="pp-cut"),
        " ",
        tag("ins", f"+{added}"),
        " ",
        tag("del", f"-{removed}"),
    )
    return tag("details", head, _diff(diff), class_="pp-patch", open="open")


def _of(part: int | None, whole: int | None) -> str:
    return UNKNOWN if part is None else f"{part:,}" if whole is None else f"{part:,} of {whole:,}"


def _diff(diff: str) -> Markup:
    lines = diff.splitlines()
    shown = (tag("span", line or " ", class_=_kind(line)) for line in lines[:_MOST_LINES])
    left_out = len(lines) - _MOST_LINES
    return join(
        [
            tag("pre", *shown, class_="pp-diff"),
            _and(left_out, "more line") if left_out > 0 else NOTHING,
        ]
    )


def _kind(line: str) -> str | None:
    if line.startswith(("+++", "---")):
        return None
    return {"+": "pp-add", "-": "pp-del", "@": "pp-hunk"}.get(line[:1])


def _calls(detail: RunDetail) -> Markup:
    if detail.calls.is_empty():
        return nothing(
            f"{counted(detail.calls_count, 'call')}, not shown",
            f"The run is part of a trace that is read up to {MOST_CALLS:,} calls, and begins after them.",
        )
    rows = detail.calls.iter_rows(named=True)
    longest = max(
        (call["duration_s"] or 0 for call in detail.calls.iter_rows(named=True)), default=0
    )
    began = detail.calls["started_at"].min()
    shown = [_call(call, detail.payloads.get(call["span_id"]), began, longest) for call in rows]
    left_out = detail.calls_count - len(detail.calls)
    note = counted(detail.calls_count, "call")
    if left_out > 0:
        note += f", the first {len(detail.calls):,} are shown"
    head = tag("h3", "Calls", tag("small", f" {note}; select one for what went in and came out"))
    return tag("div", head, tag("div", *shown, class_="pp-calls"), class_="pp-part")


def _call(call: Mapping[str, Any], payload: Payload | None, began: Any, longest: float) -> Markup:  # noqa: ANN401
    depth = min(call["depth"], _DEEPEST)
    offset = (call["started_at"] - began).total_seconds()
    start = 100 * offset / longest if longest else 0
    width = 100 * (call["duration_s"] or 0) / longest if longest else 0
    start, width = min(start, 99.5), min(max(width, 0.5), 100)
    bar = tag(
        "span",
        tag("i", style=f"left:{start:.2f}%;width:{min(width, 100 - start):.2f}%"),
        class_="pp-bar",
        data_kind=call["kind"],
        data_status=call["status"],
    )
    tokens = call["input_tokens"], call["output_tokens"]
    used = None if tokens == (None, None) else sum(each or 0 for each in tokens)
    head = tag(
        "summary",
        tag("span", call["display_name"] or call["op"], class_="pp-op", title=call["op"]),
        tag("span", call["kind"], class_="pp-kind"),
        bar,
        tag("span", "" if used is None else f"{number(used, Unit.TOKENS)} tok", class_="pp-tok"),
        tag(
            "span",
            "running" if call["status"] == "running" else seconds(call["duration_s"]),
            class_="pp-took",
        ),
    )
    return tag(
        "details",
        head,
        carried(call, payload),
        class_="pp-call",
        style=f"--depth:{depth}",
        data_status=call["status"],
    )


def carried(call: Mapping[str, Any], payload: Payload | None) -> Markup:
    """Return what one call carried, and how it failed."""
    error = NOTHING
    if call["error_type"] or call["error_message"]:
        told = ": ".join(part for part in (call["error_type"], call["error_message"]) if part)
        error = tag("p", told, class_="pp-error-text")
    if payload is None:
        return tag(
            "div", error, tag("p", "Inputs and outputs were not stored."), class_="pp-carried"
        )
    parts = [
        _text(title, text, length)
        for title, text, length in (
            ("Inputs", payload.inputs, payload.inputs_length),
            ("Output", payload.output, payload.output_length),
            ("Attributes", payload.attributes, payload.attributes_length),
        )
        if text
    ]
    return tag("div", error, *parts, class_="pp-carried")


def _text(title: str, text: str, length: int | None) -> Markup:
    cut = length is not None and length > len(text)
    note = f" the first {len(text):,} of {length:,} characters" if cut else ""
    return tag("div", tag("h4", title, tag("small", note)), tag("pre", _readable(text)))


def _readable(text: str) -> str:
    """Return JSON indented, anything else (a text that was cut, too) as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
