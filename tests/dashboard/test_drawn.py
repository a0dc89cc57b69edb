"""What sessions share: a drawing of the very same answers, and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import polars as pl

from dashboard import drawn


def test_the_same_objects_are_drawn_once_and_equal_ones_again():
    seen: list[str] = []

    @drawn.shared
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
    @drawn.shared
    def draw(frame: pl.DataFrame) -> int:
        return frame.item()

    assert [draw(pl.DataFrame({"n": [n]})) for n in range(500)] == list(range(500))


def test_sessions_that_ask_at_once_wait_for_one_drawing():
    seen: list[int] = []

    @drawn.shared
    def draw(frame: pl.DataFrame) -> object:
        seen.append(1)
        return object()

    frame = pl.DataFrame({"runs": [1]})
    with ThreadPoolExecutor(8) as sessions:
        assert len(set(sessions.map(lambda _: draw(frame), range(8)))) == 1
    assert seen == [1]
