# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Outcomes: what can be relied on, what contradicts itself, and what the last import changed."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="PatchPilot Analytics: outcomes", css_file="theme.css")

with app.setup:
    import marimo as mo

    from analytics.errors import AnalyticsError
    from dashboard import (
        address,
        changed,
        conflicts_table,
        freshness,
        outcome_reading,
        page,
        pages,
        reading,
        widgets,
    )
    from dashboard.outcome_reading import EVERYTHING, ConflictView

    SECTIONS = (
        ("rates", "Rates"),
        ("contradictions", "Contradictions"),
        ("last-import", "Last import"),
    )


@app.cell
def opened():
    store = reader = first_version = None
    try:
        store = reading.choice().path
        reader = reading.reader(store)
        first_version = reader.poll()
    except AnalyticsError as fault:
        mo.stop(True, widgets.show(page.no_store(fault)))
    return first_version, reader, store


@app.cell
def asked():
    _request = mo.app_meta().request
    is_live = _request is not None
    _told = address.parameters(_request.query_params if _request else None, ("kind",))
    first_view = ConflictView(kind=next(iter(_told.get("kind", ())), None))
    return first_view, is_live


@app.cell
def state(first_version, first_view):
    get_version, set_version = mo.state(first_version)
    get_fault, set_fault = mo.state(None)
    get_view, set_view = mo.state(first_view, allow_self_loops=True)
    _params = mo.query_params()

    def look(view):
        set_view(view)
        address.put(_params, {"kind": [view.kind]} if view.kind else {}, ("kind",))

    return get_fault, get_version, get_view, look, set_fault, set_version


@app.cell
def live(first_version, is_live, reader, set_fault, set_version):
    _look = freshness.poller(reader, first_version, set_version, set_fault)
    # As on the overview: no other cell names the control, so that an idle tick runs none.
    refresh_control = freshness.control(_look)
    refresh = widgets.element(refresh_control) if is_live else widgets.NOTHING
    return (refresh,)


@app.cell
def answers(get_version, store):
    version = get_version()
    shown = reading.answers(store, version, EVERYTHING)
    return shown, version


@app.cell
def head(get_fault, reader, refresh, shown):
    widgets.show(
        page.header(
            shown,
            reader.now,
            controls=refresh,
            pages=pages.links("/outcomes"),
            sections=SECTIONS,
        ),
        page.notices(shown, (), get_fault(), reader.now),
    )
    return


@app.cell
def rates(shown):
    mo.stop(shown.runs_stored == 0, widgets.show(page.nothing_here(shown)))
    widgets.show(
        page.summary(shown),
        page.only_running(shown) if shown.running == shown.runs_stored else "",
        widgets.tag("div", widgets.cards(outcome_reading.headlines(shown), ""), id="rates"),
    )
    return


@app.cell
def found_conflicts(get_view, look, store, version):
    told = outcome_reading.contradictions(store, version, get_view())
    conflict_controls = conflicts_table.controls(told, get_view(), look)
    placed = conflicts_table.placed(conflict_controls)
    return placed, told


@app.cell
def conflicts(is_live, placed, shown, told):
    mo.stop(shown.runs_stored == 0)
    widgets.show(
        widgets.section(
            "Contradictions",
            conflicts_table.conflicts_table(told, placed.turners if is_live else []),
            anchor="contradictions",
            note="What two sources say of one run: the agent, its own checks, its sums, or a report. "
            "A report counts before the run's own checks, and those before the agent's claim.",
            side=placed.kind if is_live and told.kinds else "",
        )
    )
    return


@app.cell
def last_import(shown, store, version):
    mo.stop(shown.runs_stored == 0 and not shown.facts.imports)
    _found = outcome_reading.last_changes(store, version)
    widgets.show(
        widgets.section(
            "What the last import changed",
            changed.panel(_found),
            anchor="last-import",
            note=changed.note(_found),
        ),
        page.footer(shown),
    )
    return


if __name__ == "__main__":
    app.run()
