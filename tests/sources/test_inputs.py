"""What a user may name, and what is said where it is nothing."""

import gzip
import hashlib
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
import zstandard

from analytics import room
from analytics.errors import InputError, UnknownNameError
from analytics.sources.inputs import Input, find, open_plain, recognise
from tests.sources.records import call, lines

TEXT = lines(call("a"), call("b")).encode()

Disk = namedtuple("Disk", ["total", "used", "free"])


def plain(tmp_path, content):
    source = tmp_path / "x.jsonl"
    source.write_bytes(content)
    return open_plain(Input(name="x.jsonl", path=source), tmp_path)


def test_a_folder_stands_for_its_trace_files(tmp_path):
    for name in ("b.jsonl", "a.JSON", "deep/c.csv.gz", "d.txt", ".hidden.jsonl", ".git/e.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = [
        item.path.relative_to(tmp_path).as_posix()
        for item in find([str(tmp_path)])
        if item.path is not None
    ]
    assert found == ["a.JSON", "b.jsonl", "deep/c.csv.gz"]


def test_a_file_named_twice_is_read_once(tmp_path):
    (tmp_path / "a.jsonl").write_text("x")
    assert len(find([str(tmp_path), str(tmp_path / "a.jsonl"), str(tmp_path / "*.jsonl")])) == 1


def test_a_missing_name_is_told_with_the_nearest(tmp_path):
    (tmp_path / "traces.jsonl").write_text("x")
    with pytest.raises(InputError, match=r"no file .*Did you mean .*traces\.jsonl"):
        find([str(tmp_path / "trace.jsonl")])
    with pytest.raises(InputError, match="nothing matches"):
        find([str(tmp_path / "*.csv")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no trace file"):
        find([str(tmp_path / "empty")])
    assert find([str(tmp_path / "later.jsonl")], missing_ok=True) == []


def test_a_plain_file_is_not_copied(tmp_path):
    assert plain(tmp_path, TEXT) == tmp_path / "x.jsonl"


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(TEXT, mtime=0),
        gzip.compress(TEXT[:10], mtime=0) + gzip.compress(TEXT[10:], mtime=0) + b"\0" * 9,
        zstandard.compress(TEXT),
        zstandard.compress(TEXT[:10]) + zstandard.compress(TEXT[10:]),
        b"\xff\xfe" + TEXT.decode().encode("utf-16-le"),
        b"\xfe\xff" + TEXT.decode().encode("utf-16-be"),
    ],
)
def test_archives_and_other_encodings_are_unpacked(tmp_path, packed):
    assert plain(tmp_path, packed).read_bytes() == TEXT


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (gzip.compress(TEXT, mtime=0)[:-9], "the archive is cut off"),
        (zstandard.compress(TEXT)[:-3], "the archive is cut off"),
        (gzip.compress(TEXT, mtime=0)[:12] + b"\xff" * 40, "the archive is broken"),
        (zstandard.compress(TEXT)[:4] + b"\xff" * 40, "the archive is broken"),
    ],
)
def test_what_cannot_be_unpacked_is_one_sentence(tmp_path, content, said):
    with pytest.raises(InputError, match=said) as caught:
        plain(tmp_path, content)
    assert "x.jsonl" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (TEXT, "weave-jsonl"),
        (b"\xef\xbb\xbf" + TEXT, "weave-jsonl"),
        (b"not json\n" + TEXT, "weave-jsonl"),
        (b"[" + TEXT.splitlines()[0] + b"]", "weave-json"),
        (b"id,op_name,started_at\n", "weave-csv"),
        (b"id\tstarted_at\top_name\n", "weave-csv"),
        (b'{"type":"call_start","req":{}}\n', "weave-wal"),
    ],
)
def test_a_format_is_known_by_its_content(tmp_path, content, name):
    path = tmp_path / "whatever.bin"
    path.write_bytes(content)
    found, reason = recognise(Input(name="x", path=path), path, None)
    assert found.name == name
    assert reason


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\x00\x01\x02", "it is binary"), (b"hello there", "it begins with 'hello there'")],
)
def test_an_unknown_content_is_told_with_what_is_known(tmp_path, content, said):
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        recognise(Input(name="x", path=path), path, None)
    assert "weave-jsonl" in str(caught.value)
    assert recognise(Input(name="x", path=path), path, "weave-csv")[0].name == "weave-csv"
    with pytest.raises(UnknownNameError, match="weave-jsonl"):
        recognise(Input(name="x", path=path), path, "weave-jsnl")


@pytest.mark.parametrize("packed", [TEXT, gzip.compress(TEXT, mtime=0)])
def test_standard_input_is_read(tmp_path, packed):
    script = (
        "import sys; from pathlib import Path; from analytics.sources.inputs import *;"
        "print(open_plain(find(['-'])[0], Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], input=packed, capture_output=True, check=True
    )
    assert Path(done.stdout.decode().strip()).read_bytes() == TEXT


BLANKS = 30_000_000


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b" " * BLANKS, mtime=0), zstandard.compress(b" " * BLANKS)],
    ids=["gzip", "zstd"],
)
def test_what_unpacks_to_more_than_any_trace_is_refused(tmp_path, packed, monkeypatch):
    monkeypatch.setattr(room, "_BOMB_FROM_BYTES", 1_000_000)
    with pytest.raises(
        InputError, match=r"x\.jsonl: it unpacks to more than [\d,]+ times its size"
    ):
        plain(tmp_path, packed)
    assert not [path for path in tmp_path.rglob("plain-*/**/*") if path.is_file()]


def test_what_repeats_itself_as_traces_do_is_no_bomb(tmp_path, monkeypatch):
    """Agents that send all they have said with every call, each with an id and a time of its own."""
    monkeypatch.setattr(room, "_BOMB_FROM_BYTES", 0)
    said = hashlib.shake_256(b"said").hexdigest(4_000)
    calls = [
        lines(call(hashlib.sha256(bytes([n])).hexdigest(), inputs={"said": said}))
        for n in range(200)
    ]
    text = "".join(calls).encode()
    for packed in (gzip.compress(text, 9, mtime=0), zstandard.compress(text, 19)):
        assert plain(tmp_path, packed).read_bytes() == text


@pytest.mark.parametrize(
    "packed", [gzip.compress(os.urandom(4_000_000), mtime=0), b"\xff\xfe" + os.urandom(4_000_000)],
    ids=["packed", "of another encoding"],
)  # fmt: skip
def test_the_disk_stays_usable(tmp_path, packed, monkeypatch):
    monkeypatch.setattr(room, "_LITTLE_BYTES", 1_000_000)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: Disk(10**9, 0, 5 * 10**7))
    with pytest.raises(InputError, match=r"x\.jsonl: .*more than the disk of .* has room for"):
        plain(tmp_path, packed)
    assert not [path for path in tmp_path.rglob("plain-*/**/*") if path.is_file()]
    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: Disk(10**9, 0, 10**8))
    assert plain(tmp_path, packed).stat().st_size >= 4_000_000
