"""Reports of SWE-bench: of a whole evaluation, and of one instance."""

from collections.abc import Mapping
from typing import Any

from analytics.sources.rows import UnusableError
from analytics.sources.values import count, mapping
from analytics.verdicts import Saying
from analytics.verdicts.account import Account, Record, evidence, ids

_OF_RUN = {
    "resolved_ids": True, "unresolved_ids": False, "empty_patch_ids": False, "error_ids": None,
    "resolved": True, "unresolved": False, "no_generation": False, "install_fail": None,
    "reset_failed": None, "test_errored": None, "test_timeout": None,
}  # fmt: skip
"""List of a report -> what being in it means; the first list that names an instance counts."""

_STATED = {"resolved_ids": "resolved_instances", "unresolved_ids": "unresolved_instances"}


def is_of_run(document: object) -> bool:
    """Say whether this is the report of a whole evaluation."""
    told = mapping(document)
    return any(isinstance(told.get(name), list) for name in ("resolved_ids", "unresolved_ids")) or (
        isinstance(told.get("resolved"), list) and "no_generation" in told
    )


def of_run(document: Record, out: Account) -> None:
    """Read the report of a whole evaluation: lists of instances by how they ended."""
    seen: dict[str, bool | None] = {}
    position = 0
    for name, passed in _OF_RUN.items():
        listed = document.get(name)
        if not isinstance(listed, list):
            continue
        stated = count(document.get(_STATED.get(name, "")))
        if stated is not None and stated != len(listed):
            out.note(f"says {stated:,} {_STATED[name]}, and lists {len(listed):,}: the list counts")
        for told in listed:
            position += 1
            try:
                clues = ids(told)
            except UnusableError as fault:
                out.reject(position, f"{name}: {fault}", told)
                continue
            if clues[0].text in seen:
                if seen[clues[0].text] is not passed:
                    out.reject(position, f"{name}: listed as something else, too", told)
                continue
            seen[clues[0].text] = passed
            said = name.removesuffix("_ids").replace("_", " ")
            out.say(
                Saying(
                    clues=clues,
                    kind="tests",
                    passed=passed,
                    line=position,
                    evidence=evidence(said),
                )
            )
    waiting = document.get("incomplete_ids")
    if isinstance(waiting, list) and waiting:
        out.note(
            f"says nothing of {len(waiting):,} incomplete instances: they are left as they are"
        )


def is_of_instances(document: object) -> bool:
    """Say whether this is a mapping from instances to their reports."""
    told = mapping(document)
    return bool(told) and all(
        isinstance(each, dict) and ("resolved" in each or "patch_exists" in each)
        for each in told.values()
    )


def of_instances(document: Record, out: Account) -> None:
    """Read the reports of single instances: instance -> what its tests said."""
    for position, (instance, told) in enumerate(document.items(), 1):
        try:
            clues = ids(instance)
            resolved = told.get("resolved")
            if not isinstance(resolved, bool):
                raise UnusableError("resolved is neither true nor false")
        except UnusableError as fault:
            out.reject(position, str(fault), instance)
            continue
        out.say(
            Saying(
                clues=clues,
                kind="tests",
                passed=resolved,
                line=position,
                evidence=evidence(_tests(told)),
            )
        )


def _tests(told: Mapping[str, Any]) -> str:
    if told.get("patch_exists") is False:
        return "no patch"
    if told.get("patch_successfully_applied") is False:
        return "the patch did not apply"
    parts = []
    for name in ("FAIL_TO_PASS", "PASS_TO_PASS"):
        tests = mapping(mapping(told.get("tests_status")).get(name))
        passed, failed = tests.get("success"), tests.get("failure")
        if isinstance(passed, list) and isinstance(failed, list):
            parts.append(f"{name} {len(passed)} of {len(passed) + len(failed)}")
    return ", ".join(parts)
