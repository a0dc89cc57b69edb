# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Cost and tools: what runs spend, and what agents, tools and pipelines do. Reads, asks, places."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="full", app_title="PatchPilot Analytics: cost and tools", css_file="theme.css"
)

with app.setup:
    import marimo as mo

    from analytics.errors import AnalyticsError
    from analytics.overview import Scope
    from dashboard import (
        address,
        filters,
        freshness,
        page,
        pages,
        reading,
        spent,
        tools_table,
        widgets,
    )
    from dashboard.tools_table import ToolsView


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
    first_scope, ignored = reading.scope_of(
        store, address.parameters(_request.query_params if _request else None)
    )
    return first_scope, ignored, is_live


@app.cell
def state(first_scope, first_version):
    get_version, set_version = mo.state(first_version)
    get_fault, set_fault = mo.state(None)
    get_scope, set_scope = mo.state(first_scope)
    get_cleared, set_cleared = mo.state(0, allow_self_loops=True)
    get_tools, set_tools = mo.state(ToolsView(), allow_self_loops=True)
    _params = mo.query_params()

    def chosen():
        """What is chosen, for cells that must not run again when it changes."""
        return get_scope()

    def choose(scope):
        set_scope(scope)
        set_tools(ToolsView())
        address.write(_params, scope, None)

    def clear():
        choose(Scope(period=get_scope().period))
        set_cleared(get_cleared() + 1)

    return (
        choose,
        chosen,
        clear,
        get_cleared,
        get_fault,
        get_scope,
        get_tools,
        get_version,
        set_fault,
        set_tools,
        set_version,
    )


@app.cell
def live(first_version, is_live, reader, set_fault, set_version):
    _look = freshness.poller(reader, first_version, set_version, set_fault)
    refresh_control = freshness.control(_look)
    refresh = widgets.element(refresh_control) if is_live else widgets.NOTHING
    return (refresh,)


@app.cell
def answers(get_scope, get_version, store):
    shown = reading.answers(store, get_version(), get_scope())
    found = reading.spent(store, get_version(), get_scope())
    return found, shown


@app.cell
def head(get_fault, ignored, reader, refresh, shown):
    widgets.show(
        page.header(
            shown,
            reader.now,
            controls=refresh,
            pages=pages.links(spent.HERE, shown.scope),
            sections=spent.SECTIONS,
        ),
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
def cards(found, shown):
    mo.stop(shown.is_empty, widgets.show(page.nothing_here(shown)))
    widgets.show(page.summary(shown), spent.top(shown, found))
    return


@app.cell
def cut_choice(found):
    _cuts = spent.cuts(found)
    cut_picker = mo.ui.dropdown(options=_cuts, value=next(iter(_cuts)))
    return (cut_picker,)


@app.cell
def cost(cut_picker, found, is_live, shown):
    mo.stop(shown.is_empty or not spent.has_spent(found))
    widgets.show(
        widgets.grid(
            (6, "", widgets.section(
                f"Cost per {found.bucket}", spent.over_time(found), anchor="cost",
                note=f"By the {found.bucket} on which runs began: as reported, else computed from tokens.",
            )),
            (6, "", widgets.section(
                "What costs", spent.cost_by(found, cut_picker.value), anchor="cost-by",
                note="The dearest twelve; the rest is one bar.",
                side=widgets.field("By", widgets.element(cut_picker)) if is_live else "",
            )),
        )
    )  # fmt: skip
    return


@app.cell
def models(found, shown):
    mo.stop(shown.is_empty or not spent.has_spent(found))
    widgets.show(
        widgets.grid(
            (7, "", widgets.section(
                "Reported and computed cost",
                spent.unpriced(found), spent.reported_and_computed(found), anchor="models",
                note="What the sources say, and what the price list makes of the tokens. The difference is "
                "over the calls that have both.",
            )),
            (5, "", widgets.section(
                "Tokens by kind", spent.tokens(found), anchor="tokens",
                note="What a source does not tell apart stands as input, uncached, or as output.",
            )),
        )
    )  # fmt: skip
    return


@app.cell
def tools_buttons(found, get_tools, set_tools):
    view = get_tools()
    tools_control = tools_table.controls(found.tools, view, set_tools)
    return tools_control, view


@app.cell
def tools(found, is_live, shown, tools_control, view):
    mo.stop(shown.is_empty)
    widgets.show(
        widgets.section(
            "Tools",
            widgets.quiet(
                "No call of a tool is recorded. Calls of kind tool, or of op record.tool, stand here."
            )
            if found.tools.is_empty()
            else tools_table.tools_table(found.tools, view, tools_control if is_live else None),
            anchor="tools",
            note="" if found.tools.is_empty() else "Failed: of the calls that tell how they ended.",
        )
    )
    return


@app.cell
def agents(found, shown):
    mo.stop(shown.is_empty)
    widgets.show(
        widgets.section(
            "Agents",
            widgets.quiet(
                "No step names an agent. Steps named Agent.step, or record.agent, stand here."
            )
            if found.agents.is_empty()
            else spent.agents(found),
            anchor="agents",
            note=""
            if found.agents.is_empty()
            else "Time in which an agent has a step under way; the most first.",
        )
    )
    return


@app.cell
def pipelines(found, shown):
    mo.stop(shown.is_empty)
    widgets.show(
        widgets.section(
            "Pipelines",
            spent.pipelines(shown, found)
            if spent.knows(shown, spent.PIPELINE_CARDS)
            else widgets.quiet(
                "No CI pipeline is recorded. Records of op record.pipeline stand here."
            ),
            anchor="pipelines",
        )
    )
    return


@app.cell
def debugging(found, shown):
    mo.stop(shown.is_empty)
    widgets.show(
        widgets.section(
            "Debugging cycles",
            spent.debugging(shown, found)
            if spent.knows(shown, spent.DEBUGGING_CARDS)
            else widgets.quiet(
                "No debugging cycle is recorded. Records of op record.debug stand here."
            ),
            anchor="debugging",
        )
    )
    return


@app.cell
def code(shown):
    mo.stop(shown.is_empty)
    widgets.show(
        widgets.section(
            "Code",
            spent.known_cards(shown, spent.CODE_CARDS)
            if spent.knows(shown, spent.CODE_CARDS)
            else widgets.quiet(
                "No run tells what it changed. Diffs of patches, or patchpilot code, say it."
            ),
            anchor="code",
        ),
        page.footer(shown),
    )
    return


if __name__ == "__main__":
    app.run()
