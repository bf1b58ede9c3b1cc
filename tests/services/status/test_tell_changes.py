"""Changes are told once, from the audit log, to whom the environment says; never a value."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.audit.moments import stored_ago
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.people.actor import CONSOLE, Actor
from secrets_ui.models import AuditRecord, RoleGrant, StatusDelivery, ToldUntil
from secrets_ui.services import audit
from secrets_ui.services.audit import writing
from secrets_ui.services.changes.emergencies import open_emergencies
from secrets_ui.services.status.tell_changes import tell_changes
from testkit.intents import intend
from tests.conftest import as_toml, forget_configuration

pytestmark = pytest.mark.django_db
HANA, KENJI = Actor("hana@x.com"), Actor("kenji")
SECRET = "miyabi/prod/api-keys"
ROLE = "arn:aws:iam::111111111111:role/miyabi-console"
PROD = Environment("prod", "us-west-2", "1" * 12, "miyabi/prod/", ROLE)


@pytest.fixture
def tell(settings: Any, tmp_path: Path) -> Callable[..., None]:
    """Sets what prod has told, and to whom."""
    settings.STATUS_WEBHOOK_URL = "https://hooks.miyabi-world.com/x"
    settings.STATUS_ADDRESS = "https://console.miyabi-world.com/status"

    def choose(*topics: str, email_to: tuple[str, ...] = ()) -> None:
        settings.ENVIRONMENTS_FILE = tmp_path / "environments.toml"
        prod = replace(PROD, tell=topics, email_to=email_to)
        settings.ENVIRONMENTS_FILE.write_text(as_toml({"prod": prod}), encoding="utf-8")
        forget_configuration()

    return choose


def act(action: Action, actor: Actor = HANA, **more: Any) -> None:
    about = {
        "environment": "prod",
        "secret": SECRET,
        "version_id": "v" * 32,
        "keys": ["TOKEN"],
        "reason": "OPS-1: <why>",
    }
    details = more.pop("details", {})
    with audit.act(action, actor, **about | more) as done:
        done.done(details=details)


def told() -> list[tuple[str, str]]:
    """Channel and title of each message."""
    rows = StatusDelivery.objects.order_by("pk")
    return [(row.channel, json.loads(row.payload)["event"]["title"]) for row in rows]


def to(channel: str) -> list[str]:
    row = StatusDelivery.objects.filter(channel=channel).latest("pk")
    return list(json.loads(row.payload)["to"])


def make_person(name: str, role: str, email: str = "", prefix: str = "", **more: Any) -> None:
    user = get_user_model().objects.create(username=name, email=email, **more)
    RoleGrant.objects.create(user=user, environment="prod", role=role, prefix=prefix)


def test_a_request_that_outlives_its_settling_is_told_once(tell: Callable[..., None]) -> None:
    tell("emergency")
    with audit.act(Action.EMERGENCY, HANA, environment="prod", secret=SECRET) as late:
        late.done()  # as settle_audit records it
        tell_changes()
        late.done()
    tell_changes()
    assert len(told()) == 1
    assert len(open_emergencies(PROD)) == 1


def test_a_change_is_told_once_as_the_page_changes_calls_it(tell: Callable[..., None]) -> None:
    tell("changes")
    act(Action.SAVE)
    act(Action.REJECT, CONSOLE, details={"proposed_by": "hana"})
    assert (tell_changes(), tell_changes()) == (2, 0)
    assert told() == [
        ("webhook", f"Saved in prod: {SECRET}"),
        ("webhook", f"Ended undecided in prod: {SECRET}"),
    ]
    payload = json.loads(StatusDelivery.objects.earliest("pk").payload)
    address = f"https://console.miyabi-world.com{reverse('changes', args=['prod'])}"
    assert payload["text"] == (
        f":pencil2: *Saved in prod: {SECRET}*\n"
        "Saved by hana@x.com.\nKeys: TOKEN.\nReason: OPS-1: &lt;why&gt;\n"
        f"<{address}>"
    )
    event = payload["event"]
    assert (event["kind"], event["by"], event["secrets"], event["url"]) == (
        "change",
        "hana@x.com",
        [SECRET],
        address,
    )


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        (("findings",), []),
        (("emergency",), ["Emergency change", "Emergency change looked at"]),
        (("changes",), ["Saved", "Proposed"]),
        (
            ("changes", "emergency"),
            ["Saved", "Proposed", "Emergency change", "Emergency change looked at"],
        ),
    ],
)
def test_an_environment_says_what_is_told_of_it(
    topics: tuple[str, ...], expected: list[str], tell: Callable[..., None]
) -> None:
    tell(*topics)
    act(Action.SAVE)
    act(Action.PROPOSE)
    act(Action.EMERGENCY)
    about = {"environment": "prod", "secret": SECRET, "version_id": "v" * 32}
    audit.record(Action.LOOK_AT_EMERGENCY, KENJI, reason="OPS-1: fine", **about)
    tell_changes()
    assert [title.partition(" in prod")[0] for _, title in told()] == expected


def test_what_did_not_take_effect_or_is_of_no_environment_is_not_told(
    tell: Callable[..., None],
) -> None:
    tell("changes", "emergency")
    intend(Action.SAVE, HANA, environment="prod", secret=SECRET)
    with audit.act(Action.SAVE, HANA, environment="prod", secret=SECRET) as failed:
        failed.not_applied("no")
    act(Action.SAVE, environment="gone")
    audit.record(Action.SIGN_IN, HANA)
    assert (tell_changes(), told()) == (0, [])
    # What was settled is told as what was recorded at once.
    opened = AuditRecord.objects.earliest("sequence")
    audit.settle(opened, writing.Outcome.DONE, "v" * 32, "it is there", by=CONSOLE)
    assert tell_changes() == 1
    assert told() == [("webhook", f"Saved in prod: {SECRET}")]


def test_those_who_may_decide_are_written_to_where_their_address_is_known(
    tell: Callable[..., None],
) -> None:
    tell("changes", "emergency", email_to=("team@x.com",))
    make_person("hana@x.com", "admin")
    make_person("kenji", "approver", "kenji@x.com")
    make_person("yuki@x.com", "approver", prefix="api-")
    make_person("far@x.com", "approver", prefix="config")
    make_person("mina@x.com", "editor")
    make_person("left@x.com", "approver", is_active=False)
    make_person("nameless", "approver")
    act(Action.PROPOSE)
    tell_changes()
    assert [channel for channel, _ in told()] == ["webhook", "email", "people"]
    assert to("email") == ["team@x.com"]
    assert to("people") == ["kenji@x.com", "yuki@x.com"]

    act(Action.REJECT, KENJI, details={"proposed_by": "hana@x.com"})
    tell_changes()
    assert to("people") == ["hana@x.com"]
    before = StatusDelivery.objects.count()
    act(Action.REJECT, HANA, details={"proposed_by": "hana@x.com"})  # taken back
    tell_changes()
    assert [channel for channel, _ in told()[before:]] == ["webhook", "email"]


def test_a_role_that_is_asked_for_is_told_to_the_admins(tell: Callable[..., None]) -> None:
    tell("changes", email_to=("team@x.com",))
    make_person("rin@x.com", "admin")
    make_person("hana@x.com", "admin")
    make_person("mika@x.com", "approver")
    audit.record(
        Action.ASK_ROLE,
        HANA,
        environment="prod",
        reason="incident 4711",
        details={"account": HANA.name, "role": "editor", "hours": "1"},
    )
    assert tell_changes() == 1
    assert told()[0] == ("webhook", "Role asked for: editor, for 1 hour in prod")
    assert to("people") == ["rin@x.com"]
    event = json.loads(StatusDelivery.objects.earliest("pk").payload)["event"]
    assert (event["secrets"], event["url"]) == (
        [],
        "https://console.miyabi-world.com/people/requests",
    )


def test_nobody_is_written_to_where_an_environment_has_no_e_mail(tell: Callable[..., None]) -> None:
    tell("changes")
    make_person("yuki@x.com", "approver")
    act(Action.PROPOSE)
    tell_changes()
    assert [channel for channel, _ in told()] == ["webhook"]


def test_old_changes_are_no_news_and_are_passed_over(
    tell: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell("changes")
    monkeypatch.setattr(writing, "now", lambda: stored_ago(timedelta(hours=25)))
    act(Action.SAVE)
    assert (tell_changes(), told()) == (0, [])
    assert ToldUntil.objects.get().sequence == 2


def test_a_second_process_puts_nothing_in_the_outbox_again(tell: Callable[..., None]) -> None:
    tell("changes")
    act(Action.SAVE)
    tell_changes()
    ToldUntil.objects.update(sequence=0)  # as one that has read the row before
    tell_changes()
    assert len(told()) == 1
