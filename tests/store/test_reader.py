"""When a run without an end counts as abandoned: the limit, and how it is told."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from analytics.errors import InputError
from analytics.schema import STALE_AFTER, STALE_SETTING
from analytics.store import lake
from analytics.store.reader import Reader, stale_limit
from tests.chain import bring
from tests.golden.make import FOLDER as GOLDEN


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one run that began and never ended."""
    store = tmp_path_factory.mktemp("silent") / "store"
    text = (GOLDEN / "abandoned.jsonl").read_text("utf-8")
    with lake.writer(store) as con:
        bring(con, store, [json.loads(line) for line in text.splitlines()])
    return store


def test_a_run_is_abandoned_only_after_the_limit(silent: Path, monkeypatch: pytest.MonkeyPatch):
    reader = Reader(silent)
    with reader.cursor() as con:
        row = con.execute("SELECT max(last_seen_at) FROM runs").fetchone()
    reader.close()
    assert row is not None
    for minutes in (5, 90):
        monkeypatch.setenv(STALE_SETTING, str(minutes))
        states = []
        for past in (timedelta(seconds=-1), timedelta(seconds=1)):
            reader = Reader(silent, now=row[0] + timedelta(minutes=minutes) + past)
            with reader.cursor() as con:
                states += con.execute("SELECT state FROM runs").fetchall()
            reader.close()
        assert states == [("running",), ("abandoned",)]


def test_without_a_word_it_is_half_an_hour(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(STALE_SETTING, raising=False)
    assert stale_limit() == STALE_AFTER == timedelta(minutes=30)


@pytest.mark.parametrize("told", ["soon", "0", "-3", "nan", "1e9"])
def test_what_is_no_number_of_minutes_is_refused(told: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(STALE_SETTING, told)
    with pytest.raises(InputError, match=STALE_SETTING):
        stale_limit()
