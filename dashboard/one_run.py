"""One run in full: how it ended and who says so, its costs, tools, bugs, patches. Markup only."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analytics.metrics.catalog import Unit
from analytics.render import UNKNOWN, count, counted, moment, number, seconds, time_of_bug
from analytics.store.run_tables import RunStory
from analytics.store.tables import Page
from dashboard.run_columns import KNOWN, ending
from dashboard.widgets import (
    NOTHING,
    Markup,
    facts,
    join,
    part,
    quiet,
    status,
    table,
    tag,
)  # fmt: skip

if TYPE_CHECKING:
    from polars import DataFrame

SECTIONS = (
    ("run", "The run"),
    ("time", "Time"),
    ("calls", "Calls"),
    ("cost", "Cost and tools"),
    ("bugs", "Bugs and patches"),
)
"""Anchor and title of every part of an opened run."""

_LONGEST = 300
_PASSED = {True: "passed", False: "failed", None: UNKNOWN}
_SAID = {"pass": "passed", "fail": "failed", "unknown": "outcome unknown", None: None}


def what_it_is(run: Mapping[str, Any]) -> Markup:
    """Return what a run was about and what it came to, in a few facts."""
    names = ("agent", "variant", "model", "provider", "batch", "repo", "project", "attempt", "mode",
             "temperature", "complexity", "started_at", "duration_s", "iterations", "turns", "retries",
             "tokens", "cost_usd", "coverage", "commit_sha", "error_type", "error_kind",
             "source")  # fmt: skip
    known = {
        KNOWN[name].title + (", UTC" if name == "started_at" else ""): KNOWN[name].said(run[name])
        for name in names
    }
    code = _changes(run)
    return facts(
        {"Outcome": status(ending(run)), **known, "Code": code, "Run": tag("code", run["run_id"])}
    )


def _changes(run: Mapping[str, Any]) -> str | None:
    names = {"commits": ("commit", ""), "files_created": ("file", "created"),
             "files_modified": ("file", "changed"), "files_deleted": ("file", "deleted")}  # fmt: skip
    told = [
        f"{counted(run[name], noun)} {done}".strip()
        for name, (noun, done) in names.items()
        if run[name]
    ]
    if run["lines_added"] is not None or run["lines_removed"] is not None:
        told.append(f"+{count(run['lines_added'])} -{count(run['lines_removed'])} lines")
    return ", ".join(told) or None


def outcome(story: RunStory) -> Markup:
    """Return who says what of the outcome, and which steps said so."""
    run = story.run
    reported = story.reported
    by = f"{reported['kind']}, {reported['origin']}" if reported else None
    said = {
        "Claimed by the agent": _told(run["outcome_claimed"]),
        "Checked in the trace": _told(run["outcome_checked"]),
        "Reported afterwards": _told(run["outcome_reported"]),
        "Report": by,
        "Reported on": moment(reported["found_at"]) if reported else None,
        "Evidence": reported["evidence"][:_LONGEST] if reported and reported["evidence"] else None,
    }
    turned_out = part("Outcome", facts(said), note=_why(run))
    return join([turned_out, _conflicts(story.conflicts), _checks(story)])


def _told(said: str | None) -> Markup | str:
    return UNKNOWN if said is None else status(_SAID[said] or said)


def _why(run: Mapping[str, Any]) -> str:
    """Return which of those is the outcome."""
    if run["state"] == "running":
        return "It is still under way: nothing counts before it is over."
    if run["outcome_reported"]:
        return "The report decides: it came after the trace, and saw more."
    if run["state"] == "abandoned":
        return "It fell silent without an end, so it counts as not passed."
    if run["outcome_checked"]:
        return "Its checks decide: what an agent claims counts only where nothing checked it."
    if run["outcome_claimed"]:
        return (
            "Nothing checked it: the outcome is what the agent claims, or how its own call ended."
        )
    return "Nothing says how it turned out."


def _conflicts(conflicts: "DataFrame") -> Markup:
    if conflicts.is_empty():
        return NOTHING
    columns = [("name", "What"), ("what", "One says"), ("what", "Another says")]
    rows = [
        (tag("span", "≠ ", row["kind"]), row["one_says"], row["other_says"])
        for row in conflicts.iter_rows(named=True)
    ]
    return part("Said in two ways", table(columns, rows, name="Conflicts"))


def _checks(story: RunStory) -> Markup:
    if story.evidence.is_empty():
        return quiet("No step of it was a test, a verification or an acceptance.")
    names = {"accept": "acceptance", "test": "test", "verify": "verification"}
    columns = [("name", "What"), ("status", "Said"), ("figure", "Tests passed"), ("what", "Bug"),
               ("word", "Step"), ("when", "At, UTC")]  # fmt: skip
    rows, decides = [], _decides(story)
    for position, row in enumerate(story.evidence.iter_rows(named=True)):
        claimed = row["rank"] == "record" and row["passed"] is None
        what = (
            "its own claim"
            if claimed
            else "its own record"
            if row["rank"] == "record"
            else names[row["role"]]
        )
        mark = tag("b", " decides") if position == decides else ""
        said = row["claimed"] if claimed else _PASSED[row["passed"]]
        rows.append(
            (
                tag("span", what, mark),
                UNKNOWN if said == UNKNOWN else status(_SAID.get(said, said) or said),
                of(row["tests_passed"], row["tests_total"]),
                row["bug_id"],
                tag("code", row["op"], title=row["span_id"]),
                moment(row["started_at"]),
            )
        )
    left_out = sum(
        dict(story.evidence.select("rank", "alike_count").unique().rows()).values()
    ) - len(rows)
    more = quiet(f"and {counted(left_out, 'earlier step')}") if left_out else NOTHING
    return part("Tests and checks", table(columns, rows, name="Checks"), more,
                note="what counts most first, then the newest")  # fmt: skip


def _decides(story: RunStory) -> int | None:
    """Return the position of the step whose word is the outcome, if it is one step's."""
    run = story.run
    if run["outcome_reported"] or run["state"] != "finished":
        return None
    wanted = run["outcome_checked"]
    for position, row in enumerate(story.evidence.iter_rows(named=True)):
        if wanted is None and row["rank"] == "record" and row["claimed"] == run["outcome_claimed"]:
            return position
        if row["passed"] is not None:
            # The last check may pass while a bug is open: then no one step says failed.
            return position if _PASSED[row["passed"]] == _SAID[wanted] else None
    return None


