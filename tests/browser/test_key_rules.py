"""The page checks a typed value as the server does: key_rules.js against key_rules.py."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from secrets_ui.domain.secrets.catalog import KeySpec, SecretSpec, parse_catalog
from secrets_ui.domain.secrets.formats import (
    FORMATS,
    formats_for_script,
    github_checksum,
    oddities_for_script,
)
from secrets_ui.domain.secrets.key_rules import check_name, check_value, names_for_script

ROOT = Path(__file__).resolve().parents[2]
CATALOG = parse_catalog(
    json.loads((ROOT / "deploy" / "catalog.json").read_text(encoding="utf-8")), "catalog.json"
)

BODY = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5"
TOKEN = f"ghp_{BODY}{github_checksum(BODY)}"
VALUES = [
    "", " ", "\n", "a", "x" * 31, "x" * 32, "x" * 40, " " + "x" * 40, "x" * 40 + " ",
    "x" * 40 + "\n",
    "x" * 20 + " " + "y" * 20, TOKEN, TOKEN + " ", TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1"),
    TOKEN[:-1], TOKEN.replace("ghp_", "ghx_"), "ghs_" + TOKEN[4:],
    "github_pat_" + "a" * 22 + "_" + "b" * 59,
    "github_pat_" + "a" * 22, "ghp_xxxxxxxxxxxx", "GHP_XXX", "your-secure-token", "Your_token",
    "changeme",
    "change-me", "TODO", "none", "my-placeholder-here", "<token>", "${TOKEN}", "...", "---", "***",
    "xxx",
    "password", "passwords", "https://api.miyabi-world.com",
    "https://api.miyabi-world.com/auth/github/callback", "http://api.miyabi-world.com",
    "HTTPS://API.DE",
    "ftp://host/", "https://", "https:///path", "https:/host", "//host", "host",
    "https://user:word@host/",
    "https://user@host", "https://host:8443/x?y=//z", "https://host:0/", "https://host:99999/",
    "https://host:abc/", "https://host:/", "https://a b/", "https://host\\path",
    "https://[::1]:80/",
    "https://[::1", "https://example.com/", "https://www.example.org:8443", "https://a.test/x",
    "http://localhost:3000/cb", "https://miyabi.local", " https://host/ ",
    "https://host/\nhttps://other/",
    "miyabi-world", "miyabi.world_1", "-miyabi", "miyabi world", "/tmp/miyabi", "tmp/miyabi",
    "日本語",
    "😀" * 16, "😀" * 32, "nul\x00inside", "tab\there", "\u00a0x", "\ufeff", "ends\u2003",
    "x" * 20 + "\u200b" + "y" * 20, "https://a.test/\u200bx", "\U0001f600\u200b", "\U000e0041x",
    "a\u2028b", '"x"', "'x'", "`x`", "\u201cx\u201d", "\u300cx\u300d", '"x', '"', '""',
    '"a"b"', "\"a\nb\"\n",
    "A=b", "export TOKEN=x", "TOKEN=", "AB==", "a=b", "A=\u200b", "\U0001f600=x",
    "cr\ronly", "crlf\r\n",
]  # fmt: skip


@pytest.fixture(scope="module")
def scripts(browser: Browser) -> Iterator[Page]:
    """An empty page of an origin that holds the scripts and nothing else."""
    page = browser.new_page()
    page.route("**/*", _serve)
    page.goto("http://127.0.0.1/")
    yield page
    page.close()


def _serve(route: Route) -> None:
    name = route.request.url.rsplit("/", 1)[1]
    if name.endswith(".js"):
        route.fulfill(
            path=ROOT / "secrets_ui" / "static" / "secrets_ui" / name,
            content_type="text/javascript",
        )
    else:
        route.fulfill(body="<!doctype html><title>scripts</title>", content_type="text/html")


def in_the_page(scripts: Page, key: KeySpec) -> list[list[list[str]]]:
    """What the script says of each of VALUES."""
    result: list[list[list[str]]] = scripts.evaluate(
        """async ({values, formats, oddities, format, minLength, patterns}) => {
            const page = await import("/key_rules.js");
            const placeholders = page.compilePatterns(patterns);
            const common = {oddities: page.readOddities(oddities), minLength, placeholders};
            const rules = {format: page.readFormats(formats)[format], ...common};
            const problems = (value) => page.checkValue(value, rules);
            return values.map((value) => problems(value).map((p) => [p.level, p.code, p.text]));
        }""",
        {
            "values": VALUES,
            "formats": formats_for_script(),
            "oddities": oddities_for_script(),
            "format": key.format,
            "minLength": key.min_length,
            "patterns": json.dumps([p.pattern for p in key.placeholders]),
        },
    )
    return result


def keys() -> list[Any]:
    known = [key for secret in CATALOG.secrets.values() for key in secret.keys.values()]
    plain = [
        KeySpec(f"any {name}", format=name, placeholders=CATALOG.placeholders) for name in FORMATS
    ]
    return [pytest.param(key, id=key.name) for key in (*known, *plain)]


@pytest.mark.parametrize("key", keys())
def test_a_value_is_judged_alike_in_the_page_and_on_the_server(scripts: Page, key: KeySpec) -> None:
    said = dict(zip(VALUES, in_the_page(scripts, key), strict=True))
    assert said == {
        value: [[p.level, p.code, p.text] for p in check_value(value, key)] for value in VALUES
    }


NAMES = [
    "GITHUB_TOKEN", "GITHUB_TOKE", "a", "_", "A1", "1A", "my-key", "a.b", "a b", " A", "A\u00a0",
    "A\n", "é", "名前", "K\u212a", "x" * 300, "PATH", "path", "LD_PRELOAD", "LD_", "PYTHONPATH",
    "AWS_REGION", "AWS_REGIONS", "MIYABI_SECRETS_X", "constructor", "__proto__", "\x00",
]  # fmt: skip


@pytest.mark.parametrize("spec", [CATALOG.secrets["api-keys"], SecretSpec("unknown")])
def test_a_name_is_judged_alike_in_the_page_and_on_the_server(
    scripts: Page, spec: SecretSpec
) -> None:
    said = scripts.evaluate(
        """async ({names, rules, catalogue}) => {
            const page = await import("/key_rules.js");
            const read = page.readNames(rules, catalogue);
            const problems = (name) => page.checkName(name, read);
            return names.map((name) => problems(name).map((p) => [p.level, p.code, p.text]));
        }""",
        {"names": NAMES, "rules": names_for_script(), "catalogue": list(spec.keys)},
    )
    assert dict(zip(NAMES, said, strict=True)) == {
        name: [[p.level, p.code, p.text] for p in check_name(name, spec)] for name in NAMES
    }


def test_every_pattern_of_the_catalogue_is_one_that_the_page_understands(scripts: Page) -> None:
    patterns = [
        p.pattern
        for secret in CATALOG.secrets.values()
        for key in secret.keys.values()
        for p in key.placeholders
    ]
    script = """async (patterns) => {
      const {compilePatterns} = await import("/key_rules.js");
      return compilePatterns(JSON.stringify(patterns)).length;
    }"""
    assert scripts.evaluate(script, patterns) == len(patterns)


def test_a_pattern_that_the_page_cannot_read_is_left_to_the_server(scripts: Page) -> None:
    script = """async (patterns) => {
        const {compilePatterns} = await import("/key_rules.js");
        return compilePatterns(JSON.stringify(patterns)).map(String);
    }"""
    assert scripts.evaluate(script, ["(?i)^a$", "(?<!a++)b(?(1)c)", "(?P<name>x)"]) == [
        "/^a(?=\\n?$)/iu",
        "/(?<name>x)/u",
    ]
