"""What a request may reach, whatever its path and its fields say.

Rows S41, S42 and S46 of the security requirements.
"""

import json

import pytest

from secrets_ui.domain.environment import Rules
from secrets_ui.models import AuditRecord, RoleGrant
from testkit.posting import JSON, current_version, edit_url, key_form, prod_rules
from tests.conftest import Estate, MakeEstate, SignedIn, Watched

pytestmark = pytest.mark.django_db


FOREIGN = {
    "environment": "prod", "place": "prod", "secret": "miyabi/prod/config",
    "name": "miyabi/prod/config", "prefix": "miyabi/prod/",
    "arn": "arn:aws:secretsmanager:us-west-2:333333333333:secret:miyabi/prod/config-AAAAAA",
    "account": "333333333333",
    "region": "us-east-1", "assume_role": "arn:aws:iam::333333333333:role/miyabi-console",
    "SecretId": "miyabi/prod/config",
}  # fmt: skip


@pytest.mark.parametrize("where", ["form", "query"])
def test_s41_hidden_fields_turned_to_prod_count_for_nothing(
    watched: Watched, signed_in: SignedIn, where: str
) -> None:
    estate, aws = watched()
    client, before = signed_in("editor", "dev"), estate.value("prod", "config")
    form = key_form(current_version(estate, "dev", "config"), ("MIYABI_ROOT", "set", "/mine"))
    sent = (
        {"data": {**FOREIGN, **form}}
        if where == "form"
        else {"data": form, "query_params": FOREIGN}
    )

    assert client.post(edit_url("dev", "config"), **sent, **JSON).status_code == 200

    assert estate.values("dev", "config")["MIYABI_ROOT"] == "/mine"
    assert estate.value("prod", "config") == before
    assert {call.session.partition(" as ")[0] for call in aws.received} - {""} == {
        estate.environments["dev"].assume_role
    }
    assert not [call for call in aws.received if "prod" in json.dumps(call.body)]


@pytest.mark.parametrize(
    "turned",
    [
        {"typed_name": "miyabi/dev/config"},
        {"typed_name": "miyabi/prod/api-keys"},
        {"base": "OF ANOTHER SECRET"},
        {"base": ""},
    ],
    ids=[
        "another environment's name",
        "another secret's name",
        "another secret's version",
        "no version",
    ],
)
def test_s41_hidden_fields_that_say_something_else_than_the_path_are_refused(
    estate: Estate, signed_in: SignedIn, turned: dict[str, str]
) -> None:
    name, before = "miyabi/prod/config", estate.value("prod", "config")
    form = key_form(
        current_version(estate, "prod", "config"),
        ("MIYABI_ROOT", "set", "/mine"),
        **prod_rules(name),
    )
    turned = {
        k: current_version(estate, "prod", "api-keys") if v.startswith("OF") else v
        for k, v in turned.items()
    }
    assert signed_in("editor").post(
        edit_url("prod", "config"), form | turned, **JSON
    ).status_code in (400, 409)
    assert estate.value("prod", "config") == before


OUTSIDE = [
    "miyabi/developers/x", "miyabi/dev", "miyabi/dev/", "miyabi/devx", "miyabi/Dev/config",
    "MIYABI/dev/config", "Miyabi/dev/config",
    "miyabi/dev/../prod/config", "miyabi/dev/..", "miyabi/dev/./config", "miyabi/dev//config",
    "miyabi/prod/config", "/miyabi/dev/config",
    "miyabi/dev/%2e%2e/prod/config", "miyabi%252Fprod%252Fconfig", "miyabi/dev/..%252fprod",
    "miyabi%5Cdev%5Cconfig", "config",
    "miyabi/dev/config/../../prod/config",
    "miyabi/dev/config%00", "miyabi/dev/config%0a", "miyabi/dev/c\u043enfig",
    "miyabi/dev/\uff0e\uff0e/prod/config",
    "miyabi/dev/config ", " miyabi/dev/config",
    "arn:aws:secretsmanager:us-west-2:111111111111:secret:miyabi/dev/config-AAAAAA",
    "miyabi/dev/config*", "miyabi/dev/" + "x" * 512,
]  # fmt: skip


