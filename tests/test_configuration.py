"""Bad configuration: the start stops with file, key and expectation, and repeats no value."""

import ast
import json
import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from deploy.demo.local_aws import PROJECT
from miyabi_admin.environ import Settings
from testkit.starting import assert_one_line, check, production

READERS = {
    "text", "boolean", "number", "names", "one_of", "key", "optional_key", "origins",
    "loopback_url", "web_address", "proxy", "bucket_prefix", "price", "issuer", "secret", "secrets",
    "web_addresses",
}  # fmt: skip
ENV_EXAMPLE = PROJECT / ".env.example"
# Says which file takes the place of .env, so it cannot stand in it.
NOT_IN_THE_FILE = {"ENV_FILE"}

WRONG = {
    "a misspelt true": ({"DEBUG": "ture"}, "DEBUG: expected true or false."),
    "a word for a number": (
        {"WRITES_PER_MINUTE": "many"},
        "WRITES_PER_MINUTE: expected a whole number, 1 or more.",
    ),
    "no writes at all": (
        {"WRITES_PER_MINUTE": "0"},
        "WRITES_PER_MINUTE: expected a whole number, 1 or more.",
    ),
    "a price that is none": (
        {"PRICE_SECRET": "free"},
        "PRICE_SECRET: expected an amount in US dollars, such as 0.40.",
    ),
    "a negative price": (
        {"PRICE_CALLS": "-1"},
        "PRICE_CALLS: expected an amount in US dollars, such as 0.05.",
    ),
    "an unknown choice": (
        {"VERSION_ID_FORMAT": "sha1"},
        "VERSION_ID_FORMAT: expected one of hash, uuid.",
    ),
    "an unknown level": (
        {"LOG_LEVEL": "LOUD"},
        "LOG_LEVEL: expected one of INFO, DEBUG, WARNING, ERROR.",
    ),
    "an origin without a scheme": (
        {"CSRF_TRUSTED_ORIGINS": "console.miyabi-world.com"},
        "CSRF_TRUSTED_ORIGINS: expected origins",
    ),
    "GitHub behind a user": (
        {"CREDENTIAL_CHECKS": "true", "GITHUB_API_URL": "https://hunter2@api.github.com"},
        "GITHUB_API_URL: expected the https address of GitHub's API. It holds the name of a user.",
    ),
    "GitHub on this machine": (
        {"CREDENTIAL_CHECKS": "true", "GITHUB_API_URL": "http://127.0.0.1:8001"},
        "GITHUB_API_URL: expected the https address of GitHub's API.",
    ),
    "a host that is a pattern": (
        {"CREDENTIAL_CHECKS": "true", "CREDENTIAL_CHECK_HOSTS": "*.miyabi-world.com"},
        "CREDENTIAL_CHECK_HOSTS: expected full host names",
    ),
    "a proxy with a password": (
        {"CREDENTIAL_CHECKS_PROXY": "http://proxy:hunter2@proxy.miyabi-world.com:3128"},
        "CREDENTIAL_CHECKS_PROXY: expected a proxy's address",
    ),
    "a provider without TLS": (
        {"OIDC_ISSUER": "http://login.example.com"},
        "OIDC_ISSUER: expected the provider's https address",
    ),
    "a provider without a client": (
        {"OIDC_ISSUER": "https://login.example.com"},
        "OIDC_ISSUER is set: expected OIDC_CLIENT_ID and OIDC_CLIENT_SECRET as well.",
    ),
    "no database": (
        {"DATABASE_URL": "hunter2"},
        "DATABASE_URL: expected sqlite:///file or postgres://",
    ),
    "a database without a scheme": (
        {"DATABASE_URL": "//miyabi:hunter2@db/miyabi"},
        "DATABASE_URL: expected sqlite:///file or",
    ),
    "another kind of database": (
        {"DATABASE_URL": "mysql://miyabi:hunter2@db/miyabi"},
        "DATABASE_URL: expected sqlite:///file or",
    ),
    "a database port that is none": (
        {"DATABASE_URL": "postgres://miyabi:hunter2@db:port/x"},
        "DATABASE_URL: expected sqlite:///file or",
    ),
    "a file name as a host": (
        {"DATABASE_URL": "sqlite://hunter2.sqlite3"},
        "DATABASE_URL: expected sqlite:///file or",
    ),
    "a short token": ({"STATUS_TOKEN": "hunter2"}, "STATUS_TOKEN is too short or not random"),
    "a webhook without TLS": (
        {"STATUS_WEBHOOK_URL": "http://hooks.miyabi-world.com/hunter2"},
        "STATUS_WEBHOOK_URL: expected an https address.",
    ),
    "a webhook that is no address": (
        {"STATUS_WEBHOOK_URL": "hunter2"},
        "STATUS_WEBHOOK_URL: expected an https",
    ),
    "a webhook of an environment without TLS": (
        {"STATUS_WEBHOOK_URLS": "prod=http://hooks.miyabi-world.com/hunter2"},
        "STATUS_WEBHOOK_URLS: expected environments with https addresses",
    ),
    "a webhook of no environment": (
        {"STATUS_WEBHOOK_URLS": "nowhere=https://hooks.miyabi-world.com/hunter2"},
        "STATUS_WEBHOOK_URLS: nowhere is no environment",
    ),
    "an unknown way of mailing": (
        {"EMAIL_SECURITY": "ssl"},
        "EMAIL_SECURITY: expected one of none, starttls, tls.",
    ),
    "no environments file": (
        {"ENVIRONMENTS_FILE": "/nonexistent.toml"},
        "/nonexistent.toml: cannot be read (FileNotFoundError)",
    ),
    "no catalogue": (
        {"CATALOG_FILE": "/nonexistent.json"},
        "/nonexistent.json: cannot be read (FileNotFoundError)",
    ),
}


