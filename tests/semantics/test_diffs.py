"""What is counted in a unified diff, against a reader that goes line by line."""

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given

from analytics.semantics import extract
from tests.oracle.diffs import changes
from tests.records import diffs

COUNTS = ("lines_added", "lines_removed", "files_created", "files_modified", "files_deleted")

PLAIN = """\
--- shop/cart.py
+++ shop/cart.py
@@ -1,2 +1,2 @@
-old
+new
 same
--- shop/tax.py
+++ /dev/null
@@ -1 +0,0 @@
-gone
"""

RENAMED = """\
diff --git a/logo.png b/images/logo.png
similarity index 100%
rename from logo.png
rename to images/logo.png
diff --git a/photo.png b/photo.png
new file mode 100644
index 0000000..1111111
Binary files /dev/null and b/photo.png differ
"""


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        extract.install(opened)
        yield opened


def counted(con: duckdb.DuckDBPyConnection, text: str | None) -> tuple[int | None, ...]:
    asked = ", ".join(f"diff_{name}(diff_parts($1))" for name in COUNTS)
    row = con.execute(f"SELECT {asked}", [text]).fetchone()
    assert row is not None
    return row


def test_any_diff_is_counted_as_the_slow_reader_does(con: duckdb.DuckDBPyConnection):
    @given(diffs())
    def check(text: str) -> None:
        expected = changes(text)
        assert counted(con, text) == tuple(expected.get(name) for name in COUNTS)

    check()


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (PLAIN, (1, 2, 0, 1, 1)),
        (PLAIN.replace("\n", "\r\n"), (1, 2, 0, 1, 1)),
        (RENAMED, (0, 0, 1, 1, 0)),
        ("@@ -1 +1,2 @@\n-a\n+b\n+c\n", (2, 1, None, None, None)),
        ("Here is the diff:\n- a point\n+ another\n" + PLAIN, (1, 2, 0, 1, 1)),
        # A model that cannot count: its lines are lines all the same.
        (PLAIN.replace("-1,2 +1,2", "-1,9 +1,9"), (1, 2, 0, 1, 1)),
        # A file that ends without a line end, and an empty line whose blank got lost.
        ("@@ -1,3 +1,3 @@\n-a\n+b\n\n c\n\\ No newline at end of file\n", (1, 1, None, None, None)),
    ],
)
def test_lines_and_files_are_counted(
    con: duckdb.DuckDBPyConnection, text: str, counts: tuple[int | None, ...]
):
    assert counted(con, text) == counts


@pytest.mark.parametrize("text", [None, "", "- a\n+ b\n", "--- a\n+++ b\n", '{"diff": "@@"}', "@@"])
def test_what_is_no_diff_changes_nothing_that_is_known(
    con: duckdb.DuckDBPyConnection, text: str | None
):
    assert counted(con, text) == (None,) * len(COUNTS)
