"""The troubleshooting panel against its longest chain of calls, and three AWS CLI commands."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import replaying_aws
from benchmarks.bare import DELAY
from benchmarks.browser import Browser
from benchmarks.servers import EDITOR, make_environ, seed, serve
from benchmarks.timing import in_turns, ratio
from deploy.demo.estate import build_estate
from deploy.demo.local_aws import CREDENTIALS, LocalAws
from deploy.demo.signed_client import SignedClient
from secrets_ui.aws.session import AwsSessions
from testkit.estate import ENVIRONMENTS
from testkit.fake_aws import FakeAwsProcess

ENVIRONMENT = ENVIRONMENTS["dev"]
PAGE = "/dev/troubleshoot/miyabi/dev/api-keys"
CHAIN = ("iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion")
"""The longest: each needs the answer before it."""


@dataclass(frozen=True)
class Panel:
    aws: FakeAwsProcess
    browser: Browser
    key_arn: str

    def open(self) -> None:
        if "Yes. miyabi-lambda-execution can read" not in self.browser.get(PAGE):
            raise RuntimeError("the panel does not say yes of an estate without flaws")


def measure(rounds: int, cli_rounds: int) -> dict[str, object]:
    """Warm, at DELAY a call. `cli` is left out where the AWS CLI is not installed."""
    with _start() as panel:
        panel.aws.take_calls(EDITOR)
        panel.open()
        calls = panel.aws.take_calls(EDITOR)["all"]
        panel.aws.delay(DELAY)
        chain = _chain(panel.aws.endpoint)
        times = in_turns({"panel": panel.open, "longest chain": chain}, rounds)
        measured = {
            "calls": calls,
            "longest_chain": CHAIN,
            **ratio(times, "panel", "longest chain", goal=1.5),
        }
        return {
            "panel ÷ longest chain": measured,
            "AWS CLI ÷ panel": _measure_cli(panel, cli_rounds),
        }


def _chain(endpoint: str) -> Callable[[], object]:
    """The longest chain of dependent calls, by the same kind of client, one after the other."""
    iam = SignedClient(AwsSessions(endpoint).caller(ENVIRONMENT, "bench"), "iam")

    def ask() -> None:
        attached = iam.list_attached_role_policies(RoleName=ENVIRONMENT.lambda_role)[
            "AttachedPolicies"
        ]
        arn = attached[-1]["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        iam.get_policy_version(PolicyArn=arn, VersionId=version)

    ask()  # credentials and a connection
    return ask


def _measure_cli(panel: Panel, rounds: int) -> dict[str, object]:
    if not shutil.which("aws"):
        return {"skipped": "the AWS CLI is not installed"}
    variants = {"AWS CLI": partial(_run_commands, panel), "panel": panel.open}
    in_turns(variants, min(1, rounds - 1))  # a tiny run has no time to get warm
    return {"goal_at_least": 10, **ratio(in_turns(variants, rounds), "AWS CLI", "panel")}


def _run_commands(panel: Panel) -> None:
    """The setup guide's three, the third with the key's ARN: GetKeyPolicy takes no alias."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    credentials = {
        **CREDENTIALS,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
    }
    endpoint = ("--endpoint-url", panel.aws.endpoint, "--region", ENVIRONMENT.region)
    for command in (
        ("iam", "list-attached-role-policies", "--role-name", ENVIRONMENT.lambda_role),
        ("secretsmanager", "list-secrets", "--query", "SecretList[?starts_with(Name, `miyabi/`)]"),
        ("kms", "get-key-policy", "--key-id", panel.key_arn, "--policy-name", "default"),
    ):
        subprocess.run(
            ["aws", *command, *endpoint], env=own | credentials, check=True, capture_output=True
        )


@contextmanager
def _start() -> Iterator[Panel]:
    """A console that has opened the panel before, over an estate without flaws."""
    with (
        TemporaryDirectory(prefix="miyabi-bench-") as name,
        LocalAws.start() as moto,
        replaying_aws.start(moto.endpoint) as aws,
    ):
        account = build_estate(moto.endpoint, environments={"dev": ENVIRONMENT}, clean=True)["dev"]
        folder = Path(name)
        environ = make_environ(folder, aws.endpoint)
        seed(environ, folder)
        with serve(environ, folder, "miyabi_admin.settings") as console:
            browser = Browser(console.port)
            browser.sign_in(EDITOR, environ["DEMO_PASSWORD"])
            panel = Panel(aws, browser, account.key_arn)
            for _ in range(6):  # clients, credentials and connections of the calls' threads
                browser.get(PAGE)
            yield panel
            browser.close()
