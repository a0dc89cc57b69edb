"""Secrets in inputs, outputs, errors and attributes are neither stored nor told, whatever their shape."""

import gzip
import json
import re
import subprocess
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import pytest

from analytics import record, schema, sync
from analytics.export.tables import FORMATS, export_tables
from analytics.redaction import SECRETS, redact, redact_columns
from analytics.store.reader import Reader
from dashboard.share import write_page
from tests.security.secret_shapes import SHAPES, Made, Shape, make
from tests.server.launch import PATCHPILOT
from tests.sources.samples import samples
from tests.traces import Trace

ROOT = Path(__file__).resolve().parents[2]
NAMES = [f"{shape.service}, {shape.kind}" for shape in SHAPES]

PLACES = {
    "alone": lambda text: text,
    "in a sentence": lambda text: f"see {text} there",
    "in JSON": lambda text: json.dumps({"said": text}),
    "in JSON in JSON": lambda text: json.dumps({"said": json.dumps({"body": text})}),
    "in Python's words": repr,
}
"""How a text comes to stand in another."""


@pytest.fixture(scope="session")
def secrets() -> list[Made]:
    """One secret of each shape."""
    return [make(shape) for shape in SHAPES]


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_every_shape_is_found_wherever_it_stands(shape: Shape):
    for seed in range(3):
        made = make(shape, seed)
        assert made.pieces
        for place, put in PLACES.items():
            clean = redact(put(made.text))
            assert not [p for p in made.pieces if p[:10] in clean or p[-10:] in clean], place


def test_there_are_many_shapes_of_many_services():
    assert len(NAMES) == len(set(NAMES)) >= 150
    assert len({shape.service for shape in SHAPES}) >= 80


@dataclass(frozen=True)
class Imported:
    """A store that secrets were brought to, and all that was said meanwhile."""

    store: Path
    told: str


@pytest.fixture(scope="module")
def imported(secrets: list[Made], tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """Every secret in every field that a trace may fill with text, imported by the command line."""
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "traces").mkdir()
    _write_weave(folder / "traces" / "calls.jsonl", secrets)
    _write_records(folder / "traces", secrets)
    store = folder / "store"
    told = _said(store, "import", str(folder / "traces")) + _said(store, "doctor")
    for kind in FORMATS:
        export_tables(store, folder / kind, kind)
    write_page(sync.StoreChoice(path=store, demo=False), folder / "page.html")
    return Imported(store=store, told=told)


