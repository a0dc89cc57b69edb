"""HTML that we write ourselves. What is not ``Markup`` is text, and is escaped when it is put into some."""

import json
from collections.abc import Iterable
from html import escape

from analytics.render import UNKNOWN


class Markup(str):
    """HTML that this package wrote itself."""

    __slots__ = ()


NOTHING = Markup("")

_LONE = {"meta", "link", "br"}
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def text(value: object) -> Markup:
    """Return a value as markup: as it is where it is Markup, else escaped; unknown is an em dash."""
    if isinstance(value, Markup):
        return value
    return Markup(UNKNOWN if value is None else escape(str(value)))


def join(parts: Iterable[object]) -> Markup:
    """Return parts one after the other."""
    return Markup("".join(text(part) for part in parts))


def tag(name: str, /, *content: object, **attributes: object) -> Markup:
    """Return one element. Attributes that are None are left out; ``class_`` is class, ``_`` is a dash.

    >>> tag("td", "<script>", data_label='"')
    '<td data-label="&quot;">&lt;script&gt;</td>'
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    end = "" if name in _LONE else f"{join(content)}</{name}>"
    return Markup(f"<{name}{told}>{end}")


def script_json(value: object) -> Markup:
    r"""Return JSON that may stand in a script element, whatever texts are in it.

    >>> script_json({"title": "</script>"})
    '{"title":"\\u003c/script\\u003e"}'
    """
    said = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(said.translate(_ESCAPES))
