"""Constants in expressions of DuckDB, each made once."""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import Expression


@lru_cache(maxsize=1_000, typed=True)
def constant(value: str | float | tuple[str, ...] | None) -> "Expression":
    """Return a constant. DuckDB looks for pandas at each that it makes, and long where there is none."""
    from duckdb import ConstantExpression

    return ConstantExpression(list(value) if isinstance(value, tuple) else value)