def agents(rows: "DataFrame", run: Mapping[str, Any]) -> Markup:
    """Return what every agent took part in, and for how long."""
    if rows.is_empty():
        return quiet("No step names an agent.")
    whole = run["duration_s"]
    columns = [("name", "Agent"), ("figure", "Time"), ("figure", "Share of the run"), ("figure", "Calls"),
               ("figure", "Raised or failed"), ("figure", "Retries")]  # fmt: skip
    told = [
        (
            tag("span", row["agent"], class_="pp-word-text"),
            seconds(row["duration_s"]),
            number(
                row["duration_s"] / whole if whole and row["duration_s"] is not None else None,
                Unit.SHARE,
            ),
            count(row["calls_count"]),
            count(row["errors_count"]),
            count(row["retries"]),
        )
        for row in rows.iter_rows(named=True)
    ]
    return table(columns, told, name="Agents")


def usage(story: RunStory) -> Markup:
    """Return tokens and cost by agent and model, reported beside computed."""
    run = story.run
    columns = [("name", "Agent"), ("name", "Model"), ("figure", "Calls"), ("figure", "Input, tokens"),
               ("figure", "of it cached"), ("figure", "Output, tokens"), ("figure", "of it reasoning"),
               ("figure", "Reported, $"), ("figure", "Computed, $"), ("figure", "Taken, $")]  # fmt: skip
    rows = [
        (row["agent"], row["model"], count(row["calls_count"]), *_spent(row))
        for row in story.usage.iter_rows(named=True)
    ]
    if len(rows) > 1:
        rows.append(
            (tag("b", "Together"), "", count(int(story.usage["calls_count"].sum())), *_spent(run))
        )
    basis = {"reported": "The cost is what the source reported.",
             "computed": "The cost is computed from tokens and list prices.",
             "mixed": "The cost is the reported one where there is one, else computed from list prices.",
             None: "Nothing gives it a cost."}[run["cost_basis"]]  # fmt: skip
    if run["unpriced_tokens"]:
        unpriced = f"{run['unpriced_tokens']:,} tokens"
        basis += f" {unpriced} have neither a cost nor a known price: what is taken is too low."
    return join([table(columns, rows, name="Tokens and cost"), quiet(basis)])


def _spent(row: Mapping[str, Any]) -> tuple[str, ...]:
    costs = (row["cost_reported_usd"], row["cost_computed_usd"], row["cost_usd"])
    tokens = (
        row["input_tokens"],
        row["cache_read_tokens"],
        row["output_tokens"],
        row["reasoning_tokens"],
    )
    return (*map(count, tokens), *(KNOWN["cost_usd"].bare(cost) for cost in costs))


def tools(rows: "DataFrame") -> Markup:
    """Return the tools that were used."""
    columns = [
        ("name", "Tool"), ("name", "Agent"), ("figure", "Calls"), ("figure", "Failed"),
        ("figure", "Failure rate"), ("figure", "Mean time"), ("figure", "95th percentile"),
    ]  # fmt: skip
    told = []
    for row in rows.iter_rows(named=True):
        calls, failures = row["calls_count"], row["failures_count"]
        rate = failures / calls if calls and failures is not None else None
        told.append((tag("code", row["tool"]), row["agent"], count(calls), count(failures),
                     number(rate, Unit.SHARE), seconds(row["mean_s"]), seconds(row["p95_s"])))  # fmt: skip
    return table(columns, told, name="Tools")


