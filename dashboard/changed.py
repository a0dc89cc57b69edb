"""What the last import changed, as markup: runs, outcomes, names, metrics."""

from analytics.ledger import Changes, Compared, Moved
from analytics.ledger.telling import moved, of_runs, said
from analytics.render import card, count, counted, moment
from dashboard.conflicts_table import cut, run_link
from dashboard.widgets import NOTHING, Markup, grid, join, nothing, number, step, table, tag

_MOST_PAIRS = 12
_MOST_METRICS = 12
"""More of them are scrolled."""


def note(found: Changes | None) -> str:
    """Return which import it is about."""
    if found is None:
        return ""
    one = found.imported
    return f"Import {one.import_id}, {moment(one.imported_at)} UTC, of {cut(one.origin)} ({one.formats})."


def panel(found: Changes | None) -> Markup:
    """Return what an import changed."""
    if found is None:
        return nothing("Nothing imported yet", "With the first import, this says what it brought.")
    if found.compared is None:
        why = f"{found.gone[:1].upper()}{found.gone[1:]}"
        return join([nothing("Before and after cannot be compared", why), _facts(found)])
    two = found.compared
    parts = [(12, "", _facts(found))]
    if two.runs.flips:
        parts += [(5, "Outcomes", _flips(two)), (7, "The first of these runs", _flipped(two))]
    if two.runs.relabellings:
        parts.append((12, "Names", _names(two)))
    parts.append((12, "Metrics that moved", _metrics(two)))
    return grid(*parts)


def _facts(found: Changes) -> Markup:
    one, two = found.imported, found.compared
    facts = {
        "Records": f"{count(one.new)} new, {count(one.changed)} changed, {count(one.rejected)} unreadable",
        "Revisions": ", ".join(f"{each.field} {each.records:,}" for each in found.revised[:8]),
    }
    if two is not None:
        facts = {
            "Runs": of_runs(two.runs),
            "Outcomes flipped": f"{two.runs.flips_count:,}",
            "Runs relabelled": f"{two.runs.relabelled:,}",
            "Verdicts": "; ".join(
                f"{news.kind}: {news.new:,} new, {news.changed:,} changed, {news.withdrawn:,} withdrawn"
                for news in two.verdicts
            ),
            **facts,
        }
    shown = (tag("div", tag("dt", name), tag("dd", told)) for name, told in facts.items() if told)
    return tag("dl", *shown, class_="pp-facts")


def _flips(two: Compared) -> Markup:
    rows = [(each.before, each.after, f"{each.runs:,}") for each in two.runs.flips]
    columns = [("from", "From"), ("to", "To"), ("num", "Runs")]
    return table(columns, rows, name="Outcomes that flipped")


def _flipped(two: Compared) -> Markup:
    columns = [("run", "Run"), ("task", "Task"), ("variant", "Variant"), ("to", "Outcome")]
    rows = [
        (run_link(each.source, each.run_id), cut(each.task), cut(each.variant),
         f"{each.before} → {each.after}")
        for each in two.runs.flipped
    ]  # fmt: skip
    more = two.runs.flips_count - len(rows)
    rest = tag("p", f"and {counted(more, 'more run')}", class_="pp-quiet") if more > 0 else NOTHING
    return join([table(columns, rows, name="Runs whose outcome flipped"), rest])


def _names(two: Compared) -> Markup:
    columns = [("name", "Column"), ("from", "Was"), ("to", "Is"), ("num", "Runs")]
    pairs = two.runs.relabellings
    rows = [
        (each.column, cut(said(each.before)), cut(said(each.after)), f"{each.runs:,}")
        for each in pairs[:_MOST_PAIRS]
    ]
    more = len(pairs) - len(rows)
    rest = tag("p", f"and {counted(more, 'more pair')}", class_="pp-quiet") if more > 0 else NOTHING
    return join([table(columns, rows, name="Runs relabelled"), rest])


def _metrics(two: Compared) -> Markup:
    if not two.moved:
        return nothing("No metric moved", "Every number is what it was before this import.")
    columns = [("name", "Metric"), ("num", "Before"), ("num", "After"), ("step", "Change")]
    shown = table(columns, map(_metric, two.moved), name="Metrics that moved")
    return tag("div", shown, class_="pp-scroll") if len(two.moved) > _MOST_METRICS else shown


def _metric(each: Moved) -> tuple[object, ...]:
    before, after, change = moved(each)
    title = tag("span", each.metric.title, title=each.metric.doc, data_moved=each.metric.name)
    told = card(each.metric, each.after, each.before)
    is_shown = told.change and told.trend != "same"
    return title, number(before), number(after), step(told, None, "") if is_shown else change
