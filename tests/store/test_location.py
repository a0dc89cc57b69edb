"""Where a store stands: what is understood, what is refused in one sentence, and what is never shown."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import cli
from analytics.errors import InputError, StoreError
from analytics.store import lake
from analytics.store.location import Location, hidden

SECRET = "hush"

texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["C", "Z"]))


@pytest.mark.parametrize(
    ("text", "data", "server"),
    [
        ("store", "store", None),
        ("/a folder/store", "/a folder/store", None),
        ("ducklake:postgres:dbname=pp host=h;data=/shared", "/shared", "dbname=pp host=h"),
        ("ducklake:postgres:;data=s3://team-traces/a/b/", "s3://team-traces/a/b", ""),
        (
            "ducklake:postgres:dbname='a b' options='-c x=1;y';data=/x",
            "/x",
            "dbname='a b' options='-c x=1;y'",
        ),
        (
            "ducklake:postgresql://ada:hush@one:5432,two/db%20x?sslmode=require;data=/x",
            "/x",
            "user=ada host=one,two port=5432, dbname='db x' sslmode=require",
        ),
        ("ducklake:postgres:postgres://[::1]:7/db;data=/x", "/x", "host=::1 port=7 dbname=db"),
    ],
)
def test_an_address_is_taken_apart(text: str, data: str, server: str | None):
    found = Location.of(text)
    assert (found.data, found.server) == (data, server)
    assert Location.of(found.url) == Location.of(str(found)) == found


def test_a_folder_needs_no_address():
    path = Path("some") / "store"
    assert Location.of(path) == Location.of(str(path))
    assert Location.of(path).folder == path
    assert str(Location.of(path)) == str(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no place for a store"),
        ("a\nb", "no place for a store"),
        ("s3://bucket/prefix", "no store can stand in"),
        ("postgresql://ada:hush@h/db", "no store can stand in"),
        ("postgres:dbname=db password=hush", "no store can stand in"),
        ("file:///somewhere/store", "no store can stand in"),
        ("ducklake:postgres:dbname=db password=hush", "does not say where the files stand"),
        ("ducklake:sqlite:catalog.db;data=/x", "names no PostgreSQL catalog"),
        ("ducklake:postgres:dbname;data=/x", "is no PostgreSQL connection"),
        ("ducklake:postgres:password='hush dbname=x;data=/x", "is no PostgreSQL connection"),
        ("ducklake:postgresql://ada:hush@[h/db;data=/x", "is not understood"),
        ("ducklake:postgresql://h/db?x;data=/x", "is not understood"),
        ("ducklake:postgresql://ada:hush/db;data=/x", "is not understood"),
        ("ducklake:postgresql://ada:hush/hush@h/db;data=/x", "is not understood"),
        ("ducklake:postgresql://ada:hush#hush@h/db;data=/x", "is not understood"),
        ("ducklake:postgresql://ada:a?b=hush@h/db;data=/x", "is not understood"),
        ("postgresql://ada:a@hush@h/db", "no store can stand in"),
        ("ducklake:postgres:sslpassword=hush;data=/x", "sslpassword does not belong"),
        ("ducklake:postgres:PASSWORD=hush;data=/x", "PASSWORD does not belong"),
        ("ducklake:postgres:dbname=x;data=", "cannot stand in"),
        ("ducklake:postgres:dbname=x;data=s3://", "cannot stand in"),
        ("ducklake:postgres:dbname=x;data=gs://bucket", "cannot stand in"),
        ("ducklake:postgres:dbname=x;data=s3://ada:hush@bucket/x", "cannot stand in"),
    ],
)
def test_what_is_no_address_is_refused_without_its_password(
    text: str, said: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(InputError, match=said) as told:
        Location.of(text)
    assert SECRET not in str(told.value)
    assert cli.main(["doctor", "--store", text]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert SECRET not in printed.err


@given(password=texts.filter(lambda text: len(text) > 3), name=texts.filter(bool))
def test_a_password_travels_and_never_shows(password: str, name: str):
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace("'", "\\'")

    text = f"ducklake:postgres:dbname='{escaped(name)}' password='{escaped(password)}';data=/x"
    found = Location.of(text)
    assert found.password == password
    again = Location.of(found.url)
    assert (again, again.password) == (found, password)
    assert pickle.loads(pickle.dumps(found)).password == password
    if password not in name:
        for shown in (str(found), repr(found), hidden(text)):
            assert password not in shown.replace("password", "").replace("ducklake:postgres", "")


def test_a_password_in_a_uri_never_shows():
    found = Location.of("ducklake:postgresql://ada:hu%40sh%27@h/db;data=/x")
    assert found.password == "hu@sh'"
    assert "sh" not in str(found)


def test_no_store_is_made_in_a_folder_of_somebody_else(tmp_path: Path):
    (tmp_path / "passwd").write_text("root")
    with (
        pytest.raises(StoreError, match=r"holds something that is no store.*passwd.*--store"),
        lake.writer(tmp_path),
    ):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["passwd"]
