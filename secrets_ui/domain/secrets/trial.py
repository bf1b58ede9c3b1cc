"""How the catalogue has a key tried: whether its value works where it is used or was given out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import ConfigurationError


class Way(StrEnum):
    """How a key is tried, as the catalogue names it."""

    GITHUB_TOKEN = "github_token"  # noqa: S105 - a word of the catalogue
    GITHUB_OAUTH_APP = "github_oauth_app"
    HTTPS_URL = "https_url"
    SAME_AS = "same_as"


_WITH_ANOTHER = (Way.GITHUB_OAUTH_APP, Way.SAME_AS)


@dataclass(frozen=True)
class Trial:
    """`other` is the key of the same secret that is tried with it (the client id of an OAuth app),
    or that should have the same value; "" for a key that is tried alone.
    """

    way: Way
    other: str = ""


def parse_trial(entry: Any, where: str) -> Trial:
    """The member `try` of a key: "github_token", "https_url", or an object that names another key,
    {"github_oauth_app": "CLIENT_ID"} or {"same_as": "KEY"}. Raises ConfigurationError."""
    match entry:
        case Way.GITHUB_TOKEN | Way.HTTPS_URL:
            return Trial(Way(entry))
        case {**members} if len(members) == 1:
            [(way, other)] = members.items()
            if way in _WITH_ANOTHER and isinstance(other, str):
                return Trial(Way(str(way)), other)
    raise ConfigurationError(
        f'{where}: expected "github_token", "https_url", {{"github_oauth_app": KEY}} with the key '
        'of its client id, or {"same_as": KEY}.'
    )


def ensure_can_be_tried(name: str, trial: Trial, is_secret: Mapping[str, bool], where: str) -> None:
    """Refuses what would try one key by itself, by a key that is not there, or so that a secret
    would stand in an address. `is_secret` has every key of the secret. Raises ConfigurationError.
    """
    if trial.other and (trial.other == name or trial.other not in is_secret):
        raise ConfigurationError(f"{where}: expected another key of the same secret.")
    in_address = {Way.HTTPS_URL: name, Way.GITHUB_OAUTH_APP: trial.other}.get(trial.way)
    if in_address and is_secret[in_address]:
        raise ConfigurationError(
            f'{where}: {in_address} would stand in an address, so it needs "secret": false.'
        )


def to_entry(trial: Trial) -> str | dict[str, str]:
    """What `parse_trial` read."""
    return {str(trial.way): trial.other} if trial.other else str(trial.way)
