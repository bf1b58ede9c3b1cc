"""A rotation, from its beginning to the old value's revocation: each step from what is known."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from deploy.demo.github import GitHub, Token
from secrets_ui.domain.environment import Rules
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets import arrival, rollout
from secrets_ui.models import AuditRecord, Rotation
from secrets_ui.services.configuration import get_environment
from secrets_ui.services.secrets.try_key import take_any, try_key
from testkit.canary import leaks_in
from testkit.function_log import loader_line, write_line
from testkit.posting import JSON, current_version, edit_url, key_form, save_key
from testkit.recording_aws import RecordingAws
from tests.conftest import Estate, MakeEstate, SignedIn, client_of
from tests.security.test_leaks import database_dump, whole

pytestmark = pytest.mark.django_db
TOKEN, OWN = "GITHUB_TOKEN", "MIYABI_ACCESS_TOKEN"
SECRET = "miyabi/dev/api-keys"
STEPS = ("get", "try", "save", "arrive", "revoke")


def address(key: str = TOKEN) -> str:
    return f"/dev/rotate/{SECRET}?key={key}"


@pytest.fixture
def dev(watched: Callable[..., Any], github: GitHub) -> tuple[Estate, RecordingAws]:
    found: tuple[Estate, RecordingAws] = watched(only=("dev",))
    return found


@pytest.fixture
def estate(dev: tuple[Estate, RecordingAws]) -> Estate:
    return dev[0]


@pytest.fixture
def hana(signed_in: SignedIn) -> Client:
    return signed_in("editor", "dev", name="hana")


def put(estate: Estate, **changed: str) -> str:
    client = estate["dev"].clients.secretsmanager
    document = json.dumps(estate.values("dev", "api-keys") | changed)
    answer = client.put_secret_value(SecretId=SECRET, SecretString=document)
    return str(answer["VersionId"])


def act(client: Client, do: str, key: str = TOKEN, **more: str) -> int:
    return int(client.post(address(key), {"do": do, **more}).status_code)


def begin(client: Client, key: str = TOKEN) -> int:
    assert act(client, "begin", key) == 302
    return int(Rotation.objects.get(ended=None, key=key).number)


def step_of(client: Client, key: str = TOKEN) -> str:
    """The step that the page shows as the one to be made now."""
    steps = dict(client.get(address(key)).context["steps"])
    [now] = [name for name, mark in steps.items() if mark == "now"]
    before = STEPS[: STEPS.index(now)]
    assert all(steps[name] == "done" for name in before)
    return str(now)


def save(client: Client, estate: Estate, number: int, *row: str, step: str = "save") -> Any:
    """Sends the edit form as the rotation's page opens it."""
    form = key_form(current_version(estate, "dev", "api-keys"), row, step=step)
    return client.post(f"{edit_url('dev', 'api-keys')}?rotation={number}", form, **JSON)


def last_proposal() -> int:
    """The number of the newest proposal."""
    proposed = AuditRecord.objects.filter(action="secret.propose", phase="intent")
    return max(proposed.values_list("sequence", flat=True))


