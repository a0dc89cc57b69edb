# /// script
# [tool.marimo.display]
# theme = "system"
# ///
"""Explore: any metric by any cut, and SQL on a copy of the views. To be run, or edited and added to."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="PatchPilot Analytics: explore", css_file="theme.css")

with app.setup:
    import marimo as mo

    from analytics.errors import AnalyticsError
    from analytics.metrics.catalog import METRICS
    from analytics.metrics.evaluate import CUTS, PERIODS, evaluate
    from analytics.overview import PERIODS as SPANS
    from analytics.overview import Scope, selection, window
    from analytics.store import tables
    from dashboard import explored, freshness, metric_chart, page, pages, reading, widgets


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
def state(first_version):
    get_version, set_version = mo.state(first_version)
    get_fault, set_fault = mo.state(None)
    return get_fault, get_version, set_fault, set_version


@app.cell
def live(first_version, reader, set_fault, set_version):
    # Only when asked: what somebody works with here does not change under their hands.
    reload_control = mo.ui.button(
        label="Read the newest data",
        on_change=freshness.poller(reader, first_version, set_version, set_fault),
    )
    reload = widgets.element(reload_control)
    return (reload,)


@app.cell
def head(get_fault, get_version, reader, reload, store):
    _shown = reading.answers(store, get_version(), Scope())
    widgets.show(
        page.header(
            _shown,
            reader.now,
            controls=reload,
            pages=pages.links("/explore"),
            sections=explored.SECTIONS,
        ),
        page.notices(_shown, (), get_fault(), reader.now),
    )
    return


@app.cell
def sources(get_version, store):
    _told = reading.sources(store, get_version())
    _parts = explored.sources(*_told) if _told else None
    widgets.show(
        widgets.section(
            "Sources", _parts or page.nothing_stored(),
            anchor="sources", note="What was imported, the newest first, and what could not be read.",
        )
    )  # fmt: skip
    return


@app.cell
def metric_choice():
    metric_picker = mo.ui.dropdown(
        options={metric.title: metric.name for metric in METRICS.values()}, value="Pass rate"
    )
    cut_picker = mo.ui.dropdown(options=[*PERIODS, *CUTS], value="day")
    span_picker = mo.ui.dropdown(
        options={each.title: name for name, each in SPANS.items()}, value="All time"
    )
    return cut_picker, metric_picker, span_picker


@app.cell
def metric_by_cut(cut_picker, get_version, metric_picker, reader, span_picker):
    get_version()
    metric, _cut = METRICS[metric_picker.value], cut_picker.value
    with tables.consistent(reader) as _con:
        _scope = Scope(period=SPANS[span_picker.value])
        _where = selection(_scope, window(_con, _scope, reader.now))
        found = evaluate(_con, [metric], (_cut,), _where)
    _frame = metric_chart.metric_frame(found, metric, _cut)
    _pickers = [("Metric", metric_picker), ("By", cut_picker), ("Period", span_picker)]
    widgets.show(
        widgets.section(
            "A metric by a cut",
            widgets.grid(
                (7, "", widgets.chart(
                    metric_chart.chart_metric(_frame, metric, _cut),
                    "Known nowhere", "No run of this period tells it.")),
                (5, "", explored.estimates(found, metric, _cut)),
            ),
            anchor="metric", note=metric.doc,
            side=[widgets.field(title, widgets.element(each)) for title, each in _pickers],
        )
    )  # fmt: skip
    return


@app.cell
def question():
    sql = mo.ui.code_editor(value=explored.EXAMPLE, language="sql", min_height=120, label="").form(
        submit_button_label="Ask"
    )
    return (sql,)


@app.cell
def answer(get_version, sql, store):
    csv_control = None
    try:
        _copy = reading.sandbox(store, get_version())
        _rows, _more = _copy.ask(sql.value or explored.EXAMPLE)
        _said = explored.answer_note(_rows, more=_more)
        _table = mo.ui.table(
            explored.plain(_rows), page_size=15, selection=None, show_column_summaries=False,
            show_download=False, label="",
        )  # fmt: skip
        # The table's own download would write texts that a spreadsheet runs.
        csv_control = mo.download(
            data=lambda: explored.answer_csv(_rows).encode(),
            filename="answer.csv",
            mimetype="text/csv",
            label="Download as CSV",
        )
        _shown = widgets.join([widgets.element(_table), widgets.element(csv_control)])
    except AnalyticsError as fault:
        _said, _shown = "", widgets.callout("error", "No answer.", str(fault))
    widgets.show(
        widgets.section(
            "SQL",
            widgets.grid((5, "", widgets.element(sql)), (7, "", widgets.join([_said, _shown]))),
            explored.columns(),
            anchor="sql",
            note="One SELECT on a copy of the views named below. It can read nothing else.",
        )
    )
    return


if __name__ == "__main__":
    app.run()