def pipelines(rows: "DataFrame") -> Markup:
    """Return the CI pipelines, oldest first."""
    columns = [("name", "Pipeline"), ("status", "Ended"), ("figure", "Try"), ("figure", "Waited"),
               ("figure", "Ran"), ("word", "Commit"), ("what", "What failed"),
               ("when", "Began, UTC")]  # fmt: skip
    told = []
    for row in rows.iter_rows(named=True):
        ran = row["execution_s"] if row["execution_s"] is not None else row["duration_s"]
        failed = _joined(row["failed_jobs"], row["error_type"], row["error_message"])
        attempt = None if row["retry"] is None else row["retry"] + 1
        commit = row["commit_sha"] and tag("code", row["commit_sha"][:12])
        told.append((row["pipeline_id"], _verdict(row["passed"]), attempt, seconds(row["queue_s"]),
                     seconds(ran), commit, failed, moment(row["started_at"])))  # fmt: skip
    return table(columns, told, name="Pipelines")


def cycles(rows: "DataFrame") -> Markup:
    """Return the debugging cycles, oldest first."""
    columns = [("status", "Resolved"), ("what", "Error"), ("name", "Agent"), ("figure", "Attempts"),
               ("figure", "Took"), ("what", "How"), ("when", "Began, UTC")]  # fmt: skip
    words = {True: status("fixed"), False: status("given up"), None: None}
    told = [
        (words[row["resolved"]], _joined(row["error_type"], row["error_message"]), row["agent"],
         row["attempts"], seconds(row["duration_s"]), row["method"], moment(row["started_at"]))
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    return table(columns, told, name="Debugging cycles")


def bugs(found: Page) -> Markup:
    """Return the bugs of a run, how each ended and after how many attempts."""
    columns = [("status", "Status"), ("bug", "Bug"), ("word", "Type"), ("file", "File"),
               ("figure", "Fix time"), ("figure", "Attempts")]  # fmt: skip
    rows = []
    for row in found.rows.iter_rows(named=True):
        title = row["title"] or row["bug_id"] or "Untitled bug"
        where = row["file"] and row["file"] + (f":{row['line']}" if row["line"] is not None else "")
        rows.append((
            status(row["outcome"]),
            tag("span", title[:_LONGEST], class_="pp-title"),
            tag("span", row["bug_type"], class_="pp-tag"),
            tag("code", where[:_LONGEST]) if where else None,
            time_of_bug(row["outcome"], row["fix_time_s"], row["observed_s"]),
            row["attempts"],
        ))  # fmt: skip
    left_out = found.total - len(rows)
    more = quiet(f"and {counted(left_out, 'more bug')}") if left_out else NOTHING
    return join([table(columns, rows, name="Bugs of the run"), more])


def patch_titles(patches: "DataFrame") -> dict[str, str]:
    """Return what can be chosen: a title for each patch, each another -> the call that carries it."""
    rows = list(patches.iter_rows(named=True))
    total = rows[0]["patches_count"] if rows else 0
    titles = {}
    for position, row in enumerate(rows):
        about = row["file"] or row["bug_id"] or row["op"]
        size = (
            ""
            if row["lines_added"] is None
            else f" +{row['lines_added']} -{row['lines_removed'] or 0}"
        )
        titles[f"{total - position:,} of {total:,}: {about[:60]}{size}"] = row["span_id"]
    return titles


def cost_and_tools(story: RunStory) -> Markup:
    """Return what it spent and on what, and in one line what is not recorded."""
    parts = {
        "tokens and cost": (story.usage, "Tokens and cost by agent and model", usage(story)),
        "tools": (story.tools, "Tools", tools(story.tools)),
        "pipelines": (story.pipelines, "Pipelines", pipelines(story.pipelines)),
        "debugging cycles": (story.cycles, "Debugging cycles", cycles(story.cycles)),
    }
    shown = [part(title, drawn) for rows, title, drawn in parts.values() if len(rows)]
    absent = [name for name, (rows, _, _) in parts.items() if not len(rows)]
    return join([*shown, quiet(f"Nothing recorded: {', '.join(absent)}.") if absent else NOTHING])


def bugs_and_patches(found: Page) -> Markup:
    """Return the bugs, or in one line that there are none."""
    return bugs(found) if found.total else quiet("It met no bug that anybody named.")


def no_diff(story: RunStory) -> Markup:
    """Return what stands where no diff can be shown."""
    if story.patches.is_empty():
        return quiet("It made no patch.")
    return quiet("The output of this patch holds no unified diff.")


def of(share: int | None, whole: int | None) -> str:
    """Return how many of how many."""
    if share is None:
        return UNKNOWN if whole is None else f"{UNKNOWN} of {whole:,}"
    return f"{share:,}" if whole is None else f"{share:,} of {whole:,}"


def _verdict(passed: bool | None) -> Markup | None:
    return None if passed is None else status(_PASSED[passed])


def _joined(*told: str | None) -> str:
    return ": ".join(each[:_LONGEST] for each in told if each) or UNKNOWN
