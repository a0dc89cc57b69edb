"""Tokens that are known by their own shape, whatever stands around them: one row for each kind.

A new kind is a row here; what finds it, first quickly and then in full, derives from the rows.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Token:
    """One kind of token."""

    service: str
    prefix: str
    """Regular expression for how it begins."""
    tail: str
    """Regular expression for the rest; a prefix that is rare has eight letters, digits or signs at least."""
    marks: tuple[str, ...]
    """Texts of which one stands in every such token."""
    seen: str = ""
    """Regular expression that is cheap to search for and found in every such token; of a rare prefix made."""

    @property
    def hint(self) -> str:
        """What is searched for first."""
        return self.seen or self.prefix + "[A-Za-z0-9_+/=.-]{8}"


_UUID = "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"

TOKENS = (
    Token("1password", "ops_eyJ", "[A-Za-z0-9+/=_-]{40,}", ("ops_eyJ",)),
    Token("1password", "A3-", "[A-Z0-9]{6}-[A-Z0-9]{6}(?:-?[A-Z0-9]{5}){4}", ("A3-",), "A3-[A-Z0-9]{6}-"),
    Token("adobe", "p8e-", "[A-Za-z0-9]{32}", ("p8e-",)),
    Token("age", "AGE-SECRET-KEY-1", "[A-Z0-9]{58}", ("AGE-SECRET-KEY-1",)),
    Token("airtable", "pat", "[A-Za-z0-9]{14}[.][a-f0-9]{64}", ("pat",), "pat[A-Za-z0-9]{14}[.][a-f0-9]{16}"),
    Token("alibaba", "LTAI", "[A-Za-z0-9]{16,24}", ("LTAI",)),
    # Those that say what they are stand before the shapes that many services share.
    Token("anthropic", "sk-ant-", "[A-Za-z0-9_-]{16,}", ("sk-",)),
    Token("asana", "[0-9]/[0-9]{16}/[0-9]{16}:", "[a-f0-9]{32}", ("/",), "/[0-9]{16}:[a-f0-9]{32}"),
    Token("atlassian", "AT[AC]TT3xFfG", "[A-Za-z0-9_=-]{40,}", ("TT3xFfG",)),
    Token("aws", "(?:AKIA|ASIA|ABIA|ACCA)", "[A-Z0-9]{16}", ("AKIA", "ASIA", "ABIA", "ACCA")),
    Token("aws", "ABSK", "[A-Za-z0-9+/]{40,}={0,2}", ("ABSK",)),
    Token("azure", "[A-Za-z0-9_~.-]{3}[0-9]Q~", "[A-Za-z0-9_~.-]{31,34}", ("Q~",), "Q~[A-Za-z0-9_~.-]{8}"),
    Token("azure", "[A-Za-z0-9]{76}AZDO", "[A-Za-z0-9]{4}", ("AZDO",), "AZDO[A-Za-z0-9]{4}"),
    Token("bitbucket", "ATBB", "[A-Za-z0-9]{28,}", ("ATBB",)),
    Token("brevo", "xkeysib-", "[a-f0-9]{64}-[A-Za-z0-9]{16}", ("xkeysib-",)),
    Token("buildkite", "bkua_", "[a-f0-9]{40}", ("bkua_",)),
    Token("cerebras", "csk-", "[A-Za-z0-9]{40,}", ("csk-",)),
    Token("circleci", "CCI(?:PAT|PRJ)_", "[A-Za-z0-9_]{40,}", ("CCIPAT_", "CCIPRJ_")),
    Token("clojars", "CLOJARS_", "[a-f0-9]{60}", ("CLOJARS_",)),
    Token("cloudflare", "cf(?:ut|at|k)_", "[A-Za-z0-9]{40,}", ("cfut_", "cfat_", "cfk_")),
    Token("cloudflare", "v1[.]0-", "[a-f0-9]{24}-[a-f0-9]{146}", ("v1.0-",), "v1[.]0-[a-f0-9]{24}-"),
    Token("contentful", "CFPAT-", "[A-Za-z0-9_-]{40,}", ("CFPAT-",)),
    Token("crates", "cio", "[A-Za-z0-9]{32}", ("cio",), "cio[A-Za-z0-9]{32}"),
    Token("databricks", "dapi", "[a-f0-9]{32}", ("dapi",)),
    Token("digitalocean", "do[opr]_v1_", "[a-f0-9]{40,}", ("_v1_",)),
    Token(
        # It begins with digits in base64.
        "discord", "(?:M[Tjz]|N[DTjz]|O[DT])[A-Za-z0-9]{22,26}[.]",
        "[A-Za-z0-9_-]{6}[.][A-Za-z0-9_-]{27,38}", ("M", "N", "O"),
        "(?:M[Tjz]|N[DTjz]|O[DT])[A-Za-z0-9]{22,26}[.][A-Za-z0-9_-]{6}[.]",
    ),
    Token("docker", "dckr_[po]at_", "[A-Za-z0-9_-]{20,}", ("dckr_",)),
    Token("doppler", "dp[.](?:pt|st|ct|sa|scim|audit)[.]", "[A-Za-z0-9._-]{40,}", ("dp.",)),
    Token("dropbox", "sl[.](?:u[.])?", "[A-Za-z0-9_-]{60,}", ("sl.",), "sl[.](?:u[.])?[A-Za-z0-9_-]{60}"),
    Token("dynatrace", "dt0[a-z][0-9]{2}[.]", "[A-Z0-9]{24}[.][A-Z0-9]{64}", ("dt0",)),
    Token("e2b", "e2b_", "[a-f0-9]{40}", ("e2b_",)),
    Token("figma", "fig[dour]_", "[A-Za-z0-9_-]{40,}", ("figd_", "figo_", "figu_", "figr_")),
    Token("firecrawl", "fc-", "[a-f0-9]{32}", ("fc-",), "fc-[a-f0-9]{32}"),
    Token("fly", "f(?:o1|m[12][ar]?)_", "[A-Za-z0-9+/=_-]{40,}", ("fo1_", "fm1", "fm2")),
    Token("github", "gh[pousr]_", "[A-Za-z0-9]{20,}", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    Token("github", "github_pat_", "[A-Za-z0-9_]{20,}", ("github_pat_",)),
    Token(
        "gitlab", "gl(?:pat|dt|rt|cbt|ptt|soat|ft|imt|agent|oas|ffct|wt)-", "[A-Za-z0-9_-]{16,}",
        ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glsoat-", "glft-", "glimt-", "glagent-",
         "gloas-", "glffct-", "glwt-"),
    ),
    Token("google", "AIza", "[A-Za-z0-9_-]{35}", ("AIza",)),
    Token("google-oauth", "ya29[.]", "[A-Za-z0-9_-]{20,}", ("ya29.",)),
    Token("google-oauth", "GOCSPX-", "[A-Za-z0-9_-]{20,}", ("GOCSPX-",)),
    Token("grafana", "gl(?:sa|c)_", "[A-Za-z0-9+/=_-]{32,}", ("glsa_", "glc_")),
    Token("groq", "gsk_", "[A-Za-z0-9]{40,}", ("gsk_",)),
    Token("hashicorp", "[A-Za-z0-9]{14}[.]atlasv1[.]", "[A-Za-z0-9_=-]{60,}", (".atlasv1.",), "[.]atlasv1"),
    Token("heroku", "HRKU-", "[A-Za-z0-9_-]{30,}", ("HRKU-",)),
    Token("hubspot", "pat-[a-z]{2}[0-9]-", _UUID, ("pat-",)),
    Token("huggingface", "(?:hf|api_org)_", "[A-Za-z0-9]{30,}", ("hf_", "org_"), "(?:hf|org)_[A-Za-z0-9]{9}"),
    Token("jina", "jina_", "[A-Za-z0-9_-]{40,}", ("jina_",), "jina_[A-Za-z0-9_-]{32}"),
    Token(
        "jwt", "eyJ", "[A-Za-z0-9_-]{8,}[.]eyJ[A-Za-z0-9_-]{8,}(?:[.][A-Za-z0-9_-]*)?", ("eyJ",)
    ),
    Token("langfuse", "sk-lf-", _UUID, ("sk-",)),
    Token("langsmith", "lsv2_(?:pt|sk)_", "[A-Za-z0-9_]{30,}", ("lsv2_",)),
    Token("linear", "lin_(?:api|oauth)_", "[A-Za-z0-9]{30,}", ("lin_",)),
    Token("mailchimp", "[a-f0-9]{32}-us", "[0-9]{1,2}", ("-us",), "-us[0-9]"),
    Token("mailgun", "key-", "[a-f0-9]{32}", ("key-",), "key-[a-f0-9]{32}"),
    Token("mapbox", "sk[.]eyJ", "[A-Za-z0-9_-]{20,}[.][A-Za-z0-9_-]{20,}", ("sk.eyJ",)),
    Token("new-relic", "NR(?:AK|JS|II|RA|SP|BR)-", "[A-Za-z0-9_-]{16,}", ("NR",)),
    Token("new-relic", "[a-f0-9]{36}", "NRAL", ("NRAL",), "NRAL"),
    Token("notion", "ntn_", "[A-Za-z0-9]{40,}", ("ntn_",)),
    Token("notion", "secret_", "[A-Za-z0-9]{43}", ("secret_",), "secret_[A-Za-z0-9]{43}"),
    Token("npm", "npm_", "[A-Za-z0-9]{30,}", ("npm_",), "npm_[A-Za-z0-9]{20}"),
    Token("nuget", "oy2", "[a-z0-9]{43}", ("oy2",)),
    Token("nvidia", "nvapi-", "[A-Za-z0-9_-]{40,}", ("nvapi-",)),
    Token("openrouter", "sk-or-", "[A-Za-z0-9_-]{16,}", ("sk-",)),
    # OpenAI's own, and the many services that copied its shape.
    Token("openai", "sk-(?:proj|svcacct|admin|None)-", "[A-Za-z0-9_-]{20,}", ("sk-",)),
    Token("openai", "sk-", "[A-Za-z0-9]{20,}", ("sk-",)),
    Token("perplexity", "pplx-", "[A-Za-z0-9]{30,}", ("pplx-",)),
    Token("pinecone", "pcsk_", "[A-Za-z0-9_]{40,}", ("pcsk_",)),
    Token("plaid", "access-(?:sandbox|development|production)-", _UUID, ("access-",)),
    Token("planetscale", "pscale_(?:pw|tkn|oauth)_", "[A-Za-z0-9_.=-]{32,}", ("pscale_",)),
    Token("posthog", "ph[xs]_", "[A-Za-z0-9]{40,}", ("phx_", "phs_")),
    Token("postman", "PMAK-", "[a-f0-9]{24}-[a-f0-9]{34}", ("PMAK-",)),
    Token("prefect", "pn[ub]_", "[A-Za-z0-9]{36}", ("pnu_", "pnb_")),
    Token("pulumi", "pul-", "[a-f0-9]{40}", ("pul-",)),
    Token("pypi", "pypi-", "[A-Za-z0-9_-]{30,}", ("pypi-",), "pypi-[A-Za-z0-9_-]{30}"),
    Token("replicate", "r8_", "[A-Za-z0-9]{30,}", ("r8_",)),
    Token("rubygems", "rubygems_", "[a-f0-9]{48}", ("rubygems_",)),
    Token("sendgrid", "SG[.]", "[A-Za-z0-9_-]{16,}[.][A-Za-z0-9_-]{30,}", ("SG.",)),
    Token("sentry", "sntry[su]_", "[A-Za-z0-9+/=_-]{40,}", ("sntry",)),
    Token("shopify", "shp(?:at|ca|pa|ss)_", "[a-fA-F0-9]{32}", ("shp",)),
    Token("slack", "xox[abeoprs][.-]", "[A-Za-z0-9.-]{10,}", ("xox",)),
    Token("slack", "xapp-", "[A-Za-z0-9-]{10,}", ("xapp-",)),
    Token("sonarqube", "sq[pua]_", "[a-f0-9]{40}", ("sqp_", "squ_", "sqa_")),
    Token("sourcegraph", "sgp_", "[A-Za-z0-9_]{40,}", ("sgp_",)),
    Token("square", "sq0[a-z]{3}-", "[A-Za-z0-9_-]{22,}", ("sq0",)),
    Token("square", "EAAA", "[A-Za-z0-9_-]{60}", ("EAAA",), "EAAA[A-Za-z0-9_-]{60}"),
    Token("stripe", "[sr]k_(?:live|test)_", "[A-Za-z0-9]{10,}", ("k_live_", "k_test_")),
    Token("stripe", "whsec_", "[A-Za-z0-9+/=]{16,}", ("whsec_",)),
    Token("supabase", "sbp_", "[a-f0-9]{40}", ("sbp_",)),
    Token("supabase", "sb_secret_", "[A-Za-z0-9_-]{20,}", ("sb_secret_",)),
    Token("tailscale", "tskey-[a-z]{2,9}-", "[A-Za-z0-9-]{20,}", ("tskey-",)),
    Token("tavily", "tvly-", "[A-Za-z0-9_-]{20,}", ("tvly-",)),
    Token("telegram", "[0-9]{8,10}:AA", "[A-Za-z0-9_-]{33}", (":AA",), ":AA[A-Za-z0-9_-]{33}"),
    Token("together", "tgp_v1_", "[A-Za-z0-9_-]{40,}", ("_v1_",)),
    Token("twilio", "SK", "[a-f0-9]{32}", ("SK",), "SK[a-f0-9]{32}"),
    Token("vault", "hv[sbr][.]", "[A-Za-z0-9_-]{20,}", ("hvs.", "hvb.", "hvr.")),
    Token("vercel", "vc[piark]_", "[A-Za-z0-9]{24,}", ("vcp_", "vci_", "vca_", "vcr_", "vck_")),
    Token("wandb", "wandb_v1_", "[A-Za-z0-9_]{40,}", ("_v1_",)),
    Token("xai", "xai-", "[A-Za-z0-9]{40,}", ("xai-",)),
)  # fmt: skip
"""Every kind, by service."""
