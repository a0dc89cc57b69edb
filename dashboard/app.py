"""The overview: is the agent getting better? Reads, asks ``analytics``, places."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="PatchPilot Analytics", css_file="theme.css")

with app.setup:
    from dataclasses import replace

    import marimo as mo

    from analytics.errors import AnalyticsError
    from analytics.overview import PERIODS
    from analytics.overview.scope import FILTER_TITLES
    from dashboard import address, bugs_table, charts, page, picks, reading, widgets
    from dashboard.opened_run import opened_run
    from dashboard.reading import TableView


@app.cell
def opened():
    try:
        store = reading.choice().path
        reader = reading.reader(store)
        first_version = reader.poll()
        _fault = None
    except AnalyticsError as fault:
        _fault = fault
    mo.stop(_fault is not None, widgets.show(page.no_store(_fault)) if _fault else None)
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
def states(first_run, first_scope, first_version):
    get_version, set_version = mo.state(first_version)
    get_fault, set_fault = mo.state(None)
    # What is picked in a chart narrows all the rest, and must not redraw the chart it was picked in.
    get_scope, set_scope = mo.state(picks.without(first_scope))
    get_days, set_days = mo.state(first_scope.days)
    get_types, set_types = mo.state(first_scope.values("bug_type"))
    get_run, set_run = mo.state(first_run)
    get_view, set_view = mo.state(TableView())
    get_reset, set_reset = mo.state(0)
    return (
        get_days,
        get_fault,
        get_reset,
        get_run,
        get_scope,
        get_types,
        get_version,
        get_view,
        set_days,
        set_fault,
        set_reset,
        set_run,
        set_scope,
        set_types,
        set_version,
        set_view,
    )


@app.cell
def steps(
    get_days,
    get_run,
    get_scope,
    get_types,
    get_view,
    set_days,
    set_reset,
    set_run,
    set_scope,
    set_types,
    set_view,
):
    _params = mo.query_params()

    def _publish():
        address.write(_params, picks.joined(get_scope(), get_days(), get_types()), get_run())

    def choose_scope(scope):
        set_scope(scope)
        set_view(TableView())
        _publish()

    def pick_days(days):
        if days != get_days():
            set_days(days)
            _publish()

    def pick_types(types):
        if types != get_types():
            set_types(types)
            _publish()

    def open_run(key):
        set_run(key)
        _publish()

    def clear(_=None):
        set_days(None)
        set_types(())
        set_scope(picks.cleared(get_scope()))
        set_view(TableView())
        set_reset(lambda count: count + 1)
        _publish()

    def now_chosen():
        """What is chosen, for cells that must not run again when it changes."""
        return get_scope(), get_days(), get_types()

    def get_view_quietly():
        return get_view()

    return choose_scope, clear, get_view_quietly, now_chosen, open_run, pick_days, pick_types


@app.cell
def live(first_version, is_live, reader, set_fault, set_version):
    _seen = {"version": first_version, "fault": None}

    def _poll(_tick):
        fault, version = None, _seen["version"]
        try:
            version = reader.poll()
        except AnalyticsError as error:
            fault = str(error)
        if fault != _seen["fault"]:
            _seen["fault"] = fault
            set_fault(fault)
        if version != _seen["version"]:
            _seen["version"] = version
            set_version(version)

    refresh = (
        mo.ui.refresh(options=["2s", "5s", "30s"], default_interval="5s", on_change=_poll)
        if is_live
        else None
    )
    return (refresh,)


@app.cell
def answers(get_days, get_scope, get_types, get_version, store):
    scope, version = get_scope(), get_version()
    shown = reading.answers(store, version, picks.joined(scope, get_days(), get_types()))
    return scope, shown, version


@app.cell
def head(get_fault, ignored, reader, refresh, shown):
    widgets.show(
        page.header(shown, reader.now, controls="" if refresh is None else widgets.element(refresh)),
        page.notices(shown, ignored, get_fault(), reader.now),
    )
    return


@app.cell
def controls(choose_scope, clear, get_reset, get_version, is_live, now_chosen, store):
    get_reset()
    _choices = reading.choices(store, get_version())
    _scope = now_chosen()[0]

    def _filter(column, values):
        known = list(dict.fromkeys([*values, *(v or "unknown" for v in _scope.values(column))]))
        return mo.ui.multiselect(
            options={value: value for value in known},
            value=[value or "unknown" for value in _scope.values(column)],
            on_change=lambda chosen: choose_scope(now_chosen()[0].filtered(column, chosen)),
        )

    period = mo.ui.dropdown(
        options={each.title: name for name, each in PERIODS.items()},
        value=_scope.period.title,
        on_change=lambda name: choose_scope(replace(now_chosen()[0], period=PERIODS[name])),
    )
    filters = mo.ui.dictionary(
        {
            column: _filter(column, values)
            for column, values in _choices.items()
            if column != "bug_type" and (len(values) > 1 or _scope.values(column))
        }
    )
    reset = mo.ui.button(label="Clear filters", on_change=clear, kind="neutral")
    widgets.show(
        page.bar(
            [
                ("Period", widgets.element(period)),
                *((FILTER_TITLES[name], widgets.element(each)) for name, each in filters.items()),
            ],
            widgets.element(reset),
        )
    ) if is_live else None
    return filters, period, reset


@app.cell
def cards(shown):
    mo.stop(shown.runs == 0, widgets.show(page.nothing_here(shown)))
    _before = shown.window.before_label
    widgets.show(
        page.summary(shown),
        page.only_running(shown) if shown.running == shown.runs else "",
        widgets.cards(shown.first, _before),
        widgets.cards(shown.second, _before, small=True),
    )
    return


@app.cell
def pass_rate(get_types, is_live, now_chosen, pick_days, scope, store, version):
    _whole = reading.answers(store, version, picks.joined(scope, None, get_types()))
    mo.stop(_whole.runs == 0)
    _drawn = charts.chart_pass_rate(
        _whole.series.pass_rate,
        _whole.series.variant_marks,
        bucket=_whole.window.bucket,
        days=now_chosen()[1],
    )
    rate_chart = _drawn and mo.ui.altair_chart(
        _drawn,
        chart_selection=False,
        legend_selection=False,
        on_change=lambda _: pick_days(picks.days(rate_chart.selections, charts.DAYS)),
    )
    widgets.show(
        widgets.section(
            "Pass rate over time",
            widgets.chart(
                rate_chart, "No finished runs yet", "A point appears with the first outcome."
            ),
            anchor="pass-rate",
            note=f"Passed, of the runs with a known outcome, per {_whole.window.bucket}. The band is the "
            "95 % interval; larger points stand on more runs."
            + (" Drag across days to look at them alone." if is_live else ""),
        )
    )
    return (rate_chart,)


@app.cell
def fix_time(shown):
    mo.stop(shown.runs == 0)
    _bucket = shown.window.bucket
    _why = "A bug appears when a test fails on it or an agent diagnoses it."
    _spread = charts.chart_fix_distribution(shown.series.fix_bins, shown.first[1].now.value)
    _times = charts.chart_fix_times(
        shown.series.fix_points, shown.series.fix_medians, bucket=_bucket
    )
    widgets.show(
        widgets.section(
            "Time to fix",
            widgets.grid(
                (5, widgets.titled("Distribution", widgets.chart(_spread, "No bugs yet", _why))),
                (7, widgets.titled(f"Every bug, and the median per {_bucket}",
                                   widgets.chart(_times, "No bugs yet", _why))),
            ),
            anchor="fix-time",
            note="From the first failing test of a bug to the verification that passed.",
        )
    )  # fmt: skip
    return


@app.cell
def bug_types(get_days, is_live, now_chosen, pick_types, scope, store, version):
    _whole = reading.answers(store, version, picks.joined(scope, get_days(), ()))
    mo.stop(_whole.runs == 0)
    _frame = _whole.series.bug_types
    _drawn = charts.chart_bug_types(_frame, chosen=now_chosen()[2])
    types_chart = _drawn and mo.ui.altair_chart(
        _drawn,
        chart_selection=False,
        legend_selection=False,
        on_change=lambda _: pick_types(
            picks.values(types_chart.selections, charts.BUG_TYPES, _frame["bug_type"].to_list())
        ),
    )
    types_part = widgets.chart(
        types_chart, "No bugs yet", "The ring appears with the first bug that is found."
    )
    types_note = "Every bug that came up, by the type its diagnosis gave." + (
        " Click one to look at it alone." if is_live else ""
    )
    return types_chart, types_note, types_part


@app.cell
def bugs_and_runs(shown, types_note, types_part):
    mo.stop(shown.runs == 0)
    _states = charts.chart_run_states(shown.series.run_states, bucket=shown.window.bucket)
    _agents = charts.chart_agents(shown.series.agents)
    widgets.show(
        widgets.grid(
            (4, widgets.section("Bug types", types_part, anchor="bug-types", note=types_note)),
            (4, widgets.section(
                "Runs", widgets.chart(_states, "No runs", "None began in this period."),
                anchor="runs", note=f"How they ended, by the {shown.window.bucket} they began.")),
            (4, widgets.section(
                "Time per agent", widgets.chart(_agents, "No agents", "No step names an agent."),
                anchor="agents", note="Mean per run in which the agent takes part, with its 95 % interval.")),
        )
    )  # fmt: skip
    return


@app.cell
def found_bugs(get_view, shown, store, version):
    view = get_view()
    found = reading.fixes(store, version, shown.scope, view)
    return found, view


@app.cell
def search_bugs(get_reset, get_scope, get_view_quietly, set_view):
    get_reset(), get_scope()
    search = mo.ui.text(
        placeholder="Search bugs, files, tasks",
        value=get_view_quietly().search,
        debounce=300,
        on_change=lambda words: set_view(replace(get_view_quietly(), search=words, page=0)),
    )
    return (search,)


@app.cell
def bugs_controls(found, get_view_quietly, open_run, set_view, view):
    _keys = list(zip(found.rows["source"], found.rows["run_id"], strict=True))
    heads = mo.ui.array(
        [
            mo.ui.button(
                label=bugs_table.heading(order, title, view),
                on_change=lambda _, order=order: set_view(
                    bugs_table.resorted(get_view_quietly(), order)
                ),
            )
            for order, title in bugs_table.COLUMNS
        ]
    )
    openers = mo.ui.array(
        [mo.ui.button(label="Open", on_change=lambda _, key=key: open_run(key)) for key in _keys]
    )
    _last = max(found.total - 1, 0) // reading.PAGE_ROWS
    turners = mo.ui.array(
        [
            mo.ui.button(
                label=label,
                disabled=not 0 <= to <= _last,
                on_change=lambda _, to=to: set_view(replace(get_view_quietly(), page=to)),
            )
            for label, to in (("← Previous", view.page - 1), ("Next →", view.page + 1))
        ]
    )
    return heads, openers, turners


@app.cell
def recent_fixes(found, get_run, heads, is_live, openers, search, shown, turners, view):
    mo.stop(shown.runs == 0)
    _titles = [title for _, title in bugs_table.COLUMNS]
    _table = bugs_table.bugs_table(
        found,
        [widgets.element(each) for each in heads] if is_live else _titles,
        [widgets.element(each) for each in openers] if is_live else [],
        get_run(),
    )
    _turn = [widgets.element(each) for each in turners] if is_live else []
    _pages = widgets.tag(
        "div", widgets.tag("span", bugs_table.pages(found, view)), *_turn, class_="pp-pages"
    )
    widgets.show(
        widgets.section(
            "Recent fixes", _table, _pages,
            anchor="fixes", note="One row per bug and run, from found to fixed or given up.",
            side=widgets.element(search) if is_live else "",
        )
    )  # fmt: skip
    return


@app.cell
def opened_calls(get_run, open_run, store, version):
    _key = get_run()
    mo.stop(_key is None)
    _detail = reading.run_detail(store, version, *_key)
    close = mo.ui.button(label="Close", on_change=lambda _: open_run(None))
    widgets.show(
        widgets.section(
            "Calls of one run",
            opened_run(_detail) if _detail else widgets.nothing(
                "No such run", "It is not in this store; the address may come from another one."),
            anchor="run", side=widgets.element(close),
        )
    )  # fmt: skip
    return (close,)


@app.cell
def compare_choice(choose_scope, get_reset, get_version, now_chosen, store):
    get_reset()
    _pairs = picks.pairs(reading.choices(store, get_version())["variant"])
    _titles = {"Older half and newer half": None} | {f"{a} and {b}": (a, b) for a, b in _pairs}
    _chosen = now_chosen()[0].sides
    sides = mo.ui.dropdown(
        options=_titles,
        value=next((title for title, pair in _titles.items() if pair == _chosen), None),
        on_change=lambda pair: choose_scope(replace(now_chosen()[0], sides=pair)),
    )
    return (sides,)


@app.cell
def before_after(is_live, shown, sides):
    mo.stop(shown.runs == 0)
    _compared = shown.comparison
    _drawn = _compared and charts.chart_before_after(_compared.frame())
    widgets.show(
        widgets.section(
            "Before and after",
            widgets.nothing("Nothing to compare", "Two runs are needed, one for each side.")
            if _compared is None
            else widgets.grid(
                (7, widgets.compared(_compared)),
                (5, widgets.chart(_drawn, "No shares to draw", "No rate is known on both sides.")),
            ),
            anchor="before-after",
            note=page.sides(_compared) if _compared else "",
            side=widgets.element(sides) if is_live else "",
        )
    )
    return


@app.cell
def more_numbers(shown):
    mo.stop(shown.runs == 0)
    widgets.show(
        widgets.section(
            "More numbers",
            widgets.more_numbers(shown.more),
            anchor="more",
            note=f"Every other metric, over {shown.window.label}.",
        ),
        page.footer(shown),
    )
    return


if __name__ == "__main__":
    app.run()
