"""What the numbers should be: every metric again, slowly, in plain Python, from the raw Weave calls.

Written from the definitions alone (texts of the catalog, comments of the schema, semantics files). It
shares no code with the store and the metrics: no DuckDB, no frames, no SQL. Prices are asked of the list
call by call.
"""

from tests.oracle.numbers import Expected, measure
from tests.oracle.tables import Rows, rows_of

__all__ = ["Expected", "Rows", "measure", "rows_of"]