@pytest.mark.processes
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_is_named_with_what_was_expected(case: str) -> None:
    changes, expected = WRONG[case]
    ended = check(production(**changes))
    assert ended.returncode != 0
    assert_one_line(ended.stderr, expected)
    assert "hunter2" not in ended.stdout + ended.stderr


@pytest.mark.processes
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"DEBUG=false\nmy password is hunter2\n", "console.env, line 2: expected NAME=value."),
        (b"2FA_KEY=hunter2\n", "console.env, line 1: expected NAME=value."),
        (
            b"DEBUG=\xffhunter2\n",
            "console.env cannot be read (UnicodeDecodeError): expected text in UTF-8.",
        ),
        (b"DEBUG=hunter2\n", "DEBUG: expected true or false."),
    ],
)
def test_a_wrong_env_file_is_named_with_its_line_and_without_its_content(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    path = tmp_path / "console.env"
    path.write_bytes(content)
    ended = check(production(ENV_FILE=str(path)))
    assert ended.returncode != 0
    assert_one_line(ended.stderr, expected)
    assert "hunter2" not in ended.stdout + ended.stderr


@pytest.mark.processes
def test_settings_come_from_the_env_file_and_the_process_environment_wins(tmp_path: Path) -> None:
    path = tmp_path / "console.env"
    settings = production(ENV_FILE=str(path))
    path.write_text(
        "\n".join(f"{name}={value}" for name, value in settings.items() if name != "ENV_FILE")
        + "\nLOG_LEVEL=LOUD\n"
    )
    assert_one_line(check({"ENV_FILE": str(path)}).stderr, "LOG_LEVEL: expected one of")
    assert check({"ENV_FILE": str(path), "LOG_LEVEL": "INFO"}).returncode == 0


DEV = '[environments.dev]\nregion = "us-west-2"\naccount = "111111111111"\nprefix = "miyabi/dev/"\n'


@pytest.mark.processes
@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("environments = \n", "not TOML: "),
        ("", "expected at least one table [environments.NAME]."),
        (DEV.replace("dev]", "audit]"), "environments.audit: expected a name of small letters"),
        (
            DEV.replace("us-west-2", "Oregon"),
            "environments.dev.region: expected a Region such as us-west-2.",
        ),
        (
            DEV.replace('"111111111111"', "111111111111"),
            "environments.dev.account: expected text in quotes.",
        ),
        (
            DEV.replace("dev/", "dev"),
            "environments.dev.prefix: expected a name prefix, each part with a slash",
        ),
        (
            DEV + 'assume_role = "miyabi-console"\n',
            "environments.dev.assume_role: expected the ARN of a role in account 111111111111.",
        ),
        (
            DEV + '[environments.dev.groups]\nops = ["amdin"]\n',
            'environments.dev.groups."ops": amdin is no role; expected some of viewer, editor, ',
        ),
        (
            DEV + '[environments.dev.groups]\nops = "admin"\n',
            'environments.dev.groups."ops": expected a list of roles such as ["viewer"].',
        ),
        (DEV + 'color = "red"\n', "environments.dev.color: unknown key; expected some of "),
        (
            DEV + "[environments.dev.rules]\nsecond_person = 1\n",
            "environments.dev.rules.second_person: expected true or false.",
        ),
        (DEV + DEV.replace("dev]", "test]"), "environments.dev.prefix: lies in the place of test"),
    ],
)
def test_a_wrong_environments_file_is_named_with_its_key_and_what_was_expected(
    tmp_path: Path, toml: str, expected: str
) -> None:
    path = tmp_path / "environments.toml"
    path.write_text(toml)
    ended = check(production(ENVIRONMENTS_FILE=str(path)))
    assert ended.returncode != 0
    assert_one_line(ended.stderr, f"miyabi: {path}: {expected}")