def test_a_token_is_rotated_from_the_first_step_to_the_last(
    estate: Estate, github: GitHub, hana: Client, signed_in: SignedIn
) -> None:
    old, kenji = estate.values("dev", "api-keys")[TOKEN], signed_in("editor", "dev", name="kenji")
    github.tokens[old] = Token("miyabi-bot", ("repo", "workflow"))
    base = current_version(estate, "dev", "api-keys")
    number = begin(hana)
    assert step_of(hana) == "get"
    shown = hana.get(address()).content.decode()
    assert "https://github.com/settings/tokens" in shown
    assert f"/dev/edit/{SECRET}?rotation={number}" in shown
    form = hana.get(f"/dev/edit/{SECRET}?rotation={number}")
    assert [key.name for _, key in form.context["rows"]] == [TOKEN]

    new = github.make_token(60)
    tried = save(hana, estate, number, TOKEN, "set", new, step="try")
    assert tried.status_code == 400  # the row is missing: nothing was asked
    row = key_form(base, (TOKEN, "set", new), step="try") | {"row": "form-0"}
    hana.post(f"{edit_url('dev', 'api-keys')}?rotation={number}", row, **JSON)
    assert save(hana, estate, number, TOKEN, "set", new).json() == {"saved": address()}
    assert step_of(kenji) == "arrive"  # somebody else goes on

    assert act(kenji, "arrived") == 400  # nothing reports, so it takes a word
    assert act(kenji, "arrived", reason="the function was deployed") == 302
    assert step_of(kenji) == "revoke"

    assert act(kenji, "try_old") == 302
    page = kenji.get(address()).content.decode()
    assert "Still works" in page
    assert "I know that it is revoked" not in page
    assert act(kenji, "revoked", reason="surely") == 400
    github.tokens[old].is_revoked = True
    assert act(kenji, "try_old") == 302

    page = kenji.get(address()).content.decode()
    assert "The old value: <bdi>Refused</bdi>" in page
    assert Rotation.objects.get().ended == AuditRecord.objects.get(action="rotation.end").sequence
    run = kenji.get(address()).context["standing"].run
    assert [(entry.record.actor, entry.record.action, entry.outcome) for entry in run] == [
        ("hana", "rotation.begin", "done"),
        ("hana", "secret.try", "done"),
        ("hana", "secret.save", "done"),
        ("kenji", "rotation.arrived", "done"),
        ("kenji", "secret.try", "done"),
        ("kenji", "secret.try", "done"),
        ("kenji", "rotation.end", "done"),
    ]
    assert json.loads(run[2].record.details)["rotation"] == number
    assert {entry.record.version_id for entry in run[4:]} == {base}
    assert github.log[-1] == f"GET /user Bearer {old}"


def test_a_key_of_our_own_is_generated_and_its_revocation_is_somebody_s_word(
    estate: Estate, hana: Client
) -> None:
    number, old = begin(hana, OWN), estate.values("dev", "api-keys")[OWN]
    assert "Generate a token" in hana.get(address(OWN)).content.decode()
    assert save(hana, estate, number, OWN, "generate", "").json() == {"saved": address(OWN)}
    assert estate.values("dev", "api-keys")[OWN] != old
    act(hana, "arrived", OWN, reason="deployed")
    assert step_of(hana, OWN) == "revoke"
    assert act(hana, "try_old", OWN) == 400
    assert act(hana, "revoked", OWN) == 400
    assert act(hana, "revoked", OWN, reason="the API has forgotten it") == 302
    end = AuditRecord.objects.get(action="rotation.end")
    assert (end.reason, json.loads(end.details)["old value"]) == (
        "the API has forgotten it",
        "said to be revoked",
    )
    assert "said to be revoked" in hana.get(address(OWN)).content.decode()


def test_a_value_that_has_arrived_takes_no_word_and_one_that_has_not_yet_takes_one(
    estate: Estate, hana: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival, "UNDER_WAY", timedelta(0))
    # The function was made with the estate, and has not changed since any line.
    monkeypatch.setattr(rollout, "ENDED_WITHIN", timedelta(days=1))

    def report(ago: float) -> None:
        version = current_version(estate, "dev", "api-keys")
        write_line(estate["dev"], "a", loader_line({SECRET: version}), ago)

    number = begin(hana, OWN)
    report(10)
    save(hana, estate, number, OWN, "generate", "")
    assert "Not yet" in hana.get(address(OWN)).content.decode()
    assert act(hana, "arrived", OWN) == 400
    report(0)
    page = hana.get(address(OWN)).content.decode()
    assert "Arrived" in page
    assert "Go on anyway" not in page
    assert act(hana, "arrived", OWN) == 302
    noted = AuditRecord.objects.get(action="rotation.arrived")
    assert (json.loads(noted.details)["arrived"], noted.reason) == ("yes", "")
    assert step_of(hana, OWN) == "revoke"