def _said(store: Path, command: str, *arguments: str) -> str:
    line = [PATCHPILOT, command, "--store", store, *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def _batched(secrets: list[Made], size: int) -> list[list[Made]]:
    rest = iter(secrets)
    return list(iter(lambda: list(islice(rest, size)), []))


def _write_weave(file: Path, secrets: list[Made]) -> None:
    calls = []
    for number, some in enumerate(_batched(secrets, 12)):
        trace = Trace(f"secret-{number}")
        first = some[0].text
        top = trace.call(
            "Orchestrator.run", 0, 99, inputs={"task": first}, attributes={"variant": first}
        )
        for second, each in enumerate(some):
            text = each.text
            nested = json.dumps({"body": json.dumps({"said": text})})
            found = {"bug_id": text, "bug_type": text, "title": text, "file": text, "diff": text}
            op = "FixerAgent.generate_patch" if second % 2 else "TriageAgent.diagnose"
            trace.call(
                op, second, second + 1, parent=top, inputs={"text": text, "nested": nested},
                output=found, error="ValueError", attributes={"variant": text, "env": {"A": nested}},
            )  # fmt: skip
            raised = {"type": "ValueError", "message": text, "traceback": text}
            plain = f"Traceback\nValueError: {text}"
            trace.calls[-1]["exception"] = json.dumps(raised) if second % 2 else plain
            trace.calls[-1]["display_name"] = text
        calls += trace.calls
    broken = "".join(f'{{"id": 1, "inputs": {json.dumps(each.text)[:200]}\n' for each in secrets)
    file.write_text("".join(json.dumps(call) + "\n" for call in calls) + broken, "utf-8")


def _write_records(folder: Path, secrets: list[Made]) -> None:
    with suppress(ValueError), record.run("checkout", agent="Healer", folder=folder) as run:
        for each in secrets:
            text = each.text
            run.debugging_cycle(agent="Fixer", error_type="E", error_message=text, attempts=1)
            with suppress(ValueError), run.agent("Fixer") as step:
                step.set(title=text, file=text, diff=text)
                raise ValueError(text)
    record.flush()


def _is_in(secrets: list[Made], text: str) -> list[str]:
    return [
        f"{each.shape.service}, {each.shape.kind}"
        for each in secrets
        if any(piece in text for piece in each.pieces)
    ]


def _values(con: duckdb.DuckDBPyConnection, rows: duckdb.DuckDBPyRelation) -> str:
    texts = [f"coalesce(CAST({json.dumps(name)} AS VARCHAR), '')" for name in rows.columns]
    found = rows.project(f"concat_ws(chr(10), {', '.join(texts)})").fetchall()
    return "\n".join(row[0] for row in found)


def test_no_secret_is_in_any_table_or_view(imported: Imported, secrets: list[Made]):
    reader = Reader(imported.store)
    reader.poll()
    with reader.cursor() as con:
        for name in schema.TABLES:
            stored = name in {table.name for table in schema.STORED}
            rows = con.table(f"lake.{name}") if stored else con.table(name)
            assert _is_in(secrets, _values(con, rows)) == [], name
        calls = con.table("lake.spans").count("*").fetchall()[0][0]
        rejects = con.table("lake.rejects").count("*").fetchall()[0][0]
    reader.close()
    assert calls > 3 * len(secrets)  # As a call, as a step and as a cycle of debugging.
    assert rejects >= len(secrets)


def test_no_secret_is_in_any_file_of_the_store(imported: Imported, secrets: list[Made]):
    files = [file for file in imported.store.rglob("*") if file.is_file()]
    assert [file for file in files if file.suffix == ".parquet"]
    with duckdb.connect() as con:
        for file in files:
            raw = file.read_bytes().decode("latin-1")
            if file.suffix == ".parquet":
                raw = _values(con, con.read_parquet(str(file)))
            assert _is_in(secrets, raw) == [], file.name


def test_no_secret_is_told_or_exported(imported: Imported, secrets: list[Made]):
    assert _is_in(secrets, imported.told) == []
    folder = imported.store.parent
    assert _is_in(secrets, (folder / "page.html").read_text()) == []
    with duckdb.connect() as con:
        for file in [*(folder / "csv").iterdir(), *(folder / "parquet").iterdir()]:
            binary = file.suffix == ".parquet"
            text = _values(con, con.read_parquet(str(file))) if binary else file.read_text()
            assert _is_in(secrets, text) == [], file.name


def _taken_out(lines: list[str]) -> Counter[str]:
    """How often each rule found something."""
    import pyarrow as pa

    with duckdb.connect() as con:
        whole = con.from_arrow(pa.table({"kept": lines, "text": lines}))
        clean = redact_columns(whole, ["text"]).filter("text <> kept").fetchall()
    found: Counter[str] = Counter()
    for line, _ in clean:
        for secret in SECRETS:
            line, times = re.subn(secret.regex, secret.replacement, line)
            found[secret.name] += times
    return +found


def test_nothing_of_the_demo_is_taken_for_a_secret():
    with gzip.open(ROOT / "data" / "demo" / "selfheal.jsonl.gz", "rt", encoding="utf-8") as file:
        assert _taken_out(list(file)) == {}


def test_hardly_anything_of_real_traces_is_taken_for_a_secret():
    files = [file for file in samples("**/*") if file.suffix in {".json", ".jsonl", ".traj"}]
    lines = [line for file in files for line in file.read_text("utf-8", "replace").splitlines()]
    # Placeholders, passwords of exercises, and keys that somebody made up for a test.
    assert _taken_out(lines).total() <= 20
