"""Terraform's AWS provider, started once for many commands.

Each `terraform` command otherwise reads the provider's 700 MB to compare its checksum, starts it
and lets it build its schemas, which is three quarters of what a command costs:
https://developer.hashicorp.com/terraform/plugin/debugging#starting-a-provider-in-debug-mode
"""

import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

VARIABLE = "TF_REATTACH_PROVIDERS"
SECONDS = 120  # starting takes three on an idle machine


@contextmanager
def provider_running(program: Path) -> Iterator[dict[str, str]]:
    """The variable by which `terraform` finds the running provider, for an environment."""
    process = subprocess.Popen(
        [program, "-debug"],
        env={"PATH": os.environ["PATH"], "GOGC": "800", "AWS_EC2_METADATA_DISABLED": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield {VARIABLE: _read_address(cast(IO[bytes], process.stdout))}
    finally:
        process.terminate()
        process.communicate()


def _read_address(stdout: IO[bytes]) -> str:
    """The address that the provider prints for a shell: `TF_REATTACH_PROVIDERS='{…}'`."""
    printed, deadline = b"", time.monotonic() + SECONDS
    while f"{VARIABLE}='".encode() not in printed or not printed.rstrip().endswith(b"}'"):
        ready, _, _ = select.select([stdout], [], [], max(0, deadline - time.monotonic()))
        read = os.read(stdout.fileno(), 65536) if ready else b""
        assert read, f"The provider did not start:\n{printed.decode(errors='replace')}"
        printed += read
    return printed.decode().partition(f"{VARIABLE}='")[2].rstrip().removesuffix("'")
