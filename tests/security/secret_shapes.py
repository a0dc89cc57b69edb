"""What secrets look like, by the public documentation of those who hand them out. No secret is in here.

A shape is a template: ``{a36}`` stands for 36 random letters and digits, and so on by ``_LETTERS``. The
tests fill it in as they run, so that no text of this repository looks like a secret.
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

_HEX = "0123456789abcdef"
_LETTERS: Mapping[str, str] = {
    "a": string.ascii_letters + string.digits,
    "A": string.ascii_uppercase + string.digits,
    "b": string.ascii_letters + string.digits + "+/",
    "d": string.digits,
    "h": _HEX,
    "l": string.ascii_letters,
    "w": string.ascii_letters + string.digits + "_-",
    "z": string.ascii_lowercase + string.digits,
}
_PART = re.compile(r"\{([a-zA-Z])([0-9]+)\}")
_UUID = "{h8}-{h4}-{h4}-{h4}-{h12}"


@dataclass(frozen=True)
class Shape:
    """One kind of secret."""

    service: str
    kind: str
    template: str
    around: str = "{}"
    """Where it stands when nothing but its surroundings tells what it is."""


@dataclass(frozen=True)
class Made:
    """One secret that a test made up."""

    shape: Shape
    secret: str
    pieces: tuple[str, ...]
    """Its random parts that are long enough to be looked for."""

    @property
    def text(self) -> str:
        """The secret where it stands."""
        return self.shape.around.replace("{}", self.secret)


def make(shape: Shape, seed: int = 0) -> Made:
    """Make one secret up: the same for the same seed."""
    chance = Random(f"{shape.service} {shape.kind} {shape.around} {seed}")
    parts: list[str] = []

    def fill(found: re.Match[str]) -> str:
        letters, size = _LETTERS[found[1]], int(found[2])
        # No random text without a digit is long; services make sure of it, and so do we.
        drawn = [chance.choice(letters) for _ in range(size)]
        if size > 8 and found[1] != "l":
            drawn[size // 2] = chance.choice(string.digits)
        parts.append("".join(drawn))
        return parts[-1]

    secret = _PART.sub(fill, shape.template)
    return Made(shape, secret, tuple(part for part in parts if len(part) >= 10))


BY_THEMSELVES = (
    Shape("1Password", "service account token", "ops_eyJ{b250}"),
    Shape("1Password", "secret key", "A3-{A6}-{A11}-{A5}-{A5}-{A5}"),
    Shape("Adobe", "client secret", "p8e-{a32}"),
    Shape("age", "secret key", "AGE-SECRET-KEY-1{A58}"),
    Shape("Airtable", "personal access token", "pat{a14}.{h64}"),
    Shape("Alibaba Cloud", "access key id", "LTAI{a20}"),
    Shape("Anthropic", "API key", "sk-ant-api03-{w93}AA"),
    Shape("Anthropic", "admin key", "sk-ant-admin01-{w93}AA"),
    Shape("Anthropic", "OAuth token", "sk-ant-oat01-{w86}"),
    Shape("Asana", "personal access token", "2/{d16}/{d16}:{h32}"),
    Shape("Atlassian", "API token", "ATATT3xFfGF0{w180}={A8}"),
    Shape("AWS", "access key id", "AKIA{A16}"),
    Shape("AWS", "temporary access key id", "ASIA{A16}"),
    Shape("AWS", "Bedrock API key", "ABSK{b128}"),
    Shape("Azure", "client secret", "{a3}8Q~{w34}"),
    Shape("Azure DevOps", "personal access token", "{a76}AZDO{a4}"),
    Shape("Bitbucket", "app password", "ATBB{a32}"),
    Shape("Brevo", "API key", "xkeysib-{h64}-{a16}"),
    Shape("Buildkite", "API token", "bkua_{h40}"),
    Shape("Cerebras", "API key", "csk-{z48}"),
    Shape("CircleCI", "personal token", "CCIPAT_{a22}_{h40}"),
    Shape("Clojars", "deploy token", "CLOJARS_{h60}"),
    Shape("Cloudflare", "user token", "cfut_{a40}{h8}"),
    Shape("Cloudflare", "account token", "cfat_{a40}{h8}"),
    Shape("Cloudflare", "origin CA key", "v1.0-{h24}-{h146}"),
    Shape("Contentful", "personal access token", "CFPAT-{w43}"),
    Shape("crates.io", "API token", "cio{a32}"),
    Shape("Databricks", "personal access token", "dapi{h32}"),
    Shape("DeepSeek", "API key", "sk-{h32}"),
    Shape("DigitalOcean", "personal access token", "dop_v1_{h64}"),
    Shape("DigitalOcean", "refresh token", "dor_v1_{h64}"),
    Shape("Discord", "bot token", "MTIz{a20}.G{a5}.{w38}"),
    Shape("Discord", "webhook", "https://discord.com/api/webhooks/{d18}/{w68}"),
    Shape("Docker Hub", "personal access token", "dckr_pat_{w27}"),
    Shape("Docker Hub", "organisation token", "dckr_oat_{w32}"),
    Shape("Doppler", "personal token", "dp.pt.{a43}"),
    Shape("Doppler", "service token", "dp.st.dev_backend.{a43}"),
    Shape("Dropbox", "access token", "sl.{w137}"),
    Shape("Dynatrace", "API token", "dt0c01.{A24}.{A64}"),
    Shape("E2B", "API key", "e2b_{h40}"),
    Shape("Figma", "personal access token", "figd_{w40}"),
    Shape("Firecrawl", "API key", "fc-{h32}"),
    Shape("Fly.io", "token", "fo1_{w43}"),
    Shape("GitHub", "personal access token", "ghp_{a36}"),
    Shape("GitHub", "fine-grained token", "github_pat_{a22}_{a59}"),
    Shape("GitHub", "OAuth token", "gho_{a36}"),
    Shape("GitHub", "user-to-server token", "ghu_{a36}"),
    Shape("GitHub", "installation token", "ghs_{a36}"),
    Shape("GitHub", "refresh token", "ghr_{a76}"),
    Shape("GitLab", "personal access token", "glpat-{w20}"),
    Shape("GitLab", "routable token", "glpat-{w27}.01.{z9}"),
    Shape("GitLab", "deploy token", "gldt-{w20}"),
    Shape("GitLab", "runner token", "glrt-{w20}"),
    Shape("GitLab", "trigger token", "glptt-{h40}"),
    Shape("GitLab", "feed token", "glft-{w20}"),
    Shape("GitLab", "agent token", "glagent-{w50}"),
    Shape("GitLab", "OAuth application secret", "gloas-{h64}"),
    Shape("Google Cloud", "API key", "AIza{w35}"),
    Shape("Google Cloud", "OAuth access token", "ya29.{w120}"),
    Shape("Google Cloud", "OAuth client secret", "GOCSPX-{w28}"),
    Shape("Grafana", "service account token", "glsa_{a32}_{h8}"),
    Shape("Grafana", "cloud token", "glc_eyJ{b60}"),
    Shape("Groq", "API key", "gsk_{a52}"),
    Shape("HashiCorp", "Terraform Cloud token", "{a14}.atlasv1.{w67}"),
    Shape("HashiCorp", "Vault token", "hvs.{w95}"),
    Shape("HashiCorp", "Vault batch token", "hvb.{w138}"),
    Shape("Heroku", "API key", "HRKU-AA{w58}"),
    Shape("HubSpot", "private app token", f"pat-na1-{_UUID}"),
    Shape("Hugging Face", "user token", "hf_{l34}"),
    Shape("Hugging Face", "organisation token", "api_org_{l34}"),
    Shape("Jina", "API key", "jina_{a60}"),
    Shape("JWT", "signed", "eyJ{w33}.eyJ{w80}.{w43}"),
    Shape("Langfuse", "secret key", f"sk-lf-{_UUID}"),
    Shape("LangSmith", "personal key", "lsv2_pt_{h32}_{h10}"),
    Shape("LangSmith", "service key", "lsv2_sk_{h32}_{h10}"),
    Shape("Linear", "API key", "lin_api_{a40}"),
    Shape("Mailchimp", "API key", "{h32}-us12"),
    Shape("Mailgun", "private key", "key-{h32}"),
    Shape("Mapbox", "secret token", "sk.eyJ{w60}.{w22}"),
    Shape("New Relic", "user key", "NRAK-{A27}"),
    Shape("New Relic", "insert key", "NRII-{w32}"),
    Shape("New Relic", "licence key", "{h36}NRAL"),
    Shape("Notion", "integration token", "ntn_{a46}"),
    Shape("Notion", "integration secret", "secret_{a43}"),
    Shape("npm", "access token", "npm_{a36}"),
    Shape("NuGet", "API key", "oy2{z43}"),
    Shape("NVIDIA", "API key", "nvapi-{w64}"),
    Shape("OpenAI", "project key", "sk-proj-{w74}T3BlbkFJ{w74}"),
    Shape("OpenAI", "service account key", "sk-svcacct-{w74}T3BlbkFJ{w74}"),
    Shape("OpenAI", "admin key", "sk-admin-{w74}T3BlbkFJ{w74}"),
    Shape("OpenAI", "user key", "sk-{a20}T3BlbkFJ{a20}"),
    Shape("OpenRouter", "API key", "sk-or-v1-{h64}"),
    Shape("OpenSSH", "private key", "-----BEGIN OPENSSH PRIVATE KEY-----\n{b70}\n{b70}\n{b40}=="
          "\n-----END OPENSSH PRIVATE KEY-----\n"),
    Shape("Perplexity", "API key", "pplx-{a48}"),
    Shape("PGP", "private key", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n{b64}\n{b64}\n={b4}"
          "\n-----END PGP PRIVATE KEY BLOCK-----\n"),
    Shape("Pinecone", "API key", "pcsk_{a6}_{a63}"),
    Shape("Plaid", "access token", f"access-sandbox-{_UUID}"),
    Shape("PlanetScale", "password", "pscale_pw_{w43}"),
    Shape("PlanetScale", "token", "pscale_tkn_{w43}"),
    Shape("PostHog", "personal key", "phx_{a43}"),
    Shape("Postman", "API key", "PMAK-{h24}-{h34}"),
    Shape("Prefect", "API key", "pnu_{a36}"),
    Shape("Pulumi", "access token", "pul-{h40}"),
    Shape("PyPI", "upload token", "pypi-AgEIcHlwaS5vcmc{w160}"),
    Shape("Replicate", "token", "r8_{a37}"),
    Shape("RSA", "private key", "-----BEGIN RSA PRIVATE KEY-----\n{b64}\n{b64}\n"
          "-----END RSA PRIVATE KEY-----"),
    Shape("RSA", "encrypted private key", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
          "DEK-Info: AES-128-CBC,{A32}\n\n{b64}\n{b64}\n-----END RSA PRIVATE KEY-----"),
    Shape("RubyGems", "API key", "rubygems_{h48}"),
    Shape("SendGrid", "API key", "SG.{w22}.{w43}"),
    Shape("Sentry", "organisation token", "sntrys_eyJ{b100}_{b43}"),
    Shape("Sentry", "user token", "sntryu_{h64}"),
    Shape("Shopify", "access token", "shpat_{h32}"),
    Shape("Shopify", "app secret", "shpss_{h32}"),
    Shape("Slack", "bot token", "xoxb-{d12}-{d13}-{a24}"),
    Shape("Slack", "user token", "xoxp-{d12}-{d12}-{d13}-{h32}"),
    Shape("Slack", "app token", "xapp-1-A{A10}-{d13}-{h64}"),
    Shape("Slack", "refresh token", "xoxe-1-{a146}"),
    Shape("Slack", "rotated token", "xoxe.xoxp-1-{a163}"),
    Shape("Slack", "webhook", "https://hooks.slack.com/services/T{A8}/B{A10}/{a24}"),
    Shape("SonarQube", "user token", "squ_{h40}"),
    Shape("Sourcegraph", "access token", "sgp_{h16}_{h40}"),
    Shape("Square", "access token", "EAAA{w60}"),
    Shape("Square", "OAuth secret", "sq0csp-{w43}"),
    Shape("Square", "OAuth token", "sq0atp-{w22}"),
    Shape("Stripe", "live key", "sk_live_{a24}"),
    Shape("Stripe", "restricted key", "rk_live_{a99}"),
    Shape("Stripe", "webhook secret", "whsec_{a32}"),
    Shape("Supabase", "access token", "sbp_{h40}"),
    Shape("Supabase", "secret key", "sb_secret_{w22}_{w8}"),
    Shape("Tailscale", "auth key", "tskey-auth-{a12}CNTRL-{a32}"),
    Shape("Tavily", "API key", "tvly-dev-{a32}"),
    Shape("Telegram", "bot token", "{d10}:AA{w33}"),
    Shape("Together", "API key", "tgp_v1_{w43}"),
    Shape("Twilio", "API key", "SK{h32}"),
    Shape("Vercel", "personal access token", "vcp_{a56}"),
    Shape("Vercel", "AI gateway key", "vck_{a56}"),
    Shape("Weights & Biases", "API key", "wandb_v1_{a27}_{a49}"),
    Shape("xAI", "API key", "xai-{a80}"),
)  # fmt: skip
"""Secrets that are known by what they look like."""

BY_THEIR_SURROUNDINGS = (
    Shape("Weights & Biases", "older key in the environment", "{h40}", "WANDB_API_KEY={}"),
    Shape("Weights & Biases", "older key on the command line", "{h40}", "wandb login {}"),
    Shape("Weights & Biases", "older key in netrc", "{h40}",
          "machine api.wandb.ai\n  login user\n  password {}\n"),
    Shape("AWS", "secret key in the environment", "{b40}", "export AWS_SECRET_ACCESS_KEY={} && make"),
    Shape("AWS", "secret key in its file", "{b40}", "[default]\naws_secret_access_key = {}\nregion = x\n"),
    Shape("AWS", "session token in its file", "{b200}", "aws_session_token={}\n"),
    Shape("AWS", "signed address", "{h64}", "https://b.s3.example.org/k?X-Amz-Expires=60&X-Amz-Signature={}"),
    Shape("Azure", "storage connection string", "{b86}==", "DefaultEndpointsProtocol=https;AccountName=shop;"
          "AccountKey={};EndpointSuffix=core.example.org"),
    Shape("Azure", "service bus connection string", "{b43}=", "Endpoint=sb://shop/;SharedAccessKeyName=all;"
          "SharedAccessKey={}"),
    Shape("Azure", "shared access signature", "{b43}", "https://shop.blob.example.org/c?sv=2024-01-01&sig={}"),
    Shape("Azure OpenAI", "key header", "{h32}", "api-key: {}"),
    Shape("Google Cloud", "service account", "{b60}", '{"type": "service_account", "private_key": '
          '"-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----\\n"}'),
    Shape("HTTP", "bearer", "{w40}", "Authorization: Bearer {}"),
    Shape("HTTP", "basic", "{b32}==", "authorization: Basic {}"),
    Shape("HTTP", "token scheme", "{h40}", "Authorization: Token {}"),
    Shape("HTTP", "scheme of one's own", "{w42}", "Authorization: SSWS {}"),
    Shape("HTTP", "key header", "{a40}", "X-API-Key: {}"),
    Shape("HTTP", "header in a dictionary", "{w40}", "{'Authorization': 'Bearer {}', 'Accept': '*/*'}"),
    Shape("HTTP", "headers as pairs", "{w40}", '[["authorization", "Bearer {}"], ["accept", "*/*"]]'),
    Shape("HTTP", "cookie", "{w40}", "Cookie: session={}; theme=dark"),
    Shape("HTTP", "cookie that is set", "{w40}", "Set-Cookie: sid={}; Path=/; HttpOnly"),
    Shape("HTTP", "password in an address", "{a20}", "https://deploy:{}@git.example.org/shop.git"),
    Shape("HTTP", "token alone in an address", "{a30}", "https://{}@git.example.org/shop.git"),
    Shape("HTTP", "key in an address", "{a32}", "https://api.example.org/v1?q=1&api_key={}&page=2"),
    Shape("curl", "user and password", "{a20}", "curl -u deploy:{} https://example.org"),
    Shape("curl", "header", "{w40}", 'curl -H "PRIVATE-TOKEN: {}" https://git.example.org'),
    Shape("PostgreSQL", "address", "{a16}", "postgresql://shop:{}@db:5432/shop"),
    Shape("PostgreSQL", "password of the environment", "{a16}", "PGPASSWORD={} psql -h db"),
    Shape("PostgreSQL", "key words", "{a16}", "host=db user=shop password={} dbname=shop"),
    Shape("MySQL", "command line", "{a16}", "mysql --user=shop --password={} shop"),
    Shape("MongoDB", "address", "{a20}", "mongodb+srv://shop:{}@cluster0.example.org/shop"),
    Shape("Redis", "address without a user", "{a20}", "redis://:{}@cache:6379/0"),
    Shape("SQL Server", "connection string", "{a16}", "Server=db;User Id=sa;Password={};Encrypt=true"),
    Shape("Command line", "flag with a space", "{a32}", "deploy --api-key {} --to production"),
    Shape("Command line", "flag with a sign", "{a32}", "deploy --token={} --to production"),
    Shape("Environment", "dump", "{a32}", "HOME=/home/shop\nMAILGUN_API_KEY={}\nSHELL=/bin/sh\n"),
    Shape("Environment", "Python's dump", "{a32}", "environ({'HOME': '/home/shop', 'SHOP_SECRET': '{}'})"),
    Shape("YAML", "member", "{a32}", "db:\n  user: shop\n  password: {}\n"),
    Shape("YAML", "quoted member", "{a32}", 'client_secret: "{}"\n'),
    Shape("JSON", "member", "{a12}", '{"user": "shop", "password": "{}"}'),
    Shape("JSON", "member in a text in a text", "{a32}", '{"body": "{\\"inner\\": \\"{\\\\\\"api_key\\\\\\": '
          '\\\\\\"{}\\\\\\"}\\"}"}'),
    Shape("JSON", "camel case", "{a32}", '{"clientSecret":"{}"}'),
    Shape("Python", "argument", "{a32}", "client = Client(api_key='{}', timeout=3)"),
    Shape("JavaScript", "object", "{a32}", "new Client({ apiKey: '{}', retries: 2 })"),
    Shape("npm", "configuration", "{a36}", "//registry.example.org/:_authToken={}"),
    Shape("PyPI", "configuration", "{a36}", "[pypi]\nusername = __token__\npassword = {}\n"),
    Shape("Docker", "configuration", "{b40}", '{"auths": {"reg.example.org": {"auth": "{}"}}}'),
    Shape("netrc", "password", "{a20}", "machine example.org login deploy password {}"),
    Shape("Vercel", "older token in the environment", "{a24}", "VERCEL_TOKEN={}"),
    Shape("Cloudflare", "older token in the environment", "{w40}", "CLOUDFLARE_API_TOKEN={}"),
    Shape("Datadog", "key in the environment", "{h32}", "DD_API_KEY={}"),
    Shape("Twilio", "auth token in the environment", "{h32}", "TWILIO_AUTH_TOKEN={}"),
)  # fmt: skip
"""Secrets that only what stands around them gives away."""

SHAPES = (*BY_THEMSELVES, *BY_THEIR_SURROUNDINGS)
