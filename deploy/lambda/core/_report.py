"""One JSON line for each read: which version this instance holds now, and never a value.

docs/lambda-loader.md describes it, for whoever reads the log or writes the same line.
"""

from __future__ import annotations

import json
import os
import sys
import time

from ._errors import InvalidInput
from ._route import in_lambda

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._value import SecretValue

SETTING = "MIYABI_SECRETS_REPORT"


def is_wanted() -> bool:
    """Whether reads are reported: in Lambda, unless it is switched off. Raises InvalidInput."""
    setting = os.environ.get(SETTING) or "on"
    if setting not in ("on", "off"):
        raise InvalidInput(f"{SETTING}: expected on or off, got {setting[:20]!r}.")
    return setting == "on" and in_lambda()


def write(values: list[SecretValue], *, is_refresh: bool) -> None:
    """Write the line to standard output.

    Not through logging, which would put words of its own before the JSON.
    """
    if not values:
        return
    line = json.dumps({"miyabi_secrets": _told(values, is_refresh)})
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except (AttributeError, OSError, ValueError):  # closed, or not there: no reason to fail
        pass


def _told(values: list[SecretValue], is_refresh: bool) -> dict[str, object]:
    read_at = max(value.read_at for value in values)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(read_at))
    return {
        "event": "refresh" if is_refresh else "load",
        "at": f"{moment}.{int(read_at * 1000) % 1000:03d}Z",
        "versions": {value.name: value.version_id for value in values},
        "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        "function_version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        "initialization_type": os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", ""),
    }
