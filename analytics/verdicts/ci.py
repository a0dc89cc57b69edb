"""Results of CI: workflow runs, checks and jobs of GitHub Actions, pipelines of GitLab."""

from typing import Any

from analytics.sources.rows import UnusableError
from analytics.sources.values import mapping, text
from analytics.verdicts import Saying
from analytics.verdicts.account import Account, Record, evidence, outcome, when
from analytics.verdicts.matching import commit, in_branch, in_text

_CARRIERS = ("workflow_run", "workflow_job", "check_run", "check_suite", "object_attributes")
_SHAS = ("head_sha", "headSha", "sha")
_BRANCHES = ("head_branch", "headBranch", "ref")
_NOT_RUN = ("skipped", "neutral", "stale")
"""Results of checks that did not run: they say nothing of the others."""


def result(record: Record) -> dict[str, Any]:
    """Return the CI result that a record is or carries; an empty one where it is none."""
    for told in (*(mapping(record.get(name)) for name in _CARRIERS), dict(record)):
        if any(text(told.get(name)) for name in _SHAS) and (
            "conclusion" in told or "status" in told
        ):
            return told
    return {}


def of_result(line: int, record: Record, out: Account) -> None:
    """Read one CI result."""
    told = result(record)
    # GitHub says "completed" of everything that is over; how it ended stands in the conclusion.
    said = told.get("conclusion") if "conclusion" in told else told.get("status")
    if said in _NOT_RUN:
        return
    name = text(told.get("workflowName")) or text(told.get("workflow_name"))
    name = name or text(told.get("name")) or ""
    clues = (
        *(clue for key in _SHAS for clue in commit(told.get(key))),
        *(clue for key in _BRANCHES for clue in in_branch(text(told.get(key)))),
        *in_text(text(told.get("display_title")) or text(told.get("displayTitle")), None),
    )
    if not clues:
        out.reject(line, "names no commit and no branch", told.get("sha") or "")
        return
    try:
        passed = outcome(said)
    except UnusableError as fault:
        out.reject(line, str(fault), dict(told))
        return
    out.say(
        Saying(
            clues=clues,
            kind="ci",
            passed=passed,
            line=line,
            part=name,
            found_at=when(
                told, "completed_at", "finished_at", "updated_at", "updatedAt", "created_at", "createdAt"
            ),
            evidence=evidence(name and f"{name}:", said or "not over"),
        )
    )  # fmt: skip