def test_s42_a_scope_is_not_left_by_any_spelling_of_a_path(
    watched: Watched, signed_in: SignedIn
) -> None:
    _, aws = watched()
    client = signed_in("admin")
    for name in OUTSIDE:
        for page in ("secret", "edit", "edit-document"):
            path = f"/dev/{page}/{name}"
            answers = [
                client.get(path),
                client.post(path, key_form("a" * 32, ("A", "set", "1"), reason="r")),
            ]
            refused = {400} if name.endswith(("%00", "%0a")) else {404, 405}
            assert {answer.status_code for answer in answers} <= refused, path
    assert aws.received == []


def test_s42_an_encoded_slash_is_a_slash_and_leads_to_the_same_secret(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    make_estate(only=("dev",))
    client = signed_in("viewer", "dev")
    assert client.get("/dev/secret/miyabi%2Fdev%2Fconfig").status_code == 200
    assert client.get("/dev/secret/miyabi%2Fprod%2Fconfig").status_code == 404
    assert client.get("/dev%2Fsecret/miyabi/dev/config").status_code == 200
    for twin in ("/Dev/", "/DEV/", "/dev%20/", "/d\u0435v/"):
        assert client.get(twin).status_code == 404
    assert client.get("/dev%00/").status_code == 400


def test_s42_neighbours_with_a_longer_name_are_not_listed(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    estate = make_estate(only=("dev",))
    for name in ("miyabi/developers/x", "miyabi/dev-old/x", "miyabi/devx"):
        estate["dev"].clients.secretsmanager.create_secret(Name=name, SecretString="{}")
    client = signed_in("viewer", "dev")
    for query in ({}, {"q": "x"}, {"q": "dev"}):
        shown = client.get("/dev/", query).content.decode()
        assert "miyabi/dev-" not in shown
        assert "miyabi/devx" not in shown
        assert "miyabi/developers" not in shown


EXTRA = {
    "actor": "somebody-else", "user": "somebody-else", "role": "admin", "is_superuser": "on",
    "second_person": "", "rules": "{}", "outcome": "done",
    "version_id": "f" * 64, "token": "f" * 64, "sequence": "1", "action": "approve",
    "decision": "approve", "label": "AWSCURRENT", "started": "9",
    "form-0-environment": "prod", "form-0-secret": "miyabi/prod/config", "form-0-base": "x",
    "form-name": "X", "form--1-name": "X", "form-7-key": "X", "name": "X", "value": "y",
    "document": '{"A": "1"}', "is_text": "on", "generate": "MIYABI_ROOT",
}  # fmt: skip


def test_s46_fields_that_the_form_does_not_have_are_ignored(
    make_estate: MakeEstate, signed_in: SignedIn
) -> None:
    estate = make_estate(only=("dev",), dev=Rules(second_person=True))
    client, before = signed_in("editor", "dev", name="hana"), estate.value("dev", "config")
    form = key_form(
        current_version(estate, "dev", "config"),
        ("MIYABI_ROOT", "set", "/mine"),
        **{**EXTRA, "confirmed": "on"},
    )

    saved = client.post(edit_url("dev", "config"), form, **JSON)

    assert "/changes?saved=" in saved.json()["saved"]  # still a proposal
    assert estate.value("dev", "config") == before
    intent = AuditRecord.objects.get(action="secret.propose", phase="intent")
    assert (intent.actor, intent.secret, json.loads(intent.keys)) == (
        "hana",
        "miyabi/dev/config",
        ["MIYABI_ROOT"],
    )
    assert list(RoleGrant.objects.values_list("role", flat=True)) == ["editor"]
    assert "outcome" not in client.session
