"""Small calls as Weave exports them, by hand and by chance."""

import json
from typing import Any

from hypothesis import strategies as st

Call = dict[str, Any]


def call(call_id: str = "c1", **changed: Any) -> Call:
    """One finished call; every field that an export has."""
    record: Call = {
        "id": call_id,
        "project_id": "acme/qa",
        "op_name": "weave:///acme/qa/op/Orchestrator.run:0mwLMwQ5yyBrLYMBBfXkuhXUlVkgZD1NncEFIrMOtg0",
        "display_name": None,
        "trace_id": "t1",
        "parent_id": None,
        "thread_id": None,
        "turn_id": None,
        "started_at": "2026-11-20T10:00:00.000001Z",
        "attributes": {},
        "inputs": {},
        "ended_at": "2026-11-20T10:00:01Z",
        "exception": None,
        "output": None,
        "summary": {"weave": {"status": "success"}},
        "wb_user_id": "u",
    }
    return record | changed


def lines(*records: Call) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
_NUMBER = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
_LEAF = st.none() | st.booleans() | _NUMBER | _TEXT
VALUES = st.recursive(
    _LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3)
)
_OBJECTS = st.dictionaries(_TEXT, VALUES, max_size=3)
_TOKENS = st.none() | st.integers(0, 10**9)
_USAGE = st.dictionaries(
    st.sampled_from(["gpt-4.1-mini", "anthropic/claude-x", "usage", "m"]),
    st.fixed_dictionaries(
        {},
        optional={
            name: _TOKENS
            for name in (
                "prompt_tokens",
                "input_tokens",
                "completion_tokens",
                "output_tokens",
                "cache_read_input_tokens",
            )
        },
    ),
    max_size=2,
)
_TIMES = st.datetimes().map(lambda when: when.isoformat() + "Z") | st.sampled_from(
    ["", "soon", "2026-11-20T10:00:00+02:00", "2026-11-20T10:00"]
)


@st.composite
def calls(draw: st.DrawFn) -> list[Call]:
    """Some calls with ids of their own; a few lack what a call needs."""
    count = draw(st.integers(1, 6))
    return [
        call(
            f"c{position}",
            started_at=draw(_TIMES),
            ended_at=draw(st.none() | _TIMES),
            display_name=draw(st.none() | _TEXT),
            trace_id=draw(st.sampled_from(["t1", "t2", ""])),
            inputs=draw(_OBJECTS),
            output=draw(VALUES),
            attributes=draw(_OBJECTS),
            exception=draw(st.none() | _TEXT),
            summary={"usage": draw(_USAGE), "weave": {"status": "success"}},
        )
        for position in range(count)
    ]
