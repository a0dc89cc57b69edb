"""Archives: the same as a folder of the same files, and no way out of the folder they unpack to."""

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
from collections import namedtuple
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import zstandard

from analytics import room
from analytics.errors import InputError
from analytics.sources import Reject, archives
from analytics.sources.archives import Limits, Member
from analytics.sources.inputs import Input, in_archive, is_archive
from tests.sources.imported import bring, rows
from tests.sources.records import call, lines
from tests.sources.test_swe_bench import evaluation, harness, instance, write

TRACE = lines(call("a"), call("b")).encode()
MOMENT = 1_780_000_000

Files = dict[str, bytes]

Disk = namedtuple("Disk", ["total", "used", "free"])


def as_tar(files: Files) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), MOMENT
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def as_zip(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.extra = b"UT" + struct.pack("<HBI", 5, 1, MOMENT)
            archive.writestr(info, content)
    return out.getvalue()


PACKERS: dict[str, Callable[[Files], bytes]] = {
    "x.zip": as_zip,
    "x.tar": as_tar,
    "x.tar.gz": lambda files: gzip.compress(as_tar(files), mtime=0),
    "x.tgz": lambda files: gzip.compress(as_tar(files), mtime=0),
    "x.tar.zst": lambda files: zstandard.compress(as_tar(files)),
}
packed = pytest.mark.parametrize("name", PACKERS)


def pack(path: Path, files: Files) -> Path:
    path.write_bytes(PACKERS[path.name](files))
    return path


def unpack(
    path: Path, limits: Limits | None = None
) -> tuple[dict[str, bytes], dict[str, str], list[Path]]:
    """What came out by name, what was refused by name, and where it stood."""
    folder = path.parent / "out"
    folder.mkdir(exist_ok=True)
    taken: dict[str, bytes] = {}
    refused: dict[str, str] = {}
    places: list[Path] = []
    for found in archives.members(path, path.name, folder, lambda member: True, limits):
        if isinstance(found, Member):
            taken[found.name] = found.path.read_bytes()
            places.append(found.path)
            assert found.path.resolve().is_relative_to(folder.resolve())
            assert found.path.stat().st_mtime in (0, MOMENT) or path.suffix == ".zip"
        else:
            refused[found.file] = found.reason
    assert list(folder.iterdir()) == []
    return taken, refused, places


def spans(store: Path) -> list[dict]:
    return sorted(
        rows(store, "lake.spans", ["source", "span_id", "op", "started_at", "project"]), key=repr
    )


@pytest.mark.parametrize("name", ["x.zip", "x.tar.zst"])
def test_an_archive_is_a_folder_of_the_same_files(name: str, tmp_path: Path):
    folder = tmp_path / "folder"
    write(folder / "agent.nightly.json", evaluation())
    harness(folder, "agent", "a__b-2", instance(resolved=False))
    (folder / "calls.jsonl.gz").write_bytes(gzip.compress(TRACE, mtime=0))
    (folder / "notes.txt").write_text("nothing to read")
    (folder / ".hidden.jsonl").write_bytes(TRACE)
    (folder / "broken.json").write_text("{")
    for path in folder.rglob("*.*"):
        os.utime(path, (MOMENT + 0.7, MOMENT + 0.7))
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    archive = pack(tmp_path / name, files)
    there, here = bring(tmp_path / "one", folder), bring(tmp_path / "other", archive)
    assert spans(tmp_path / "one") == spans(tmp_path / "other")
    assert there.written.new == here.written.new == 8
    assert there.written.rejected == here.written.rejected == 1
    assert {file.name for file in here.files} == {
        f"{archive}/{name}"
        for name in files
        if name.endswith((".json", ".gz")) and "broken" not in name
    }
    again = bring(tmp_path / "other", archive, folder)
    assert (again.written.new, again.written.changed) == (0, 0)


@packed
def test_every_kind_gives_its_files_one_at_a_time(name: str, tmp_path: Path):
    files = {"a.jsonl": TRACE, "deep/er/b.json": b"{}", "deep/empty.json": b""}
    taken, refused, _ = unpack(pack(tmp_path / name, files))
    assert taken == {f"{name}/{member}": content for member, content in files.items()}
    assert refused == {}


@packed
@pytest.mark.parametrize(
    "evil",
    ["../evil.json", "deep/../../evil.json", "/tmp-evil.json", "C:\\evil.json", "..\\evil.json"],
)
def test_nothing_is_written_outside(name: str, evil: str, tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    taken, refused, _ = unpack(pack(home / name, {evil: b"evil", "good.json": b"{}"}))
    assert list(taken) == [f"{name}/good.json"]
    assert [reason for reason in refused.values() if "leads out" in reason]
    assert not [path for path in tmp_path.rglob("*evil*")]


def test_links_and_devices_are_refused(tmp_path: Path):
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo(f"{kind.decode()}.json")
            info.type, info.linkname = kind, "/etc/hostname"
            archive.addfile(info)
        info = tarfile.TarInfo("good.json")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"{}"))
    taken, refused, _ = unpack(path)
    assert list(taken) == ["x.tar/good.json"]
    assert set(refused.values()) == {"it is a link or a device, no file"}
    assert len(refused) == 4


