"""All environments side by side: one call for each, no known value read, and what fails is told."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsAccessDenied, AwsCall
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets.comparison import Show
from secrets_ui.domain.secrets.health import State
from secrets_ui.domain.secrets.secret import Secret
from secrets_ui.domain.session_scope import Scope
from secrets_ui.services.aws_access import gateways
from secrets_ui.services.secrets import comparison
from secrets_ui.services.secrets.comparison import Comparison, compare
from secrets_ui.services.secrets.current_versions import all_known_versions
from secrets_ui.services.secrets.opening import open_secret
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, Watched
from tests.services.secrets.test_read_other_environments import share_a_token

pytestmark = pytest.mark.django_db
Compare = Callable[..., Comparison]


def everything(environment: Environment, name: str) -> bool:
    return True


@pytest.fixture
def seen(watched: Watched, hana: Actor) -> tuple[Compare, Estate, RecordingAws]:
    """The three environments, compared once before."""
    estate, aws = watched()
    ask = partial(compare, list(estate.environments.values()), hana, everything)
    ask()
    aws.received.clear()
    return ask, estate, aws


def shown(found: Comparison) -> dict[str, list[str]]:
    return {group.short: [row.key for row in group.rows] for group in found.groups}


def test_one_list_for_each_environment_and_no_value_that_is_known(
    seen: tuple[Compare, Estate, RecordingAws],
) -> None:
    ask, estate, aws = seen
    found = ask()
    assert aws.operations() == ["ListSecrets"] * 3
    assert [column.environment.name for column in found.asked] == list(estate.environments)
    assert set(shown(found)) == {"api-keys", "config"}
    assert found.not_inspected == 0
    assert all(
        cell.fingerprint for group in found.groups for row in group.rows[:1] for cell in row.cells
    )


def test_a_version_that_nobody_has_looked_at_is_read_once(
    seen: tuple[Compare, Estate, RecordingAws],
) -> None:
    ask, estate, aws = seen
    estate["dev"].clients.secretsmanager.create_secret(
        Name="miyabi/dev/another", SecretString='{"ONLY_HERE": "1"}'
    )
    aws.received.clear()
    first = ask(text="only_here")
    assert aws.operations().count("GetSecretValue") == 1
    again = ask(text="only_here")
    assert aws.operations().count("GetSecretValue") == 1
    assert shown(first) == shown(again) == {"another": ["ONLY_HERE"]}
    assert ask(show=Show.MISSING, text="ONLY_HERE").keys == 1


def test_a_page_that_was_made_before_follows_aws_at_once(
    seen: tuple[Compare, Estate, RecordingAws],
) -> None:
    """Rows of the same facts are not made again (decision 46)."""
    ask, estate, _ = seen
    client, config = estate["dev"].clients.secretsmanager, "miyabi/dev/config"

    def dev() -> dict[str, str]:
        group = next(group for group in ask().groups if group.short == "config")
        return {row.key: row.cells[0].fingerprint or row.cells[0].state.text for row in group.rows}

    before = dev()
    assert dev() == before
    client.put_secret_value(SecretId=config, SecretString='{"ANOTHER": "1"}')
    assert dev()["ANOTHER"] not in ("", "Not set")
    client.delete_secret(SecretId=config, RecoveryWindowInDays=7)
    assert all(text.startswith("Deletion") for text in dev().values())
    client.restore_secret(SecretId=config)
    assert dev()["ANOTHER"] not in ("", "Not set")


class RefusedGateway:
    """Secrets Manager of an environment whose role may not list."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    def secret_pages(self, names: Sequence[str] = ()) -> NoReturn:
        call = AwsCall("secretsmanager:ListSecrets", code="AccessDeniedException")
        raise AwsAccessDenied("not authorized", call, "secretsmanager:ListSecrets")


