"""What the numbers should be: every metric again, slowly, in plain Python, from the raw Weave calls.

Written from the definitions alone (texts of the catalog, comments of the schema, semantics files). It
shares no code with the store and the metrics: no DuckDB, no frames, no SQL.
"""

from tests.oracle.numbers import Expected, measure
from tests.oracle.rows import Rows, rows_of

__all__ = ["Expected", "Rows", "measure", "rows_of"]
