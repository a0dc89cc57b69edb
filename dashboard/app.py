# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""The overview: is the agent getting better? Reads, asks ``analytics``, places."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="PatchPilot Analytics", css_file="theme.css")

with app.setup:
    from dataclasses import replace

    import marimo as mo

    from analytics.errors import AnalyticsError
    from dashboard import (
        address,
        bugs_table,
        charts,
        filters,
        freshness,
        page,
        pages,
        picks,
        reading,
        widgets,
    )
    from dashboard.more_numbers import more_numbers
    from dashboard.opened_run import opened_run
    from dashboard.reading import TableView


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
def asked(store):
    _request = mo.app_meta().request
    is_live = _request is not None
    _told = address.parameters(_request.query_params if _request else None)
    first_scope, ignored = reading.scope_of(store, _told)
    first_run = address.run_of(_told)
    return first_run, first_scope, ignored, is_live


@app.cell
def state(first_run, first_scope, first_version):
    get_version, set_version = mo.state(first_version)
    get_fault, set_fault = mo.state(None)
    get_scope, set_scope = mo.state(picks.without(first_scope))
    # What is picked in a chart narrows all the rest, and must not redraw the chart it was picked in.
    get_days, set_days = mo.state(first_scope.days)
    get_types, set_types = mo.state(first_scope.values("bug_type"))
    # These are read by the very cells whose buttons change them.
    get_view, set_view = mo.state(TableView(), allow_self_loops=True)
    get_run, set_run = mo.state(first_run, allow_self_loops=True)
    get_cleared, set_cleared = mo.state(0, allow_self_loops=True)
    _params = mo.query_params()

    def chosen():
        """What is chosen, for cells that must not run again when it changes."""
        return picks.joined(get_scope(), get_days(), get_types())

    def view_now():
        return get_view()

    def choose(scope):
        set_scope(picks.without(scope))
        set_view(TableView())
        address.write(_params, chosen(), get_run())

    def pick(days, types):
        if days != get_days():
            set_days(days)
        if types != get_types():
            set_types(types)
        address.write(_params, chosen(), get_run())

    def open_run(key):
        set_run(key)
        address.write(_params, chosen(), key)

    def clear():
        pick(None, ())
        choose(picks.cleared(get_scope()))
        set_cleared(get_cleared() + 1)

    return (
        choose,
        chosen,
        clear,
        get_cleared,
        get_days,
        get_fault,
        get_run,
        get_scope,
        get_types,
        get_version,
        get_view,
        open_run,
        pick,
        set_fault,
        set_version,
        set_view,
        view_now,
    )


@app.cell
def live(first_version, is_live, reader, set_fault, set_version):
    _look = freshness.poller(reader, first_version, set_version, set_fault)
    # A cell that names a control runs again whenever that changes. No other cell names one: they place
    # its markup, so that a tick that finds nothing new runs none.
    refresh_control = freshness.control(_look)
    refresh = widgets.element(refresh_control) if is_live else widgets.NOTHING
    return (refresh,)


@app.cell
def answers(get_days, get_scope, get_types, get_version, store):
    scope, version = get_scope(), get_version()
    shown = reading.answers(store, version, picks.joined(scope, get_days(), get_types()))
    return scope, shown, version


@app.cell
def head(get_fault, ignored, reader, refresh, shown):
    widgets.show(
        page.header(shown, reader.now, controls=refresh, pages=pages.links("", shown.scope)),
        page.notices(shown, ignored, get_fault(), reader.now),
    )
    return


@app.cell
def filter_bar(choose, chosen, clear, get_cleared, get_version, is_live, store):
    get_cleared()
    filter_controls = filters.controls(reading.choices(store, get_version()), chosen, choose, clear)
    widgets.show(filters.bar(filter_controls)) if is_live else None
    return


@app.cell
def cards(shown):
    mo.stop(shown.is_empty, widgets.show(page.nothing_here(shown)))
    _before = shown.window.before_label
    widgets.show(
        page.summary(shown),
        page.only_running(shown) if shown.running == shown.runs > 0 else "",
        widgets.cards(shown.first, _before),
        widgets.cards(shown.second, _before, small=True),
    )
    return


@app.cell
def pass_rate(chosen, get_types, is_live, pick, scope, store, version):
    _shown = reading.answers(store, version, picks.joined(scope, None, get_types()))
    mo.stop(_shown.is_empty)
    _drawn = charts.chart_pass_rate(
        _shown.series.pass_rate,
        _shown.series.variant_marks,
        bucket=_shown.window.bucket,
        days=chosen().days,
    )
    rate_chart = widgets.live_chart(
        _drawn,
        lambda selected: pick(picks.days(selected, charts.DAYS), chosen().values("bug_type")),
    )
    widgets.show(
        widgets.section(
            "Pass rate over time",
            widgets.chart(
                rate_chart, "No finished runs yet", "A point appears with the first outcome."
            ),
            anchor="pass-rate",
            note=page.pass_rate_note(_shown, is_live=is_live),
        )
    )
    return


