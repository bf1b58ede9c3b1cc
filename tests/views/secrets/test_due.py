"""The page of what is due, as a list and as months, its command, and the calendar."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from secrets_ui.domain.secrets.due import Why
from secrets_ui.models import AuditRecord, CalendarFeed, KeyDue, RoleGrant, StatusSnapshot
from secrets_ui.services.people.calendar_feed import GUESSES
from secrets_ui.services.people.people import find_person, switch_account
from secrets_ui.views.secrets.due import MOST_LATER
from tests.conftest import MakeEstate, SignedIn, client_of
from tests.views.reading import text_of

pytestmark = pytest.mark.django_db


def date(environment: str, short: str, key: str, days: float | None, **more: Any) -> None:
    now = datetime.now(UTC)
    at = None if days is None else now + timedelta(days=days)
    about = {"why": Why.AGE, "text": "The catalogue allows it 90 days.", "read_at": now, **more}
    secret = f"miyabi/{environment}/{short}"
    KeyDue.objects.create(environment=environment, secret=secret, key=key, at=at, **about)


@pytest.fixture(autouse=True)
def dates() -> None:
    for name in ("dev", "staging", "prod"):
        StatusSnapshot.objects.create(environment=name, status="pass", at=datetime.now(UTC))
    date("prod", "api-keys", "GITHUB_TOKEN", -2)
    date("prod", "config", "BASE_URL", 40, is_exact=False)
    date("dev", "api-keys", "GITHUB_TOKEN", 5, why=Why.EXPIRY, text="GitHub told when it expires.")
    date("dev", "database", "", 9, why=Why.ROTATION, text="AWS rotates it by itself.")
    date("dev", "database", "PASSWORD", 60)


def test_keys_of_all_environments_are_listed_by_date_with_owner_and_the_way_to_rotate(
    signed_in: SignedIn,
) -> None:
    page = text_of(signed_in("editor").get("/due"))
    places = [page.index(words) for words in ("Due now", "Within 14 days", "Later")]
    assert places == sorted(places)
    assert [page.count(words) for words in ("2 days ago", "in 5 days", "at the latest")] == [1] * 3
    assert "Owner: <bdi>Platform team</bdi>" in page
    assert "/runbooks/github-token" in page
    assert "AWS rotates it by itself." in page
    # Nobody steps on what AWS rotates.
    assert page.count(">Rotate<span") == 3
    date("dev", "api-keys", "", None, why=Why.ROTATION, text="AWS rotates it by itself.")
    assert text_of(signed_in("editor").get("/due")).count(">Rotate<span") == 2


def test_one_environment_and_the_names_that_a_person_may_see_are_all_that_is_listed(
    person: Callable[..., Any],
) -> None:
    user = person("viewer", "dev", "prod")
    client = client_of(user)
    assert "miyabi/prod/" not in text_of(client.get("/dev/due"))
    RoleGrant.objects.filter(user=user, environment="prod").update(prefix="config")
    page = text_of(client.get("/due"))
    assert "miyabi/prod/config" in page
    assert "miyabi/prod/api-keys" not in page
    assert ">Rotate<span" not in page


def test_as_months_each_date_stands_on_its_day(signed_in: SignedIn) -> None:
    client = signed_in("viewer")
    page = text_of(client.get("/dev/due?by=month"))
    day = datetime.now(UTC).date() + timedelta(days=5)
    assert page.count(f'href="#d{day}"') == page.count(f'id="d{day}"') == 1
    assert f"{day:%B %Y}" in page


@pytest.mark.slow
def test_of_thousands_of_dates_the_list_has_the_next_and_the_months_have_all(
    signed_in: SignedIn,
) -> None:
    for number in range(MOST_LATER):
        date("staging", f"service-{number}", "KEY", 100)
    client = signed_in("viewer")
    page = text_of(client.get("/staging/due"))
    assert "Months</a> shows them all" not in page
    date("staging", "the-last", "LAST", 101)
    page = text_of(client.get("/staging/due"))
    assert "And 1 later date: " in page
    assert "the-last" not in page
    assert "the-last" in text_of(client.get("/staging/due?by=month"))


def test_dates_that_are_old_or_not_known_are_said_to_be(signed_in: SignedIn) -> None:
    StatusSnapshot.objects.filter(environment="staging").delete()
    KeyDue.objects.filter(environment="prod").update(read_at=datetime(2026, 1, 1, tzinfo=UTC))
    date("dev", "api-keys", "OAUTH_CLIENT_SECRET", None)
    page = text_of(signed_in("viewer").get("/due"))
    assert "prod was last checked" in page
    assert "staging has not been checked yet." in page
    assert "dev was last checked" not in page
    assert "Not known when" in page


def test_what_aws_rotates_says_so_on_its_page_and_before_an_edit(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    place = make_estate(only=("dev",))["dev"]
    client, name = place.clients.secretsmanager, "miyabi/dev/config"
    functions = place.clients.lambda_.list_functions()["Functions"]
    client.rotate_secret(
        SecretId=name,
        RotationLambdaARN=functions[0]["FunctionArn"],
        RotationRules={"AutomaticallyAfterDays": 30},
        RotateImmediately=False,
    )
    # The local AWS leaves a label that AWS takes off.
    labels = client.describe_secret(SecretId=name)["VersionIdsToStages"]
    pending = next(version for version, found in labels.items() if "AWSPENDING" in found)
    client.update_secret_version_stage(
        SecretId=name, VersionStage="AWSPENDING", RemoveFromVersionId=pending
    )
    for path in (f"/dev/secret/{name}", f"/dev/edit/{name}"):
        page = text_of(signed_in("editor").get(path))
        assert "AWS rotates this secret by a rotation function, rate(30 days)." in page
        assert "Next rotation due by" in page
        assert ("What you set is replaced then" in page) is ("edit" in path)
        assert "/dev/rotate/" not in page
    rotate = f"/dev/rotate/{name}?key=BASE_URL"
    assert "It is not rotated here as well." in text_of(signed_in("editor").get(rotate))
    assert signed_in("editor").post(rotate, {"do": "begin", "reason": "x"}).status_code == 400


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("due", *arguments, stdout=out)
    return int(ended.value.code or 0), out.getvalue()


def test_the_command_says_by_its_status_whether_a_key_is_due() -> None:
    status, told = run()
    assert status == 1
    assert [line.split()[1:4:2] for line in told.splitlines()] == [
        ["prod", "GITHUB_TOKEN"],
        ["dev", "GITHUB_TOKEN"],
        ["dev", "(the"],
    ]
    assert run("--within", "4", "--env", "dev")[0] == 0
    assert run("--within", "5", "--env", "dev")[0] == 1
    data = json.loads(run("--within", "9", "--env", "dev", "--json")[1])
    assert [(key["key"], key["why"]) for key in data["due"]] == [
        ("GITHUB_TOKEN", "expiry"),
        ("", "rotation"),
    ]
    for wrong in (("--within", "-1"), ("--within", "x"), ("--env", "nowhere")):
        with pytest.raises(CommandError):
            call_command("due", *wrong)


def test_the_command_counts_a_rotation_of_aws_once_it_is_late_and_says_what_is_not_known() -> None:
    KeyDue.objects.exclude(why=Why.ROTATION).delete()
    assert run("--env", "dev")[0] == 0
    KeyDue.objects.update(at=datetime.now(UTC) - timedelta(days=3))
    assert run("--env", "dev")[0] == 1
    KeyDue.objects.update(at=None)
    assert run("--env", "dev")[0] == 0
    StatusSnapshot.objects.filter(environment="staging").delete()
    status, told = run("--env", "staging")
    assert (status, "staging has not been checked yet" in told) == (2, True)


def address_of(client: Client) -> str:
    """Makes a calendar, and takes its path from the page."""
    page = text_of(client.post("/account/calendar"))
    return "/calendar/" + page.partition("/calendar/")[2].partition("<")[0]


def test_a_calendar_has_what_its_person_may_see_at_the_time_of_asking(
    person: Callable[..., Any],
) -> None:
    user = person("viewer", "dev", "prod")
    path = address_of(client_of(user))
    answer = Client().get(path)

    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    calendar = answer.content.decode()
    assert "SUMMARY:GITHUB_TOKEN expires (dev)\r\n" in calendar
    assert "SUMMARY:AWS rotates database (dev)\r\n" in calendar
    assert "miyabi/prod/api-keys" in calendar
    assert "Platform team" not in calendar
    RoleGrant.objects.filter(user=user, environment="prod").update(prefix="config")
    assert "miyabi/prod/api-keys" not in Client().get(path).content.decode()
    RoleGrant.objects.filter(user=user).delete()
    assert "BEGIN:VEVENT" not in Client().get(path).content.decode()


def test_a_calendar_is_asked_by_head_too(person: Callable[..., Any]) -> None:
    client = client_of(person("viewer", "dev"))
    path = address_of(client)
    answer = Client().head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"


def test_a_calendar_ends_by_hand_by_a_new_one_and_with_the_account(
    person: Callable[..., Any], hana: Any
) -> None:
    user = person("viewer")
    client = client_of(user)
    first = address_of(client)
    second = address_of(client)
    assert [Client().get(path).status_code for path in (first, second)] == [404, 200]
    page = text_of(client.post("/account/calendar/end", follow=True))
    assert "Your calendar address was ended." in page
    assert Client().get(second).status_code == 404
    third = address_of(client)
    user.last_login = datetime.now(UTC) - timedelta(days=91)
    user.save()
    assert Client().get(third).status_code == 404
    client_of(user)
    assert Client().get(third).status_code == 200
    account = find_person(user.pk, [])
    assert account
    switch_account(hana, account, on=False)
    switch_account(hana, account, on=True)
    assert Client().get(third).status_code == 404
    made = AuditRecord.objects.filter(action__startswith="calendar.").order_by("sequence")
    assert [row.action.partition(".")[2] for row in made] == ["make", "make", "end", "make"]


def test_a_calendar_takes_a_fresh_proof_and_leaves_no_token_behind(
    person: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    user = person("viewer")
    assert client_of(user, proved=False).post("/account/calendar").status_code == 403
    assert not CalendarFeed.objects.exists()
    path = address_of(client_of(user))
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    Client().get(path)
    assert len(token) == 43
    assert token not in caplog.text
    kept = [*CalendarFeed.objects.values(), *AuditRecord.objects.values()]
    assert token not in json.dumps(kept, default=str)


def test_guesses_of_calendars_are_limited_by_address_and_the_last_is_on_record(
    person: Callable[..., Any],
) -> None:
    path = address_of(client_of(person("viewer")))
    here, elsewhere = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
    for number in range(GUESSES.most):
        assert Client(**here).get(path).status_code == 200
        assert Client(**here).get(f"/calendar/guess{number}.ics").status_code == 404
    wrong = "/calendar/one-more.ics"
    answer = Client(**here).get(wrong)
    assert (answer.status_code, answer["Retry-After"]) == (429, str(GUESSES.seconds))
    assert Client(**elsewhere).get(wrong).status_code == 404
    assert Client(**here).get(path).status_code == 200  # of somebody else behind the same address
    [record] = AuditRecord.objects.filter(action="access.refused")
    assert record.address == "192.0.2.1"
