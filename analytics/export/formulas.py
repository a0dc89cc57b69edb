"""Formulas in CSV: a spreadsheet runs a text that looks like one, so an apostrophe is put before it."""

from typing import TYPE_CHECKING

from analytics.constants import constant

if TYPE_CHECKING:
    from duckdb import Expression

_STARTS = ("=", "+", "-", "@", "'", "\t", "\r", "\n")
"""What a spreadsheet may take for a formula; and the apostrophe, so that ours can be told apart."""


def defused(text: str) -> str:
    """Return a text as a cell of a CSV file holds it.

    >>> defused("=1+1"), defused("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{text}" if text.startswith(_STARTS) else text


def defused_column(text: "Expression") -> "Expression":
    """Return what :func:`defused` does as an expression over a column of texts."""
    from duckdb import CaseExpression, FunctionExpression

    first = FunctionExpression("left", text, constant(1))
    runs = first.isin(*map(constant, _STARTS))
    return CaseExpression(runs, FunctionExpression("concat", constant("'"), text)).otherwise(text)
