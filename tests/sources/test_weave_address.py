"""Which server a project is pulled from, and whose key goes there: as the SDK decides it."""

import pytest

from analytics.errors import RemoteError
from analytics.sources.weave_api import pull
from analytics.sources.weave_api import server as questions
from analytics.sources.weave_api.remote import Remote

PROJECT = "acme/qa"
VARIABLES = (
    *("WF_TRACE_SERVER_URL", "WANDB_BASE_URL", "WANDB_PUBLIC_BASE_URL", "WANDB_API_KEY"),
    "WANDB_CONFIG_DIR",
)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """An environment that names no server and no key."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, "https://trace.wandb.ai"),
        ({"WANDB_BASE_URL": "https://api.wandb.ai/"}, "https://trace.wandb.ai"),
        ({"WANDB_BASE_URL": "http://corp"}, "http://corp/traces"),
        ({"WANDB_BASE_URL": "http://corp/"}, "http://corp/traces"),
        (
            {"WANDB_BASE_URL": "http://inner", "WANDB_PUBLIC_BASE_URL": "http://corp"},
            "http://corp/traces",
        ),
        ({"WANDB_BASE_URL": "http://corp", "WF_TRACE_SERVER_URL": "http://t/"}, "http://t"),
    ],
)
def test_the_server_is_that_of_the_sdk(monkeypatch, variables, address):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Remote.from_environment(PROJECT).base_url == address
    env = pytest.importorskip("weave.trace.env")
    assert env.weave_trace_server_url().rstrip("/") == address


@pytest.mark.parametrize("file", [".config/wandb/settings", "wandb/settings"])
def test_a_server_that_was_logged_in_to_is_asked(home, file):
    (home / file).parent.mkdir(parents=True)
    (home / file).write_text("[default]\nbase_url = http://corp\n")
    assert Remote.from_environment(PROJECT).base_url == "http://corp/traces"
    (home / file).write_text("no settings at all\n")
    with pytest.raises(RemoteError, match="settings of wandb cannot be read"):
        Remote.from_environment(PROJECT)


def test_a_key_in_netrc_goes_to_the_server_that_it_is_for(home, monkeypatch):
    (home / ".netrc").write_text(
        "machine corp login user password of-corp\n"
        "machine api.wandb.ai login user password of-wandb\n"
    )
    (home / ".netrc").chmod(0o600)
    assert Remote.from_environment(PROJECT).api_key == "of-wandb"
    monkeypatch.setenv("WF_TRACE_SERVER_URL", "http://elsewhere")
    assert Remote.from_environment(PROJECT).api_key is None
    monkeypatch.delenv("WF_TRACE_SERVER_URL")
    monkeypatch.setenv("WANDB_BASE_URL", "http://corp")
    assert Remote.from_environment(PROJECT).api_key == "of-corp"


@pytest.mark.parametrize("address", ["nonsense", "ftp://corp", "http://", "http://[corp"])
def test_what_is_no_http_address_is_said(monkeypatch, address):
    monkeypatch.setenv("WF_TRACE_SERVER_URL", address)
    with pytest.raises(RemoteError, match="is no http address of a server"):
        Remote.from_environment(PROJECT)


def test_where_nobody_answers_a_missing_key_is_said_too(monkeypatch, tmp_path):
    monkeypatch.setattr(questions.time, "sleep", lambda seconds: None)
    nobody = "http://127.0.0.1:9"
    for key, said in ((None, True), ("the-key", False)):
        remote = Remote(base_url=nobody, project=PROJECT, api_key=key)
        with pytest.raises(RemoteError, match="cannot be reached") as caught:
            pull(remote, tmp_path / "pulled.jsonl")
        assert ("set WANDB_API_KEY" in str(caught.value)) is said
