"""Constants in expressions of DuckDB: the one place that makes them."""

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import Expression


@lru_cache(maxsize=1_000, typed=True)
def constant(value: str | float | datetime | tuple[str, ...] | None) -> "Expression":
    """Return a constant, a list where it is a tuple.

    DuckDB looks for pandas at each that it makes, and long where there is none: those used last are kept.
    """
    from duckdb import ConstantExpression

    return ConstantExpression(list(value) if isinstance(value, tuple) else value)
