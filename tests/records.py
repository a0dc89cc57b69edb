"""Random records in our own words, and what calls of models used."""

from typing import Any

from hypothesis import strategies as st

MAYBE = st.sampled_from([True, True, False, None])
FEW = st.sampled_from([None, 0, 1, 2, 5])

_MODELS = st.sampled_from(
    ["gpt-4o", "claude-sonnet-4-5", "anthropic/claude-opus-4-6", "deepseek-chat", "nobody-knows-1"]
)
"""With tiers, with prices by the hour, and one without a price."""

_HEADS = {
    "files_modified": "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x",
    "files_created": "diff --git a/y b/y\nnew file mode 100644\n--- /dev/null\n+++ b/y",
    "files_deleted": "diff --git a/z b/z\ndeleted file mode 100644\n--- a/z\n+++ /dev/null",
}


def _without_nothing(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if value is not None}


@st.composite
def diffs(draw: st.DrawFn) -> str:
    """Draw a unified diff in which lines look like headers, mailed or not."""
    texts = st.sampled_from(["a", "", "-- old", "++ new", "@@ -1 +1 @@", "diff --git a/q b/q"])
    parts = ["Subject: [PATCH] x\n- a list\n+ of points\n---\n x | 2 +-\n"] if draw(MAYBE) else []
    for kind in draw(st.lists(st.sampled_from(list(_HEADS)), min_size=1, max_size=3)):
        parts.append(_HEADS[kind])
        for _ in range(draw(st.integers(0, 2))):
            signs = {"files_created": "+", "files_deleted": "-"}.get(kind, " +-")
            lines = [
                draw(st.sampled_from(signs)) + draw(texts) for _ in range(draw(st.integers(1, 5)))
            ]
            old, new = (sum(line[0] != sign for line in lines) for sign in "+-")
            parts += [f"@@ -1,{old} +1,{new} @@", *lines]
    if draw(st.booleans()):
        parts += ["-- ", "2.39.0", ""]
    return "\n".join(parts)


@st.composite
def _uses(draw: st.DrawFn) -> tuple[str, dict[str, Any] | None, float | None]:
    """Draw what a call used: model, the counts of one provider's style or another's, reported cost."""
    sent = draw(st.sampled_from([0, 7, 99, 1000, 200_000, 200_001]))
    received, cached, written = (draw(st.sampled_from([None, 0, 5, 60, 300])) for _ in range(3))
    style = draw(st.sampled_from(["openai", "responses", "anthropic", "nothing"]))
    usd = draw(st.sampled_from([None, None, 0.25, 0.5]))
    match style:
        case "openai":
            used = {
                "prompt_tokens": sent,
                "completion_tokens": received,
                "prompt_tokens_details": _without_nothing({"cached_tokens": cached}),
                "completion_tokens_details": _without_nothing({"reasoning_tokens": draw(FEW)}),
            }
        case "responses":
            used = {
                "input_tokens": sent,
                "output_tokens": received,
                "input_tokens_details": {"cached_tokens": cached or 0},
                "output_tokens_details": {"reasoning_tokens": draw(FEW) or 0},
            }
        case "anthropic":
            used = {
                "input_tokens": sent,
                "output_tokens": received,
                "cache_read_input_tokens": cached,
                "cache_creation_input_tokens": written,
                "cache_creation": {"ephemeral_1h_input_tokens": draw(FEW) or 0},
            }
        case _:
            return draw(_MODELS), None, usd
    return draw(_MODELS), _without_nothing(used), usd


USES = _uses()


def output(op: str) -> st.SearchStrategy[Any]:
    """Return what a record of ours may say of itself."""
    return st.fixed_dictionaries(
        {}, optional={name: values for name, values in _SAYS[op].items()}
    ).map(_without_nothing)


_CODE = {
    name: FEW
    for name in ("files_created", "files_modified", "files_deleted", "lines_added", "lines_removed")
}
_SHARE = st.sampled_from([0.0, 0.5, 0.875, 1.0])
_SECONDS = st.sampled_from([0, 1.5, 30, 200])
_BUG = st.sampled_from(["b1", "b2"])
_SAYS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "record.batch": {"batch": st.just("series"), "runs_total": FEW, "runs_passed": FEW},
    "record.run": {
        "claimed": st.sampled_from(["pass", "fail"]),
        "passed": MAYBE,
        "batch": st.sampled_from(["series", "alone"]),
        "first_time_right": MAYBE,
        "error_kind": st.sampled_from(["infra", "agent"]),
        "complexity": _SHARE,
        "coverage": _SHARE,
        "diff": diffs(),
        "commits": FEW,
        **_CODE,
        **{
            name: FEW
            for name in (
                "iterations", "bugs_found", "bugs_fixed", "patches", "turns", "retries", "tool_calls",
                "tests_total", "tests_passed", "pipeline_attempts", "pipelines_passed",
                "pipelines_failed", "debugging_cycles", "debugging_resolved", "errors",
            )
        },
    },
    "record.agent": {
        "attempts": FEW, "calls": FEW, "successes": FEW, "failures": FEW, "retries": FEW,
        "total_s": _SECONDS, "passed": MAYBE,
    },
    "record.tool": {
        "calls": FEW, "successes": FEW, "failures": FEW, "total_s": _SECONDS, "passed": MAYBE,
    },
    "record.llm": {"passed": MAYBE},
    "record.test": {
        "passed": MAYBE, "tests_total": FEW, "tests_passed": FEW, "bug_id": _BUG,
        "bug_ids": st.lists(_BUG, max_size=2),
    },
    "record.diagnose": {"bug_id": _BUG, "bug_type": st.sampled_from(["UI_BUG", "API"])},
    "record.patch": {"bug_id": _BUG, "diff": diffs(), **_CODE},
    "record.verify": {"bug_id": _BUG, "passed": MAYBE},
    "record.accept": {"passed": MAYBE, "tests_total": FEW, "tests_passed": FEW},
    "record.pipeline": {"passed": MAYBE, "retry": FEW, "queue_s": _SECONDS, "execution_s": _SECONDS},
    "record.debug": {"passed": MAYBE, "attempts": FEW, "error_type": st.sampled_from(["KeyError"])},
    "record.code": {"coverage": _SHARE, "commits": FEW, "diff": diffs(), **_CODE},
    "record.lookup": {"knowledge_hit": MAYBE},
    "record.deploy": {"deployment_time_s": _SECONDS},
    "record.score": {"passed": MAYBE},
}  # fmt: skip
