"""The console under test: gunicorn as deployed, a database of its own, a local AWS."""

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing
from django.utils.crypto import salted_hmac
from playwright.sync_api import BrowserContext

from deploy.demo.account import Account
from deploy.demo.github import GitHub
from deploy.demo.given_out import give_out
from deploy.demo.local_aws import HOST
from deploy.demo.oidc_provider import OidcProvider
from deploy.demo.processes import choose_port, gunicorn, wait_until_ready
from deploy.demo.settings import make_settings
from secrets_ui.domain.environment import Environment, Rules
from testkit import warm
from testkit.copying_aws import CopyingAws
from testkit.recording_aws import RecordingAws
from testkit.served import seed
from tests.conftest import as_toml, fresh_environments

# Each is the name of an account as well.
ROLES = ("viewer", "editor", "approver", "auditor", "admin")

# A proof lasts as long as all tests here, unless one ages it.
DEV = Rules(step_up_seconds=3600)
STAGING = Rules(second_person=True, emergency=True, step_up_seconds=3600)
PROD = Rules(reason_required=True, type_the_name=True, step_up=True, step_up_seconds=3600)


@dataclass(frozen=True)
class Console:
    """`url` is its origin.

    `aws` stands between it and the local AWS, to break calls; `accounts` lead to AWS beside the
    console.
    """

    url: str
    password: str = field(repr=False)
    aws: RecordingAws
    accounts: dict[str, Account] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    provider: OidcProvider = field(repr=False)
    github: GitHub = field(repr=False)
    log: Path
    made: list[tuple[str, str]] = field(default_factory=list, repr=False)

    def run_checks(self) -> None:
        """One pass of the status runner."""
        ended = warm.run(["manage.py", "run_checks"], self.environ)
        assert ended.returncode == 0, ended.stderr

    def database(self, statement: str, *arguments: object) -> None:
        """Changes the console's database behind its back."""
        path = self.environ["DATABASE_URL"].removeprefix("sqlite:///")
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(statement, arguments)

    def environment(self, name: str) -> Environment:
        return self.accounts[name].environment

    def name(self, environment: str, secret: str) -> str:
        return self.environment(environment).prefix + secret

    def path(self, page: str, environment: str, secret: str) -> str:
        return f"/{environment}/{page}/{self.name(environment, secret)}"

    def text(self, environment: str, secret: str) -> str:
        """The current value, as AWS has it."""
        client = self.accounts[environment].clients.secretsmanager
        return str(client.get_secret_value(SecretId=self.name(environment, secret))["SecretString"])

    def values(self, environment: str, secret: str) -> dict[str, Any]:
        return dict(json.loads(self.text(environment, secret)))

    def write_outside(self, environment: str, secret: str, **changes: str) -> None:
        """Somebody saves with the AWS CLI."""
        text = json.dumps(self.values(environment, secret) | changes)
        self.accounts[environment].clients.secretsmanager.put_secret_value(
            SecretId=self.name(environment, secret), SecretString=text
        )

    def make_secret(self, environment: str = "dev", **options: Any) -> str:
        """A fresh secret that the catalogue does not know; its name without the prefix."""
        short = f"fresh-{secrets.token_hex(4)}"
        self.made.append((environment, self.name(environment, short)))
        value = options.pop("value", '{"FIRST": "one", "SECOND": "two", "THIRD": "three"}')
        self.accounts[environment].clients.secretsmanager.create_secret(
            Name=self.name(environment, short), SecretString=value, **options
        )
        return short

    def delete_made(self) -> None:
        """The secrets that a test made would make the lists of all later tests longer."""
        while self.made:
            environment, name = self.made.pop()
            self.accounts[environment].clients.secretsmanager.delete_secret(
                SecretId=name, ForceDeleteWithoutRecovery=True
            )

    def age_session(self, context: BrowserContext, minutes: int, time: str = "seen") -> None:
        """As if the web session had been idle for so long, or was proved so long ago (`proved_at`).

        Its row is read and written as Django does.
        """
        key = next(
            cookie["value"] for cookie in context.cookies() if cookie["name"] == "__Host-session"
        )
        # As services/people/session_store.py keeps it, by the key of that console.
        stored = salted_hmac(
            "miyabi.session", key, secret=self.environ["SECRET_KEY"], algorithm="sha256"
        ).hexdigest()[:40]
        options = {
            "key": self.environ["SECRET_KEY"],
            "salt": "django.contrib.sessions.SessionStore",
            "serializer": JSONSerializer,
        }
        with (
            closing(
                sqlite3.connect(self.environ["DATABASE_URL"].removeprefix("sqlite:///"))
            ) as database,
            database,
        ):
            read = database.execute(
                "SELECT session_data FROM django_session WHERE session_key = ?", [stored]
            )
            data = signing.loads(read.fetchone()[0], **options)
            aged = signing.dumps(
                {**data, time: data[time] - minutes * 60}, compress=True, **options
            )
            database.execute(
                "UPDATE django_session SET session_data = ? WHERE session_key = ?", [aged, stored]
            )


@contextmanager
def running(local_aws: CopyingAws, folder: Path) -> Iterator[Console]:
    """The demo's estate with its flaws; an identity provider and a small GitHub beside it.

    In staging a second person approves, and prod asks for a fresh proof.
    """
    environments = {
        name: replace(place, groups=(("developers", ("editor",)),))
        for name, place in fresh_environments(dev=DEV, staging=STAGING, prod=PROD).items()
    }
    accounts = local_aws.build_estate(environments, clean=False)
    (folder / "environments.toml").write_text(as_toml(environments), encoding="utf-8")
    password, port, log = (
        secrets.token_urlsafe(12),
        choose_port("NO_SUCH_VARIABLE", 0),
        folder / "console.log",
    )
    redirects = [f"http://{host}:{port}/sso/callback" for host in (HOST, "localhost")]
    with (
        RecordingAws(local_aws.endpoint) as aws,
        OidcProvider(redirects, {}).running() as provider,
        GitHub().running() as github,
    ):
        give_out(github, local_aws.endpoint, environments.values(), {})
        environ = {
            **make_settings(folder, port, local_aws, password),
            **provider.environ(),
            **github.environ(),
            "LOCAL_AWS_ENDPOINT": aws.endpoint,
            "REVEALS_PER_MINUTE": "1000",
            "STATUS_EVERY": "0",  # tests make their passes themselves
        }
        seed(environ)
        with gunicorn(environ, log) as process:
            url = f"http://{HOST}:{port}"
            wait_until_ready(process, f"{url}/livez", log)
            yield Console(url, password, aws, accounts, environ, provider, github, log)
