"""Who can read each secret: looked at once a day by the pass, and when somebody asks."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from secrets_ui.domain.access import who
from secrets_ui.domain.access.kept_readers import ReaderChange
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.status.events import Event
from secrets_ui.models import SecretReaders, StatusRunner, StatusSnapshot, TrailCall
from secrets_ui.services.access import kept_readers
from secrets_ui.services.access import who as services_who
from secrets_ui.services.access.probable_authors import tell_changes
from secrets_ui.services.access.who import find_who_can
from secrets_ui.services.configuration import environments
from secrets_ui.services.status_pass import rights
from secrets_ui.services.status_pass.judge import judge
from secrets_ui.services.status_pass.keep import keep_judged
from secrets_ui.services.status_pass.run import watch_environment
from secrets_ui.views.access import why as why_page
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, SignedIn, Watched
from tests.views.access.test_who import READ, add_role, allow, let_the_key_go_by_iam

pytestmark = pytest.mark.django_db
KEYS, CONFIG = "miyabi/prod/api-keys", "miyabi/prod/config"
LIST = "GetAccountAuthorizationDetails"


@pytest.fixture
def prod(watched: Watched) -> tuple[Estate, RecordingAws]:
    estate, aws = watched(only=("prod",))
    let_the_key_go_by_iam(estate)
    for operation in ("LookupEvents", "SimulatePrincipalPolicy"):  # which the local AWS lacks
        aws.break_call(operation, "AccessDeniedException", "no")
    return estate, aws


def one_pass() -> list[Event]:
    return keep_judged(judge(watch_environment(environments()["prod"]), {}))


def about_readers(events: list[Event]) -> list[Event]:
    return [event for event in events if event.check == "nobody_new_can_read"]


def a_day_later() -> None:
    SecretReaders.objects.update(looked_at=datetime.now(UTC) - timedelta(days=1, minutes=1))


def test_a_role_that_has_come_to_read_is_an_event_once_and_said_on_the_page(
    prod: tuple[Estate, RecordingAws], signed_in: SignedIn
) -> None:
    estate, aws = prod
    assert about_readers(one_pass()) == []
    add_role(estate, "ci-deploy", allow(READ, "kms:Decrypt"))
    aws.received.clear()
    assert about_readers(one_pass()) == []
    assert LIST not in aws.operations()  # not a day has passed
    a_day_later()
    [event] = about_readers(one_pass())
    assert (event.kind, event.status) == ("began", "warn")
    assert f"role/ci-deploy can read {event.secrets[0]} since" in event.text
    assert "by secretsmanager:GetSecretValue: policy stray, statement Stray;" in event.text
    assert about_readers(one_pass()) == []
    text = signed_in("auditor").get(f"/prod/who/{KEYS}").content.decode()
    assert f"role/ci-deploy can read {KEYS} since" in text
    assert "2 of 2 secrets in prod had their look" in text
    assert "Condition" not in SecretReaders.objects.get(secret=KEYS).found


def test_a_look_that_somebody_asked_for_is_made_by_the_next_pass(
    prod: tuple[Estate, RecordingAws], signed_in: SignedIn
) -> None:
    one_pass()
    StatusRunner.objects.update_or_create(
        pk=1, defaults={"alive_at": datetime.now(UTC), "every": 300}
    )
    client = signed_in("auditor")
    assert client.post(f"/prod/who-again/{CONFIG}")["Location"] == f"/prod/who/{CONFIG}"
    assert "A new look was asked for" in client.get(f"/prod/who/{CONFIG}").content.decode()
    assert StatusRunner.objects.get().wanted_at
    before = dict(SecretReaders.objects.values_list("secret", "looked_at"))
    one_pass()
    after = dict(SecretReaders.objects.values_list("secret", "looked_at"))
    assert {name for name in after if after[name] != before[name]} == {CONFIG}
    assert not SecretReaders.objects.filter(wanted_at__isnull=False)


def kept_rights() -> dict[str, object]:
    rows = SecretReaders.objects.values_list("secret", "found")
    return {secret: json.loads(found)["rights"] for secret, found in rows}


def test_what_one_pass_has_no_time_for_is_left_to_the_next(
    prod: tuple[Estate, RecordingAws], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rights, "PATIENCE", 0)
    one_pass()
    assert list(SecretReaders.objects.values_list("looked_at", flat=True)) == [None, None]
    monkeypatch.undo()
    one_pass()
    assert not SecretReaders.objects.filter(looked_at=None)


class Killed(BaseException):
    """Ends the runner where it stands."""


def test_a_killed_runner_tells_how_far_it_was_and_the_next_goes_on_where_it_stopped(
    prod: tuple[Estate, RecordingAws], signed_in: SignedIn, monkeypatch: Any
) -> None:
    monkeypatch.setattr(who, "AT_ONCE", 1)
    add_role(prod[0], "idle", allow("logs:*"))
    told = []

    def step() -> None:
        begun = SecretReaders.objects.filter(judged__gt=0).first()
        if begun and begun.secret == CONFIG:
            told.append(client.get(f"/prod/who/{CONFIG}").content.decode())
            raise Killed

    client, prod_ = signed_in("auditor"), environments()["prod"]
    lease = datetime.now(UTC) + timedelta(minutes=1)
    StatusRunner.objects.update_or_create(pk=1, defaults={"lease_until": lease})
    with pytest.raises(Killed):
        watch_environment(prod_, step)
    assert "1 of 3 roles and users judged" in told[0]
    done = SecretReaders.objects.get(secret=KEYS).looked_at
    assert (done is None, SecretReaders.objects.get(secret=CONFIG).looked_at) == (False, None)
    StatusRunner.objects.update(lease_until=None)
    assert "judged" not in client.get(f"/prod/who/{CONFIG}").content.decode()
    watch_environment(prod_)
    assert SecretReaders.objects.get(secret=KEYS).looked_at == done
    assert SecretReaders.objects.get(secret=CONFIG).looked_at


def test_of_a_large_account_the_page_shows_what_the_runner_found_and_asks_iam_nothing(
    prod: tuple[Estate, RecordingAws], signed_in: SignedIn, monkeypatch: Any
) -> None:
    estate, aws = prod
    for module in (kept_readers, services_who, rights, why_page):
        monkeypatch.setattr(module, "LIVE", 1)
    client, url = signed_in("auditor"), f"/prod/who/{KEYS}"
    text = client.get(url).content.decode()
    assert "The status runner has not looked yet" in text
    assert "Look now" in text
    assert client.get(f"{url}?as=json").status_code == 503
    one = client.get(f"{url}?principal=role/ci&action=put")
    assert one.status_code == 503
    command = f"manage.py who_can_read prod {KEYS} --principal role/ci --action put"
    assert f"Run {command}, which may take its time." in one.content.decode()
    add_role(estate, "ci-deploy", allow(READ, "kms:Decrypt"))
    add_role(estate, "idle", allow("logs:*"))
    live = find_who_can(environments()["prod"], KEYS, Actor("hana"))
    one_pass()
    aws.received.clear()
    page = client.get(f"{url}?show=all")
    assert aws.operations() == []
    now = {row.title: row.verdicts for row in live.without_others().rows}
    assert {row.title: row.verdicts for row in page.context["rows"]} == now
    text = page.content.decode()
    assert "1 role or user could do none of this at that look, and is not listed" in text
    assert "so this page does not ask AWS for them" in text
    assert "--principal ARN</code> explains an answer" in text
    assert "Why?" not in text
    found = json.loads(client.get(f"{url}?as=json").content)
    assert (len(found["principals"]), found["others_who_can_do_nothing"]) == (3, 1)
    assert "role/ci-deploy" in client.get(f"{url}?as=csv").content.decode()
    form = {"policy": "key", "text": allow("kms:*", Principal="*")}
    text = client.post(f"/prod/what-if/{KEYS}", form).content.decode()
    assert "So who gains and who loses is not told here." in text
    # Last, since it ends while calls are on their way.
    SecretReaders.objects.update(answer="")  # as if the account had grown since that look
    assert "The last look kept no answer" in client.get(url).content.decode()


@pytest.mark.parametrize(
    ("event", "error", "author"),
    [
        ("PutResourcePolicy", "", True),
        ("PutResourcePolicy", "AccessDenied", False),
        ("PutKeyPolicy", "", False),
        ("PutSecretValue", "", False),
    ],
)
def test_a_change_of_the_secret_s_policy_between_the_looks_names_who_probably_did_it(
    event: str, error: str, author: bool
) -> None:
    by = ("secretsmanager:GetSecretValue: secret policy, statement Backup",)
    change = ReaderChange(
        "2026-11-24T02:14:00+00:00", "2026-11-23T02:14:00+00:00", "role/backup", True, ("read",), by
    )
    for day in (22, 23, 24):
        TrailCall.objects.create(
            environment="prod",
            event_id=str(day),
            at=datetime(2026, 11, day, 12, tzinfo=UTC),
            event=event,
            secret="" if event == "PutKeyPolicy" else KEYS,
            reader="role/ops (yuki)",
            error=error,
        )
    prod = Environment("prod", "us-west-2", "111111111111", "miyabi/prod/")
    [told] = tell_changes(prod, KEYS, [change])
    said = "role/ops (yuki), PutResourcePolicy at 23 Nov 2026, 12:00:00 UTC"
    assert told.author == (said if author else "")


def test_what_has_changed_is_in_the_files_and_told_by_the_command(
    prod: tuple[Estate, RecordingAws], signed_in: SignedIn, capsys: Any
) -> None:
    one_pass()
    add_role(prod[0], "ci-deploy", allow(READ, "kms:Decrypt"))
    a_day_later()
    one_pass()
    client, url = signed_in("auditor"), f"/prod/who/{KEYS}"
    [change] = json.loads(client.get(f"{url}?as=json").content)["changes"]
    assert change["principal"].endswith("role/ci-deploy")
    assert (change["change"], change["what"], change["expected"]) == ("gained", ["read"], False)
    answer = client.get(f"{url}?as=changes")
    assert "who-changes-prod.csv" in answer["Content-Disposition"]
    [row] = csv.DictReader(io.StringIO(answer.content.decode().removeprefix("\ufeff")))
    assert (row["found_at"], row["what"]) == (change["found_at"], "read")
    with pytest.raises(SystemExit):
        call_command("who_can_read", "prod", "api-keys")
    assert f"role/ci-deploy can read {KEYS} since" in capsys.readouterr().out


def test_a_list_that_aws_refuses_changes_no_right_that_is_kept_and_is_told(
    prod: tuple[Estate, RecordingAws],
) -> None:
    _, aws = prod
    one_pass()
    a_day_later()
    before = list(SecretReaders.objects.values("secret", "looked_at", "wanted_at"))
    rights_before = kept_rights()
    refused = b"<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
    aws.answer(LIST, 403, refused)
    assert about_readers(one_pass()) == []
    assert list(SecretReaders.objects.values("secret", "looked_at", "wanted_at")) == before
    assert kept_rights() == rights_before
    assert all(rights_before.values())
    text = StatusSnapshot.objects.get(secret=KEYS).findings
    assert "could not be told at the last look" in text
    assert "iam:GetAccountAuthorizationDetails" in text