def refuse_staging(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_refused(environment: Environment, actor: Actor, scope: Scope) -> Any:
        if environment.name == "staging":
            return SimpleNamespace(secrets_manager=RefusedGateway(environment))
        return gateways(environment, actor, scope)

    monkeypatch.setattr(comparison, "gateways", one_refused)


def test_an_environment_that_cannot_be_asked_is_told_and_the_others_are_compared(
    seen: tuple[Compare, Estate, RecordingAws], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, _, _ = seen
    refuse_staging(monkeypatch)
    found = ask()
    problems = {column.environment.name: column.problem for column in found.columns}
    assert isinstance(problems.pop("staging"), AwsAccessDenied)
    assert problems == {"dev": None, "prod": None}
    assert found.not_counted == ("staging",)
    assert {group.short for group in found.groups} == {"api-keys", "config"}
    assert all(len(row.cells) == 2 for group in found.groups for row in group.rows)


def beyond_staging(environment: Environment, name: str) -> bool:
    return environment.name != "staging"


def test_it_says_of_each_key_what_the_secret_s_page_says(
    seen: tuple[Compare, Estate, RecordingAws], hana: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where an environment could not be asked, or is beyond the person's role."""
    ask, estate, _ = seen
    share_a_token(estate)
    ask()
    prod = estate.environments["prod"]
    page = {key.name: key.state for key in open_secret(prod, "miyabi/prod/api-keys", hana).keys}
    assert page["MIYABI_ACCESS_TOKEN"].text == "Same as staging"

    def compared(found: Comparison) -> dict[str, State]:
        group = next(group for group in found.groups if group.short == "api-keys")
        place = [column.environment.name for column in found.asked].index("prod")
        return {row.key: row.cells[place].state for row in group.rows}

    of_prod = compare([prod], hana, everything)
    of_those_in_reach = compare(list(estate.environments.values()), hana, beyond_staging)
    refuse_staging(monkeypatch)
    assert compared(ask()) == compared(of_prod) == compared(of_those_in_reach) == page


def test_where_no_environment_can_be_asked_each_says_why(
    seen: tuple[Compare, Estate, RecordingAws],
) -> None:
    ask, _, aws = seen
    aws.break_call("ListSecrets", "AccessDeniedException", "not authorized")
    found = ask()
    assert [type(column.problem) for column in found.columns] == [AwsAccessDenied] * 3
    assert found.groups == ()


def test_a_secret_that_the_person_may_not_see_is_in_no_cell(
    seen: tuple[Compare, Estate, RecordingAws], hana: Actor
) -> None:
    _, estate, _ = seen
    found = compare(
        list(estate.environments.values()),
        hana,
        lambda environment, name: environment.name != "prod" or name.endswith("config"),
    )
    keys = next(group for group in found.groups if group.short == "api-keys")
    assert "prod" not in keys.names
    places = [column.environment.name for column in found.asked]
    assert all(not row.cells[places.index("prod")].fingerprint for row in keys.rows)


def test_many_secrets_are_shown_by_the_page(
    seen: tuple[Compare, Estate, RecordingAws], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, _, _ = seen
    monkeypatch.setattr(comparison, "SECRETS", 1)
    first, second = ask(), ask(page=2)
    assert (first.pages, second.pages) == (2, 2)
    assert [*shown(first), *shown(second)] == ["api-keys", "config"]
    assert shown(ask(page=3)) == {}


@pytest.fixture
def many(
    seen: tuple[Compare, Estate, RecordingAws], monkeypatch: pytest.MonkeyPatch
) -> tuple[Compare, Estate, RecordingAws]:
    """As if a list held one secret: what is kept chooses the page."""
    monkeypatch.setattr(comparison, "PAGE_SIZE", 1)
    monkeypatch.setattr(comparison, "SECRETS", 1)
    return seen


def test_of_many_secrets_aws_is_asked_about_those_of_the_page_alone(
    many: tuple[Compare, Estate, RecordingAws],
) -> None:
    ask, _, aws = many
    for page, short in ((1, "api-keys"), (2, "config")):
        aws.received.clear()
        found = ask(page=page)
        assert (found.pages, found.is_chosen_by_kept) == (2, True)
        assert list(shown(found)) == [short]
        asked = sorted(call.body["Filters"][0]["Values"][0] for call in aws.received)
        assert asked == [f"miyabi/{place}/{short}" for place in ("dev", "prod", "staging")]
    aws.received.clear()
    assert shown(ask(page=3)) == {}
    assert aws.received == []


def test_a_filter_over_many_secrets_goes_by_what_is_kept_and_shows_what_aws_says_now(
    many: tuple[Compare, Estate, RecordingAws],
) -> None:
    ask, estate, aws = many
    found = ask(text="MIYABI_ROOT")
    assert aws.operations() == ["ListSecrets"] * 3
    assert shown(found) == {"config": ["MIYABI_ROOT"]}
    assert (found.secrets, found.keys, found.of_secrets) == (1, 1, 2)
    client = estate["dev"].clients.secretsmanager
    client.put_secret_value(SecretId="miyabi/dev/config", SecretString='{"ANOTHER": "1"}')
    row = ask(text="MIYABI_ROOT").groups[0].rows[0]
    assert [bool(cell.fingerprint) for cell in row.cells] == [False, True, True]


def test_a_kept_secret_that_is_gone_is_no_row(many: tuple[Compare, Estate, RecordingAws]) -> None:
    ask, estate, _ = many
    client, name = estate["dev"].clients.secretsmanager, "miyabi/dev/a-third"
    client.create_secret(Name=name, SecretString='{"A": "1"}')
    comparison.keep_news(
        estate.environments["dev"],
        [Secret("arn:of:a-third", name, versions={"a" * 32: ("AWSCURRENT",)})],
        {},
    )
    assert list(shown(ask())) == ["a-third"]
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    assert shown(ask()) == {}


def test_of_no_environment_no_version_is_known(
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    with django_assert_num_queries(0):
        assert all_known_versions([]) == {}
