"""From one file to what it says: the shape of its content tells what kind of report it is."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analytics.errors import InputError
from analytics.sources.rows import MAX_RECORD_BYTES, UnusableError, parsed
from analytics.sources.values import mapping
from analytics.verdicts import JUNIT, Report, ci, junit, listed, merges, records, swe_bench
from analytics.verdicts.account import Account, outcome

ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".xml")
"""What is taken out of a folder; a file that is named is taken as it is."""

KNOWN = (
    "reports of SWE-bench, lists of ids, tables with an id and an outcome (CSV, JSON), test reports "
    "in JUnit's XML, merge requests, CI results"
)

LISTED = "list of ids"
_FAILED = re.compile(
    r"(?i)(?<![a-z])(un(resolved|solved|fixed)|not[-_ ]?(resolved|fixed|passed)|fail(ed|ing|ures?)?|errors?|"
    r"broken)(?![a-z])"
)
"""In the name of a list: its ids did not pass."""

_WRAPPERS = (
    "workflow_runs", "check_runs", "check_suites", "jobs", "pipelines", "runs", "items", "results",
    "instances", "data", "events", "pull_requests", "merge_requests",
)  # fmt: skip
_DELIMITERS = ",;\t|"


def read(path: Path, *, name: str, origin: str, passed: bool = True) -> Report:
    """Read one report.

    Args:
        path: a plain file.
        name: how messages call it.
        origin: what identifies it: a newer report of the same origin replaces it.
        passed: what being in a plain list of ids means.

    Raises:
        InputError: it is no report that is known here.
    """
    if path.stat().st_size > MAX_RECORD_BYTES:
        raise InputError(
            f"{name} is larger than {MAX_RECORD_BYTES // 1024**2} MB, which no report is. "
            "Nothing was read from it."
        )
    raw = path.read_bytes()
    out = Account(name)
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        junit.of_report(raw, out)
        return out.report(origin, JUNIT)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError(
            f"{name} is no report: not UTF-8 (byte {fault.start + 1}). Nothing was read from it."
        ) from None
    is_json = text.lstrip()[:1] in ("{", "[")
    found = _of_json(text, out, passed=passed) if is_json else _of_text(text, out, passed=passed)
    if not found:
        raise InputError(
            f"{name} is no report that is known here. Nothing was read from it. Known: {KNOWN}."
        )
    if passed and found == LISTED and (told := _FAILED.search(Path(name).stem)):
        raise InputError(
            f"{name} lists ids, and its name says {told[0]!r} while --outcome says pass. Nothing was read "
            "from it: name it alone with --outcome fail, or give it another name."
        )
    return out.report(origin, found)


def _of_json(text: str, out: Account, *, passed: bool) -> str:
    try:
        document = parsed(text)
    except UnusableError as fault:
        if "deeply" in str(fault) or "\n" not in text.strip():
            out.reject(None, str(fault), text[:2000])
            return "JSON"
        return _of_records(list(_lines(text, out)), out)
    if isinstance(document, list):
        if document and all(isinstance(each, str | int) for each in document):
            listed.of_ids(enumerate(document, 1), out, passed=passed)
            return LISTED
        return _of_records(list(enumerate(document, 1)), out)
    return _of_object(document, out)


def _of_object(document: dict[str, Any], out: Account) -> str:
    if swe_bench.is_of_run(document):
        swe_bench.of_run(document, out)
        return "SWE-bench report"
    if merges.request(document) or ci.result(document) or records.is_record(document):
        return _of_records([(1, document)], out)
    if swe_bench.is_of_instances(document):
        swe_bench.of_instances(document, out)
        return "SWE-bench instances"
    for wrapper in _WRAPPERS:
        inner = document.get(wrapper)
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            return _of_records(list(enumerate(inner, 1)), out)
    if any(told is not None for told in document.values()) and all(
        _says(told) for told in document.values()
    ):
        rows = [{"id": name, "outcome": told} for name, told in document.items()]
        return _of_records(list(enumerate(rows, 1)), out)
    return ""


def _says(told: object) -> bool:
    try:
        outcome(told)
    except UnusableError:
        return False
    return told is None or isinstance(told, str | bool)


def _lines(text: str, out: Account) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, parsed(line)
            except UnusableError as fault:
                out.reject(number, str(fault), line[:2000])


def _of_records(found: list[tuple[int, Any]], out: Account) -> str:
    kinds: dict[str, None] = {}
    for line, record in found:
        told = mapping(record)
        if swe_bench.is_of_run(told):
            swe_bench.of_run(told, out)
            kinds["SWE-bench report"] = None
        elif merges.request(told):
            merges.of_request(line, told, out)
            kinds["merges"] = None
        elif ci.result(told) and not _names_run(told):
            ci.of_result(line, told, out)
            kinds["CI results"] = None
        elif records.is_record(told):
            records.of_record(line, told, out)
            kinds["table"] = None
        else:
            out.reject(line, "no id and outcome, no merge, no CI result", record)
    return " and ".join(kinds)


def _names_run(told: dict[str, Any]) -> bool:
    """Say whether a record with a commit names its run itself; a workflow's own numbers name none."""
    return any(
        isinstance(told.get(name), str) for name in ("run_id", "task", "task_id", "instance_id")
    )


def _of_text(text: str, out: Account, *, passed: bool) -> str:
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=head.count)
    columns = dict.fromkeys(column.strip().strip('"') for column in head.split(delimiter))
    if records.is_record(columns) or ci.result(dict.fromkeys(columns, "x")):
        return _of_table(text, delimiter, out)
    found = list(listed.lines(text))
    odd = [line for _, line in found if len(line.split()) > 1]
    if delimiter in head or len(odd) * 2 > len(found):
        return ""
    for number, line in found:
        if len(line.split()) > 1:
            out.reject(number, "not one id", line)
    listed.of_ids((each for each in found if len(each[1].split()) == 1), out, passed=passed)
    return LISTED


def _of_table(text: str, delimiter: str, out: Account) -> str:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, Any]] = []
    names: list[str] = []
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if not names:
                names = [cell.strip() for cell in row]
            elif len(row) != len(names):
                out.reject(
                    rows.line_num, f"{len(row)} cells under {len(names)} headings", ",".join(row)
                )
            else:
                found.append((rows.line_num, dict(zip(names, row, strict=True))))
    except csv.Error as fault:
        out.reject(rows.line_num, f"not a table ({fault})")
    return _of_records(found, out) or "table"
