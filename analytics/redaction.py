"""Secrets out of text, the same way in Python and in DuckDB. Knows no source and no store.

Every pattern says the same to Python's ``re`` and to RE2: no look-around, no back-reference, no
``\\d``, ``\\s``, ``\\b`` or ``(?i)``, whose meaning differs between the two. None matches a quote or a
backslash that it does not put back, so that JSON stays JSON.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation, Expression


@dataclass(frozen=True)
class Secret:
    """One shape of secret: group 1 is kept, group 2 (where there is one) is kept behind it."""

    name: str
    regex: str
    doc: str
    hint: str
    """Cheap regular expression that is found wherever ``regex`` is."""

    @property
    def replacement(self) -> str:
        """What a match becomes."""
        kept = re.compile(self.regex).groups
        before = r"\1" if kept >= 1 else ""
        after = r"\2" if kept >= 2 else ""
        return f"{before}[redacted:{self.name}]{after}"


def _any_case(word: str) -> str:
    """Return a pattern for an ASCII word in any case, with ``_``, ``-`` or nothing for ``_``."""
    return "".join(
        "[_-]?" if c == "_" else f"[{c.upper()}{c.lower()}]" if c.isalpha() else c for c in word
    )


_SECRET_NAMES = "|".join(
    _any_case(name)
    for name in (
        "password passwd passphrase secret client_secret secret_key secret_access_key "
        "access_token refresh_token id_token auth_token session_token bearer_token api_token "
        "api_key access_key private_key signing_key encryption_key "
        "authorization credential credentials cookie set_cookie"
    ).split()
)
_PREFIX = "(?:[A-Za-z0-9]+[_.-])*"
_START = r"(^|[^A-Za-z0-9_]|\\[nrtbf]|(?:\x1b|\\u001[bB])\[[0-9;]*m)"
"""A token begins here: at the start, behind a sign, an escaped control or a colour; kept."""


def _token(name: str, shape: str, doc: str, hint: str) -> Secret:
    return Secret(name, f"{_START}(?:{shape})", doc, hint)


_TOKENS = (
    _token("anthropic", "sk-ant-[A-Za-z0-9_-]{16,}", "Anthropic API key.", "sk-"),
    _token("openrouter", "sk-or-[A-Za-z0-9_-]{16,}", "OpenRouter API key.", "sk-"),
    _token(
        "openai",
        "sk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_-]{20,}",
        "OpenAI API key, and the many services that copied its shape.",
        "sk-",
    ),
    _token("github", "gh[pousr]_[A-Za-z0-9]{20,}", "GitHub token.", "gh[pousr]_"),
    _token("github", "github_pat_[A-Za-z0-9_]{20,}", "GitHub fine-grained token.", "github_pat_"),
    _token(
        "gitlab", "gl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{16,}", "GitLab token.", "gl[a-z]+-"
    ),
    _token("slack", "xox[abeoprs]-[A-Za-z0-9-]{10,}", "Slack token.", "xox[abeoprs]-"),
    _token("slack", "xapp-[A-Za-z0-9-]{10,}", "Slack app token.", "xapp-"),
    Secret(
        "slack-webhook",
        "(hooks[.]slack[.]com/services/)[A-Za-z0-9/_-]{20,}",
        "Slack webhook address.",
        "hooks[.]slack",
    ),
    Secret(
        "discord-webhook",
        "(discord(?:app)?[.]com/api/webhooks/)[A-Za-z0-9/_-]{20,}",
        "Discord webhook address.",
        "/api/webhooks/",
    ),
    _token(
        "aws",
        "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
        "AWS access key id.",
        "A(?:K|S|B)IA|ACCA",
    ),
    _token("google", "AIza[A-Za-z0-9_-]{35}", "Google API key.", "AIza"),
    _token("google-oauth", "ya29[.][A-Za-z0-9_-]{20,}", "Google OAuth access token.", "ya29"),
    _token("google-oauth", "GOCSPX-[A-Za-z0-9_-]{20,}", "Google OAuth client secret.", "GOCSPX"),
    _token("stripe", "[sr]k_(?:live|test)_[A-Za-z0-9]{10,}", "Stripe key.", "k_(?:live|test)_"),
    _token("stripe", "whsec_[A-Za-z0-9+/=]{16,}", "Stripe webhook secret.", "whsec_"),
    _token("huggingface", "(?:hf|api_org)_[A-Za-z0-9]{30,}", "Hugging Face token.", "hf_|api_org_"),
    _token("groq", "gsk_[A-Za-z0-9]{40,}", "Groq API key.", "gsk_"),
    _token("xai", "xai-[A-Za-z0-9]{40,}", "xAI API key.", "xai-"),
    _token("replicate", "r8_[A-Za-z0-9]{30,}", "Replicate token.", "r8_"),
    _token("perplexity", "pplx-[A-Za-z0-9]{30,}", "Perplexity API key.", "pplx-"),
    _token("langsmith", "lsv2_(?:pt|sk)_[A-Za-z0-9_]{30,}", "LangSmith key.", "lsv2_"),
    _token("npm", "npm_[A-Za-z0-9]{30,}", "npm token.", "npm_"),
    _token("pypi", "pypi-[A-Za-z0-9_-]{30,}", "PyPI token.", "pypi-"),
    _token("docker", "dckr_pat_[A-Za-z0-9_-]{20,}", "Docker Hub token.", "dckr_"),
    _token("sendgrid", "SG[.][A-Za-z0-9_-]{16,}[.][A-Za-z0-9_-]{30,}", "SendGrid key.", "SG[.]"),
    _token("digitalocean", "do[opr]_v1_[a-f0-9]{40,}", "DigitalOcean token.", "do[opr]_v1_"),
    _token("databricks", "dapi[a-f0-9]{32}", "Databricks token.", "dapi"),
    _token("shopify", "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", "Shopify token.", "shp[a-z]+_"),
    _token("telegram", "[0-9]{8,10}:AA[A-Za-z0-9_-]{33}", "Telegram bot token.", ":AA"),
    _token("linear", "lin_(?:api|oauth)_[A-Za-z0-9]{30,}", "Linear key.", "lin_"),
    _token("vault", "hv[sbr][.][A-Za-z0-9_-]{20,}", "HashiCorp Vault token.", "hv[sbr][.]"),
    _token(
        "jwt",
        "eyJ[A-Za-z0-9_-]{8,}[.]eyJ[A-Za-z0-9_-]{8,}(?:[.][A-Za-z0-9_-]*)?",
        "JSON Web Token.",
        "eyJ",
    ),
)

_CREDENTIALS = (
    Secret(
        "private-key",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----(?:[A-Za-z0-9+/=:,\r\n-]|: |\\+[nr])*"
        r"(?: [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----)?",
        "PEM private key, whole or cut off.",
        "PRIVATE KEY",
    ),
    Secret(
        "wandb",
        '((?:wandb|WANDB|W&B)[^"\\\\\\n]{0,40}[^A-Za-z0-9])[a-f0-9]{40}([^A-Za-z0-9]|$)',
        "Weights & Biases key: 40 hexadecimal digits behind a word that names the service.",
        '(?:wandb|WANDB|W&B)[^"\\\\\\n]*[^A-Za-z0-9][a-f0-9]{12}',
    ),
    Secret(
        "authorization",
        "((?:[Bb]earer|BEARER|[Bb]asic|BASIC)(?: |%20)+)[A-Za-z0-9._~+/=-]{12,}",
        "Credentials of an Authorization header.",
        "(?:earer|EARER|asic|ASIC)(?: |%20)+[A-Za-z0-9._~+/=-]{12}",
    ),
    Secret(
        "url-password",
        "([a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^ /?#:@\"'\\\\<>\\r\\n\\t]{0,100}:)"
        "[^ /@\"'\\\\<>\\r\\n\\t]{1,200}(@)",
        "Password inside an address.",
        "://[^ /?#:@\"'\\\\<>\\r\\n\\t]*:[^ /@\"'\\\\<>\\r\\n\\t]+@",
    ),
    Secret(
        "url-parameter",
        "([?&](?:access_token|api_key|apikey|key|token|sig|signature|X-Amz-Signature"
        "|client_secret|password|auth)=)[A-Za-z0-9._~%+/=-]{8,}",
        "Secret parameter of an address.",
        "[?&](?:acc|api|key|tok|sig|X-Amz-S|client_s|pass|auth)[A-Za-z_-]*=",
    ),
)

_MEMBERS = (
    Secret(
        "key-value",
        rf'("{_PREFIX}(?:{_SECRET_NAMES})"[ \t\r\n]*:[ \t\r\n]*")(?:[^"\\]|\\[^\n])+(")',
        "Value of a JSON member whose name says that it is secret.",
        rf'(?:{_SECRET_NAMES})"[ \t\r\n]*:[ \t\r\n]*"',
    ),
    Secret(
        "key-value",
        rf'("{_PREFIX}{_any_case("token")}"[ \t\r\n]*:[ \t\r\n]*")[^"\\ ]{{8,}}(")',
        "Member named token; short values stay, for that is what a piece of text is called too.",
        rf'{_any_case("token")}"[ \t\r\n]*:[ \t\r\n]*"[^"\\ ]{{8}}',
    ),
    Secret(
        "key-value",
        rf'(\\"{_PREFIX}(?:{_SECRET_NAMES}|{_any_case("token")})\\"[ ]*:[ ]*\\")'
        r'(?:[^"\\]|\\\\(?:\\["\\]|[^"\\]))+(\\")',
        "The same in JSON that was written into a JSON text.",
        rf'(?:{_SECRET_NAMES}|{_any_case("token")})\\"[ ]*:[ ]*\\"',
    ),
    Secret(
        "key-value",
        "((?:API_?KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY|SECRET|TOKEN|PASSWORD|PASSWD)"
        "[ ]?=[ ]?(?:'|\\\\?\")?)[^ '\"\\\\,;&<>(){}$\\r\\n\\t]{6,}",
        "Setting of an environment variable whose name says that it is secret.",
        "(?:KEY|SECRET|TOKEN|PASSWORD|PASSWD)[ ]?=",
    ),
)

_FAMILIES = (_CREDENTIALS, _TOKENS, _MEMBERS)
SECRETS = (*_CREDENTIALS, *_TOKENS, *_MEMBERS)
"""Every shape that is taken out, in the order in which they are tried."""

EMAIL = Secret(
    "email",
    "[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:[.][A-Za-z0-9-]{1,63})*[.][A-Za-z]{2,24}",
    "E-mail address; taken out on request only.",
    "[A-Za-z0-9]@[A-Za-z0-9-]",
)


def _hint(secrets: Iterable[Secret]) -> str:
    return "|".join(dict.fromkeys(secret.hint for secret in secrets))


def redact(text: str, *, emails: bool = False) -> str:
    """Return the text with every known secret replaced by ``[redacted:<name>]``.

    >>> redact('{"password": "hunter2", "prompt_tokens": 12}')
    '{"password": "[redacted:key-value]", "prompt_tokens": 12}'
    """
    for family in _families(emails=emails):
        if re.search(_hint(family), text):
            for secret in family:
                text = re.sub(secret.regex, secret.replacement, text)
    return text


def _families(*, emails: bool) -> tuple[tuple[Secret, ...], ...]:
    return (*_FAMILIES, (EMAIL,)) if emails else _FAMILIES


def redact_expression(text: "Expression", *, emails: bool = False) -> "Expression":
    """Return the same for DuckDB: an expression over a text, NULL for NULL.

    Most texts hold no secret: they cost one search for the hints of all shapes.
    """
    from duckdb import CaseExpression, ConstantExpression, FunctionExpression

    def hinted(hint: str) -> "Expression":
        return FunctionExpression("regexp_matches", text, ConstantExpression(hint))

    def replaced(inner: "Expression", secret: Secret) -> "Expression":
        arguments = (secret.regex, secret.replacement, "g")
        return FunctionExpression("regexp_replace", inner, *map(ConstantExpression, arguments))

    families = _families(emails=emails)
    ...
