"""A pytest plugin for `make mutants`: what every mutant's tests need is made once, before they are collected.

mutmut's server collects the tests and then forks one process for each mutant. A database in memory is
copied with the process, and the local AWS is shared: tests keep apart by accounts.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest
from django.test.utils import setup_databases
from pytest_django.plugin import blocking_manager_key

from deploy.demo.local_aws import LocalAws

# Pure modules, of which some functions run at import: a mutant of one must be there by then.
PURE = ("secrets_ui.domain.iam", "tests.domain.iam")
_made: dict[str, object] = {}


def pytest_configure() -> None:
    if os.environ.get("MUTANT_UNDER_TEST", "").startswith(PURE):
        for name in [name for name in sys.modules if name.startswith(PURE)]:
            del sys.modules[name]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Ends with the process: the database is in memory, and the local AWS goes with its parent."""
    if session.config.option.collectonly and not _made:
        with session.config.stash[blocking_manager_key].unblock():
            _made["django_db_setup"] = setup_databases(verbosity=0, interactive=False)
        _made["local_aws"] = LocalAws.start()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: Any) -> object:
    """Gives what was made, instead of making it; None lets pytest make it."""
    value = _made.get(fixturedef.argname)
    if value is not None:
        fixturedef.cached_result = (value, fixturedef.cache_key(request), None)
    return value
