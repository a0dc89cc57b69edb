"""HTML templates: ``{{ name.part }}`` is escaped text; ``money`` and ``raw`` are the two filters.

``{% for one in many %}`` and ``{% if name %}`` reach to their ``{% end %}``.
"""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from selfheal.shop import money

TEMPLATES = Path(__file__).parent / "templates"
TOKEN = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})")


def value_of(path: str, names: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a template holds anything
    """What ``name.part.part`` stands for."""
    first, *parts = path.strip().split(".")
    value = names[first]
    for part in parts:
        value = value[part] if isinstance(value, Mapping) else getattr(value, part)
    return value


def text_of(expression: str, names: Mapping[str, Any]) -> str:
    """The text of one ``{{ }}``."""
    path, _, way = (part.strip() for part in expression.partition("|"))
    value = value_of(path, names)
    if way == "raw":
        return str(value)
    if way == "money":
        return escape(money.show(value))
    return "" if value is None else escape(str(value))


def block_end(tokens: list[str], start: int) -> int:
    """Where the block that opens at ``start`` is closed."""
    depth = 0
    for place in range(start, len(tokens)):
        if tokens[place].startswith("{%"):
            depth += -1 if tokens[place].strip("{%} ") == "end" else 1
        if depth == 0:
            return place
    raise SyntaxError(f"no end for {tokens[start]}")


def fill(tokens: list[str], names: Mapping[str, Any]) -> str:
    """The text of a list of tokens."""
    out: list[str] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.startswith("{{"):
            out.append(text_of(token.strip("{} "), names))
        elif token.startswith("{%"):
            end = block_end(tokens, place)
            word, *rest = token.strip("{%} ").split()
            inner = tokens[place + 1 : end]
            if word == "for":
                name, _, path = rest
                for each in value_of(path, names):
                    out.append(fill(inner, {**names, name: each}))
            elif value_of(rest[0], names):
                out.append(fill(inner, names))
            place = end
        else:
            out.append(token)
        place += 1
    return "".join(out)


def render(template: str, **names: object) -> str:
    """A template filled with values."""
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    return fill(TOKEN.split(text), names)


def page(template: str, title: str, **names: object) -> str:
    """A whole page: the template inside the layout."""
    return render("layout.html", title=title, body=render(template, **names))
