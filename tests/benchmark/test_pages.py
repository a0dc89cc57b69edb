"""How the benchmark looks at what pages send: charts as they are placed, and tables by their rows."""

import altair as alt
import polars as pl
from benchmark import pages

from dashboard import widgets


def test_a_placed_chart_tells_its_size_and_its_marks():
    frame = pl.DataFrame({"agent": ["A", "B"], "mean_s": [1.0, 2.0]})
    drawn = alt.Chart(frame).mark_bar().encode(x="mean_s:Q", y="agent:N")
    told: dict[str, list[int]] = {"bytes": [], "marks": [], "rows": []}
    pages._look(widgets.chart(drawn, "", "").html, told)
    pages._look("<table><tr><td>1</td></tr><tr></tr></table><table></table>", told)
    assert told["marks"] == [2]
    assert told["rows"] == [2, 0]
    assert told["bytes"][0] > 300