def test_one_rotation_of_a_key_is_open_and_one_that_is_over_can_be_followed_by_another(
    estate: Estate, hana: Client, signed_in: SignedIn
) -> None:
    kenji = signed_in("editor", "dev", name="kenji")
    first = begin(hana)
    assert begin(kenji) == first
    assert begin(kenji, OWN) != first
    assert act(kenji, "give_up") == 400
    assert act(kenji, "give_up", reason="the token is needed today") == 302
    page = hana.get(address()).content.decode()
    assert "Given up" in page
    assert "the token is needed today" in page
    assert act(hana, "give_up", reason="again") == 409
    assert save(hana, estate, first, TOKEN, "set", "x").status_code == 409
    second = begin(hana)
    assert second != first
    assert f"number={first}" in hana.get(address()).content.decode()
    assert "Given up" in hana.get(f"{address()}&number={first}").content.decode()


def test_an_edit_of_a_rotation_sets_its_key_and_nothing_else(estate: Estate, hana: Client) -> None:
    number, before = begin(hana), estate.values("dev", "api-keys")
    for row in ((OWN, "set", "x" * 40), (TOKEN, "remove", "")):
        answer = save(hana, estate, number, *row)
        assert (answer.status_code, estate.values("dev", "api-keys")) == (400, before)
    assert save(hana, estate, number + 1, TOKEN, "set", "x").status_code == 409
    for path in ("rotation=x", "rotation="):
        assert hana.get(f"/dev/edit/{SECRET}?{path}").status_code == 400


@pytest.mark.parametrize("where", ["in AWS", "here"])
def test_a_value_that_was_saved_in_another_way_is_told_and_the_rotation_goes_on_with_it(
    estate: Estate, hana: Client, github: GitHub, where: str
) -> None:
    new = github.make_token()
    begin(hana)
    put(estate, **{OWN: "x" * 40})  # another key
    assert step_of(hana) == "get"
    if where == "in AWS":
        put(estate, **{TOKEN: new})
    else:
        save_key(hana, estate, "dev", "api-keys", TOKEN, new)
    page = hana.get(address())
    assert page.context["standing"].is_from_elsewhere
    assert "in another way than by this rotation" in page.content.decode()
    assert step_of(hana) == "arrive"


def test_an_old_value_that_is_current_again_is_told_before_and_after_the_end(
    estate: Estate, hana: Client, github: GitHub
) -> None:
    number, old = begin(hana), estate.values("dev", "api-keys")[TOKEN]
    save(hana, estate, number, TOKEN, "set", github.make_token())
    act(hana, "arrived", reason="deployed")
    put(estate, **{TOKEN: old})
    assert "The old value is current again." in hana.get(address()).content.decode()
    assert step_of(hana) == "get"
    save(hana, estate, number, TOKEN, "set", github.make_token())
    assert step_of(hana) == "arrive"  # the other value had arrived, not this one
    act(hana, "arrived", reason="deployed again")
    act(hana, "try_old")
    assert "The old value is current again." not in hana.get(address()).content.decode()
    put(estate, **{TOKEN: old})
    page = hana.get(address()).content.decode()
    assert "has a value that does not work" in page


def test_a_new_value_that_is_refused_keeps_the_old_one(
    estate: Estate, hana: Client, github: GitHub
) -> None:
    number, bad = begin(hana), github.make_token()
    github.tokens[bad].is_revoked = True
    save(hana, estate, number, TOKEN, "set", bad)
    assert step_of(hana) == "arrive"  # nobody has tried it
    act(hana, "try_new", version=current_version(estate, "dev", "api-keys"))
    assert step_of(hana) == "try"
    assert act(hana, "arrived", reason="deployed") == 409
    assert act(hana, "try_old") == 409
    save(hana, estate, number, TOKEN, "set", github.make_token())
    assert step_of(hana) == "arrive"


