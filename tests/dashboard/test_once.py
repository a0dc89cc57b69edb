"""What sessions share: the answer to the very same question, and a drawing of the very same answers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from time import sleep
from typing import Any

import altair as alt
import polars as pl
import pytest

from dashboard.once import answered_once, drawn_once
from dashboard.widgets import live_chart


def test_who_asks_at_the_same_moment_gets_the_same_answer():
    worked: list[int] = []
    together = Barrier(8)

    @answered_once(4)
    def answer(question: int) -> object:
        worked.append(question)
        sleep(0.05)
        return object()

    def ask(_: int) -> object:
        together.wait()
        return answer(1)

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(ask, range(8)))
    assert worked == [1]
    assert len(answers) == 1


def test_a_failure_is_not_kept():
    asked: list[int] = []

    @answered_once(4)
    def answer(question: int) -> int:
        asked.append(question)
        if len(asked) == 1:
            raise OSError("not there")
        return question

    with pytest.raises(OSError, match="not there"):
        answer(1)
    assert answer(1) == 1


def test_the_same_objects_are_drawn_once_and_equal_ones_again():
    seen: list[str] = []

    @drawn_once
    def draw(frame: pl.DataFrame, *, bucket: str = "day", days: tuple[date, ...] = ()) -> object:
        seen.append(bucket)
        return object()

    frame, day = pl.DataFrame({"runs": [1]}), date(2026, 1, 5)
    first = draw(frame, bucket="week", days=(day,))
    assert draw(frame, bucket="week", days=(date(2026, 1, 5),)) is first
    assert draw(frame, bucket="week") is not first
    assert draw(frame.clone(), bucket="week", days=(day,)) is not first
    assert len(seen) == 3


def test_an_object_that_is_gone_lends_its_id_to_none():
    @drawn_once
    def draw(frame: pl.DataFrame) -> int:
        return frame.item()

    assert [draw(pl.DataFrame({"n": [n]})) for n in range(500)] == list(range(500))


def test_sessions_that_ask_at_once_wait_for_one_drawing():
    seen: list[int] = []

    @drawn_once
    def draw(frame: pl.DataFrame) -> object:
        seen.append(1)
        return object()

    frame = pl.DataFrame({"runs": [1]})
    with ThreadPoolExecutor(8) as sessions:
        assert len(set(sessions.map(lambda _: draw(frame), range(8)))) == 1
    assert seen == [1]


def test_a_live_chart_is_worked_out_once_and_hears_what_is_picked():
    worked: list[int] = []

    class Counted(alt.LayerChart):
        def to_dict(self, *arguments: Any, **named: Any) -> dict[str, Any]:
            worked.append(1)
            return super().to_dict(*arguments, **named)

    brush = alt.selection_interval(name="days", encodings=["x"])
    bars = alt.Chart(pl.DataFrame({"day": [1, 2]})).mark_bar().encode(x="day:Q").add_params(brush)
    drawn, heard = Counted(layer=[bars]), []
    first, second = (live_chart(drawn, heard.append) for _ in range(2))
    assert worked == [1]
    assert first is not None
    assert second is not None
    assert first._component_args == second._component_args
    specification: Any = first._component_args["spec"]
    assert list(specification["datasets"].values()) == [[{"day": 1}, {"day": 2}]]
    assert specification["params"][0]["name"] == "days"
    first._update({"days": {"day": [1, 2]}})
    assert heard == [{"days": {"day": [1, 2]}}]
