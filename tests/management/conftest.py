"""A shell, and people to act as."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.management.shell import Shell


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(monkeypatch)


@pytest.fixture
def editor(person: Callable[..., Any]) -> str:
    """The name of an account that edits everywhere."""
    return str(person("editor", name="hana").get_username())


@pytest.fixture
def viewer(person: Callable[..., Any]) -> str:
    return str(person("viewer", name="vera").get_username())
