"""What is told is read back as it was told, and nothing else is."""

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import record
from analytics.errors import InputError, UnknownNameError
from analytics.record import names
from analytics.record.frozen import MOST_CHARACTERS, frozen
from analytics.schema import CALLS, FACT_FIELDS

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "VARCHAR": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9).filter(
        lambda text: "=" not in text and ":" not in text
    ),
    "BIGINT": st.integers(0, 2**62),
    "DOUBLE": st.floats(allow_nan=False, allow_infinity=False),
    "BOOLEAN": st.booleans(),
    "VARCHAR[]": st.lists(st.sampled_from(["lint", "unit tests", "e2e"]), max_size=3),
}
FACTS = st.fixed_dictionaries(
    {}, optional={field.name: VALUES[field.type] for field in FACT_FIELDS}
)
TOKENS = [name for name in names.USAGE if name != "cost_usd"]


@settings(max_examples=12)
@given(
    facts=FACTS, spent=st.fixed_dictionaries({}, optional=dict.fromkeys(TOKENS, VALUES["BIGINT"]))
)
def test_every_fact_that_is_told_is_read_back(tmp_path_factory, facts, spent):
    records = recorded(tmp_path_factory.mktemp("facts"))
    with record.run("task", folder=records.folder) as run, run.step("verify") as step:
        for name, value in (facts | spent).items():
            step.set(**{name: value})
    row = records.row("record.verify")
    assert (row["output"] or {}) == facts
    assert {name: row[name] for name in TOKENS if row[name] is not None} == spent


def test_every_kind_of_step_is_what_its_name_says(records):
    with record.run("t", agent="System", attempt=2, folder=records.folder) as run:
        with run.agent("Tester", retries=1) as step:
            step.set(passed=True)
        with run.tool("grep", inputs={"pattern": "x"}) as call:
            call.output({"lines": 3})
        with run.llm("m", "p") as call:
            call.set(input_tokens=10, output_tokens=2, cost_usd=0.5, model="m-2")
        for role in names.ROLES:
            with run.step(role):
                pass
        run.llm_call("m", "p", seconds=2, input_tokens=7)
        run.pipeline("77", execution_s=31.5, passed=False, failed_jobs=["lint"])
        run.debugging_cycle(agent="Fixer", error_type="TypeError", attempts=2, passed=True)
        run.add("tool", tool="bash", calls=12, failures=1, total_s=3.5)
        run.outcome("pass")
        run.verified(False)
    rows = records.rows()
    root = records.row("record.run")
    assert root["output"] == {"claimed": "pass", "passed": False}
    assert root["attributes"] == {"task": "t", "attempt": 2}
    assert (root["agent"], root["kind"], root["parent_id"]) == ("System", "agent", None)
    assert {row["trace_id"] for row in rows} == {root["span_id"]}
    assert {row["parent_id"] for row in rows} == {None, root["span_id"]}
    assert {row["source"] for row in rows} == {"record"}
    assert {row["status"] for row in rows} == {"ok"}
    tester = records.row("record.agent")
    assert (tester["agent"], tester["kind"]) == ("Tester", "agent")
    assert tester["output"] == {"retries": 1, "passed": True}
    grep, bash = (row for row in rows if row["op"] == "record.tool")
    assert (grep["tool"], grep["inputs"], grep["output"]) == (
        "grep",
        {"pattern": "x"},
        {"lines": 3},
    )
    assert (bash["tool"], bash["kind"], bash["ended_at"]) == ("bash", "tool", None)
    assert bash["output"] == {"calls": 12, "failures": 1, "total_s": 3.5}
    told, added = (row for row in rows if row["op"] == "record.llm")
    if told["model"] == "m":
        told, added = added, told
    assert (told["model"], told["provider"], told["kind"]) == ("m-2", "p", "llm")
    assert (told["input_tokens"], told["output_tokens"], told["cost_usd"]) == (10, 2, 0.5)
    assert (added["ended_at"] - added["started_at"]).total_seconds() == pytest.approx(2)
    pipeline = next(row for row in rows if row["output"] and "pipeline_id" in row["output"])
    assert (pipeline["ended_at"] - pipeline["started_at"]).total_seconds() == pytest.approx(31.5)
    assert pipeline["op"] == "record.pipeline"
    assert {row["op"] for row in rows} >= {f"record.{role}" for role in names.ROLES}


def test_a_name_that_no_fact_has_is_refused_with_the_nearest(records):
    with pytest.raises(UnknownNameError, match=r"'atempt'. Did you mean 'attempt'"):
        record.run("t", folder=records.folder, atempt=1)
    with record.run("t", folder=records.folder) as run:
        with pytest.raises(UnknownNameError, match=r"'pased'. Did you mean 'passed'"):
            run.set(pased=True)
        with pytest.raises(UnknownNameError, match=r"'pipelin'. Did you mean 'pipeline'"):
            run.step("pipelin")
        with pytest.raises(UnknownNameError, match=r"outcome 'passed'. Did you mean 'pass'"):
            run.outcome("passed")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError):
        record.step("verify", pased=True)
    assert records.row("record.run")["output"] is None


