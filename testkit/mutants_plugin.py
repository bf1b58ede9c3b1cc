"""A pytest plugin for `make mutants`: what the tests of every mutant need is made once.

mutmut's server collects the tests and then forks one process for each mutant. A database in memory
is copied with the process, and the local AWS is shared: tests keep apart by accounts.
"""

import os
import sys
from typing import Any

import pytest
from django.test.utils import setup_databases
from pytest_django.plugin import blocking_manager_key

from testkit.copying_aws import CopyingAws

# Functions that run at import, before the server forks: mutmut finds no tests for them.
AT_IMPORT = (
    "secrets_ui.domain.iam.operators.x__with_if_exists__",
    "secrets_ui.domain.iam.value_operators.x_compare_values__",
)
_made: dict[str, object] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Imports the modules of a function of AT_IMPORT anew, and has all their tests judge it."""
    if os.environ.get("MUTANT_UNDER_TEST", "").startswith(AT_IMPORT):
        config.args[:] = ["tests/domain/iam"]
        for name in list(sys.modules):
            if name.startswith(("secrets_ui.domain.iam", "tests.domain.iam")):
                del sys.modules[name]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Ends with the process: the database is in memory, and the local AWS goes with its parent."""
    if session.config.option.collectonly and not _made:
        with session.config.stash[blocking_manager_key].unblock():
            _made["django_db_setup"] = setup_databases(verbosity=0, interactive=False)
        _made["local_aws"] = CopyingAws.start()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the order of `make test`: mutmut names the tests in none, and botocore's allowance for
    retries is the process's, so that lost replies in a row leave later ones without a retry."""
    items.sort(key=lambda item: (item.location[0], item.location[1] or 0, item.nodeid))


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: Any) -> object:
    """Gives what was made, instead of making it; None lets pytest make it."""
    value = _made.get(fixturedef.argname)
    if value is not None:
        fixturedef.cached_result = (value, fixturedef.cache_key(request), None)
    return value
