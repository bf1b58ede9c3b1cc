"""Chooses the route to Secrets Manager: HTTPS in the usual set-up of Lambda, else boto3."""

from __future__ import annotations

import os

from ._errors import InvalidInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

SETTING = "MIYABI_SECRETS_ROUTE"
ROUTES = ("auto", "https", "batch", "boto3", "extension")
# The name is the extension's own, which Lambda demands of its file:
# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
EXTENSION = "/opt/extensions/AWSParametersAndSecretsLambdaExtension"

_NEEDED = ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
# boto3 knows what each of these asks for.
_UNUSUAL = (
    "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE",
    "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy",
)  # fmt: skip
_SWITCHES = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")
# Regions whose host ends in amazonaws.com; the others (China, the isolated ones, Europe's sovereign
# cloud) have names of their own.
_AREAS = ("af", "ap", "ca", "eu", "il", "me", "mx", "sa", "us", "us-gov")
_QUARTERS = (
    "north", "south", "east", "west", "central", "northeast", "northwest", "southeast",
    "southwest",
)  # fmt: skip

# os.environ is never a local variable here: tools that show the locals of a traceback would show
# all of it.


def in_lambda() -> bool:
    """Whether this runs in Lambda, which names the function in every execution environment."""
    return bool(os.environ.get("AWS_LAMBDA_FUNCTION_NAME"))


def choose(regions: Collection[str] = (), extension: str = EXTENSION) -> tuple[str, str]:
    """Return one of ROUTES except auto, and why. `regions` are those that ARNs name.

    Raises InvalidInput if the setting is unknown or asks for the impossible.
    """
    asked = os.environ.get(SETTING) or "auto"
    if asked not in ROUTES:
        raise InvalidInput(f"{SETTING}: expected one of {', '.join(ROUTES)}, got {asked[:40]!r}.")
    unusual = why_unusual(regions)
    if asked in ("https", "batch") and unusual:
        raise InvalidInput(f"{SETTING} is {asked}, but {unusual}. Use auto or boto3.")
    if asked != "auto":
        return asked, f"{SETTING} says so"
    if unusual:
        return "boto3", unusual
    if os.path.exists(extension):
        return "extension", "the AWS Parameters and Secrets Lambda Extension is there"
    return "https", "nothing is unusual"


def why_unusual(regions: Collection[str]) -> str:
    """Return in words why boto3 is needed, or ""."""
    if not in_lambda():
        return "this is not AWS Lambda"
    for name in _NEEDED:
        if not os.environ.get(name):
            return f"{name} is not set"
    for name in _UNUSUAL:
        if os.environ.get(name):
            return f"{name} is set"
    for name in _SWITCHES:
        if os.environ.get(name, "").lower() not in ("", "false"):
            return f"{name} is set"
    for region in (os.environ["AWS_REGION"], *regions):
        if not _is_usual(region):
            return f"{region[:40]!r} is not a Region of the usual kind"
    return ""


def _is_usual(region: str) -> bool:
    place, _, number = region.rpartition("-")
    area, _, quarter = place.rpartition("-")
    return area in _AREAS and quarter in _QUARTERS and len(number) == 1 and number in "123456789"


def host(region: str) -> str:
    return f"secretsmanager.{region}.amazonaws.com"
