"""patchpilot verify."""

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from analytics.commands.talk import LONGEST_LINE, say
from analytics.verdicts import JUNIT, SUITE_PROPERTIES

if TYPE_CHECKING:
    from analytics.ledger import Compared
    from analytics.sync import VerifyReport

SUMMARY = "take outcomes from test reports, lists of ids, merges or CI"

_SHOWN = 5
_SUITES = (
    "the name of a suite, or its property "
    f"{', '.join([*SUITE_PROPERTIES][:-1])} or {[*SUITE_PROPERTIES][-1]}"
)
"""What says which run or task a test report is about."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "--reports",
        nargs="+",
        required=True,
        metavar="PATH",
        help=f"file, folder or glob; in JUnit's XML {_SUITES} names a run or task",
    )
    parser.add_argument("--by", choices=("run", "task"), help="what ids name; default: look")
    parser.add_argument(
        "--outcome",
        choices=("pass", "fail"),
        default="pass",
        help="what being in a plain list of ids means",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics import sync

    report = sync.verify(
        arguments.store or sync.default_store(),
        arguments.reports,
        by=arguments.by,
        passed=arguments.outcome == "pass",
    )
    _talk(report)
    verified = report.verified
    if not verified.matched:
        say(f"patchpilot: {_nothing(report)}")
        return 1
    _print(report)
    return 0


def _talk(report: "VerifyReport") -> None:
    from analytics.render import counted

    if len(report.files) > _SHOWN:
        for name, files in Counter(file.format for file in report.files).items():
            say(f"{counted(files, 'file')}: {name}")
    else:
        for file in report.files:
            say(f"{file.name}: {file.format} ({file.reason})")
    for note in report.notes[:_SHOWN]:
        say(f"note: {note}")
    if len(report.notes) > _SHOWN:
        say(f"note: {len(report.notes) - _SHOWN:,} more notes of this kind")
    rejects = report.verified.rejects
    for reject in rejects[:_SHOWN]:
        where = reject.file if reject.line is None else f"{reject.file} line {reject.line}"
        say(f"rejected: {where}: {reject.reason}")
    if len(rejects) > _SHOWN:
        say(f"rejected: {len(rejects) - _SHOWN:,} more")


def _print(report: "VerifyReport") -> None:
    from analytics.render import counted
    from analytics.tabulate import one_line

    done = report.verified
    withdrawn = f", {done.withdrawn:,} withdrawn" if done.withdrawn else ""
    print(
        f"{counted(done.verdicts, 'verdict')} read: {done.matched:,} on {counted(done.runs, 'run')}, "
        f"{done.verdicts - done.matched:,} on none; {done.new:,} new, {done.changed:,} changed, "
        f"{done.unchanged:,} unchanged{withdrawn}; {len(done.rejects):,} rejected"
    )
    if done.unmatched:
        shown = ", ".join(done.unmatched[:_SHOWN])
        more = len(done.unmatched) - _SHOWN
        told = f"on none: {shown}" + (f" and {more:,} more" if more > 0 else "")
        print(one_line(told, LONGEST_LINE))
    for line in _flips(report.compared):
        print(one_line(line, LONGEST_LINE))


def _flips(compared: "Compared | None") -> list[str]:
    from analytics.render import counted

    if compared is None or not compared.runs.flips:
        return ["no outcome changed"]
    runs = compared.runs
    pairs = ", ".join(f"{each.runs:,} {each.before} -> {each.after}" for each in runs.flips)
    first = [f"  {each.run_id}: {each.before} -> {each.after}" for each in runs.flipped]
    more = runs.flips_count - len(runs.flipped)
    return [
        f"{counted(runs.flips_count, 'outcome')} changed: {pairs}",
        *first,
        *([f"  and {more:,} more (patchpilot changes)"] if more > 0 else []),
    ]


def _nothing(report: "VerifyReport") -> str:
    """Return why nothing was stored, and what ids look like in the store."""
    from analytics.render import counted

    done = report.verified
    if not done.verdicts:
        return "no verdict could be read from these reports. Nothing was stored."
    run_id, task = done.example
    if run_id is None:
        return "the store holds no run yet. Nothing was stored; import traces first."
    shown = ", ".join(repr(each) for each in done.unmatched[:3])
    known = f"a run is called {run_id!r}" + (
        f", a task {task!r}" if task else "; no run names its task"
    )
    of_junit = any(file.format == JUNIT for file in report.files)
    hint = f" In JUnit's XML {_SUITES} names a run or task." if of_junit else ""
    return (
        f"none of {counted(done.verdicts, 'verdict')} is on a run of this store ({shown}). Nothing was "
        f"stored. Here {known}.{hint}"
    )
