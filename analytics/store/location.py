"""Where a store stands: a folder, or a PostgreSQL catalog with a shared folder or a bucket for its files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from analytics.errors import InputError

CATALOG = "catalog.sqlite"
LOCK = "writer.lock"
FILES = "files"
TMP = "tmp"
COPIES = "copies"
PREPARED = "prepared"
ASIDE = "aside"
"""What a store that is one folder is made of: the catalog, the lock that its writer holds, Parquet files,
what a writer stages and spills, copies of the catalog, what readers of a large store begin with, and what a
repair has moved out of the way."""
OWN = frozenset(
    {
        *(f"{CATALOG}{more}" for more in ("", "-wal", "-shm")),
        LOCK,
        FILES,
        TMP,
        COPIES,
        PREPARED,
        ASIDE,
    }
)

_TEAM = "ducklake:"
_DATA = ";data="
_URIS = ("postgresql://", "postgres://")
_SHAPES = "a folder, ducklake:postgres:dbname=NAME host=HOST;data=FOLDER, or the same with data=s3://BUCKET/PREFIX"

_KEYWORD = re.compile(r"\s*(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)(?:\s+|$)")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^?#]*)?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:(//|postgres|sqlite|mysql|duckdb)|postgres(ql)?:")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\[\]:]*)(?::(\d*))?")
_PASSWORDS = (
    re.compile(r"(?<=://)([^/@:\s]*):\S*(?=@)"),
    re.compile(r"(?i)(\w*(?:password|secret))(?:\s*=\s*|%3D)('(?:[^'\\]|\\.)*'?|[^\s;&]*)"),
)


@dataclass(frozen=True, repr=False)
class Location:
    """Where one store stands. Shown, it never says a password."""

    data: str
    """Folder or bucket of the Parquet files; a store of one folder keeps its catalog there too."""
    server: str | None = None
    """How libpq finds the catalog, without its password; None where the catalog is in the folder."""
    password: str = field(default="", compare=False)

    @staticmethod
    def of(store: "Store | str") -> "Location":
        """Return where a store stands, from what a user or a caller gives.

        >>> Location.of("data/store")
        Location('data/store')
        >>> Location.of("ducklake:postgresql://ada:hush@db/traces;data=s3://bucket/team/")
        Location('ducklake:postgres:user=ada host=db dbname=traces;data=s3://bucket/team')

        Raises:
            InputError: neither a folder nor an address of a store.
        """
        if isinstance(store, Location):
            return store
        if isinstance(store, Path):
            return Location(str(store))
        text = store.strip()
        if not text or not text.isprintable():
            raise InputError(f"{hidden(store)!r} is no place for a store. Valid: {_SHAPES}.")
        if text.startswith(_TEAM):
            return _team(text)
        if _SCHEME.match(text):
            raise InputError(f"no store can stand in {hidden(text)!r}. Valid: {_SHAPES}.")
        return Location(text)

    @property
    def folder(self) -> Path | None:
        """The folder that is the store: catalog, files and locks; None for a team's store."""
        return Path(self.data) if self.server is None else None

    @property
    def is_bucket(self) -> bool:
        """Whether the files are objects in a bucket."""
        return self.data.startswith("s3://")

    @property
    def tmp(self) -> Path | None:
        """Where a writer stages and spills; None: where this machine keeps what is temporary."""
        return None if self.folder is None else self.folder / TMP

    @property
    def url(self) -> str:
        """What ``of`` reads back, password and all: for this program's own processes, never to show."""
        return self._text(with_password=True)

    def __str__(self) -> str:
        """Return what a user would type, without a password."""
        return self._text(with_password=False)

    def __repr__(self) -> str:
        """Return the same: what is logged by chance must not say a password either."""
        return f"Location({str(self)!r})"

    def _text(self, *, with_password: bool) -> str:
        if self.server is None:
            return self.data
        secret = _conninfo({"password": self.password}) if with_password and self.password else ""
        server = " ".join(part for part in (self.server, secret) if part)
        return f"{_TEAM}postgres:{server}{_DATA}{self.data}"


