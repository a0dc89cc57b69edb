r"""Secrets out of text, the same way in Python and in DuckDB. Knows no source and no store.

Every pattern says the same to Python's ``re`` and to RE2: no look-around, no back-reference, no
``\d``, ``\s``, ``\b`` or ``(?i)``, whose meaning differs between the two. None matches a quote or
a backslash that it does not put back, so that JSON stays JSON.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation, Expression


@dataclass(frozen=True)
class Token:
    """One kind of token that is known by its own shape, whatever stands around it."""

    service: str
    prefix: str
    """Regular expression for what marks it."""
    tail: str
    """Regular expression for the rest: eight letters, digits or signs at least."""
    doc: str


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
    *("cookie", "set_cookie"),
)
_NAME = "(?:" + "|".join(map(_any_case, _NAMES)) + ")"
_NAME_OR_TOKEN = f"(?:{_NAME}|{_any_case('token')})"
_PREFIX = "(?:[A-Za-z0-9]+[_.-])*"
_SPACE = r"[ \t\r\n]*"

_NAMED_HINT = rf"""{_NAME_OR_TOKEN}(?:\\?["'])?{_SPACE}[:=]{_SPACE}\\?["']"""

_NAMED = (
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
        r"""((?:KEY|SECRET|TOKEN|PASSWORD|PASSWD)=)[^ '"\\,;&<>(){}$\r\n\t]{6,}""",
        "Environment variable whose name says that it is secret.",
        r"""(?:KEY|SECRET|TOKEN|PASSWORD|PASSWD)=[^ '"\\,;&<>(){}$\r\n\t]{6}""",
    ),
)

_SHAPED = (
    Secret(
        "private-key",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----(?:[A-Za-z0-9+/=:,\r\n-]|: |\\+[nr])*"
        r"(?: [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----)?",
        "PEM private key, whole or cut off.",
        "-----BEGIN [A-Z0-9 ]*PRIVATE KEY",
    ),
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
        r"""([a-zA-Z]://[^ /?#:@"'\\<>\r\n\t]{0,100}:)[^ /@"'\\<>\r\n\t]{1,200}(@)""",
        "Password inside an address.",
        r"""://[^ /?#:@"'\\<>\r\n\t]*:[^ /@"'\\<>\r\n\t]+@""",
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

TOKENS = (
    Token("anthropic", "sk-ant-", "[A-Za-z0-9_-]{16,}", "Anthropic API key."),
    Token("openrouter", "sk-or-", "[A-Za-z0-9_-]{16,}", "OpenRouter API key."),
    Token(
        "openai",
        "sk-(?:proj|svcacct|admin|None)-",
        "[A-Za-z0-9_-]{20,}",
        "OpenAI API key, and the many services that copied its shape.",
    ),
    Token(
        "openai",
        "sk-",
        "[A-Za-z0-9]{20,}",
        "OpenAI API key, and the many services that copied its shape.",
    ),
    Token("github", "gh[pousr]_", "[A-Za-z0-9]{20,}", "GitHub token."),
    Token("github", "github_pat_", "[A-Za-z0-9_]{20,}", "GitHub fine-grained token."),
    Token("gitlab", "gl(?:pat|dt|rt|cbt|ptt|soat)-", "[A-Za-z0-9_-]{16,}", "GitLab token."),
    Token("slack", "xox[abeoprs]-", "[A-Za-z0-9-]{10,}", "Slack token."),
    Token("slack", "xapp-", "[A-Za-z0-9-]{10,}", "Slack app token."),
    Token("aws", "(?:AKIA|ASIA|ABIA|ACCA)", "[A-Z0-9]{16}", "AWS access key id."),
    Token("google", "AIza", "[A-Za-z0-9_-]{35}", "Google API key."),
    Token("google-oauth", "ya29[.]", "[A-Za-z0-9_-]{20,}", "Google OAuth access token."),
    Token("google-oauth", "GOCSPX-", "[A-Za-z0-9_-]{20,}", "Google OAuth client secret."),
    Token("stripe", "[sr]k_(?:live|test)_", "[A-Za-z0-9]{10,}", "Stripe key."),
    Token("stripe", "whsec_", "[A-Za-z0-9+/=]{16,}", "Stripe webhook secret."),
    Token("huggingface", "(?:hf|api_org)_", "[A-Za-z0-9]{30,}", "Hugging Face token."),
    Token("groq", "gsk_", "[A-Za-z0-9]{40,}", "Groq API key."),
    Token("xai", "xai-", "[A-Za-z0-9]{40,}", "xAI API key."),
    Token("replicate", "r8_", "[A-Za-z0-9]{30,}", "Replicate token."),
    Token("perplexity", "pplx-", "[A-Za-z0-9]{30,}", "Perplexity API key."),
    Token("langsmith", "lsv2_(?:pt|sk)_", "[A-Za-z0-9_]{30,}", "LangSmith key."),
    Token("npm", "npm_", "[A-Za-z0-9]{30,}", "npm token."),
    Token("pypi", "pypi-", "[A-Za-z0-9_-]{30,}", "PyPI token."),
    Token("docker", "dckr_pat_", "[A-Za-z0-9_-]{20,}", "Docker Hub token."),
    Token("sendgrid", "SG[.]", "[A-Za-z0-9_-]{16,}[.][A-Za-z0-9_-]{30,}", "SendGrid key."),
    Token("digitalocean", "do[opr]_v1_", "[a-f0-9]{40,}", "DigitalOcean token."),
    Token("databricks", "dapi", "[a-f0-9]{32}", "Databricks token."),
    Token("shopify", "shp(?:at|ca|pa|ss)_", "[a-fA-F0-9]{32}", "Shopify token."),
    Token("telegram", "[0-9]{8,10}:AA", "[A-Za-z0-9_-]{33}", "Telegram bot token."),
    Token("linear", "lin_(?:api|oauth)_", "[A-Za-z0-9]{30,}", "Linear key."),
    Token("vault", "hv[sbr][.]", "[A-Za-z0-9_-]{20,}", "HashiCorp Vault token."),
    Token(
        "jwt",
        "eyJ",
        "[A-Za-z0-9_-]{8,}[.]eyJ[A-Za-z0-9_-]{8,}(?:[.][A-Za-z0-9_-]*)?",
        "JSON Web Token.",
    ),
)
"""Tokens that are known by their shape."""

_TOKEN = "(?:" + "|".join(token.prefix + token.tail for token in TOKENS) + ")"
_TOKEN_HINT = "(?:" + "|".join(token.prefix for token in TOKENS) + ")[A-Za-z0-9_+/=.-]{8}"
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


def _replacements(*, emails: bool) -> tuple[Secret, ...]:
    return (*SECRETS, EMAIL) if emails else SECRETS


def _hint(secrets: Iterable[Secret]) -> str:
    return "|".join(dict.fromkeys(secret.hint for secret in secrets))


_MARKS = (
    *("sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-"),
    *(
        "glcbt-",
        "glptt-",
        "glsoat-",
        "xox",
        "xapp-",
        "AKIA",
        "ASIA",
        "ABIA",
        "ACCA",
        "AIza",
        "ya29.",
    ),
    *("GOCSPX-", "k_live_", "k_test_", "whsec_", "hf_", "api_org_", "gsk_", "xai-", "r8_", "pplx-"),
    *("lsv2_", "npm_", "pypi-", "dckr_pat_", "SG.", "_v1_", "dapi", "shp", ":AA", "lin_"),
    *("hvs.", "hvb.", "hvr.", "eyJ"),
)
"""One of these stands in every token that is known by its shape."""

_NAME_ENDS = (
    *("password", "passwd", "passphrase", "secret", "key", "token"),
    *("authorization", "credential", "credentials", "cookie"),
)
"""With one of these ends every name that says that its value is secret."""

_ASSIGNED = re.compile(r"""(?:\\?["'])?[ \t\r\n]*[:=]""")
_SHAPED_HINTS = tuple(re.compile(secret.hint) for secret in _SHAPED)


def may_hold_secret(text: str) -> bool:
    """Say quickly whether a text is worth a search: False only where no secret would be found.

    >>> may_hold_secret('{"prompt_tokens": 12}'), may_hold_secret('{"api_key": "x"}')
    (False, True)
    """
    folded = text.lower()
    for end in _NAME_ENDS:
        at = folded.find(end)
        while at >= 0:
            if _ASSIGNED.match(folded, at + len(end)):
                return True
            at = folded.find(end, at + 1)
    return any(mark in text for mark in _MARKS) or any(hint.search(text) for hint in _SHAPED_HINTS)


def redact(text: str, *, emails: bool = False) -> str:
    """Return the text with every known secret replaced by ``[redacted:<name>]``.

    >>> redact('{"password": "hunter2", "prompt_tokens": 12}')
    '{"password": "[redacted:value]", "prompt_tokens": 12}'
    """
    secrets = _replacements(emails=emails)
    if (emails or may_hold_secret(text)) and re.search(_hint(secrets), text):
        for secret in secrets:
            text = re.sub(secret.regex, secret.replacement, text)
    return text


def redact_columns(
    rows: "DuckDBPyRelation", columns: Iterable[str], *, emails: bool = False
) -> "DuckDBPyRelation":
    """Return the rows with ``redact`` done on some of their VARCHAR columns; NULL stays NULL.

    Most texts hold no secret: they cost one search, for all hints together.
    """
    from duckdb import CaseExpression, ColumnExpression, ConstantExpression, FunctionExpression

    chosen = frozenset(columns)
    secrets = _replacements(emails=emails)
    hint = ConstantExpression(_hint(secrets))

    def column(name: str) -> "Expression":
        text = clean = ColumnExpression(name)
        if name not in chosen:
            return text
        for secret in secrets:
            arguments = (secret.regex, secret.replacement, "g")
            clean = FunctionExpression("regexp_replace", clean, *map(ConstantExpression, arguments))
        hinted = FunctionExpression("regexp_matches", text, hint)
        return CaseExpression(hinted, clean).otherwise(text).alias(name)

    return rows.select(*map(column, rows.columns))
