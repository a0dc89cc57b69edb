"""The command line: patchpilot. Standard output is data, standard error is talk; heavy imports wait."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from analytics import __version__
from analytics.errors import AnalyticsError, InputError, StoreError
from analytics.semantics import BUNDLED
from analytics.sources.table.mapping import BUNDLED as BUNDLED_MAPPINGS
from analytics.sources.table.mapping import load as load_mapping

if TYPE_CHECKING:
    from analytics.sync import StoreChoice, SyncReport

COMMANDS = {
    "import": "import exported traces: files, folders, globs, -",
    "sync": "pull what is new in a Weave project",
    "watch": "import growing files and folders as they grow",
    "serve": "open the dashboard in a browser",
    "export": "write a page to share, or every table",
    "metrics": "print metrics",
    "doctor": "say what state the store is in, and what could not be read",
}
"""Every command, with what it does."""

_REJECTS_SHOWN = 5
_LONGEST_LINE = 600
_LONGEST_PAUSE_S = 86_400


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except AnalyticsError as fault:
        print(f"patchpilot: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("patchpilot: stopped; the store is as it was.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has left (a pager, head): nothing to say, and nobody to say it to.
        sys.stderr.close()
        return 141


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="patchpilot",
        description="Is my agent getting better, and what should I change next? "
        "Answered from the traces of coding agents, on your own machine.",
    )
    parser.add_argument("--version", action="version", version=f"patchpilot {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add = _command(commands, "import", _import)
    add.add_argument("paths", nargs="+", metavar="PATH", help="file, folder, glob, or - for stdin")
    kinds = add.add_mutually_exclusive_group()
    kinds.add_argument("--format", metavar="NAME", help="take every input for this format")
    kinds.add_argument(
        "--map",
        metavar="NAME|FILE",
        help=f"take every input for a table with this mapping ({', '.join(BUNDLED_MAPPINGS)}, "
        "or a TOML file of your own; see patchpilot map)",
    )
    add.add_argument(
        "--strict", action="store_true", help="store nothing where a record is unreadable"
    )
    _semantics(add)

    pull = _command(commands, "sync", _sync)
    pull.add_argument("--weave", required=True, metavar="ENTITY/PROJECT", help="project to pull")
    pull.add_argument(
        "--every", type=_positive, metavar="SECONDS", help="pull again and again, until stopped"
    )
    _semantics(pull)

    tail = _command(commands, "watch", _watch)
    tail.add_argument("paths", nargs="+", metavar="PATH", help="file, folder or glob")
    tail.add_argument("--every", type=_positive, default=1.0, metavar="SECONDS", help="default 1")

    serve = _command(commands, "serve", _serve)
    serve.add_argument(
        "--data", nargs="+", metavar="PATH", help="import these first, and watch them"
    )
    serve.add_argument("--demo", action="store_true", help="show the bundled traces")
    serve.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1; others need a token")
    serve.add_argument("--port", type=int, default=2718, help="default 2718")
    serve.add_argument("--token", help="what a viewer must know; or set PATCHPILOT_TOKEN")
    serve.add_argument("--open", action="store_true", help="open a browser window")
    _semantics(serve)

    export = _command(commands, "export", _export)
    kinds = export.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--html", type=Path, metavar="FILE", help="one self-contained page")
    kinds.add_argument("--csv", type=Path, metavar="DIR", help="every table and view, as CSV")
    kinds.add_argument(
        "--parquet", type=Path, metavar="DIR", help="every table and view, as Parquet"
    )
    export.add_argument("--demo", action="store_true", help="of the bundled traces")
    export.add_argument("--period", default="all", help="of the page: 7d, 14d, 28d, 90d or all")

    metrics = _command(commands, "metrics", _metrics)
    metrics.add_argument("names", nargs="*", metavar="METRIC", help="default: all of them")
    metrics.add_argument(
        "--by", action="append", default=[], metavar="CUT", help="variant, day ..."
    )
    metrics.add_argument("--format", choices=("table", "json", "csv"), default="table")
    metrics.add_argument("--demo", action="store_true", help="of the bundled traces")

    examine = _command(commands, "doctor", _doctor)
    examine.add_argument("--demo", action="store_true", help="of the bundled traces")
    examine.add_argument("--fix", action="store_true", help="mend what can be mended first")
    return parser


def _command(commands, name: str, run) -> argparse.ArgumentParser:  # noqa: ANN001
    summary = COMMANDS[name]
    parser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + "."
    )
    parser.set_defaults(run=run)
    parser.add_argument(
        "--store", type=Path, metavar="DIR", help="default PATCHPILOT_STORE, else data/store"
    )
    return parser


def _semantics(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--semantics",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help=f"preset ({', '.join(BUNDLED)}) or TOML file of your own; may be repeated",
    )


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _LONGEST_PAUSE_S:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of seconds above 0 and up to {_LONGEST_PAUSE_S:,}"
        )
    return value


def _import(arguments: argparse.Namespace) -> int:
    from analytics import sync
    from analytics.progress import Bar

    with Bar() as bar:
        report = sync.import_paths(
            arguments.store or sync.default_store(),
            arguments.paths,
            presets=sync.choose_presets(arguments.semantics),
            format_name=arguments.format,
            mapping=load_mapping(arguments.map) if arguments.map else None,
            strict=arguments.strict,
            progress=bar.tell,
        )
    _print_report(report)
    written = report.written
    read = written.new + written.changed + written.unchanged
    return 1 if read == 0 and written.rejected else 0


def _sync(arguments: argparse.Namespace) -> int:
    from time import sleep

    from analytics import sync
    from analytics.progress import Bar

    store = arguments.store or sync.default_store()
    presets = sync.choose_presets(arguments.semantics)

    def pull() -> "SyncReport":
        with Bar() as bar:
            return sync.sync_weave(store, arguments.weave, presets=presets, progress=bar.tell)

    _print_report(pull())
    try:
        while arguments.every is not None:
            sleep(arguments.every)
            try:
                _print_report(pull())
            except AnalyticsError as fault:
                _tell(fault)  # The next pull may find the server back.
    except KeyboardInterrupt:
        pass
    return 0


def _watch(arguments: argparse.Namespace) -> int:
    from threading import Event

    from analytics import sync

    store = arguments.store or sync.default_store()
    print(f"watching {' '.join(arguments.paths)} (Ctrl-C stops it)", file=sys.stderr)
    try:
        sync.watch(store, arguments.paths, arguments.every, Event(), told=_tell)
    except KeyboardInterrupt:
        return 0
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from analytics import sync

    if arguments.demo and arguments.data:
        raise InputError("--demo and --data exclude each other: show one or the other.")
    if arguments.semantics and not arguments.data:
        raise InputError("--semantics says how to read --data; name the data as well.")
    if arguments.data:
        from analytics.progress import Bar

        store = arguments.store or sync.default_store()
        presets = sync.choose_presets(arguments.semantics)
        with Bar() as bar:
            report = sync.import_paths(store, arguments.data, presets=presets, progress=bar.tell)
        _print_report(report)
        choice = sync.StoreChoice(path=store, demo=False)
    else:
        choice = _chosen_store(arguments)
    _bring_up(choice.path)
    server = import_module("dashboard.server")
    server.main(
        choice,
        host=arguments.host,
        port=arguments.port,
        token=arguments.token,
        watch_paths=tuple(arguments.data or ()),
        open_browser=arguments.open,
    )
    return 0


def _export(arguments: argparse.Namespace) -> int:
    choice = _stored(arguments)
    if arguments.html:
        size = import_module("dashboard.share").write_page(choice, arguments.html, arguments.period)
        print(f"{arguments.html} ({size / 1e6:.1f} MB)")
        return 0
    from analytics.export.tables import export_tables

    folder, kind = (arguments.csv, "csv") if arguments.csv else (arguments.parquet, "parquet")
    for table in export_tables(choice.path, folder, kind):
        print(f"{table.file} ({table.rows:,} rows)")
    return 0


def _metrics(arguments: argparse.Namespace) -> int:
    from analytics.metrics import catalog
    from analytics.metrics.evaluate import evaluate
    from analytics.store.reader import Reader
    from analytics.tabulate import FORMATS

    chosen = [catalog.metric(name) for name in arguments.names] or list(catalog.CATALOG)
    reader = Reader(_stored(arguments).path)
    try:
        with reader.cursor() as cursor:
            found = evaluate(cursor, chosen, arguments.by)
    finally:
        reader.close()
    print(FORMATS[arguments.format](chosen, arguments.by, found))
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from itertools import chain

    from analytics.doctor import examine, repair
    from analytics.tabulate import one_line

    store = _chosen_store(arguments).path
    for line in chain(repair(store) if arguments.fix else (), examine(store)):
        print(one_line(line, _LONGEST_LINE))
    return 0


def _bring_up(store: Path) -> None:
    """Let pages find a store of today's layout: a reader cannot change one."""
    from analytics.store import lake

    if lake.exists(store) and lake.is_outdated(store):
        _say(f"note: bringing the store in {store} up to date ...")
        with lake.writer(store):
            pass


