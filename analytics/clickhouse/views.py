"""Makes the views that metrics read, in one session: spans from Weave's tables, then what follows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files

from analytics import cost
from analytics.clickhouse import facts
from analytics.clickhouse.expression import Sql, escaped, select
from analytics.clickhouse.server import Address, Session
from analytics.errors import InputError, RemoteError, UnknownNameError
from analytics.semantics import Meaning, Preset, classify, error_kind, fallback, roots_are_runs

CALLS = ("calls_complete", "calls_merged")
"""Weave's tables of calls; one call may be in both, then the first has the say."""

_STEPS = (
    "heads",
    "traces",
    "branches",
    "rooted",
    "member",
    "last_seen",
    "under_agent",
    "bug_steps",
    "bugs",
    "agent_parts",
    "tools",
    "ci",
    "cycles",
    "spenders",
    "spent",
    "known_runs",
    "runs",
    "fixes",
    "agent_runs",
    "usage",
    "tool_usage",
    "tool_calls",
    "pipelines",
    "debugging_cycles",
)
"""Each reads what the ones before it made."""

_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Read:
    """What was found in Weave's tables."""

    project: str
    calls: int
    unsound: int
    """Rows that lack a start, a trace or an op, and are in no number."""


@cache
def statement(name: str) -> str:
    """Return the text of one of the .sql files of this package."""
    return files("analytics.clickhouse").joinpath(f"{name}.sql").read_text("utf-8")


def make(
    session: Session,
    address: Address,
    presets: Sequence[Preset],
    *,
    now: datetime,
    stale_after: timedelta,
) -> Read:
    """Make every view in a session.

    Args:
        session: the session.
        address: where it is, and which project is asked for.
        presets: what ops and payloads mean.
        now: UTC, without a zone.
        stale_after: silence after which an unended run counts as abandoned.

    Raises:
        InputError: the project is not there, or none was named and there are several.
        RemoteError: the server did not answer, or refused.
    """
    tables = _tables(session)
    project = _project(session, tables, address.project)
    bound = {
        "project": escaped(project),
        "roots_are_runs": "true" if roots_are_runs(presets) else "false",
        "now_us": str(_microseconds(now)),
        "stale_after_us": str(stale_after // timedelta(microseconds=1)),
    }
    read = _spans(session, tables, bound, presets, project)
    _facts(session, tables, bound, presets)
    _error_kinds(session, bound, presets)
    _prices(session, bound)
    for name in _STEPS:
        session.make(name, statement(name), bound)
    return read


def _tables(session: Session) -> list[str]:
    found = {
        row[0]
        for row in session.ask("SELECT name FROM system.tables WHERE database = currentDatabase()")
    }
    tables = [name for name in CALLS if name in found]
    if not tables:
        raise RemoteError(
            f"the database holds neither {CALLS[0]} nor {CALLS[1]}: it is none of Weave's."
        )
    return tables


def _project(session: Session, tables: Sequence[str], wanted: str | None) -> str:
    """Return the project to read; Weave's tables know it by an id of their own."""
    found = sorted(
        {row[0] for table in tables for row in session.ask(statement("projects"), {"calls": table})}
    )
    if wanted is not None and wanted not in found:
        raise UnknownNameError("project", wanted, found)
    if wanted is None and len(found) != 1:
        raise InputError(
            f"Weave's tables hold {len(found)} projects. Add ?project= to the address: "
            f"{', '.join(found) or 'there is none'}."
        )
    return found[0] if wanted is None else wanted


def _spans(
    session: Session,
    tables: Sequence[str],
    bound: dict[str, str],
    presets: Sequence[Preset],
    project: str,
) -> Read:
    session.make("spans", statement("spans"), bound)
    session.make("meanings", statement("meanings"), bound)
    ops = {
        row[0]
        for table in tables
        for row in session.ask(statement("ops"), {**bound, "calls": table})
    }
    columns = ("op_name", "op", "op_version", "preset", "role", "kind", "agent", "tool")
    session.fill("meanings", columns, (_meaning(name, presets) for name in sorted(ops)))
    read = select(
        [Sql(text="*")], Sql(text=statement("read_calls")), into="spans", macros=statement("macros")
    )
    unsound = 0
    for table in tables:
        here = {**bound, "calls": table}
        unsound += session.number(statement("unsound"), here)
        session.ask(read, here)
    calls = session.number("SELECT count() FROM spans")
    return Read(project=project, calls=calls, unsound=unsound)


def _meaning(op_name: str, presets: Sequence[Preset]) -> tuple[str | None, ...]:
    op, version = named(op_name)
    meant: Meaning = classify(op, presets)
    return op_name, op, version, meant.preset, meant.role, meant.kind, meant.agent, meant.tool


def named(op_name: str) -> tuple[str, str | None]:
    """Return an op's name without its version, and the version.

    >>> named("weave-trace-internal:///UHJvamVjdA==/op/FixerAgent.generate_patch:9XwV")
    ('FixerAgent.generate_patch', '9XwV')
    >>> named("chat")
    ('chat', None)
    """
    head, found, ref = op_name.partition("/op/")
    if not found or not head.startswith("weave") or ":///" not in head:
        return op_name, None
    name, colon, version = ref.rpartition(":")
    return (name, version) if colon else (ref, None)


def _facts(
    session: Session, tables: Sequence[str], bound: dict[str, str], presets: Sequence[Preset]
) -> None:
    session.make("facts", facts.table(), bound)
    found = {name for (name,) in session.ask(statement("presets"), bound)}
    for preset in presets:
        if preset.name not in found:
            continue
        query = facts.facts(preset, statement("macros"), statement("payloads"))
        for table in tables:
            session.ask(query, {**bound, "calls": table, "preset": escaped(preset.name)})


def _error_kinds(session: Session, bound: dict[str, str], presets: Sequence[Preset]) -> None:
    by_name = {preset.name: preset for preset in presets}
    unnamed = fallback(presets)
    found = session.ask(statement("errors"))
    session.make("error_kinds", statement("error_kinds"), bound)
    session.fill(
        "error_kinds",
        ("preset", "error_type", "kind"),
        ((p or "", error, error_kind(error, by_name.get(p, unnamed))) for p, error in found),
    )


def _prices(session: Session, bound: dict[str, str]) -> None:
    columns = (
        "provider", "model", "valid_from_us", "valid_until_us", "from_time_us", "until_time_us",
        "tier_from_tokens", "tier_until_tokens", *(f"{kind}_usd" for kind in cost.KINDS), "request_usd",
    )  # fmt: skip
    used = session.ask(statement("models"))
    session.make("prices", statement("prices"), bound)
    session.fill("prices", columns, (row for p, model in used for row in _priced(p, model)))


def _priced(provider: str | None, model: str) -> Iterator[list[object]]:
    for price in cost.prices(provider, model, cost.PriceList()):
        yield [
            provider or "", model, _microseconds(price.valid_from), _microseconds(price.valid_until),
            _of_day(price.from_time), _of_day(price.until_time), price.tier_from_tokens,
            price.tier_until_tokens, *(price.usd.get(kind) for kind in cost.KINDS), price.request_usd,
        ]  # fmt: skip


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)


def _of_day(at: time | None) -> int | None:
    return None if at is None else _microseconds(datetime.combine(_EPOCH, at))