def test_what_is_recorded_are_columns_and_facts_of_the_schema():
    assert set(names.USAGE) <= set(CALLS.columns)
    assert set(names.CONDITIONS) <= names.FACTS


def test_a_value_that_changes_later_is_recorded_as_it_was(records):
    seen: list[object] = [1]
    with (
        record.run("t", folder=records.folder) as run,
        run.tool("look", inputs={"seen": seen}) as call,
    ):
        call.output({"found": seen})
        seen.append(2)
    row = records.row("record.tool")
    assert (row["inputs"], row["output"]) == ({"seen": [1]}, {"found": [1]})


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class Colour(Enum):
    RED = "red"


@dataclass
class Point:
    x: int
    other: Any


def test_whatever_a_payload_holds_is_recorded_somehow(records):
    cycle: dict[str, Any] = {}
    cycle["self"] = cycle
    value = {
        "nan": float("nan"),
        "cycle": cycle,
        "hostile": Hostile(),
        "point": Point(1, Colour.RED),
        "path": Path("a/b"),
        "bytes": b"abc",
        "half": "\ud800",
        1: (True, None, {2}),
        "huge": 10**5000,
        "long": "x" * (MOST_CHARACTERS + 5),
        "late": "kept short",
    }
    with record.run("t", folder=records.folder) as run:
        run.output(value)
    told = records.row("record.run")["output"]
    assert told["nan"] is None
    assert told["hostile"] == "<Hostile>"
    assert told["point"] == {"x": 1, "other": "red"}
    assert (told["path"], told["bytes"], told["1"]) == ("a/b", "<3 bytes>", [True, None, [2]])
    assert told["huge"] == "[left out: too large]"
    assert told["long"].startswith("xxx")
    assert "[left out: " in told["long"][-40:]
    assert len(records.text()) < 2 * MOST_CHARACTERS


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=20,
    )
)
def test_a_plain_value_is_kept_as_it_is(value):
    assert frozen(value)[0] == value


SECRETS = {
    "api_key": "sk-proj-" + "a1B2" * 8,
    "header": "Authorization: Bearer " + "abc123" * 6,
    "url": "https://user:hunter2pass@example.org/",
    "password": "correct horse battery",
}


def test_no_secret_reaches_the_file(records):
    token = SECRETS["api_key"]

    def leak() -> None:
        with record.tool("curl", inputs={"env": f"OPENAI_API_KEY={token}"}) as call:
            call.output(json.dumps(SECRETS))
            call.set(title=token, method=SECRETS["header"])
        raise ValueError(token)

    run = record.run("t", folder=records.folder, attributes=SECRETS, inputs=SECRETS)
    with pytest.raises(ValueError, match="sk-proj"), run:
        leak()
    text = records.text()
    for secret in ("a1B2a1B2", "abc123abc123", "hunter2pass", "correct horse"):
        assert secret not in text
    assert text.count("[redacted:") >= 8


def test_a_decorated_function_is_a_step_each_time_it_is_called(records):
    class Agents:
        @record.agent("Tester")
        def test(self, seed: int, *more: int, only: str = "all") -> dict[str, object]:
            return {"passed": seed > 1, "sum": add(seed, 2)}

    @record.tool
    def add(a: int, b: int) -> int:
        return a + b

    with record.run("t", folder=records.folder):
        assert Agents().test(1, 7, 8) == {"passed": False, "sum": 3}
        assert Agents().test(2, only="one") == {"passed": True, "sum": 4}
    rows = records.rows()
    first, second = (row for row in rows if row["op"] == "record.agent")
    assert first["inputs"] == {"only": "all", "seed": 1, "more": [7, 8]}
    assert second["inputs"] == {"only": "one", "seed": 2}
    assert [row["output"]["passed"] for row in (first, second)] == [False, True]
    tools = [row for row in rows if row["op"] == "record.tool"]
    assert [(row["tool"], row["output"]) for row in tools] == [("add", 3), ("add", 4)]
    assert [row["parent_id"] for row in tools] == [first["span_id"], second["span_id"]]


def test_what_is_shown_of_a_call_can_be_chosen_and_may_fail(records, capsys):
    @record.step(op="a.b", shown_inputs=lambda given: {"n": given["n"]}, shown_output=len)
    def one(n: int, secret: str) -> str:
        return secret

    @record.step(op="c.d", shown_output=lambda value: value.nothing)
    def two() -> int:
        return 2

    with record.run("t", folder=records.folder):
        assert (one(1, "abc"), two()) == ("abc", 2)
    assert (records.row("a.b")["inputs"], records.row("a.b")["output"]) == ({"n": 1}, 3)
    assert records.row("c.d")["output"] is None
    assert "AttributeError in what was to show a step" in capsys.readouterr().err


