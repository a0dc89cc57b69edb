# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Runs: all of them page by page, a few side by side, one in full. Reads, asks ``analytics``, places."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="PatchPilot Analytics: runs", css_file="theme.css")

with app.setup:
    from dataclasses import replace

    import marimo as mo

    from analytics.errors import AnalyticsError
    from analytics.overview import Scope
    from analytics.store import run_tables
    from dashboard import (
        address,
        call_tree,
        filters,
        freshness,
        one_run,
        opened_run,
        page,
        pages,
        reading,
        run_reading,
        runs_table,
        waterfall,
        widgets,
    )  # fmt: skip
    from dashboard.run_choices import Choices
    from dashboard.run_columns import name_of


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
    _told = address.parameters(_request.query_params if _request else None, run_reading.PARAMETERS)
    first_scope, ignored = reading.scope_of(store, _told)
    first_view = run_reading.view_of(_told)
    first_run = address.run_of(_told)
    first_picked = run_reading.picked_of(_told)
    return first_picked, first_run, first_scope, first_view, ignored, is_live


@app.cell
def state(first_picked, first_run, first_scope, first_version, first_view):
    get_version, set_version = mo.state(first_version)
    get_fault, set_fault = mo.state(None)
    get_scope, set_scope = mo.state(first_scope)
    get_patch, set_patch = mo.state(None)
    # These are read by the very cells whose buttons change them.
    get_view, set_view = mo.state(first_view, allow_self_loops=True)
    get_picked, set_picked = mo.state(first_picked, allow_self_loops=True)
    get_run, set_run = mo.state(first_run, allow_self_loops=True)
    get_tree, set_tree = mo.state(None, allow_self_loops=True)
    get_redrawn, set_redrawn = mo.state(0, allow_self_loops=True)
    choices = Choices(
        scope=(get_scope, set_scope), view=(get_view, set_view), picked=(get_picked, set_picked),
        run=(get_run, set_run), tree=(get_tree, set_tree), patch=(get_patch, set_patch),
        redrawn=(get_redrawn, set_redrawn), params=mo.query_params(),
    )  # fmt: skip
    return (
        choices,
        get_fault,
        get_patch,
        get_picked,
        get_redrawn,
        get_run,
        get_scope,
        get_tree,
        get_version,
        get_view,
        set_fault,
        set_patch,
        set_tree,
        set_version,
    )


@app.cell
def live(first_version, is_live, reader, set_fault, set_version):
    _look = freshness.poller(reader, first_version, set_version, set_fault)
    refresh_control = freshness.control(_look)
    refresh = widgets.element(refresh_control) if is_live else widgets.NOTHING
    return (refresh,)


@app.cell
def head(get_fault, get_run, get_scope, get_version, ignored, reader, refresh, store):
    _shown = reading.answers(store, get_version(), Scope())
    widgets.show(
        page.header(
            _shown,
            reader.now,
            controls=refresh,
            pages=pages.links("/runs", get_scope()),
            sections=one_run.SECTIONS if get_run() else runs_table.SECTIONS,
        ),
        page.notices(_shown, ignored, get_fault(), reader.now),
        page.nothing_here(_shown) if _shown.runs_stored == 0 else "",
    )
    return


@app.cell
def filter_bar(choices, get_redrawn, get_run, get_version, is_live, store):
    get_redrawn()
    mo.stop(get_run() is not None or not is_live or get_version().snapshot == 0)
    filter_controls = filters.controls(
        reading.choices(store, get_version()), choices.scope_now, choices.choose, choices.clear
    )
    widgets.show(filters.bar(filter_controls))
    return


@app.cell
def counts(choices, get_scope, get_version, get_view, store):
    _scope, _view = get_scope(), replace(get_view(), page=0)
    facets = run_reading.facets(store, get_version(), _scope, _view)

    def facet_values(column):
        if column in run_tables.OWN_FILTERS:
            return _view.values(column)
        return _scope.values(column)

    facet_controls = runs_table.facet_controls(facets, facet_values, choices.choose_facet)
    return facet_controls, facet_values, facets


@app.cell
def counts_beside(facet_controls, facet_values, facets, is_live):
    facets_part = runs_table.facets_beside(
        facets, facet_controls if is_live else None, facet_values
    )
    return (facets_part,)


@app.cell
def table_side(choices, get_redrawn, is_live):
    get_redrawn()
    search_control = mo.ui.text(
        placeholder="Search tasks, ids, agents, errors",
        value=choices.view_now().search,
        debounce=300,
        on_change=lambda words: choices.look(replace(choices.view_now(), search=words, page=0)),
    )
    columns_control = runs_table.column_choice(choices.view_now, choices.look)
    table_controls = [
        widgets.field("Search", widgets.element(search_control)),
        widgets.field("Columns", widgets.element(columns_control)),
    ]
    table_controls = table_controls if is_live else widgets.NOTHING
    return (table_controls,)


@app.cell
def found_runs(choices, get_picked, get_scope, get_version, get_view, store):
    view = get_view()
    found = run_reading.page(store, get_version(), get_scope(), view)
    picked = get_picked()
    row_controls = runs_table.controls(found, view, picked, choices)
    row_buttons = runs_table.placed(row_controls)
    return found, picked, row_buttons, view


