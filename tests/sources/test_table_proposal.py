"""A proposal can be used as it is, and says the reason for every line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from analytics.errors import InputError
from analytics.sources.table import format_of, parse
from analytics.sources.table.names import NAMES
from analytics.sources.table.propose import propose
from tests.sources.tables import FILES, ROWS


@pytest.mark.parametrize("kind", FILES)
def test_a_proposal_is_a_mapping_that_reads_the_file(con, tmp_path, kind):
    file = tmp_path / f"runs.{kind}"
    FILES[kind](ROWS, file)
    text = propose(file, file.name)
    mapping = parse("runs", text)
    staged = format_of(mapping).stage(con, file, tmp_path)
    found = con.read_parquet([str(path) for path in staged.files])
    assert len(found.filter("op = 'record.run'").fetchall()) == len(ROWS)
    assert {"id", "passed", "started_at", "cost_usd", "model", "tools"} <= set(mapping.cells)
    assert mapping.cells["cost_usd"].null == {"0"}
    assert mapping.cells["model"].null == {"unknown"}
    assert "# note: no field of ours goes by a name like this" in text


def proposed(tmp_path: Path, rows: list[dict[str, Any]]) -> str:
    FILES["json"](rows, tmp_path / "t.json")
    return propose(tmp_path / "t.json", "t.json")


def test_a_proposal_says_that_it_found_no_id_and_no_outcome(tmp_path):
    text = proposed(tmp_path, [{"color": "red"}, {"color": "red"}, {"model": "x", "color": "blue"}])
    assert "# id: no column" in text
    assert "# passed: no column says how a run came out" in text
    assert parse("t", text).key == ()


def test_a_proposal_joins_what_only_together_differs(tmp_path):
    rows = [{"task": t, "attempt": n, "success": "yes"} for t in "ab" for n in (1, 2)]
    mapping = parse("t", proposed(tmp_path, rows))
    assert mapping.cells["id"].columns == ("task", "attempt")
    assert mapping.cells["claimed"].values == {"pass": ("yes",)}


def test_a_proposal_looks_at_values_and_says_why(tmp_path):
    rows = [
        {
            "uuid": f"0b1c2d3e-0000-4000-8000-00000000000{n}",
            "latency_ms": 1200 + n,
            "created_at": 1795168800000 + n,
            "test_coverage": 85.5,
            "outcome": ("resolved", "unresolved", "unknown")[n],
            "reward": n / 3,
            "vibe": "",
        }
        for n in range(3)
    ]
    text = proposed(tmp_path, rows)
    found = parse("t", text).cells
    assert found["id"].columns == ("uuid",)
    assert found["duration"].unit == "ms"
    assert found["started_at"].unit == "epoch_ms"
    assert found["coverage"].unit == "percent"
    assert found["claimed"].values == {"pass": ("resolved",), "fail": ("unresolved",)}
    assert found["claimed"].null == {"unknown"}
    assert "# vibe: empty in every row" in text
    assert "# reward: called like passed, but its words mean neither yes nor no" in text


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.dictionaries(
            st.one_of(
                st.sampled_from(sorted({n for of in NAMES.values() for n in of})),
                st.text(max_size=6),
            ),
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
            min_size=1,
            max_size=8,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_proposal_for_any_table_is_well_formed(tmp_path, rows):
    try:
        text = proposed(tmp_path, rows)
    except InputError as fault:
        told = str(fault)
        assume("A mapping written by hand can take" not in told)
        raise
    assert parse("t", text).rows