def test_nobody_s_answer_ends_no_rotation(
    dev: tuple[Estate, RecordingAws], hana: Client, github: GitHub
) -> None:
    estate, aws = dev
    github.tokens[estate.values("dev", "api-keys")[TOKEN]] = Token("miyabi-bot")
    save(hana, estate, begin(hana), TOKEN, "set", github.make_token())
    act(hana, "arrived", reason="deployed")
    assert act(hana, "try_old") == 302
    assert act(hana, "revoked", reason="deleted at GitHub") == 400
    github.wrong = "503"
    assert act(hana, "try_old") == 302
    assert step_of(hana) == "revoke"
    assert "I know that it is revoked" in hana.get(address()).content.decode()
    github.wrong = ""
    aws.break_call("GetSecretValue", "ResourceNotFoundException", "collected")
    assert act(hana, "try_old") in (404, 502)
    assert Rotation.objects.get().ended is None
    assert act(hana, "revoked", reason="deleted at GitHub") == 302


def test_a_refusal_after_which_the_console_was_cut_off_is_tried_once_more_and_ends_it(
    estate: Estate, hana: Client, github: GitHub
) -> None:
    number, base = begin(hana), current_version(estate, "dev", "api-keys")
    save(hana, estate, number, TOKEN, "set", github.make_token())
    act(hana, "arrived", reason="deployed")
    part = {"rotation": number}
    try_key(get_environment("dev"), Actor("hana"), SECRET, TOKEN, base, details=part, take=take_any)
    assert step_of(hana) == "revoke"
    page = hana.get(address()).content.decode()
    assert "Refused" in page
    assert "Still works" not in page
    act(hana, "try_old")
    assert Rotation.objects.get().ended


def test_a_proposal_waits_in_step_three_until_somebody_else_approves_it(
    make_estate: MakeEstate, signed_in: SignedIn, github: GitHub
) -> None:
    estate = make_estate(only=("dev",), dev=Rules(second_person=True))
    hana, kenji = signed_in("editor", "dev", name="hana"), signed_in("approver", name="kenji")
    number = begin(hana)
    assert save(hana, estate, number, TOKEN, "set", github.make_token()).json() == {
        "saved": address()
    }
    assert step_of(hana) == "save"
    kenji.post(f"/dev/changes/{last_proposal()}", {"decision": "reject", "reason": "not now"})
    assert step_of(hana) == "get"
    save(hana, estate, number, TOKEN, "set", github.make_token())
    put(estate, **{OWN: "x" * 40})
    hana.post(f"/dev/changes/{last_proposal()}/on-top")
    assert step_of(hana) == "save"
    kenji.post(f"/dev/changes/{last_proposal()}", {"decision": "approve"})
    page = hana.get(address())
    assert step_of(hana) == "arrive"
    assert not page.context["standing"].is_from_elsewhere
    assert page.context["standing"].run[-1].record.action == "secret.approve"


def test_who_may_not_edit_sees_the_rotation_and_has_no_button(
    estate: Estate, hana: Client, person: Callable[..., Any]
) -> None:
    begin(hana)
    viewer = client_of(person("viewer", "dev"))
    page = viewer.get(address()).content.decode()
    assert "1. Get a new value" in page
    assert 'name="do"' not in page
    assert act(viewer, "give_up", reason="x") == 403
    assert "under way" in viewer.get(f"/dev/secret/{SECRET}").content.decode()
    assert ">Rotate<" in hana.get(f"/dev/secret/{SECRET}").content.decode()