Store = Path | Location
"""What functions take for a store: the folder of one, or any location."""


def hidden(text: str) -> str:
    """Return a text without the passwords that may stand in it.

    >>> hidden("postgresql://ada:hush@db/traces?sslpassword=hush and password='hu sh' host=db")
    'postgresql://ada:***@db/traces?sslpassword=*** and password=*** host=db'
    """
    return _PASSWORDS[1].sub(r"\1=***", _PASSWORDS[0].sub(r"\1:***", text))


def _team(text: str) -> Location:
    connection, found, data = text.removeprefix(_TEAM).rpartition(_DATA)
    if not found:
        raise InputError(
            f"{hidden(text)!r} does not say where the files stand: end it with {_DATA}FOLDER or "
            f"{_DATA}s3://BUCKET/PREFIX."
        )
    told = connection.removeprefix("postgres:")
    if connection.startswith(_URIS):
        parts = _of_uri(connection)
    elif told.startswith(_URIS):
        parts = _of_uri(told)
    elif connection.startswith("postgres:"):
        parts = _of_keywords(told)
    else:
        raise InputError(f"{hidden(text)!r} names no PostgreSQL catalog. Valid: {_SHAPES}.")
    password = parts.pop("password", "")
    if unsafe := [name for name in parts if re.search("password|secret", name, re.IGNORECASE)]:
        raise InputError(f"{unsafe[0]} does not belong in the address of a store; leave it out.")
    return Location(_data_path(data), _conninfo(parts), password)


def _data_path(text: str) -> str:
    if "://" not in text and text:
        return str(Path(text).expanduser().absolute())
    if not _BUCKET.fullmatch(text):
        raise InputError(
            f"files of a store cannot stand in {hidden(text)!r}. Valid: a folder, or s3://BUCKET/PREFIX."
        )
    return text.rstrip("/")


def _of_uri(text: str) -> dict[str, str]:
    """Return the parts of a libpq URI."""
    # Said without the address: whatever is wrong with it, its password could stand anywhere in it.
    wrong = InputError(
        "the address of the PostgreSQL database is not understood. Write "
        "postgresql://USER@HOST:PORT/NAME, and what is no letter or digit as %40."
    )
    try:
        found = urlsplit(text)
        pairs = parse_qsl(found.query, strict_parsing=bool(found.query))
    except ValueError:
        raise wrong from None
    who, _, where = found.netloc.rpartition("@")
    hosts = [_HOST.fullmatch(each) for each in where.split(",")]
    if None in hosts or "@" in found.path + found.query or found.fragment:
        raise wrong
    user, _, password = who.partition(":")
    ports = [each[2] or "" for each in hosts if each]
    parts = {
        "user": unquote(user),
        "password": unquote(password),
        "host": ",".join(unquote(each[1]).strip("[]") for each in hosts if each),
        "port": ",".join(ports) if any(ports) else "",
        "dbname": unquote(found.path.removeprefix("/")),
    }
    return {name: value for name, value in parts.items() if value} | dict(pairs)


def _of_keywords(text: str) -> dict[str, str]:
    """Return the parts of a libpq connection string."""
    parts: dict[str, str] = {}
    at = 0
    while at < len(text):
        found = _KEYWORD.match(text, at)
        if found is None:
            raise InputError(
                f"{hidden(text)!r} is no PostgreSQL connection: it takes NAME=VALUE pairs, as in "
                "dbname=traces host=db, or postgresql://USER@HOST/NAME."
            )
        value = found[2][1:-1] if found[2].startswith("'") else found[2]
        parts[found[1]] = re.sub(r"\\(.)", r"\1", value)
        at = found.end()
    return parts


def _conninfo(parts: Mapping[str, str]) -> str:
    return " ".join(f"{name}={_value(text)}" for name, text in parts.items())


def _value(text: str) -> str:
    if text and not re.search(r"[\s'\\;]", text):
        return text
    escaped = text.replace("\\", r"\\").replace("'", r"\'")
    return f"'{escaped}'"
