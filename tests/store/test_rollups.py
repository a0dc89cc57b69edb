"""A derived table is known wherever all of them are listed."""

import pytest

from analytics.schema import ROLLUPS
from analytics.schema.table import Table
from analytics.store import lake, loading, refresh

EVERYWHERE = {
    "keep_rollups": "INSERT INTO lake.{} ",
    "drop_rollups": "DELETE FROM lake.{} ",
    "prune": "DELETE FROM lake.{} ",
    "no_rollups": "DELETE FROM lake.{};",
    "all_rollups": "VIEW rollup.{} AS FROM lake.{};",
    "changed_rollups": "VIEW rollup.{} AS\nFROM lake.{} SEMI JOIN changed_traces ",
    "work_in_files": "TEMP VIEW new_{} AS ",
    "no_work_in_files": "DROP VIEW new_{};",
    "no_work_in_memory": "DROP TABLE IF EXISTS new_{};",
}
"""Statement -> what it must say of every derived table."""


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_statement_about_all_rollups_names_each_of_them(name: str):
    text = lake.statement("statements", name)
    lacking = [
        table.name for table in ROLLUPS if EVERYWHERE[name].replace("{}", table.name) not in text
    ]
    assert lacking == [], f"analytics/store/statements/{name}.sql"


@pytest.mark.parametrize("table", ROLLUPS, ids=lambda table: table.name)
def test_every_rollup_is_worked_out(table: Table):
    assert table.name in refresh._ORDER
    assert f"TEMP TABLE new_{table.name} AS" in lake.statement("rollups", table.name)


def test_every_rollup_is_held_or_seen():
    seen = {loading.MADE_OF.get(name, name) for name in (*loading.HELD, *loading.VIEWS)}
    assert {table.name for table in ROLLUPS} <= seen


@pytest.mark.parametrize("name", loading.HELD)
def test_every_table_in_memory_is_derived_and_lets_go_of_changed_traces(name: str):
    derived = lake.statement("held", name)
    assert f"VIEW derived_{name} AS\n" in derived
    assert f"TABLE {name} AS FROM derived_{name};" in derived
    assert f" {name} AS target USING changed_traces " in lake.statement("statements", "drop_held")