@pytest.mark.processes
@pytest.mark.parametrize(
    ("catalogue", "expected"),
    [
        ("{", "not JSON: "),
        ("[]", "expected an object with a member 'secrets'."),
        ({"secrets": {"a": {}}}, "secrets.a: expected an object with a member 'keys'."),
        (
            {"secrets": {"a": {"keys": {"K": {"format": "uuid"}}}}},
            "secrets.a.keys.K.format: expected one of github_token, ",
        ),
        (
            {"secrets": {"a": {"keys": {"K": {"requird": True}}}}},
            "secrets.a.keys.K: unknown member requird; expected some of ",
        ),
        ({"secrets": {}, "placeholders": ["("]}, "placeholders: not a regular expression: "),
    ],
)
def test_a_wrong_catalogue_is_named_with_its_member_and_what_was_expected(
    tmp_path: Path, catalogue: object, expected: str
) -> None:
    path = tmp_path / "catalog.json"
    path.write_text(catalogue if isinstance(catalogue, str) else json.dumps(catalogue))
    ended = check(production(CATALOG_FILE=str(path)))
    assert ended.returncode != 0
    assert_one_line(ended.stderr, f"miyabi: {path}: {expected}")


def read_by_the_console() -> set[str]:
    """Every variable that settings and gunicorn.conf.py read, by walking their code."""
    names: set[str] = set()
    for path in (*PROJECT.glob("miyabi_admin/*.py"), PROJECT / "deploy" / "gunicorn.conf.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.args
                and _reads(node.func)
            ):
                argument = node.args[0]
                names |= {argument.value} if isinstance(argument, ast.Constant) else set()
    return names


def _reads(function: ast.Attribute) -> bool:
    return function.attr in READERS or ast.unparse(function) == "os.environ.get"


def test_the_example_lists_every_variable_that_is_read_and_no_other() -> None:
    listed = re.findall(
        r"^#?([A-Z][A-Z0-9_]*)=", ENV_EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(listed) == len(set(listed))
    assert set(listed) == read_by_the_console() - NOT_IN_THE_FILE


@pytest.mark.parametrize(
    "place", ["s3://bucket/", "s3://bucket/kept", "bucket/kept/", "s3://Bucket/kept/", "s3://b//"]
)
def test_a_place_in_s3_is_a_bucket_and_a_prefix(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHECKPOINTS_AT", place)
    with pytest.raises(ImproperlyConfigured, match="expected s3://BUCKET/PREFIX/"):
        Settings(tmp_path / ".env").bucket_prefix("CHECKPOINTS_AT")
    monkeypatch.setenv("CHECKPOINTS_AT", "s3://bucket/kept/2026/")
    assert Settings(tmp_path / ".env").bucket_prefix("CHECKPOINTS_AT") == "s3://bucket/kept/2026/"


def test_each_variable_of_the_example_has_a_comment_above_it() -> None:
    lines = ENV_EXAMPLE.read_text(encoding="utf-8").splitlines()
    settings = [
        number for number, line in enumerate(lines) if re.match(r"#?[A-Z][A-Z0-9_]*=", line)
    ]
    bare = [
        lines[n] for n in settings if not lines[n - 1].startswith("# ") and n - 1 not in settings
    ]
    assert bare == []


@pytest.mark.processes
def test_the_example_starts_once_its_first_part_is_filled_in_with_every_default_as_it_says(
    tmp_path: Path,
) -> None:
    path, fine = tmp_path / "console.env", production()
    text = re.sub(
        r"^#((?!LOCAL_AWS_ENDPOINT)[A-Z][A-Z0-9_]*=)",
        r"\1",
        ENV_EXAMPLE.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    for name in (
        "SECRET_KEY",
        "AUDIT_KEY",
        "FINGERPRINT_KEY",
        "SECOND_FACTOR_KEY",
        "ALLOWED_HOSTS",
        "ENVIRONMENTS_FILE",
    ):
        text = re.sub(rf"^{name}=.*$", f"{name}={fine[name]}", text, flags=re.MULTILINE)
    path.write_text(text)
    ended = check({"ENV_FILE": str(path)})
    assert ended.returncode == 0, ended.stderr


@pytest.mark.processes
def test_the_example_as_it_is_asks_for_the_first_key() -> None:
    assert_one_line(check({"ENV_FILE": str(ENV_EXAMPLE)}).stderr, "SECRET_KEY is not set")