@app.cell
def fix_time(shown):
    mo.stop(shown.is_empty)
    _series, _bucket = shown.series, shown.window.bucket
    _why = "A bug appears when a test fails on it or an agent diagnoses it."
    _spread = charts.chart_fix_distribution(_series.fix_bins, shown.first[1].now.value)
    _times = charts.chart_fix_times(_series.fix_points, _series.fix_medians, bucket=_bucket)
    widgets.show(
        widgets.section(
            "Time to fix",
            widgets.grid(
                (5, "Distribution", widgets.chart(_spread, "No bugs yet", _why)),
                (
                    7,
                    f"Every bug, and the median per {_bucket}",
                    widgets.chart(_times, "No bugs yet", _why, note=page.bugs_note(_series)),
                ),
            ),
            anchor="fix-time",
            note="From the first failing test of a bug to the verification that passed.",
        )
    )
    return


@app.cell
def bug_types(chosen, get_days, is_live, pick, scope, store, version):
    _shown = reading.answers(store, version, picks.joined(scope, get_days(), ()))
    mo.stop(_shown.is_empty)
    _frame = _shown.series.bug_types
    _known = _frame["bug_type"].to_list()
    types_chart = widgets.live_chart(
        charts.chart_bug_types(_frame, chosen=chosen().values("bug_type")),
        lambda selected: pick(chosen().days, picks.values(selected, charts.BUG_TYPES, _known)),
    )
    types_part = widgets.section(
        "Bug types",
        widgets.chart(
            types_chart, "No bugs yet", "The ring appears with the first bug that is found."
        ),
        anchor="bug-types",
        note="By the type their diagnosis gave."
        + (" Click one to look at it alone." if is_live else ""),
    )
    return (types_part,)


@app.cell
def bugs_and_runs(shown, types_part):
    mo.stop(shown.is_empty)
    _states = charts.chart_run_states(shown.series.run_states, bucket=shown.window.bucket)
    _agents = charts.chart_agents(shown.series.agents)
    widgets.show(
        widgets.grid(
            (4, "", types_part),
            (4, "", widgets.section(
                "Runs", widgets.chart(_states, "No runs", "None began in this period."),
                anchor="runs", note=f"How they ended, by the {shown.window.bucket} they began.",
            )),
            (4, "", widgets.section(
                "Time per agent", widgets.chart(_agents, "No agents", "No step names an agent.",
                                                note=page.agents_note(shown.series)),
                anchor="agents", note="Mean per run in which the agent takes part, with its 95 % interval.",
            )),
        )
    )  # fmt: skip
    return


@app.cell
def search_box(get_cleared, get_scope, set_view, view_now):
    _ = get_cleared(), get_scope()
    search_control = mo.ui.text(
        placeholder="Search bugs, files, tasks",
        value=view_now().search,
        debounce=300,
        on_change=lambda words: set_view(replace(view_now(), search=words, page=0)),
    )
    search = widgets.element(search_control)
    return (search,)


@app.cell
def found_bugs(get_view, open_run, set_view, shown, store, version):
    view = get_view()
    found = reading.fixes(store, version, shown.scope, view)
    buttons = bugs_table.controls(found, view, set_view, open_run)
    return buttons, found, view


@app.cell
def recent_fixes(buttons, found, get_run, is_live, search, shown, view):
    mo.stop(shown.is_empty)
    widgets.show(
        widgets.section(
            "Recent fixes",
            bugs_table.bugs_table(
                found, view, buttons if is_live else None, get_run(), pages.link("/runs", "")
            ),
            anchor="fixes",
            note="One row per bug and run, from found to fixed or given up.",
            side=search if is_live else "",
        )
    )
    return


@app.cell
def opened_calls(get_run, open_run, store, version):
    _key = get_run()
    mo.stop(_key is None)
    _detail = reading.run_detail(store, version, *_key)
    close_control = mo.ui.button(label="Close", on_change=lambda _: open_run(None))
    widgets.show(
        widgets.section(
            "Calls of one run",
            opened_run(_detail) if _detail else page.no_such_run(),
            anchor="run",
            note=page.whole_run(_key, pages.link("/runs", "")) if _detail else "",
            side=widgets.element(close_control),
        )
    )
    return


@app.cell
def compare_choice(choose, chosen, get_cleared, get_version, store):
    get_cleared()
    sides_control = filters.sides(reading.choices(store, get_version()), chosen, choose)
    sides = widgets.element(sides_control)
    return (sides,)


@app.cell
def before_after(is_live, shown, sides):
    mo.stop(shown.is_empty)
    widgets.show(
        widgets.section(
            "Before and after",
            page.before_after(shown.comparison),
            anchor="before-after",
            note=page.sides(shown.comparison),
            side=sides if is_live else "",
        )
    )
    return


@app.cell
def other_numbers(shown):
    mo.stop(shown.is_empty)
    widgets.show(
        widgets.section(
            "More numbers",
            more_numbers(shown),
            anchor="more",
            note=f"Every other metric, by subject. {shown.window.label}.",
        ),
        page.footer(shown),
    )
    return


if __name__ == "__main__":
    app.run()
