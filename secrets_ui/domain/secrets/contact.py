"""Who looks after a key and what they do in trouble, as the catalogue names them."""

import re
from typing import Any

from ..errors import ConfigurationError

MEMBERS = ("owner", "runbook")
_LONGEST_OWNER, _LONGEST_RUNBOOK = 100, 500  # characters
_HTTPS = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?([/?#][!-~]*)?")


def parse_owner(entry: Any, where: str) -> str:
    """A person's or a team's name. Raises ConfigurationError."""
    is_name = isinstance(entry, str) and entry.strip() == entry and entry.isprintable()
    if not is_name or not 0 < len(entry) <= _LONGEST_OWNER:
        raise ConfigurationError(
            f"{where}: expected a name of at most {_LONGEST_OWNER} characters in one line."
        )
    return str(entry)


def is_page(address: str) -> bool:
    """An address that a link of ours may have: https, a host, nobody's name or password."""
    return _HTTPS.fullmatch(address) is not None


def parse_runbook(entry: Any, where: str) -> str:
    """The address of a page. Raises ConfigurationError."""
    if not isinstance(entry, str) or not is_page(entry) or len(entry) > _LONGEST_RUNBOOK:
        raise ConfigurationError(
            f"{where}: expected an https address of at most {_LONGEST_RUNBOOK} characters, "
            "without a user name."
        )
    return entry
