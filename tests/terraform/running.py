"""Runs Terraform in a copy of deploy/terraform, against the local AWS."""

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.demo.local_aws import CREDENTIALS, PROJECT

SOURCE = PROJECT / "deploy" / "terraform"
PROVIDER = "terraform-provider-aws_v*"
SECONDS = 300  # for one command: starting the provider alone takes ten on a busy machine
SERVICES = (
    "cloudtrail", "cloudwatch", "ec2", "ecs", "elbv2", "iam", "kms", "lambda", "logs", "rds", "s3",
    "secretsmanager", "sns", "sts"
)  # fmt: skip


def find_provider(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The AWS provider's program below TF_PLUGIN_DIR, the newest if there are several."""
    folder = environ.get("TF_PLUGIN_DIR", "")
    found = [path for path in Path(folder).rglob(PROVIDER) if path.is_file()] if folder else []
    return max(
        found, key=lambda path: [int(part) for part in version_of(path).split(".")], default=None
    )


def version_of(provider: Path) -> str:
    """`5.100.0` of terraform-provider-aws_v5.100.0_x5."""
    return provider.name.partition("_v")[2].partition("_")[0]


def why_not(environ: Mapping[str, str] = os.environ) -> str:
    """Why Terraform cannot be run here, "" when it can."""
    if not shutil.which("terraform", path=environ.get("PATH")):
        return "terraform is not on the PATH"
    if find_provider(environ) is None:
        return (
            f"TF_PLUGIN_DIR names no folder that holds Terraform's AWS provider, a file {PROVIDER}"
        )
    return ""


def must_run(environ: Mapping[str, str] = os.environ) -> bool:
    """True in CI with terraform installed: a missing provider then fails, not skips."""
    return environ.get("CI") == "true" and bool(shutil.which("terraform", path=environ.get("PATH")))


def write_cli_config(folder: Path, provider: Path) -> Path:
    """A CLI configuration that installs the provider by a link and asks no registry."""
    platform = json.loads(
        _run(["terraform", "version", "-json"], folder, {"PATH": os.environ["PATH"]}).stdout
    )["platform"]
    place = folder / "mirror" / "registry.terraform.io" / "hashicorp" / "aws" / version_of(provider)
    place.mkdir(parents=True)
    (place / platform).symlink_to(provider.parent)
    config = folder / "terraform.rc"
    config.write_text(
        "disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n"
        f'    path = "{folder / "mirror"}"\n  }}\n}}\n'
    )
    return config


def copy_sources(folder: Path) -> Path:
    """Copies deploy/terraform and the catalogue, so that Terraform writes elsewhere."""
    left = shutil.ignore_patterns(
        ".terraform", ".terraform.lock.hcl", "*.tfstate*", "*.tfvars", "*_override.tf"
    )
    shutil.copytree(SOURCE, folder / "deploy" / "terraform", ignore=left)
    shutil.copy(SOURCE.parent / "catalog.json", folder / "deploy")
    return folder / "deploy" / "terraform"


def point_at(root: Path, endpoint: str, account: str) -> None:
    """Writes an override file: the provider calls the local AWS, in the account of its role."""
    endpoints = "\n".join(f'    {service} = "{endpoint}"' for service in SERVICES)
    (root / "local_override.tf").write_text(f"""
provider "aws" {{
  access_key                  = "{CREDENTIALS["AWS_ACCESS_KEY_ID"]}"
  secret_key                  = "{CREDENTIALS["AWS_SECRET_ACCESS_KEY"]}"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  s3_use_path_style           = true
  assume_role {{
    role_arn     = "arn:aws:iam::{account}:role/terraform"
    session_name = "terraform"
  }}
  endpoints {{
{endpoints}
  }}
}}
""")


@dataclass
class Terraform:
    """Commands in one folder.

    `attached` leads all of them but `init` to a provider that runs already; `init` installs one.
    `log` keeps all that they printed.
    """

    folder: Path
    cli_config: Path
    attached: Mapping[str, str]
    variables: dict[str, str] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)

    def run(self, *arguments: str, status: int = 0, **variables: str) -> str:
        """Runs `terraform …` and returns its output.

        AssertionError unless it ends with `status`.
        """
        given = {f"TF_VAR_{name}": value for name, value in (self.variables | variables).items()}
        provider = {} if arguments[0] == "init" else dict(self.attached)
        environ = self._environ() | provider | given
        done = _run(["terraform", *arguments], self.folder, environ)
        printed = done.stdout + done.stderr
        self.log.append((f"terraform {arguments[0]}, command {len(self.log) + 1}", printed))
        assert done.returncode == status, (
            f"terraform {' '.join(arguments)}: status {done.returncode}\n{printed}"
        )
        return printed

    def outputs(self) -> dict[str, Any]:
        return {
            name: output["value"]
            for name, output in json.loads(self.run("output", "-json")).items()
        }

    def left_behind(self) -> Iterator[tuple[str, bytes]]:
        """Everything that Terraform wrote: states, members of plans (ZIP files), and output."""
        for path in self.folder.rglob("*"):
            if (
                path.is_file()
                and not path.is_symlink()
                and path.suffix not in (".tf", ".json", ".md", ".hcl")
            ):
                yield path.name, path.read_bytes()
                if zipfile.is_zipfile(path):
                    with zipfile.ZipFile(path) as plan:
                        yield from (
                            (f"{path.name}: {name}", plan.read(name)) for name in plan.namelist()
                        )
        yield from ((command, printed.encode()) for command, printed in self.log)

    def _environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TF_CLI_CONFIG_FILE": str(self.cli_config),
            "TF_IN_AUTOMATION": "true",
            "TF_CLI_ARGS": "-no-color",
            "AWS_EC2_METADATA_DISABLED": "true",
            # The provider's schema is large: fewer collections take a third off each command.
            "GOGC": "800",
        }


def _run(
    command: list[str], folder: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
