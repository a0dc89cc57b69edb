"""Secrets go, everything else stays, and Python and DuckDB agree on which is which."""

import json
import re

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.redaction import EMAIL, SECRETS, may_hold_secret, redact, redact_columns
from analytics.redaction.tokens import TOKENS

ALL = (*SECRETS, EMAIL)


@pytest.fixture(scope="module")
def in_duckdb():
    with duckdb.connect(config={"threads": 1}) as con:

        def run(texts, emails=False):
            con.execute("CREATE OR REPLACE TABLE given (id BIGINT, a VARCHAR, b VARCHAR)")
            con.executemany("INSERT INTO given VALUES (?, ?, NULL)", list(enumerate(texts)))
            given = con.table("given")
            rows, same = (
                redact_columns(given, ["a", "b"], emails=emails, few=few).order("id").fetchall()
                for few in (False, True)
            )
            assert rows == same
            assert all(row[2] is None for row in rows)
            return [row[1] for row in rows]

        yield run


def sample_of(pattern):
    """Texts that a pattern matches somewhere, without what JSON text cannot hold."""
    return st.from_regex(
        pattern, fullmatch=True, alphabet=st.characters(codec="utf-8", max_codepoint=0x2FF)
    )


AROUND = ("{}", "see {}, please", "x\n{}", "\x1b[31m{}\x1b[0m", "a={}", "'{}'")
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
SECRET = st.one_of(*(sample_of(secret.regex) for secret in ALL))
MIXED = st.lists(PLAIN | SECRET, max_size=4).map("".join).filter(lambda text: "\x00" not in text)


@settings(max_examples=15)
@given(texts=st.lists(MIXED, min_size=20, max_size=20), emails=st.booleans())
@example(
    texts=["sk-\u017f\u212a" + "a1" * 20, "pas\u017fword='abcdefgh'", "TOKEN=\u0131234567\n"],
    emails=False,
)
def test_python_and_duckdb_agree(in_duckdb, texts, emails):
    assert in_duckdb(texts, emails) == [redact(text, emails=emails) for text in texts]


@given(text=MIXED)
@example(text="A://0000000000@")
def test_a_second_time_changes_nothing(text):
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize("secret", ALL, ids=[f"{s.name}-{i}" for i, s in enumerate(ALL)])
def test_wherever_a_shape_is_found_its_hint_is_found(secret):
    @settings(max_examples=25)
    @given(text=sample_of(secret.regex))
    def law(text):
        assert re.search(secret.hint, text)

    law()


@pytest.mark.parametrize("secret", SECRETS, ids=[f"{s.name}-{i}" for i, s in enumerate(SECRETS)])
def test_no_secret_is_passed_over_at_a_first_look(secret):
    @settings(max_examples=25)
    @given(text=sample_of(secret.hint) | sample_of(secret.regex), around=PLAIN)
    def law(text, around):
        whole = replaced = f"{around}{text}{around}"
        assert may_hold_secret(whole)
        for each in SECRETS:
            replaced = re.sub(each.regex, each.replacement, replaced)
        assert redact(whole) == replaced

    law()


@pytest.mark.parametrize("token", TOKENS, ids=[f"{t.service}-{i}" for i, t in enumerate(TOKENS)])
def test_a_token_is_gone_wherever_it_stands(token):
    @settings(max_examples=8)
    @given(found=sample_of(token.prefix + token.tail))
    def law(found):
        for around in AROUND:
            for text in (around.format(found), json.dumps(around.format(found))):
                assert found not in redact(text)
                assert "[redacted:" in redact(text)

    law()


@given(
    value=st.recursive(
        st.none() | st.integers() | MIXED,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                PLAIN | st.sampled_from(["password", "api_key", "token", "x-api-key"]),
                inner,
                max_size=3,
            )
        ),
    )
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_stays_json_of_the_same_shape(value, ascii_only):
    def shape(part):
        if isinstance(part, dict):
            return {"keys": len(part), "values": [shape(each) for each in part.values()]}
        return [shape(each) for each in part] if isinstance(part, list) else type(part)

    text = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
    kept = json.loads(
        redact(text), object_pairs_hook=lambda pairs: {i: v for i, (_, v) in enumerate(pairs)}
    )
    given_ = json.loads(
        text, object_pairs_hook=lambda pairs: {i: v for i, (_, v) in enumerate(pairs)}
    )
    assert shape(kept) == shape(given_)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('{"password":"hunter2"}', '{"password":"[redacted:value]"}'),
        ('{"X-Api-Key": "a\\"b"}', '{"X-Api-Key": "[redacted:value]"}'),
        ('{"db_password":"x"}', '{"db_password":"[redacted:value]"}'),
        ('{"clientSecret":"x y"}', '{"clientSecret":"[redacted:value]"}'),
        (
            '{"body":"{\\"token\\": \\"abc\\\\\\"d\\"}"}',
            '{"body":"{\\"token\\": \\"[redacted:value]\\"}"}',
        ),
        ("{'passwd': 'abc'}", "{'passwd': '[redacted:value]'}"),
        ("login(password='hunter2', user='a')", "login(password='[redacted:value]', user='a')"),
        ("export GITHUB_TOKEN=abcdef123 && ls", "export GITHUB_TOKEN=[redacted:value] && ls"),
        ("Authorization: Bearer abcdefgh", "Authorization: Bearer [redacted:authorization]"),
        ("curl -H 'bearer abc1defghijklmnop'", "curl -H 'bearer [redacted:authorization]'"),
        ("postgres://me:secret@db/x", "postgres://me:[redacted:url-password]@db/x"),
        ("/v1?key=abcdefgh&x=1", "/v1?key=[redacted:url-parameter]&x=1"),
        ("wandb login " + "0a" * 20, "wandb login [redacted:wandb]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\\nMIIB\\n-----END RSA PRIVATE KEY-----\\nrest",
            "[redacted:private-key]\\nrest",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIB cut off", "[redacted:private-key] cut off"),
    ],
)
def test_examples(text, clean, in_duckdb):
    assert redact(text) == clean
    assert in_duckdb([text]) == [clean]


@pytest.mark.parametrize(
    "text",
    [
        '{"prompt_tokens":12,"token_count":"12345678","max_tokens":"1000000000"}',
        '{"token":"the"}',
        '{"token":" the whole"}',
        "MAX_TOKENS=4096000",
        "the secret is safe; a token passes; basic functionality, bearer authentication",
        "commit 0123456789abcdef0123456789abcdef01234567",
        "weave:///acme/qa/op/run:0mwLMwQ5yyBrLYMBBfXkuhXUlVkgZD1NncEFIrMOtg0",
        "task-force-of-many-words-and-more",
        "http://127.0.0.1:8765/v1/ and git@github.com:acme/x.git",
        "me@example.org",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


def test_mail_addresses_go_on_request_only(in_duckdb):
    assert redact("ask me@example.org now", emails=True) == "ask [redacted:email] now"
    assert in_duckdb(["ask me@example.org now"], emails=True) == ["ask [redacted:email] now"]