def test_with_aws_away_the_records_are_shown_and_what_is_not_known_is_said(
    estate: Estate, hana: Client, settings: Any
) -> None:
    assert hana.get(f"{address()}&number=4711").status_code == 404
    number = begin(hana)
    settings.LOCAL_AWS_ENDPOINT = "http://127.0.0.1:9"
    for path in (address(), f"{address()}&number={number}"):
        page = hana.get(path).content.decode()
        assert "which step is next are not known" in page
        assert "AWS did not answer" in page
        assert f"Everything that was done in rotation {number}" in page
        assert "1. Get a new value" not in page
    assert hana.get(address(OWN)).status_code == 503  # of which nothing is on record
    assert act(hana, "give_up", reason="later") == 302
    assert "Given up" in hana.get(address()).content.decode()
    assert "There is no rotation 4711" in hana.get(f"{address()}&number=4711").content.decode()


def test_rotations_under_way_are_listed_among_what_is_due(
    estate: Estate, hana: Client, signed_in: SignedIn
) -> None:
    assert "Rotations under way" not in hana.get("/dev/due").content.decode()
    begin(hana)
    page = signed_in("viewer", "dev", name="vera").get("/due").content.decode()
    assert "Rotations under way" in page
    assert f'/dev/rotate/{SECRET}?key={TOKEN}"' in page
    assert "Rotations under way" not in signed_in("viewer", "prod").get("/due").content.decode()
    act(hana, "give_up", reason="later")
    assert "Rotations under way" not in hana.get("/dev/due").content.decode()


def test_a_secret_that_is_to_be_deleted_says_so_in_its_rotation(
    estate: Estate, hana: Client
) -> None:
    begin(hana)
    client = estate["dev"].clients.secretsmanager
    client.delete_secret(SecretId=SECRET)
    page = hana.get(address()).content.decode()
    assert "The secret is scheduled for deletion." in page
    assert "Whether the value has changed is not known." not in page
    client.restore_secret(SecretId=SECRET)
    assert step_of(hana) == "get"


@pytest.mark.parametrize(
    ("query", "form", "status"),
    [
        ("?key=NOT_THERE", {"do": "begin"}, 400),
        ("?key=OAUTH_ISSUER", {"do": "give_up", "reason": "x"}, 409),
        ("", {"do": "begin"}, 302),
        (f"?key={TOKEN}", {"do": "what"}, 400),
        (f"?key={'x' * 300}", {"do": "begin"}, 302),
        (f"?key={TOKEN}&number=-1", {"do": "begin"}, 302),
    ],
    ids=str,
)
def test_what_cannot_be_rotated_is_refused(
    estate: Estate, hana: Client, query: str, form: dict[str, str], status: int
) -> None:
    assert hana.post(f"/dev/rotate/{SECRET}{query}", form).status_code == status
    assert not Rotation.objects.exists()


def test_s01_no_value_of_a_rotation_is_anywhere_but_in_aws_and_at_github(
    estate: Estate, github: GitHub, hana: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    old, new = github.make_token(), github.make_token()
    put(estate, **{TOKEN: old})
    number = begin(hana)
    texts: list[tuple[str, Any]] = []
    url = f"{edit_url('dev', 'api-keys')}?rotation={number}"
    for step in ("review", "try", "save"):
        form = key_form(current_version(estate, "dev", "api-keys"), (TOKEN, "set", new), step=step)
        answer = hana.post(url, form | {"row": "form-0"}, **JSON)
        assert answer.status_code == 200
        texts.append((step, whole(answer)))
    for do in ("arrived", "try_old", "revoked", "try_old"):
        texts.append((do, whole(hana.post(address(), {"do": do, "reason": "r"}))))
        texts.append(("page", whole(hana.get(address()))))
        github.tokens[old].is_revoked = do == "revoked"
    texts += [("log", caplog.text), ("audit", whole(hana.get("/audit"))), *database_dump()]
    assert Rotation.objects.get().ended
    assert leaks_in(old[4:], texts) + leaks_in(new[4:], texts) == []
    assert old in "".join(github.log)
