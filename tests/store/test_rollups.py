"""A derived table is known wherever all of them are listed."""

from collections.abc import Sequence

import duckdb
import pytest

from analytics.schema import ROLLUPS
from analytics.schema.table import Table
from analytics.store import lake, loading, refresh
from analytics.store.incoming import REPLACED

EVERYWHERE = {
    "keep_rollups": "INSERT INTO lake.{} ",
    "drop_rollups": "DELETE FROM lake.{} ",
    "prune": "DELETE FROM lake.{} ",
    "no_rollups": "DELETE FROM lake.{};",
    "work_in_files": "TEMP VIEW new_{} AS ",
    "no_work_in_files": "DROP VIEW new_{};",
    "no_work_in_memory": "DROP TABLE IF EXISTS new_{};",
}
"""Statement -> what it must say of every derived table."""


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_statement_about_all_rollups_names_each_of_them(name: str):
    text = lake.statement("statements", name)
    lacking = [table.name for table in ROLLUPS if EVERYWHERE[name].format(table.name) not in text]
    assert lacking == [], f"analytics/store/statements/{name}.sql"


@pytest.mark.parametrize(
    ("name", "tables"), [("drop_rollups", ROLLUPS), ("drop_replaced", REPLACED)]
)
def test_removals_are_in_the_order_of_their_tables(name: str, tables: Sequence[Table]):
    with duckdb.connect() as con:
        removals = con.extract_statements(lake.statement("statements", name))
    found = [removal.query.partition("DELETE FROM lake.")[2].split()[0] for removal in removals]
    assert found == [table.name for table in tables]


@pytest.mark.parametrize("table", ROLLUPS, ids=lambda table: table.name)
def test_every_rollup_is_worked_out(table: Table):
    assert table.name in refresh._ORDER
    assert f"TEMP TABLE new_{table.name} AS" in lake.statement("rollups", table.name)


@pytest.mark.parametrize("table", ROLLUPS, ids=lambda table: table.name)
def test_every_rollup_is_held_seen_and_let_go_of(table: Table):
    held = lake.statement("statements", "drop_held")
    assert f" rollup.{table.name} AS target " in held
    assert table.name in loading.VIEWS
    if table.name not in loading.DERIVED:
        assert f" rollup.{table.name};" in lake.statement("statements", "drop_all")
