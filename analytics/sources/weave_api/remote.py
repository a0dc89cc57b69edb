"""One project on one trace server, and where the key to it is found."""

import netrc
import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from analytics.errors import RemoteError

DEFAULT_URL = "https://trace.wandb.ai"


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
        """Take address and key from the variables and the netrc file that Weave's SDK reads.

        Raises:
            RemoteError: the project is not written as entity/project.
        """
        if len([part for part in project.split("/") if part.strip()]) != 2:
            raise RemoteError(
                f"{project!r} does not name a project: write entity/project, as in the address of "
                "its page. Nothing was pulled."
            )
        base_url = os.environ.get("WF_TRACE_SERVER_URL", "").rstrip("/") or DEFAULT_URL
        key = os.environ.get("WANDB_API_KEY") or _key_of_netrc(base_url)
        return cls(base_url=base_url, project=project, api_key=key)


def _key_of_netrc(base_url: str) -> str | None:
    """Return the key that the SDK's log-in left in the netrc file, if there is one."""
    try:
        entries = netrc.netrc()
    except (OSError, netrc.NetrcParseError):
        return None
    named = os.environ.get("WANDB_BASE_URL", "")
    hosts = [urlsplit(named).netloc, urlsplit(base_url).netloc, urlsplit(base_url).hostname]
    if base_url == DEFAULT_URL:
        hosts.append("api.wandb.ai")
    found = (entries.hosts.get(host) for host in hosts if host)
    return next((entry[2] for entry in found if entry), None)
