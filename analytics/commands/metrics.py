"""patchpilot metrics."""

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from analytics.commands.arguments import semantics
from analytics.commands.stores import stored
from analytics.commands.talk import say
from analytics.errors import InputError
from analytics.semantics import BUNDLED

if TYPE_CHECKING:
    from analytics.metrics.aggregates import Estimate
    from analytics.metrics.catalog import Metric
    from analytics.metrics.evaluate import Cut

    Found = Mapping[Cut, Mapping[str, Estimate]]

SUMMARY = "print metrics, of a store or of a Weave on ClickHouse"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("names", nargs="*", metavar="METRIC", help="default: all of them")
    parser.add_argument("--by", action="append", default=[], metavar="CUT", help="variant, day ...")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
    parser.add_argument("--demo", action="store_true", help="of the bundled traces")
    parser.add_argument(
        "--engine",
        metavar="URL",
        help="work them out on the ClickHouse of a self-managed Weave, where the calls stay: "
        "clickhouse://USER@HOST:8123/DATABASE?project=PROJECT; the password comes from "
        "CLICKHOUSE_PASSWORD. A metric that cannot be worked out there is refused by name",
    )
    semantics(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    from analytics.tabulate import FORMATS

    chosen, found = _of_store(arguments) if arguments.engine is None else _of_engine(arguments)
    print(FORMATS[arguments.format](chosen, arguments.by, found))
    return 0


def _of_store(arguments: argparse.Namespace) -> "tuple[Sequence[Metric], Found]":
    from analytics.metrics import catalog
    from analytics.metrics.evaluate import evaluate
    from analytics.store.reader import Reader

    if arguments.semantics:
        raise InputError("--semantics is for --engine: a store keeps what it was imported with.")
    chosen = [catalog.metric(name) for name in arguments.names] or list(catalog.CATALOG)
    reader = Reader(stored(arguments).path)
    try:
        with reader.cursor() as cursor:
            return chosen, evaluate(cursor, chosen, arguments.by)
    finally:
        reader.close()


def _of_engine(arguments: argparse.Namespace) -> "tuple[Sequence[Metric], Found]":
    from datetime import UTC, datetime

    from analytics import sync
    from analytics.clickhouse import views
    from analytics.clickhouse.evaluate import choose, evaluate
    from analytics.clickhouse.server import Address, Session
    from analytics.metrics.evaluate import check_cuts
    from analytics.render import counted
    from analytics.store.reader import stale_limit

    if arguments.demo or arguments.store is not None:
        raise InputError("--engine and --store or --demo exclude each other: ask one or the other.")
    address = Address.parse(arguments.engine)
    chosen, left_out = choose(arguments.names)
    check_cuts(arguments.by)
    presets = sync.choose_presets(arguments.semantics or BUNDLED)
    now, stale_after = datetime.now(UTC).replace(tzinfo=None), stale_limit()
    with Session(address) as session:
        read = views.make(session, address, presets, now=now, stale_after=stale_after)
        found = evaluate(session, chosen, arguments.by)
    say(
        f"note: {counted(read.calls, 'call')} of project {read.project}. What verify and code brought, and "
        "prices of your own, are in a store and not in these numbers."
    )
    if read.unsound:
        say(f"note: {counted(read.unsound, 'row')} without a start, a trace or an op: left out.")
    for metric in left_out:
        say(f"left out: {metric.name}: {metric.not_on_clickhouse}.")
    return chosen, found
