"""Section G of the security requirements: starting, and what the console shows of itself."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from deploy.demo.local_aws import PROJECT
from secrets_ui.domain.environment import Environment
from secrets_ui.services import aws_access
from testkit.starting import assert_one_line, check, production, run, serve, start

KEYS = ("SECRET_KEY", "AUDIT_KEY", "FINGERPRINT_KEY", "SECOND_FACTOR_KEY")
SHORT, DEFAULT, REPEATED = "a9X-" * 5, "django-insecure-" + "k3#" * 12, "x" * 50
UNSAFE = {
    "DEBUG with real AWS": ({"DEBUG": "true"}, "DEBUG is on while the console speaks to real AWS"),
    **{f"no {key}": ({key: None}, f"{key} is not set") for key in KEYS},
    **{f"an empty {key}": ({key: ""}, f"{key} is not set") for key in KEYS},
    **{f"a short {key}": ({key: SHORT}, f"{key} is too short or not random") for key in KEYS},
    "Django's default SECRET_KEY": (
        {"SECRET_KEY": DEFAULT},
        "SECRET_KEY is too short or not random",
    ),
    "one letter as a key": ({"AUDIT_KEY": REPEATED}, "AUDIT_KEY is too short or not random"),
    "one key for two": (
        {"AUDIT_KEY": "r4nd0m-" * 7, "SECRET_KEY": "r4nd0m-" * 7},
        "must be four different keys",
    ),
    "any host": ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS holds a wildcard"),
    "any host below a domain": (
        {"ALLOWED_HOSTS": "a.miyabi-world.com,.miyabi-world.com"},
        "ALLOWED_HOSTS holds a wildcard",
    ),
    "no host": ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS is not set"),
    "any origin": (
        {"CSRF_TRUSTED_ORIGINS": "https://*.miyabi-world.com"},
        "CSRF_TRUSTED_ORIGINS: expected origins",
    ),
    "an audit record in memory": (
        {"DATABASE_URL": "sqlite://:memory:"},
        "a database in memory would forget the audit record",
    ),
    "a key that names another variable": (
        {"SECRET_KEY": "$" + "r4nd0m" * 8},
        "SECRET_KEY starts with '$'",
    ),
}


@pytest.mark.processes
@pytest.mark.parametrize("case", UNSAFE)
def test_s80_an_unsafe_setting_stops_the_start_in_one_clear_line(case: str) -> None:
    changes, expected = UNSAFE[case]
    settings = production(**changes)
    ended = check(settings)
    assert ended.returncode != 0
    assert_one_line(ended.stderr, expected)
    for key in KEYS:
        assert not settings.get(key) or settings[key] not in ended.stdout + ended.stderr


@pytest.mark.processes
def test_s80_safe_settings_start() -> None:
    assert start(production(), "manage.py", "check").returncode == 0


@pytest.mark.processes
@pytest.mark.parametrize("case", ["DEBUG with real AWS", "no AUDIT_KEY", "any host"])
def test_s80_gunicorn_does_not_start_with_an_unsafe_setting_either(case: str) -> None:
    changes, expected = UNSAFE[case]
    ended = serve(production(**changes))
    assert ended.returncode != 0
    assert [
        line
        for line in ended.stderr.splitlines()
        if line.startswith("miyabi: ") and expected in line
    ]
    assert "Traceback" not in ended.stderr


@pytest.mark.processes
def test_s80_a_cache_of_each_worker_s_own_does_not_start_with_several_workers(
    tmp_path: Path,
) -> None:
    (tmp_path / "own_settings.py").write_text(
        "from miyabi_admin.settings import *\n"
        "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}\n"
    )
    settings = production(DJANGO_SETTINGS_MODULE="own_settings", PYTHONPATH=f"{tmp_path}:{PROJECT}")
    assert check(settings | {"WEB_CONCURRENCY": "1"}).returncode == 0
    for ended in (
        check(settings | {"WEB_CONCURRENCY": "2"}),
        run(settings | {"WEB_CONCURRENCY": "2"}, "-c", "import miyabi_admin.wsgi"),
    ):
        assert ended.returncode != 0
        assert_one_line(ended.stderr, "CACHES uses LocMem with several workers")


@pytest.mark.processes
def test_s81_django_s_own_deployment_check_is_clean() -> None:
    ended = check(production(BEHIND_TLS_PROXY="true"), "--deploy", "--fail-level", "WARNING")
    assert ended.returncode == 0, ended.stderr
    assert "no issues" in ended.stdout


ELSEWHERE = [
    "http://203.0.113.5:5000",
    "https://secretsmanager.us-west-2.amazonaws.com",
    "http://127.0.0.1.example.com",
    "http://127.0.0.1@example.com",
    "http://localhost.example.com:5000",
    "http://0.0.0.0:5000",
    "http://[::1",
    "127.0.0.1:5000",
    "file://127.0.0.1/etc",
    "http://127.0.0.1:99999",
]


@pytest.mark.processes
@pytest.mark.parametrize("url", ELSEWHERE)
def test_s84_an_endpoint_other_than_aws_must_be_on_loopback(url: str) -> None:
    ended = check(production(LOCAL_AWS_ENDPOINT=url))
    assert ended.returncode != 0
    assert_one_line(ended.stderr, "LOCAL_AWS_ENDPOINT: expected an address of this machine")


@pytest.mark.processes
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000"]
)
def test_s84_on_loopback_it_makes_a_local_console(url: str) -> None:
    assert (
        check(production(LOCAL_AWS_ENDPOINT=url, DEBUG="true", ALLOWED_HOSTS=None)).returncode == 0
    )


@pytest.mark.parametrize(
    "variable",
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_SECRETSMANAGER"],
)
def test_s84_outside_local_mode_nothing_but_aws_is_called(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://203.0.113.5:5000")
    place = Environment(
        "dev",
        "us-west-2",
        "111111111111",
        "miyabi/dev/",
        "arn:aws:iam::111111111111:role/miyabi-console",
    )
    client = aws_access.AwsSessions("").caller(place, "hana").client("secretsmanager")
    assert client.meta.endpoint_url == "https://secretsmanager.us-west-2.amazonaws.com"


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/livez", "/readyz"])
def test_s87_health_shows_nothing_of_the_inside(client: Client, url: str) -> None:
    fine = client.get(url)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE secrets_ui_auditrecord RENAME TO somewhere_else")
    failing = client.get(url)
    assert fine.content == b"ok\n"
    assert failing.content in (b"ok\n", b"not ready\n")
    for answer in (fine, failing):
        result = json.dumps(dict(answer.headers)).lower()
        for word in (
            "django",
            "python",
            "sqlite",
            "gunicorn",
            "arn:",
            "127.0.0.1",
            "testserver",
            "set-cookie",
        ):
            assert word not in result


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url", ["/metrics", "/status", "/health", "/debug", "/admin", "/__debug__/"]
)
def test_s87_there_is_no_other_endpoint_of_that_kind(client: Client, url: str) -> None:
    assert client.get(url).status_code in (302, 401, 404)
