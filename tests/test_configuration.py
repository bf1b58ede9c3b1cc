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

WRONG = [
    ("DEBUG", "ture", "{}: expected true or false."),
    ("WRITES_PER_MINUTE", "many", "{}: expected a whole number, 1 or more."),
    ("WRITES_PER_MINUTE", "0", "{}: expected a whole number, 1 or more."),
    ("PRICE_SECRET", "free", "{}: expected an amount in US dollars, such as 0.40."),
    ("PRICE_CALLS", "-1", "{}: expected an amount in US dollars, such as 0.05."),
    ("VERSION_ID_FORMAT", "sha1", "{}: expected one of hash, uuid."),
    ("LOG_LEVEL", "LOUD", "{}: expected one of INFO, DEBUG, WARNING, ERROR."),
    ("CSRF_TRUSTED_ORIGINS", "console.miyabi-world.com", "{}: expected origins"),
    (
        "GITHUB_API_URL",
        "https://hunter2@api.github.com",
        "{}: expected the https address of GitHub's API. It holds the name of a user.",
    ),
    ("GITHUB_API_URL", "http://127.0.0.1:8001", "{}: expected the https address of GitHub's API."),
    ("CREDENTIAL_CHECK_HOSTS", "*.miyabi-world.com", "{}: expected full host names"),
    (
        "CREDENTIAL_CHECKS_PROXY",
        "http://proxy:hunter2@proxy.miyabi-world.com:3128",
        "{}: expected a proxy's address",
    ),
    ("OIDC_ISSUER", "http://login.example.com", "{}: expected the provider's https address"),
    (
        "OIDC_ISSUER",
        "https://login.example.com",
        "{} is set: expected OIDC_CLIENT_ID and OIDC_CLIENT_SECRET as well.",
    ),
    ("DATABASE_URL", "hunter2", "{}: expected sqlite:///file or postgres://"),
    ("DATABASE_URL", "//miyabi:hunter2@db/miyabi", "{}: expected sqlite:///file or"),
    ("DATABASE_URL", "mysql://miyabi:hunter2@db/miyabi", "{}: expected sqlite:///file or"),
    ("DATABASE_URL", "postgres://miyabi:hunter2@db:port/x", "{}: expected sqlite:///file or"),
    ("DATABASE_URL", "sqlite://hunter2.sqlite3", "{}: expected sqlite:///file or"),
    ("STATUS_TOKEN", "hunter2", "{} is too short or not random"),
    (
        "STATUS_WEBHOOK_URL",
        "http://hooks.miyabi-world.com/hunter2",
        "{}: expected an https address.",
    ),
    ("STATUS_WEBHOOK_URL", "hunter2", "{}: expected an https"),
    (
        "STATUS_WEBHOOK_URLS",
        "prod=http://hooks.miyabi-world.com/hunter2",
        "{}: expected environments with https addresses",
    ),
    (
        "STATUS_WEBHOOK_URLS",
        "nowhere=https://hooks.miyabi-world.com/hunter2",
        "{}: nowhere is no environment",
    ),
    ("EMAIL_SECURITY", "ssl", "{}: expected one of none, starttls, tls."),
    (
        "ENVIRONMENTS_FILE",
        "/nonexistent.toml",
        "/nonexistent.toml: cannot be read (FileNotFoundError)",
    ),
    ("CATALOG_FILE", "/nonexistent.json", "/nonexistent.json: cannot be read (FileNotFoundError)"),
]


@pytest.mark.processes
@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_a_wrong_setting_is_named_with_what_was_expected(
    name: str, value: str, expected: str
) -> None:
    ended = check(production(**{"CREDENTIAL_CHECKS": "true", name: value}))
    assert ended.returncode != 0
    assert_one_line(ended.stderr, expected.format(name))
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
        (
            DEV.replace('"111111111111"', "111111111111"),
            "environments.dev.account: expected text in quotes.",
        ),
        (
            DEV + '[environments.dev.groups]\nops = ["amdin"]\n',
            'environments.dev.groups."ops": amdin is no role; expected some of viewer, editor, ',
        ),
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
        ({"secrets": {"a": {}}}, "secrets.a: expected an object with a member 'keys'."),
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
