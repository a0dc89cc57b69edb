"""Merges: pull and merge requests of GitHub and GitLab, as their interfaces and hooks tell them."""

from typing import Any

from analytics.sources.values import mapping, text
from analytics.verdicts import Saying
from analytics.verdicts.account import Account, Record, evidence, when
from analytics.verdicts.matching import commit, in_branch, in_text

_MERGED = ("merged", "merged_at", "mergedAt")
_STATES = ("open", "opened", "closed", "locked", "merged")
_BRANCHES = ("headRefName", "source_branch", "head_branch", "branch")


def request(record: Record) -> dict[str, Any]:
    """Return the pull or merge request that a record is or carries; an empty one where it is none."""
    for told in (
        mapping(record.get("pull_request")),
        mapping(record.get("merge_request")),
        mapping(record.get("object_attributes")),
        dict(record),
    ):
        has_text = any(text(told.get(name)) for name in ("title", *_BRANCHES)) or "head" in told
        if has_text and _tells(told):
            return told
    return {}


def _tells(told: Record) -> bool:
    if any(name in told for name in _MERGED):
        return True
    return str(told.get("state") or "").lower() in _STATES and any(n in told for n in _BRANCHES)


def of_request(line: int, record: Record, out: Account) -> None:
    """Read one merge event: merged has passed, closed without a merge has failed, open says nothing yet."""
    told = request(record)
    head = mapping(told.get("head"))
    branch = next(
        (found for name in _BRANCHES if (found := text(told.get(name)))), text(head.get("ref"))
    )
    shas = (
        head.get("sha"), told.get("headRefOid"), told.get("sha"), told.get("merge_commit_sha"),
        told.get("squash_commit_sha"), mapping(told.get("last_commit")).get("id"),
        mapping(told.get("mergeCommit")).get("oid"), told.get("commit_sha"),
    )  # fmt: skip
    number = told.get("number", told.get("iid"))
    passed = _passed(told)
    word = {True: "merged", False: "closed without a merge", None: "not merged yet"}[passed]
    clues = (
        *(clue for sha in shas for clue in commit(sha)),
        *in_branch(branch),
        *in_text(text(told.get("title")), text(told.get("body")) or text(told.get("description"))),
    )
    if not clues:
        out.reject(line, "names no run, task, commit or branch", told.get("title") or "")
        return
    out.say(
        Saying(
            clues=clues,
            kind="merge",
            passed=passed,
            line=line,
            found_at=when(
                told, "merged_at", "mergedAt", "closed_at", "closedAt", "updated_at", "updatedAt"
            ),
            evidence=evidence(word, number and f"#{number}:", text(told.get("title"))),
        )
    )


def _passed(told: Record) -> bool | None:
    state = str(told.get("state") or "").lower()
    if told.get("merged") is True or told.get("merged_at") or told.get("mergedAt"):
        return True
    if state == "merged":
        return True
    return False if state in ("closed", "locked") else None