def test_a_link_in_a_zip_file_is_refused(tmp_path: Path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("link.json")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/hostname")
    assert unpack(path)[:2] == ({}, {"x.zip/link.json": "it is a link or a device, no file"})


def test_an_encrypted_member_is_refused(tmp_path: Path):
    path = tmp_path / "x.zip"
    raw = bytearray(as_zip({"secret.json": b"{}"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + offset] |= 1
    path.write_bytes(raw)
    assert unpack(path)[:2] == ({}, {"x.zip/secret.json": "it is encrypted"})


@packed
def test_a_bomb_is_stopped_at_the_limit(name: str, tmp_path: Path):
    path = pack(tmp_path / name, {"a.json": b"{}", "bomb.json": b" " * 3_000_000})
    taken, refused, _ = unpack(path, Limits(unpacked_bytes=1_000_000))
    assert list(taken) == [f"{name}/a.json"]
    assert "unpacks to more than 1,000,000 bytes" in refused[name]


@pytest.mark.parametrize("name", ["x.tar.gz", "x.tar.zst"])
def test_a_bomb_that_nobody_wants_is_stopped_too(name: str, tmp_path: Path):
    path = pack(tmp_path / name, {"bomb.bin": b" " * 9_000_000, "a.json": b"{}"})
    found = archives.members(
        path,
        name,
        tmp_path,
        lambda member: member.suffix == ".json",
        Limits(unpacked_bytes=1_000_000),
    )
    (refused,) = found
    assert isinstance(refused, Reject)
    assert "unpacks to more than" in refused.reason


@packed
def test_the_disk_stays_usable(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = pack(tmp_path / name, {"a.json": b"{}", "large.json": b" " * 3_000_000})
    monkeypatch.setattr(room, "_LITTLE_BYTES", 1_000_000)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda path: Disk(10**9, 0, 5 * 10**7))
    taken, refused, _ = unpack(path)
    assert list(taken) == [f"{name}/a.json"]
    assert "more than the disk of" in refused[name]


@packed
def test_too_many_members_are_stopped(name: str, tmp_path: Path):
    path = pack(tmp_path / name, {f"{number}.json": b"{}" for number in range(9)})
    taken, refused, _ = unpack(path, Limits(members=5))
    assert len(taken) == 5
    assert "more than 5 members" in refused[name]


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.tar.zst"])
@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_a_tar_file_that_is_cut_off_says_so(name: str, kept: float, tmp_path: Path):
    files = {f"{number}.json": os.urandom(3000) for number in range(5)}
    path = pack(tmp_path / name, files)
    raw = path.read_bytes()
    if name == "x.tar":
        raw = raw[: 5 * 3584]  # The rest is padding.
    path.write_bytes(raw[: int(len(raw) * kept)])
    taken, refused, _ = unpack(path)
    assert len(taken) < 5
    assert any("broken or cut off" in reason for reason in refused.values())


def test_a_zip_file_that_is_cut_off_says_so(tmp_path: Path):
    path = pack(tmp_path / "x.zip", {"a.json": TRACE})
    path.write_bytes(path.read_bytes()[:-30])
    taken, refused, _ = unpack(path)
    assert taken == {}
    assert "broken or cut off" in refused["x.zip"]


def test_a_member_whose_bytes_were_changed_is_refused(tmp_path: Path):
    path = pack(tmp_path / "x.zip", {"a.json": os.urandom(500), "b.json": b"{}"})
    raw = bytearray(path.read_bytes())
    raw[200] ^= 0xFF
    path.write_bytes(raw)
    taken, refused, _ = unpack(path)
    assert list(taken) == ["x.zip/b.json"]
    assert "cannot be unpacked" in refused["x.zip/a.json"]


def test_a_header_that_would_fill_the_memory_is_refused(tmp_path: Path):
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 4 * 1024**3
    path = tmp_path / "x.tar"
    path.write_bytes(info.tobuf() + bytes(10_240))
    assert "a header is too long" in unpack(path)[1]["x.tar"]


def test_names_that_no_file_may_have_are_refused_one_by_one(tmp_path: Path):
    path = pack(tmp_path / "x.tar", {"n" * 300 + ".json": b"{}", "good.json": b"{}"})
    taken, refused, _ = unpack(path)
    assert list(taken) == ["x.tar/good.json"]
    assert all("cannot be unpacked" in reason for reason in refused.values())
    assert len(refused) == 1


def test_an_archive_is_known_by_its_content(tmp_path: Path):
    for name in PACKERS:
        assert is_archive(pack(tmp_path / name, {"a.json": b"{}"}))
        assert is_archive((tmp_path / name).rename(tmp_path / "whatever.bin"))
    for content in (
        TRACE,
        b"",
        b"\0" * 512,
        gzip.compress(TRACE, mtime=0),
        zstandard.compress(TRACE),
        b"PK\x03",
    ):
        (tmp_path / "plain").write_bytes(content)
        assert not is_archive(tmp_path / "plain")


def test_what_a_member_says_does_not_make_the_archive_a_format(tmp_path: Path):
    for name in ("x.tar", "x.zip"):
        path = tmp_path / name
        if name == "x.tar":
            pack(path, {"a.jsonl": TRACE})
        else:
            with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr("a.jsonl", TRACE)
        assert TRACE in path.read_bytes()
        assert is_archive(path)


def test_a_log_that_is_a_zip_file_by_itself_is_no_archive(tmp_path: Path):
    path = tmp_path / "log.eval"
    path.write_bytes(as_zip({"header.json": b"{}", "samples/1.json": b"{}"}))
    assert archives.is_archive(path)
    assert not is_archive(path)


def inputs_of(path: Path, folder: Path, **fields: bool) -> Iterable[Input | Reject]:
    return in_archive(Input(name=path.name, path=path, **fields), path, folder)


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path):
    inner = as_zip({"a.json": TRACE})
    report = bring(tmp_path / "store", pack(tmp_path / "x.tar", {"x.zip": inner, "a.jsonl": TRACE}))
    assert report.written.new == 2
    (reject,) = report.rejects
    assert "an archive within an archive" in reject.reason


def test_an_archive_without_a_trace_says_so(tmp_path: Path):
    path = pack(tmp_path / "x.zip", {"readme.txt": b"hello"})
    with pytest.raises(InputError, match=r"x\.zip holds no trace file"):
        list(inputs_of(path, tmp_path))


def test_an_archive_in_a_folder_is_taken_too(tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    pack(folder / "x.tgz", {"a.jsonl": TRACE})
    assert bring(tmp_path / "store", folder).written.new == 2
