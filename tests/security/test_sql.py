"""SQL that somebody types stays in its box; names and filters are never SQL."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from analytics import sync
from analytics.errors import InputError, UnknownNameError
from analytics.metrics.catalog import METRICS
from analytics.metrics.evaluate import evaluate
from analytics.overview import overview
from analytics.overview.scope import PARAMETERS, parse
from analytics.store import answering, tables
from analytics.store.reader import Reader
from analytics.store.sandbox import MOST_ROWS, Sandbox
from dashboard import address
from tests.dashboard import traces

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OUT = "{out}"
REFUSED = (
    f"COPY runs TO '{OUT}'",
    f"COPY (SELECT 1) TO '{OUT}' (FORMAT parquet)",
    f"EXPORT DATABASE '{OUT}'",
    f"IMPORT DATABASE '{OUT}'",
    f"ATTACH '{OUT}' AS other",
    f"ATTACH '{OUT}' AS other (TYPE sqlite)",
    "ATTACH 'ducklake:x' AS other",
    "DETACH memory",
    "USE memory",
    "INSTALL httpfs",
    "INSTALL json FROM community",
    "LOAD httpfs",
    f"LOAD '{OUT}'",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "CREATE TABLE more (a INTEGER)",
    "CREATE MACRO more(a) AS a",
    "INSERT INTO runs SELECT * FROM runs",
    "UPDATE runs SET task = 'x'",
    "DELETE FROM runs",
    "DROP TABLE runs",
    "PRAGMA enable_profiling",
    "CHECKPOINT",
    "SET memory_limit = '64GB'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET memory_limit",
    "CALL pragma_version()",
    "PREPARE q AS SELECT 1",
    "EXECUTE q",
    "BEGIN",
    "VACUUM",
    "SELECT 1; DROP TABLE runs",
    "SELECT getenv('HOME')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('https://evil.example/x.csv')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
    "SELECT * FROM parquet_metadata('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM sqlite_scan('/etc/passwd', 'x')",
    "SELECT * FROM query('COPY runs TO ''x''')",
    "SELECT * FROM read_parquet('/dev/fd/3')",
    "SELECT * FROM '/dev/fd/0'",
    "SELECT * FROM enable_logging(storage='file')",
    "",
    "-- nothing",
    "WITH a AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM a",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "EXPLAIN ANALYZE SELECT * FROM read_text('/etc/passwd')",
    "FROM query('SELECT repeat(''x'', 5) AS x')",
    "FROM (SELECT 1) CROSS JOIN \"Query\"('SELECT repeat(''x'', 5) AS x')",
    "SELECT (FROM query('SELECT repeat(''x'', 5) AS x'))",
    "FROM query_table('runs')",
    "FROM json_execute_serialized_sql(json_serialize_sql('SELECT repeat(''x'', 5)'))",
    "FROM repeat('x', 5)",
)
NAMES = (
    "'; DROP TABLE runs; --",
    '"; DROP TABLE runs; --',
    "x' OR '1'='1",
    "$1",
    "?",
    "%",
    "\\",
    "runs",
)


COUNTED = "SELECT count(*) AS runs FROM runs"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("asked")
    runs = traces.history(1, until=datetime.now(UTC).replace(tzinfo=None))
    sync.import_paths(folder / "store", [str(traces.write(folder / "t.jsonl", runs))])
    with closing(Reader(folder / "store")) as reader:
        yield reader


@pytest.fixture(scope="module")
def box(reader: Reader) -> Iterator[Sandbox]:
    with reader.cursor() as con:
        box = Sandbox(con)
    yield box
    box.close()


@pytest.fixture(scope="module")
def locked(box: Sandbox) -> "Iterator[DuckDBPyConnection]":
    """What answers in a process of its own, without the process and its limits."""
    with answering._opened(box._files) as con:
        yield con


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_no_question_is_refused(
    sql: str, locked: "DuckDBPyConnection", reader: Reader, tmp_path: Path
):
    with pytest.raises((answering.Refusal, duckdb.Error)):
        answering._answer(locked, sql.replace(OUT, str(tmp_path / "out")), MOST_ROWS)
    assert list(tmp_path.iterdir()) == []
    with reader.cursor() as con:
        runs = len(con.table("runs"))
    assert answering._answer(locked, COUNTED, MOST_ROWS)[0].to_pylist() == [{"runs": runs}]


@pytest.mark.parametrize(
    "sql",
    [
        f"COPY runs TO '{OUT}'",
        "SELECT 1; DROP TABLE runs",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "",
    ],
)
def test_who_asks_is_told_of_a_refusal(sql: str, box: Sandbox, tmp_path: Path):
    with pytest.raises(InputError):
        box.ask(sql.replace(OUT, str(tmp_path / "out")))
    assert list(tmp_path.iterdir()) == []


def test_a_question_without_an_end_is_stopped(box: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("analytics.store.sandbox.ANSWER_WITHIN_S", 0.3)
    endless = (
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a) SELECT max(n) FROM a"
    )
    with pytest.raises(InputError, match=r"no answer|Memory"):
        box.ask(endless)
    assert len(box.ask("SELECT 1 AS one")[0]) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT list(range) FROM range(1000000000)",
        "SELECT count(*) FROM (SELECT DISTINCT hash(range) FROM range(1000000000))",
        "SELECT length(system.main.\"Repeat\"('x', 2000000000)) FROM runs",
        "SELECT printf('%2000000000d', 1)",
        "WITH a AS (SELECT rpad('x', 2000000000, 'y') AS t) SELECT length(t) FROM a",
        "SELECT * FROM range(length(repeat('x', 2000000000)))",
        "SELECT length(bitstring('1', 2000000000))",
        "SELECT list_reduce(list_resize(['x'], 40, 'x'), lambda x, y: x || x)",
        "SELECT median(range) FROM range(1000000000)",
        "SELECT histogram(range) FROM range(100000000)",
        " UNION ALL ".join(["SELECT 1"] * 20_000),
        "SELECT repeat('x', 40000000)",
        "SELECT [[y for y in a] for x in a] FROM (SELECT list(range) AS a FROM range(100000))",
    ],
)
def test_memory_has_a_limit(sql: str, box: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("analytics.store.sandbox.ANSWER_WITHIN_S", 1.0)
    with pytest.raises(InputError):
        box.ask(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT n.range FROM range(3) AS n, generate_series(1, 2), unnest([1, 2])",
        "SELECT unnest(list(task)) FROM runs",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a WHERE n < 3) FROM a",
        "PIVOT runs ON state IN ('passed') USING count(*) GROUP BY task",
        "DESCRIBE runs",
        "SHOW TABLES",
        "SELECT list_reduce([b, b, b, b], lambda x, y: x || x) FROM (SELECT 'x' AS b)",
        "SELECT replace(task, 'a', 'b'), lpad(task, 5, ' '), list_transform([1], lambda x: x + 1) FROM runs",
    ],
)
def test_a_plain_question_is_answered(sql: str, locked: "DuckDBPyConnection"):
    assert len(answering._answer(locked, sql, MOST_ROWS)[0])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT list_reduce(list(task), lambda x, y: x || y) AS a, '\udcff' AS a, 2 AS a "
        "FROM runs, range(3), generate_series(1, 2), unnest([1, 2])",
        "PIVOT runs ON state IN ('passed') USING count(*) GROUP BY task",
        "SHOW TABLES",
    ],
)
def test_who_asks_is_told_the_answer(sql: str, box: Sandbox):
    assert len(box.ask(sql)[0])


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_never_sql(name: str, reader: Reader):
    with tables.consistent(reader) as con:
        runs = len(con.table("runs"))
        assert tables.fixes(con.table("fixes"), search=name).total <= len(con.table("fixes"))
        with pytest.raises(UnknownNameError):
            evaluate(con, [METRICS["pass_rate"]], (name,))
        with pytest.raises(UnknownNameError):
            tables.fixes(con.table("fixes"), order=name)
        told = address.parameters({name: name for name in (*PARAMETERS, "run")} | {"variant": name})
        scope, notices = parse(told, con)
    assert notices
    assert overview(reader, scope)
    with tables.consistent(reader) as con:
        assert len(con.table("runs")) == runs
