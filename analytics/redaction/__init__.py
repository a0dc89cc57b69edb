r"""Secrets out of text, the same way in Python and in DuckDB. Knows no source and no store.

Every pattern says the same to Python's ``re`` and to RE2: no look-around, no back-reference, no
``\d``, ``\s``, ``\b`` or ``(?i)``, whose meaning differs between the two. None matches a quote or
a backslash that it does not put back, so that JSON stays JSON.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from analytics.constants import constant
from analytics.redaction.tokens import TOKENS

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation, Expression


@dataclass(frozen=True)
class Secret:
    """One replacement: what it finds, and which of it stays (groups 1 and 2, before and behind)."""

    name: str
    regex: str
    doc: str
    hint: str
    """Regular expression that is cheap to search for and found wherever ``regex`` is."""

    @property
    def replacement(self) -> str:
        """What a match becomes."""
        groups = re.compile(self.regex).groups
        before, after = (r"\1" if groups >= 1 else ""), (r"\2" if groups >= 2 else "")
        return f"{before}[redacted:{self.name}]{after}"


def _any_case(word: str) -> str:
    """Return a pattern for an ASCII word in any case, with ``_``, ``-`` or nothing for ``_``."""
    return "".join("[_-]?" if c == "_" else f"[{c.upper()}{c.lower()}]" for c in word)


_NAMES = (
    *("password", "passwd", "passphrase", "secret", "client_secret", "secret_key"),
    *("secret_access_key", "access_key", "private_key", "signing_key", "encryption_key"),
    *("api_key", "api_token", "access_token", "refresh_token", "id_token", "auth_token"),
    *("session_token", "bearer_token", "authorization", "credential", "credentials"),
    *("cookie", "set_cookie", "account_key"),
)
_NAME = "(?:" + "|".join(map(_any_case, _NAMES)) + ")"
_NAME_OR_TOKEN = f"(?:{_NAME}|{_any_case('token')})"
_PREFIX = "(?:[A-Za-z0-9]+[_.-])*"
_SPACE = r"[ \t\r\n]*"

_NAMED_HINT = rf"""{_NAME_OR_TOKEN}(?:\\?["'])?{_SPACE}[:=]{_SPACE}\\?["']"""

_LETTERS = "[A-Za-z_/+=-]"
_DRAWN = (
    rf"(?:{_LETTERS}{{0,3}}[0-9][A-Za-z0-9_/+=-]{{9,}}"
    rf"|{_LETTERS}{{4,8}}[0-9][A-Za-z0-9_/+=-]{{5,}}"
    rf"|{_LETTERS}{{9,}}[0-9][A-Za-z0-9_/+=-]{{3,}})"
)
"""Text that was drawn at random: long, in one piece, with a digit; a word or the name of a type is not."""

_ANY_NAME = f"(?:{_NAME_OR_TOKEN}|{_any_case('auth')})"
# Behind a quoted name a value without quotes is a number, which no text may take the place of.
_BARE = rf"""{_ANY_NAME}(?:\\*["'][ ]?[:=][ ]?\\*["']|[ ]?[:=][ ]?(?:\\*["'])?)"""

_NAMED = (
    # First: where only a part of it were taken for a value, the rest would stay.
    Secret(
        "private-key",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----(?:: |[A-Za-z0-9+/=:,\r\n-]|\\+[nr])*"
        r"(?: [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----)?",
        "PEM private key, whole or cut off.",
        "-----BEGIN [A-Z0-9 ]*PRIVATE KEY",
    ),
    Secret(
        "value",
        rf'("{_PREFIX}{_NAME}"{_SPACE}:{_SPACE}")(?:[^"\\]|\\[^\n])+(")',
        "Text of a JSON member whose name says that it is secret.",
        _NAMED_HINT,
    ),
    Secret(
        "value",
        rf'("{_PREFIX}{_any_case("token")}"{_SPACE}:{_SPACE}")[^"\\ ]{{8,}}(")',
        "The same for a member named token, unless it is short: a piece of text is called so too.",
        _NAMED_HINT,
    ),
    Secret(
        "value",
        rf'(\\"{_PREFIX}{_NAME_OR_TOKEN}\\"[ ]*:[ ]*\\")(?:[^"\\]|\\\\(?:\\["\\]|[^"\\]))+(\\")',
        "The same in JSON that was written into a JSON text.",
        _NAMED_HINT,
    ),
    Secret(
        "value",
        rf"('{_PREFIX}{_NAME_OR_TOKEN}'[ ]*:[ ]*')[^'\"\\\n]+(')",
        "The same in a Python dictionary's text.",
        _NAMED_HINT,
    ),
    Secret(
        "value",
        rf"""({_NAME_OR_TOKEN}[ ]?=[ ]?(?:'|\\?"))[^ '"\\\r\n\t]{{6,}}""",
        "Quoted value of an argument or setting whose name says that it is secret.",
        _NAMED_HINT,
    ),
    Secret(
        "value",
        rf"({_BARE}){_DRAWN}[A-Za-z0-9_./+~=-]*",
        "Value without quotes, or with those of a text within texts, that was drawn at random: a "
        "header, a connection string, a line of a file of settings, a flag.",
        rf"{_BARE}{_LETTERS}*[0-9][A-Za-z0-9_/+=-]{{3}}",
    ),
    Secret(
        "value",
        rf'(\\+"{_PREFIX}{_NAME_OR_TOKEN}\\+"[ ]*:[ ]*\\+")[^"\\]+',
        "The same in a text within texts, whatever it says.",
        rf'{_NAME_OR_TOKEN}\\+"[ ]*:[ ]*\\+"',
    ),
    Secret(
        "value",
        r"""((?:KEY|SECRET|TOKEN|PASSWORD|PASSWD)=)[^ '"\\,;&<>(){}$\r\n\t]{6,}""",
        "Environment variable whose name says that it is secret.",
        r"""(?:KEY|SECRET|TOKEN|PASSWORD|PASSWD)=[^ '"\\,;&<>(){}$\r\n\t]{6}""",
    ),
)

_SHAPED = (
    Secret(
        "wandb",
        r"""((?:wandb|WANDB|W&B)[^"\\\n]{0,40}[^A-Za-z0-9])[a-f0-9]{40}([^A-Za-z0-9]|$)""",
        "Weights & Biases key: 40 hexadecimal digits behind a word that names the service.",
        r"""(?:wandb|WANDB|W&B)[^"\\\n]*[^A-Za-z0-9][a-f0-9]{40}""",
    ),
    Secret(
        "authorization",
        # A long word before the token may be a scheme or a token itself: it goes, too.
        r"(uthorization: ?(?:[A-Za-z]{1,7} )?)(?:[A-Za-z]{8,} )?[A-Za-z0-9._~+/=-]{8,}",
        "Authorization header.",
        "uthorization: ?[A-Za-z0-9._~+/=-]",
    ),
    Secret(
        "authorization",
        r"((?:[Bb]earer|BEARER|[Bb]asic|BASIC)(?: |%20)+)"
        "[A-Za-z._~+/=-]*[0-9][A-Za-z0-9._~+/=-]{11,}",
        "Credentials of such a header, where it is not named.",
        "(?:earer|EARER|asic|ASIC)(?: |%20)+[A-Za-z._~+/=-]*[0-9][A-Za-z0-9._~+/=-]{11}",
    ),
    Secret(
        "url-password",
        # A name holds no bracket: what stands there may be one that was taken out.
        r"""([a-zA-Z]://[^ /?#:@\["'\\<>\r\n\t]{0,100}:)[^ /@"'\\<>\r\n\t]{1,200}(@)""",
        "Password inside an address.",
        r"""://[^ /?#:@\["'\\<>\r\n\t]*:[^ /@"'\\<>\r\n\t]+@""",
    ),
    Secret(
        "url-password",
        rf"(://){_DRAWN}(@)",
        "Token that stands in an address in place of a user.",
        "://[A-Za-z_./+~=-]*[0-9][A-Za-z0-9_./+~=-]*@",
    ),
    Secret(
        "cookie",
        r"""(ookie: ?)[A-Za-z0-9_.-]+=[^"'\\\r\n]{8,}""",
        "Header with what a browser is known by.",
        r"""ookie: ?[A-Za-z0-9_.-]+=[^"'\\\r\n]{8}""",
    ),
    Secret(
        "flag",
        rf"(--[a-z-]*{_NAME_OR_TOKEN}[ ]){_DRAWN}",
        "Secret that a command is given, drawn at random.",
        rf"--[a-z-]*{_NAME_OR_TOKEN}[ ]{_LETTERS}*[0-9]",
    ),
    Secret(
        "flag",
        r"""((?:-u|--user)[ =][^ :"'\\/]{1,100}:)[^ "'\\\r\n/:]*[A-Za-z][^ "'\\\r\n/:]*[0-9]"""
        r"""[^ "'\\\r\n]{4,}""",
        "User and password that a command is given.",
        r"""(?:-u|--user)[ =][^ :"'\\/]+:[^ "'\\\r\n/:]*[A-Za-z]""",
    ),
    Secret(
        "netrc",
        r"((?:login|user)[ ]+[^ \\\"]+(?:[ \t\r\n]|\\+[nrt])+password[ ]+)[^ \\\"\t\r\n]{6,}",
        "Password in a file of logins.",
        r"(?:login|user)[ ]+[^ \\\"]+(?:[ \t\r\n]|\\+[nrt])+password[ ]",
    ),
    Secret(
        "url-parameter",
        "([?&](?:access_token|api_?key|key|token|sig|signature|X-Amz-Signature|client_secret"
        "|password|auth)=)[A-Za-z0-9._~%+/=-]{8,}",
        "Secret parameter of an address.",
        "[?&](?:acc|api|key|tok|sig|X-Amz-S|client_s|pass|auth)[A-Za-z_-]*=[A-Za-z0-9._~%+/=-]{8}",
    ),
    Secret(
        "webhook",
        "((?:hooks[.]slack[.]com/services|discord(?:app)?[.]com/api/webhooks)/)[A-Za-z0-9/_-]{20,}",
        "Address that anybody may post to.",
        "hooks[.]slack[.]com/services/|[.]com/api/webhooks/",
    ),
)

_TOKEN = "(?:" + "|".join(token.prefix + token.tail for token in TOKENS) + ")"
_TOKEN_HINT = "(?:" + "|".join(token.hint for token in TOKENS) + ")"
# It begins at the start, behind a sign, an escaped control character or a terminal colour.
_START = r"(^|[^A-Za-z0-9_]|\\[nrtbf]|(?:\x1b|\\u001[bB])\[[0-9;]*m)"

SECRETS = (
    *_NAMED,
    *_SHAPED,
    Secret("token", _START + _TOKEN, "Token of a service that marks its own.", _TOKEN_HINT),
)
"""Every replacement, in the order in which they are made."""

EMAIL = Secret(
    "email",
    "[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:[.][A-Za-z0-9-]{1,63})*[.][A-Za-z]{2,24}",
    "E-mail address; taken out on request only.",
    "[A-Za-z0-9._%+-]@[A-Za-z0-9-]",
)


_GATHERED = "redacted columns"


def _replacements(*, emails: bool) -> tuple[Secret, ...]:
    return (*SECRETS, EMAIL) if emails else SECRETS


def _hint(secrets: Iterable[Secret]) -> str:
    return "|".join(dict.fromkeys(secret.hint for secret in secrets))


_MARKS = tuple(dict.fromkeys(mark for token in TOKENS for mark in token.marks))
"""One of these stands in every token that is known by its shape."""

_NAME_ENDS = (
    *("password", "passwd", "passphrase", "secret", "key", "token"),
    *("auth", "authorization", "credential", "credentials", "cookie"),
)
"""With one of these ends every name that says that its value is secret."""

_ASSIGNED = re.compile(r"""(?:\\*["'])?[ \t\r\n]*[:=]""")
_PEM = "PRIVATE KEY"
_NAMED_HINTS, _TOKEN_HINTS = re.compile(_hint(_NAMED)), re.compile(_TOKEN_HINT)
_SHAPED_HINTS = tuple(re.compile(secret.hint) for secret in _SHAPED)


def may_hold_secret(text: str) -> bool:
    """Say quickly whether a text is worth a search: False only where no secret would be found.

    >>> may_hold_secret('{"prompt_tokens": 12}'), may_hold_secret('{"api_key": "x"}')
    (False, True)
    """
    return _names_one(text) or _marks_one(text) or _shapes_one(text)


def _names_one(text: str) -> bool:
    if _PEM in text:
        return True
    folded = text.lower()
    for end in _NAME_ENDS:
        at = folded.find(end)
        while at >= 0:
            if _ASSIGNED.match(folded, at + len(end)):
                return True
            at = folded.find(end, at + 1)
    return False


def _marks_one(text: str) -> bool:
    return any(mark in text for mark in _MARKS)


def _shapes_one(text: str) -> bool:
    return any(hint.search(text) for hint in _SHAPED_HINTS)


def redact(text: str, *, emails: bool = False) -> str:
    """Return the text with every known secret replaced by ``[redacted:<name>]``.

    >>> redact('{"password": "hunter2", "prompt_tokens": 12}')
    '{"password": "[redacted:value]", "prompt_tokens": 12}'
    """
    if emails or _is_hinted(text):
        for secret in _replacements(emails=emails):
            text = re.sub(secret.regex, secret.replacement, text)
    return text


def _is_hinted(text: str) -> bool:
    """Say whether a secret is worth a replacement; a text is searched only for what its quick signs allow."""
    return bool(
        (_names_one(text) and _NAMED_HINTS.search(text))
        or (_marks_one(text) and _TOKEN_HINTS.search(text))
        or _shapes_one(text)
    )


FEW = 2_000
"""Fewer rows than this are a live tail or a trial: making ready costs more than the rows do."""


def redact_columns(
    rows: "DuckDBPyRelation", columns: Iterable[str], *, emails: bool = False, few: bool = False
) -> "DuckDBPyRelation":
    """Return the rows with ``redact`` done on some of their VARCHAR columns; NULL stays NULL.

    Most texts hold no secret: they cost one search, for all hints together.

    Args:
        rows: with any columns.
        columns: which of them; the others stay as they are.
        emails: whether e-mail addresses go as well.
        few: whether the rows are fewer than :data:`FEW`. Then one expression serves all columns: to make
            one for each takes longer (a tenth of a second) than it saves, which for many rows is half of
            the time.
    """
    from duckdb import ColumnExpression as Column
    from duckdb import FunctionExpression as Function
    from duckdb import LambdaExpression, StarExpression

    secrets = _replacements(emails=emails)
    chosen = frozenset(columns)
    names = [name for name in rows.columns if name in chosen]
    if not few:
        return rows.select(
            *(
                _cleaned(name, secrets).alias(name) if name in chosen else Column(name)
                for name in rows.columns
            )
        )
    texts = Function("list_value", *map(Column, names))
    each = LambdaExpression("text", _cleaned("text", secrets))
    gathered = Function("list_transform", texts, each).alias(_GATHERED)
    return rows.select(StarExpression(exclude=names), gathered).select(
        *(
            Function("list_extract", Column(_GATHERED), constant(names.index(name) + 1)).alias(name)
            if name in chosen
            else Column(name)
            for name in rows.columns
        )
    )


@lru_cache(maxsize=64)
def _cleaned(name: str, secrets: tuple[Secret, ...]) -> "Expression":
    """Return the expression of a text without secrets. To make one takes milliseconds."""
    from duckdb import CaseExpression, ColumnExpression, FunctionExpression

    text = clean = ColumnExpression(name)
    for secret in secrets:
        arguments = (secret.regex, secret.replacement, "g")
        clean = FunctionExpression("regexp_replace", clean, *map(constant, arguments))
    hinted = FunctionExpression("regexp_matches", text, constant(_hint(secrets)))
    return CaseExpression(hinted, clean).otherwise(text)
