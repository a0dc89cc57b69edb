"""Queries to ClickHouse as values: what they say, and what is bound to their parameters.

Texts that come from outside (paths of a preset, words of a value map) are never part of a query: each is
a parameter of ClickHouse's own, named after what it holds, so that the same text is sent once.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Sql:
    """A query, or a part of one."""

    text: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Name -> value, as ClickHouse reads it: escaped as in tab-separated text."""

    def named(self, name: str) -> "Sql":
        """Return it as a column of that name."""
        return _joined(" ", self, Sql(text="AS"), column(name))

    def __and__(self, other: "Sql") -> "Sql":
        """Return whether both hold."""
        return call("and", self, other)


def column(name: str) -> Sql:
    """Return a column by its name, which must be a plain word."""
    assert name.isidentifier(), name
    return Sql(text=name)


def value(of: str | float) -> Sql:
    """Return something that is bound, not written into the query."""
    kind = {str: "String", int: "Int64", float: "Float64"}[type(of)]
    told = escaped(of) if isinstance(of, str) else repr(of)
    name = "p" + hashlib.sha256(f"{kind} {told}".encode()).hexdigest()[:12]
    return Sql(text=f"{{{name}:{kind}}}", parameters={name: told})


def call(function: str, *arguments: Sql) -> Sql:
    """Return a function of something; the functions are our own words."""
    return _joined("", Sql(text=f"{function}("), _joined(", ", *arguments), Sql(text=")"))


def quantile(q: float, of: Sql) -> Sql:
    """Return the exact quantile with linear interpolation, which rows that know nothing are not asked for."""
    function = _joined("", Sql(text="quantileExactInclusive("), value(q), Sql(text=")"))
    return _joined("", function, Sql(text="("), of, Sql(text=")"))


def among(asked: Sql, words: Iterable[str]) -> Sql:
    """Return whether something is one of some words; of no words, nothing is."""
    if not (words := tuple(words)):
        return Sql(text="false")
    bound = _joined(", ", *map(value, words))
    return _joined("", asked, Sql(text=" IN ("), bound, Sql(text=")"))


def each(item: Sql, of: Sql, items: Sql) -> Sql:
    """Return the list of what becomes of every item, which ``of`` calls by the column ``item``."""
    return call("arrayMap", _joined(" -> ", item, of), items)


def select(
    columns: Iterable[Sql],
    source: Sql,
    *,
    group: Iterable[str] = (),
    into: str | None = None,
    macros: str = "",
) -> Sql:
    """Return a query over another one, or over a table.

    Args:
        columns: what to ask.
        source: a query, or the name of a table.
        group: names of the columns that make the groups; without any, all rows are one.
        into: the temporary table that takes the rows.
        macros: a WITH clause whose functions the columns use.
    """
    is_query = not source.text.isidentifier()
    parts = [Sql(text="INSERT INTO"), column(into)] if into else []
    parts += [Sql(text=macros)] if macros else []
    parts += [Sql(text="SELECT"), _joined(", ", *columns), Sql(text="FROM")]
    parts += [_joined("", Sql(text="("), source, Sql(text=")")) if is_query else source]
    if keys := list(group):
        parts += [Sql(text="GROUP BY"), _joined(", ", *map(column, keys))]
    return _joined(" ", *parts)


def escaped(text: str) -> str:
    r"""Return a text as a parameter is written.

    >>> print(escaped("a\tb"))
    a\tb
    """
    for found, instead in (
        ("\\", "\\\\"),
        ("\t", "\\t"),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\0", "\\0"),
    ):
        text = text.replace(found, instead)
    return text


def _joined(between: str, *parts: Sql) -> Sql:
    bound = {name: told for part in parts for name, told in part.parameters.items()}
    return Sql(text=between.join(part.text for part in parts), parameters=bound)
