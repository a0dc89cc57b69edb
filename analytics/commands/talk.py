"""What commands say of an import, and how: names and reasons may come from traces."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from analytics.errors import UNFINISHED, AnalyticsError
from analytics.store import interrupts

if TYPE_CHECKING:
    from analytics.sync import FileReport, SyncReport

LONGEST_LINE = 600

_REJECTS_SHOWN = 5
_FILES_SHOWN = 20


def tell(report: "SyncReport | AnalyticsError") -> None:
    """Say what one of many imports did, or why it failed."""
    if isinstance(report, AnalyticsError):
        say(f"patchpilot: {report}")
    else:
        print_report(report)


def print_report(report: "SyncReport") -> None:
    """Print what an import did; which file was what, notes and rejects are talk."""
    from analytics.render import counted

    written = report.written
    for line in _taken_for(report.files):
        say(line)
    for note in report.notes:
        say(f"note: {note}")
    for sentence in written.unmatched:
        say(f"note: {sentence}")
    for reject in report.rejects[:_REJECTS_SHOWN]:
        where = reject.file if reject.line is None else f"{reject.file} line {reject.line}"
        say(f"rejected: {where}: {reject.reason}")
    if len(report.rejects) > _REJECTS_SHOWN:
        say(f"rejected: {len(report.rejects) - _REJECTS_SHOWN} more, see table rejects")
    deleted = f", {written.deleted:,} deleted" if written.deleted else ""
    print(
        f"{written.new:,} new, {written.changed:,} changed, {written.unchanged:,} unchanged{deleted}, "
        f"{counted(written.rejected, 'rejected call')}; {counted(written.runs, 'run')} touched; "
        f"{report.seconds:.1f} s"
    )


def _taken_for(files: "Sequence[FileReport]") -> list[str]:
    """Say what each file was taken for, and why; of many files, how many for each reason."""
    if len(files) <= _FILES_SHOWN:
        return [f"{file.name}: {file.format} ({file.reason})" for file in files]
    alike: dict[tuple[str, str], list[str]] = {}
    for file in files:
        alike.setdefault((file.format, file.reason), []).append(file.name)
    return [
        f"{names[0]}{f' and {len(names) - 1:,} more' if len(names) > 1 else ''}: {name} ({reason})"
        for (name, reason), names in alike.items()
    ]


def say_stopped() -> None:
    """Say that a command which goes on until it is told to stop has stopped."""
    interrupts.done()
    say(f"patchpilot: stopped; {UNFINISHED}.")


def say(text: str) -> None:
    """Talk on standard error; names and reasons may come from traces, so no control code gets through."""
    from analytics.tabulate import one_line

    print(one_line(text, LONGEST_LINE), file=sys.stderr)
