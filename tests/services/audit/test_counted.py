"""What can be refused as often as somebody likes makes one record a minute of each kind."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.people.actor import Actor
from secrets_ui.models import AuditRecord, CountedRefusal
from secrets_ui.services import audit
from secrets_ui.services.audit.verify import verify_audit
from secrets_ui.services.people.accounts import make_account
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db


def refuse(name: str = "unknown", address: str = "192.0.2.7", **details: str) -> None:
    audit.refuse_counted(Action.SIGN_IN, Actor(name, address), details=details)


def told() -> list[tuple[str, str, int]]:
    """Name, address and number of others of each record, oldest first."""
    rows = AuditRecord.objects.order_by("sequence")
    return [(row.actor, row.address, json.loads(row.details).get("others", 0)) for row in rows]


def move_clock(seconds: int) -> None:
    """As if it were so many seconds later."""
    CountedRefusal.objects.update(since=F("since") - timedelta(seconds=seconds))


def test_s76_the_first_is_on_record_at_once_and_the_others_are_counted_into_the_next() -> None:
    for number in range(8):
        refuse(address=f"203.0.113.{number}")
    assert told() == [("unknown", "203.0.113.0", 0)]
    move_clock(61)
    refuse(address="198.51.100.1")
    refuse()
    assert told()[1:] == [("unknown", "198.51.100.1", 7)]
    assert "others_since" in json.loads(AuditRecord.objects.latest("sequence").details)
    assert verify_audit()[0] == []


def test_s76_where_none_comes_they_are_put_on_record_in_the_name_of_the_last_and_once() -> None:
    for number in range(8):
        refuse(address=f"203.0.113.{number}")
    assert audit.append_counted() == 0
    move_clock(61)
    assert audit.append_counted() == 1
    assert told() == [("unknown", "203.0.113.0", 0), ("unknown", "203.0.113.7", 6)]
    assert sum(1 + others for _, _, others in told()) == 8
    assert audit.append_counted() == 0
    assert not CountedRefusal.objects.exists()


def test_the_log_says_how_many_there_were(signed_in: SignedIn) -> None:
    for _ in range(8):
        refuse()
    move_clock(61)
    refuse()
    assert "and 7 like it since" in signed_in("admin").get("/audit").content.decode()


def test_one_alone_leaves_nothing_behind() -> None:
    refuse()
    move_clock(61)
    assert audit.append_counted() == 0
    assert told() == [("unknown", "192.0.2.7", 0)]
    assert not CountedRefusal.objects.exists()


def test_each_name_and_each_reason_is_a_kind_of_its_own() -> None:
    for name, why in (("hana", "a"), ("hana", "b"), ("unknown", "a"), ("hana", "a")):
        refuse(name, why=why)
    assert [name for name, _, _ in told()] == ["hana", "hana", "unknown"]


def test_a_clock_that_was_put_back_does_not_keep_a_kind_off_the_record() -> None:
    refuse()
    refuse()
    move_clock(-3600)
    refuse(address="198.51.100.1")
    assert told() == [("unknown", "192.0.2.7", 0), ("unknown", "198.51.100.1", 1)]


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("post", "/sign-in", {"username": "nobody", "password": "x"}),
        ("post", "/sign-in", {"username": "hana", "password": "x"}),
        ("get", "/sso/callback?state=z", {}),
        ("get", "/sign-in?next=%00", {}),
        ("get", "/dev/%00", {}),
    ],
)
def test_s76_what_is_refused_without_a_sign_in_is_one_record_a_minute(
    client: Client, settings: Any, method: str, path: str, form: dict[str, str]
) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    make_account("hana", "correct horse battery staple", {"dev": "viewer"})
    before = AuditRecord.objects.count()
    statuses = {getattr(client, method)(path, form).status_code for _ in range(9)}
    assert statuses <= {400, 403, 429}
    assert AuditRecord.objects.count() == before + 1
    assert CountedRefusal.objects.get().others == 8


def test_s76_nor_does_who_is_signed_in_fill_the_log(signed_in: SignedIn) -> None:
    """The first is on record with its secret; each environment and each act is a kind."""
    viewer, before = signed_in("viewer"), AuditRecord.objects.count()
    made_up = [f"miyabi/{name}/made-up-{n}" for n in range(4) for name in ("dev", "prod")]
    paths = [f"/{name.split('/')[1]}/edit/{name}" for name in made_up]
    assert {viewer.get(path).status_code for path in (*paths, "/audit")} == {403}
    found = AuditRecord.objects.order_by("sequence").values_list("environment", "secret")[before:]
    assert [*found] == [("dev", made_up[0]), ("prod", made_up[1]), ("", "")]
    move_clock(61)
    assert audit.append_counted() == 2
    rest = AuditRecord.objects.order_by("-sequence")[:2]
    told = {(row.environment, json.loads(row.details)["others"]) for row in rest}
    assert told == {("dev", 2), ("prod", 2)}