def test_an_exception_is_recorded_and_goes_on_untouched(records):
    fault = KeyError("missing")

    @record.tool
    def broken() -> None:
        raise fault

    with pytest.raises(KeyError) as raised, record.run("t", folder=records.folder):
        broken()
    assert raised.value is fault
    for row in records.rows():
        assert (row["status"], row["error_type"]) == ("error", "KeyError")
        assert row["error_message"] == "'missing'"
        assert row["ended_at"] >= row["started_at"]


def test_a_run_that_recovers_is_no_error(records):
    run = record.run("t", folder=records.folder)
    with run, pytest.raises(OSError, match="gone"), record.tool("read"):
        raise OSError("gone")
    assert records.row("record.run")["status"] == "ok"
    assert records.row("record.tool")["status"] == "error"


def test_a_generator_is_refused():
    with pytest.raises(InputError, match="numbers: it is a generator"):

        @record.tool
        def numbers():
            yield 1


def test_outside_a_run_nothing_is_recorded_and_nothing_breaks(records):
    @record.agent("Tester")
    def work() -> int:
        with record.tool("grep") as call:
            call.set(passed=True)
            call.output(1)
            with call.agent("inner"):
                record.pipeline("7", passed=True)
        return 1

    assert work() == 1
    assert record.current() is None
    with record.run("t", folder=None) as run:
        run.outcome("pass")
        assert work() == 1
    assert not records.folder.exists()


def recorded(folder: Path) -> Any:
    from tests.record.conftest import Records

    return Records(folder)


@settings(max_examples=10)
@given(
    tree=st.recursive(
        st.just([]), lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=12
    )
)
def test_steps_stand_as_their_blocks_do(tmp_path_factory, tree):
    records = recorded(tmp_path_factory.mktemp("tree"))
    expected: list[tuple[int, int | None]] = []

    def walk(branches: Any, above: int | None) -> None:
        for branch in branches:
            number = len(expected)
            expected.append((number, above))
            with record.step("lookup", line=number):
                walk(branch, number)

    with record.run("t", folder=records.folder):
        walk(tree, None)
    rows = records.rows()
    root = records.row("record.run")
    numbers = {
        row["span_id"]: row["output"]["line"] for row in rows if row is not root and row["output"]
    }
    found = sorted((numbers[row["span_id"]], numbers.get(row["parent_id"])) for row in rows[1:])
    assert found == sorted(expected)
    by_id = {row["span_id"]: row for row in rows}
    for row in rows[1:]:
        above = by_id[row["parent_id"]]
        assert above["started_at"] <= row["started_at"] <= row["ended_at"] <= above["ended_at"]


def in_a_loop(told: Coroutine[Any, Any, None]) -> None:
    """Run to its end what waits, in a thread where nobody else's loop runs."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(copy_context().run, asyncio.run, told).result()


def test_threads_and_tasks_give_well_formed_trees(records):
    @record.tool
    async def fetch(number: int) -> int:
        await asyncio.sleep(0)
        return number

    async def agent(run: record.Run, number: int) -> None:
        async with run.agent(f"async-{number}"):
            await asyncio.gather(*(fetch(10 * number + each) for each in range(3)))

    async def everything(run: record.Run) -> None:
        await asyncio.gather(*(agent(run, number) for number in range(5)))

    def work(run: record.Run, number: int) -> None:
        with run.agent(f"thread-{number}"):
            for each in range(3):
                with record.tool("count", inputs={"number": 10 * number + each}):
                    pass

    with record.run("t", folder=records.folder) as run:
        in_a_loop(everything(run))
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(work, [run] * 5, range(5)))
    rows = records.rows()
    root = records.row("record.run")
    agents = {row["span_id"]: row for row in rows if row["op"] == "record.agent"}
    assert len(agents) == 10
    assert all(row["parent_id"] == root["span_id"] for row in agents.values())
    tools = [row for row in rows if row["op"] == "record.tool"]
    assert len(tools) == 30
    for row in tools:
        name = agents[row["parent_id"]]["agent"]
        assert name.partition("-")[2] == str(row["inputs"]["number"] // 10)


def test_two_runs_at_once_keep_their_steps_apart(records):
    async def one(task: str) -> None:
        async with record.run(task, folder=records.folder):
            await asyncio.sleep(0)
            async with record.tool("look", inputs={"task": task}):
                await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(one("a"), one("b"))

    in_a_loop(both())
    for row in records.rows():
        if row["op"] == "record.tool":
            assert row["attributes"]["task"] == row["inputs"]["task"]
