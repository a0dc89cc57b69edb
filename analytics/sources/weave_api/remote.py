"""One project on one trace server, and where the key to it is found."""

import configparser
import netrc
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from analytics.errors import RemoteError, first_line

ADDRESS_SETTINGS = "WF_TRACE_SERVER_URL, or WANDB_BASE_URL of a server of your own"
"""What decides where questions go, as messages call it."""

_HOSTED, _HOSTED_TRACES = "https://api.wandb.ai", "https://trace.wandb.ai"


@dataclass(frozen=True, kw_only=True)
class Remote:
    """One project on one trace server, and the key to it."""

    base_url: str
    project: str
    """Entity and project: ``acme/qa-agent``."""
    api_key: str | None = field(repr=False)

    @property
    def origin(self) -> str:
        """What stands for it in the store and in messages."""
        return f"{self.base_url}/{self.project}"

    @classmethod
    def from_environment(cls, project: str) -> "Remote":
        """Take address and key from the variables and files that Weave's SDK reads.

        Raises:
            RemoteError: the project is not written as entity/project, or the address is none.
        """
        if len([part for part in project.split("/") if part.strip()]) != 2:
            raise RemoteError(
                f"{project!r} does not name a project: write entity/project, as in the address of "
                "its page. Nothing was pulled."
            )
        base_url = os.environ.get("WF_TRACE_SERVER_URL", "").rstrip("/") or _traces_of(_pages())
        if not _is_http(base_url):
            raise RemoteError(
                f"{base_url!r} is no http address of a server. Nothing was pulled; check "
                f"{ADDRESS_SETTINGS}."
            )
        key = os.environ.get("WANDB_API_KEY") or _key_of_netrc(base_url)
        return cls(base_url=base_url, project=project, api_key=key)


def _pages() -> str:
    """Return where W&B's pages are: its traces are asked for there, unless it is W&B's own service."""
    variables = (os.environ.get(name) for name in ("WANDB_PUBLIC_BASE_URL", "WANDB_BASE_URL"))
    named = next((value for value in variables if value), None) or _logged_in_to() or _HOSTED
    return named.rstrip("/")


def _traces_of(pages: str) -> str:
    return _HOSTED_TRACES if pages == _HOSTED else f"{pages}/traces"


def _logged_in_to() -> str | None:
    """Return the server that ``wandb login`` wrote down, in this folder or for this user."""
    kept = os.environ.get("WANDB_CONFIG_DIR") or "~/.config/wandb"
    found = configparser.ConfigParser(interpolation=None)
    try:
        found.read([Path(kept).expanduser() / "settings", Path("wandb", "settings")], "utf-8")
    except (OSError, ValueError, configparser.Error) as fault:
        # To go on would send the key to a server that it may not be for.
        raise RemoteError(
            f"the settings of wandb cannot be read ({first_line(fault)}). Nothing was pulled; set "
            f"{ADDRESS_SETTINGS}."
        ) from fault
    return found.get("default", "base_url", fallback=None)


def _is_http(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _key_of_netrc(base_url: str) -> str | None:
    """Return the key that the SDK's log-in left in the netrc file, if there is one."""
    try:
        entries = netrc.netrc()
    except (OSError, netrc.NetrcParseError):
        return None
    pages = _pages()
    # The key of W&B's own service is for no other server.
    named = pages if pages != _HOSTED or base_url == _HOSTED_TRACES else ""
    hosts = [urlsplit(named).netloc, urlsplit(base_url).netloc, urlsplit(base_url).hostname]
    found = (entries.hosts.get(host) for host in hosts if host)
    return next((entry[2] for entry in found if entry), None)
