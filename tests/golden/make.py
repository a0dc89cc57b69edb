"""Writes the golden traces: python -m tests.golden.make. The docstring of each state is told in
README.md.
"""

import json
from collections.abc import Callable
from pathlib import Path

from tests.golden import kept, repairs, shapes, spent
from tests.traces import Raw

FOLDER = Path(__file__).parent
State = Callable[[], list[Raw]]

STATES: dict[str, State] = {
    state.__name__: state
    for state in (
        repairs.fixed_at_first_try, repairs.fixed_at_second_attempt, repairs.given_up,
        repairs.claim_refuted, repairs.claim_unchecked, repairs.last_test_fails,
        repairs.error_recovered, repairs.run_raised, repairs.infra_error, repairs.timed_out,
        repairs.running, repairs.running_with_a_fix, repairs.abandoned, repairs.crashed_orphans,
        repairs.lost_step, repairs.retried_task, repairs.two_bugs, repairs.bug_without_id,
        repairs.flaky, repairs.never_failed, repairs.nothing_to_fix, repairs.no_tests,
        repairs.unended_output, repairs.rolled_up_tokens, repairs.unpriced, repairs.priced_fixes,
        repairs.getting_faster, repairs.looked_up_and_deployed, repairs.agent_within_itself,
        shapes.weave_evaluation, shapes.generic, shapes.camel_case, shapes.clock_skew,
        shapes.nested_runs, shapes.run_below_a_root, shapes.lost_run_below_a_root,
        shapes.parent_cycle, shapes.several_roots, shapes.duplicates, spent.cached_tokens,
        spent.reported_and_computed, spent.priced_and_unpriced, spent.skipped_level, spent.price_tier,
        spent.price_changed, spent.price_by_night, spent.impossible_counts,
        spent.cost_stated_above, kept.tools_used,
        kept.pipeline_retried, kept.first_pipeline_untold, kept.debugged, kept.code_changed,
        kept.patch_replaced, kept.batch_stuck, kept.agent_failed_run_passed, kept.stated_otherwise,
        kept.run_alone, kept.runs_inside_a_run,
    )
}  # fmt: skip
"""Every state, by the name of its file."""


def calls(name: str) -> list[Raw]:
    """Return the calls of one state, filed under a project of its own."""
    project = f"golden/{name}"
    return [
        {**raw, "project_id": project, "op_name": raw["op_name"].replace("acme/shop", project)}
        for raw in STATES[name]()
    ]


def text(name: str) -> str:
    """Return the file of one state."""
    return "".join(json.dumps(raw) + "\n" for raw in calls(name))


def readme() -> str:
    """Return README.md."""
    told = [f"- `{name}.jsonl`: {state.__doc__}" for name, state in STATES.items()]
    return "\n".join([
        "# Golden traces",
        "",
        "Synthetic Weave traces, made by hand (`make.py`), one per state that a run can be in. Every",
        "call carries the attribute `synthetic`. What the metrics must say of each stands beside it in",
        "`<state>.json`, worked out by hand as of 2026-03-02 12:00 UTC, two hours after second 0 of",
        "every trace; the oracle and the store must both agree.",
        "",
        "After a change of `make.py`: `python -m tests.golden.make`.",
        "",
        *told,
        "",
    ])  # fmt: skip


def main() -> None:
    """Write every file."""
    for name in STATES:
        (FOLDER / f"{name}.jsonl").write_text(text(name), "utf-8")
    (FOLDER / "README.md").write_text(readme(), "utf-8")


if __name__ == "__main__":
    main()