@app.cell
def csv_file(get_scope, get_view, is_live, store):
    _asked = store, get_scope(), get_view()
    csv_control = mo.download(
        data=lambda: run_reading.download(*_asked).encode(),
        filename="runs.csv",
        mimetype="text/csv",
        label="Download as CSV, all columns",
    )
    csv_link = widgets.element(csv_control) if is_live else widgets.NOTHING
    return (csv_link,)


@app.cell
def all_runs(
    csv_link,
    facets_part,
    found,
    get_run,
    get_scope,
    get_version,
    is_live,
    picked,
    row_buttons,
    store,
    table_controls,
    view,
):
    mo.stop(get_run() is not None or get_version().snapshot == 0)
    _table = runs_table.runs_table(found, view, row_buttons if is_live else None, picked)
    widgets.show(
        widgets.section(
            "All runs",
            widgets.grid((2, "", facets_part), (10, "", widgets.join([_table, csv_link]))),
            anchor="runs",
            note=f"{run_reading.period(store, get_version(), get_scope())}. "
            "One row per run of an agent system on one task."
            + (" Tick two to five to compare them." if is_live else ""),
            side=table_controls,
        )
    )
    return


@app.cell
def side_by_side(choices, get_picked, get_run, get_version, is_live, store):
    _keys = get_picked()
    mo.stop(get_run() is not None or not _keys)
    _runs = run_reading.compared(store, get_version(), _keys)
    remove_controls = mo.ui.array(
        [
            mo.ui.button(label="Remove", on_change=lambda _, key=key: choices.pick(key))
            for key in map(runs_table.key_of, _runs)
        ]
    )
    clear_control = mo.ui.button(label="Remove all", on_change=lambda _: choices.pick_nothing())
    _buttons = [widgets.element(each) for each in remove_controls.elements] if is_live else []
    widgets.show(
        widgets.section(
            "Side by side",
            runs_table.comparison(_runs, _buttons),
            anchor="compare",
            note="Everything that is known of one of them.",
            side=widgets.element(clear_control) if is_live else "",
        )
    )
    return


@app.cell
def story_of_run(get_run, get_version, store):
    mo.stop(get_run() is None)
    story = run_reading.story(store, get_version(), get_run())
    return (story,)


@app.cell
def what_it_is(choices, is_live, story):
    back_control = mo.ui.button(label="← All runs", on_change=lambda _: choices.open_run(None))
    _back = widgets.element(back_control) if is_live else ""
    widgets.show(
        widgets.section(
            name_of(story.run)[:200] if story else "No such run",
            one_run.what_it_is(story.run) if story else page.no_such_run(),
            one_run.outcome(story) if story else "",
            anchor="run",
            note="One run of an agent system, in full." if story else "",
            side=_back,
        )
    )
    return


@app.cell
def over_time(story):
    mo.stop(story is None)
    widgets.show(
        widgets.section(
            "Time",
            waterfall.waterfall(story.waterfall),
            widgets.part("Agents", one_run.agents(story.agents, story.run)),
            anchor="time",
            note="Each call as a bar, below the call that caused it. Point at one for more.",
        )
    )
    return


@app.cell
def calls_opened(get_tree, set_tree, store, story):
    mo.stop(story is None)
    tree_view = get_tree() or call_tree.first_view(story.run)
    tree_lines = call_tree.lines(run_reading.level(store, story.run, tree_view.most), tree_view)
    tree_controls = call_tree.controls(tree_lines, tree_view, set_tree)
    return tree_controls, tree_lines, tree_view


@app.cell
def calls(is_live, store, story, tree_controls, tree_lines, tree_view):
    _call = tree_view.call
    widgets.show(
        widgets.section(
            "Calls",
            call_tree.call_tree(
                tree_lines,
                tree_view,
                tree_controls if is_live else None,
                run_reading.payload(store, story.run, _call) if _call else None,
                story.run,
            ),
            anchor="calls",
            note="What caused what. ▸ opens the calls below one, Show what went in and came out.",
        )
    )
    return


@app.cell
def cost_and_tools(story):
    mo.stop(story is None)
    widgets.show(
        widgets.section(
            "Cost and tools",
            one_run.cost_and_tools(story),
            anchor="cost",
            note="Tokens are counted where they were used.",
        )
    )
    return


@app.cell
def patch_choice(get_patch, set_patch, story):
    mo.stop(story is None)
    _titles = one_run.patch_titles(story.patches)
    patch_span = (
        get_patch() if get_patch() in _titles.values() else next(iter(_titles.values()), None)
    )
    patch_control = mo.ui.dropdown(
        options=_titles,
        value=next((title for title, span in _titles.items() if span == patch_span), None),
        on_change=set_patch,
    )
    patch_picker = (
        widgets.field("Patch", widgets.element(patch_control)) if len(_titles) > 1 else ""
    )
    return patch_picker, patch_span


@app.cell
def bugs_and_patches(is_live, patch_picker, patch_span, store, story):
    _diff = run_reading.diff(store, story.run, patch_span) if patch_span else None
    widgets.show(
        widgets.section(
            "Bugs and patches",
            one_run.bugs_and_patches(run_reading.bugs(store, story.run)),
            opened_run.patch("Unified diff", _diff) if _diff else one_run.no_diff(story),
            anchor="bugs",
            note="What it met, what it changed, and what became of that.",
            side=patch_picker if is_live else "",
        ),
        page.times_are_utc(),
    )
    return


if __name__ == "__main__":
    app.run()