def _stored(arguments: argparse.Namespace) -> "StoreChoice":
    """Return the store to read numbers from; a page waits for a store to appear, a number does not."""
    from analytics.store import lake

    choice = _chosen_store(arguments)
    if not lake.exists(choice.path):
        raise StoreError(
            f"there is no store in {choice.path}. Import something: patchpilot import PATH."
        )
    return choice


def _chosen_store(arguments: argparse.Namespace) -> "StoreChoice":
    from analytics import sync

    if getattr(arguments, "demo", False):
        if arguments.store is not None:
            raise InputError("--demo and --store exclude each other: show one or the other.")
        return sync.StoreChoice(path=sync.demo_store(), demo=True)
    choice = sync.choose_store(arguments.store)
    if choice.demo:
        _say("note: there is no store of your own yet; these are the bundled traces.")
    return choice


def _tell(report: "SyncReport | AnalyticsError") -> None:
    if isinstance(report, AnalyticsError):
        _say(f"patchpilot: {report}")
    else:
        _print_report(report)


def _print_report(report: "SyncReport") -> None:
    from analytics.render import counted

    written = report.written
    for file in report.files:
        _say(f"{file.name}: {file.format} ({file.reason})")
    for note in report.notes:
        _say(f"note: {note}")
    for sentence in written.unmatched:
        _say(f"note: {sentence}")
    for reject in report.rejects[:_REJECTS_SHOWN]:
        where = reject.file if reject.line is None else f"{reject.file} line {reject.line}"
        _say(f"rejected: {where}: {reject.reason}")
    if len(report.rejects) > _REJECTS_SHOWN:
        _say(f"rejected: {len(report.rejects) - _REJECTS_SHOWN} more, see table rejects")
    deleted = f", {written.deleted:,} deleted" if written.deleted else ""
    print(
        f"{written.new:,} new, {written.changed:,} changed, {written.unchanged:,} unchanged{deleted}, "
        f"{written.rejected:,} rejected calls; {counted(written.runs, 'run')} touched; {report.seconds:.1f} s"
    )


def _say(text: str) -> None:
    """Talk on standard error; names and reasons may come from traces, so no control code gets through."""
    from analytics.tabulate import one_line

    print(one_line(text, _LONGEST_LINE), file=sys.stderr)
