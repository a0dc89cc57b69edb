"""/healthz: what a monitor or a script asks before it trusts the pages."""

import shutil
from pathlib import Path

from analytics.store.reader import Reader
from tests.server.launch import Served, serving


def test_it_says_what_the_store_holds(served: Served, store: Path):
    answer = served.get("/healthz")
    reader = Reader(store)
    with reader.cursor() as con:
        runs = len(con.table("runs"))
    assert runs > 0
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "snapshot": reader.poll().snapshot, "runs": runs}
    assert answer.headers["cache-control"] == "no-store"
    reader.close()


def test_a_store_that_is_not_made_yet_is_no_fault(tmp_path: Path):
    with serving(tmp_path / "store") as served:
        assert served.get("/healthz").json() == {"status": "ok", "snapshot": 0, "runs": 0}
        assert served.get("/").status_code == 200


def test_a_broken_store_is_told_and_the_pages_stay(tmp_path: Path):
    broken = tmp_path / "store"
    broken.mkdir()
    (broken / "catalog.sqlite").write_text("this is no catalog")
    with serving(broken) as served:
        answer = served.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["status"] == "error"
        assert str(broken) in answer.json()["reason"]
        assert served.get("/").status_code == 200


def test_a_store_that_was_removed_is_told(store: Path, tmp_path: Path):
    copy = tmp_path / "store"
    shutil.copytree(store, copy)
    with serving(copy) as served:
        assert served.get("/healthz").status_code == 200
        # In one step: while files go one by one, the server may still make one.
        copy.rename(copy.with_name("removed"))
        answer = served.get("/healthz")
        assert answer.status_code == 503
        assert str(copy) in answer.json()["reason"]
