"""The account that a command names."""

from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth import get_user_model


def account_called(name: str) -> Any:
    """Ends the command where there is no such account."""
    person = get_user_model()._default_manager.filter(username=name).first()
    if person is None:
        sys.exit(f"There is no account called {name}.")
    return person
