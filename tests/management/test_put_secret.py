"""manage.py put_secret: the edit page's rules, record and compare-and-swap, from a shell."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secrets_ui.domain.environment import Rules
from secrets_ui.domain.secrets.secret_value import MASK, MAX_BYTES
from secrets_ui.models import AuditRecord
from testkit.canary import leaks, make_canary, make_plain_canary
from testkit.posting import current_version
from tests.conftest import Estate, MakeEstate, Watched
from tests.management.shell import Ended, Shell

pytestmark = pytest.mark.django_db
Put = Callable[..., Ended]
IN_PROD = ("--reason", "OPS-1: a test", "--confirm", "miyabi/prod/config")


@pytest.fixture
def put(shell: Shell, editor: str) -> Put:
    """In dev's config, unless told otherwise."""

    def run(
        *arguments: str, stdin: bytes = b"", environment: str = "dev", secret: str = "config"
    ) -> Ended:
        return shell.run("put_secret", environment, secret, *arguments, name=editor, stdin=stdin)

    return run


def values(estate: Estate, environment: str = "dev", secret: str = "config") -> dict[str, Any]:
    return estate.values(environment, secret)


def writes() -> list[tuple[str, str, str]]:
    rows = AuditRecord.objects.exclude(action="value.read").order_by("sequence")
    return list(rows.values_list("action", "phase", "outcome"))


ENV_FILE = b"""# of a developer
export MIYABI_ROOT="/srv/miyabi"
NEW='two
lines'
EMPTY=
"""


@pytest.mark.parametrize("source", ["-", "@FILE"])
def test_a_env_is_taken_key_by_key_and_what_is_not_in_it_stays(
    dev: Estate, put: Put, tmp_path: Path, source: str
) -> None:
    before = values(dev)
    (tmp_path / "FILE").write_bytes(ENV_FILE)
    source = source.replace("@", f"@{tmp_path}/")
    ended = put("--env-file", source, "--remove", "BASE_URL", stdin=ENV_FILE)
    assert ended.status == 0, ended.err
    expected = before | {"MIYABI_ROOT": "/srv/miyabi", "NEW": "two\nlines"}
    del expected["BASE_URL"]
    assert values(dev) == expected
    assert "Left out: EMPTY is empty." in ended.err


REFUSED_FILES: list[tuple[bytes, tuple[str, ...], int, str]] = [
    (b"A=1\nhunter2\n", (), 1, "Line 2: KEY=value is expected"),
    (b'{"A": ["hunter2"]}', (), 1, "A holds a list, and a variable holds text."),
    (b"PATH=hunter2\n", (), 1, "PATH is a variable that Lambda"),
    (b"A=\n", (), 1, "No key with a value came in by --env-file."),
    (b"\xff\xfe=hunter2", (), 1, "is not UTF-8 text"),
    (b"A=hunter2\n", ("--remove", "A"), 2, "A is asked for twice."),
    (b"A=hunter2\n", ("B=-",), 2, "KEY=- cannot stand beside it."),
    (b"A=hunter2\n", ("--document", "-"), 2, "--document replaces everything"),
    (b"hunter2" * 10_000, (), 1, "is too long"),
]


def test_a_env_that_cannot_be_is_refused_without_its_text(dev: Estate, put: Put) -> None:
    before = values(dev)
    for content, arguments, status, text in REFUSED_FILES:
        ended = put("--env-file", "-", *arguments, stdin=content)
        assert (ended.status, values(dev)) == (status, before), text
        assert text in ended.err
        assert "hunter2" not in ended.out + ended.err


def test_it_saves_one_key_and_leaves_the_others(dev: Estate, put: Put) -> None:
    before = values(dev)
    ended = put("MIYABI_ROOT=-", "--json", stdin=b"/srv/miyabi")
    assert ended.status == 0, ended.err
    assert values(dev) == before | {"MIYABI_ROOT": "/srv/miyabi"}
    assert ended.json["version_id"] == current_version(dev, "dev", "config")
    assert (ended.json["changed"], ended.json["proposal"]) == (["MIYABI_ROOT"], False)


def test_the_record_is_the_page_s_and_its_hash_is_the_version(dev: Estate, put: Put) -> None:
    ended = put("MIYABI_ROOT=-", "--reason", "OPS-7", "--json", stdin=b"/srv/miyabi")
    assert writes() == [("secret.save", "intent", ""), ("secret.save", "outcome", "done")]
    intent = AuditRecord.objects.get(sequence=ended.json["audit_record"])
    assert (intent.hash, intent.actor, intent.reason, intent.keys) == (
        ended.json["version_id"],
        "hana",
        "OPS-7",
        '["MIYABI_ROOT"]',
    )


def test_options_may_stand_anywhere(dev: Estate, put: Put) -> None:
    assert put("--reason", "r", "MIYABI_ROOT=-", stdin=b"/a").status == 0
    assert put("--remove", "MIYABI_ROOT", "NEW=-", "--reason", "r", stdin=b"new").status == 0
    assert values(dev)["NEW"] == "new"
    assert "MIYABI_ROOT" not in values(dev)


def test_several_things_in_one_version(dev: Estate, put: Put, tmp_path: Path) -> None:
    (tmp_path / "value").write_bytes(b"from a file")
    ended = put(
        "ONE=-",
        f"TWO=@{tmp_path / 'value'}",
        "--generate",
        "THREE",
        "--empty",
        "FOUR",
        "--json",
        stdin=b"piped",
    )
    assert ended.status == 0, ended.err
    found = values(dev)
    assert (found["ONE"], found["TWO"], found["FOUR"]) == ("piped", "from a file", "")
    assert len(found["THREE"]) == 43
    assert found["THREE"] not in ended.out + ended.err
    assert ended.json["changed"] == ["ONE", "TWO", "FOUR", "THREE"]


def test_s64_a_piped_value_is_stored_byte_for_byte(dev: Estate, put: Put) -> None:
    odd = (
        " blanks ",
        "tab\t",
        "a\nb",
        "a\r\nb",
        "快適🍵",
        '{"json": "inside"}',
        "\\n",
        "'quoted\"",
    )
    for number, value in enumerate(odd):
        assert put(f"KEY{number}=-", stdin=value.encode()).status == 0
    found = values(dev)
    assert [found[f"KEY{number}"] for number in range(len(odd))] == list(odd)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_s64_a_last_line_break_is_neither_stored_nor_dropped_without_a_word(
    dev: Estate, put: Put, ending: str
) -> None:
    before = dev.value("dev", "config")
    asked = put("NEW=-", stdin=f"value{ending}".encode())
    assert asked.status == 1
    assert "--newline strip" in asked.err
    assert dev.value("dev", "config") == before
    assert put("NEW=-", "--newline", "strip", stdin=f"value{ending}".encode()).status == 0
    assert values(dev)["NEW"] == "value"
    kept = put("NEW=-", "--newline", "keep", stdin=f"value{ending}".encode())
    assert kept.status == 0
    assert "Warning: NEW ends in a line break." in kept.err
    assert values(dev)["NEW"] == f"value{ending}"


def test_only_one_line_break_is_left_off(dev: Estate, put: Put) -> None:
    assert put("NEW=-", "--newline", "strip", stdin=b"a\n\n").status == 0
    assert values(dev)["NEW"] == "a\n"


def test_what_cannot_be_a_value_is_refused_and_nothing_changes(dev: Estate, put: Put) -> None:
    before = dev.value("dev", "config")
    for stdin, words in (
        (b"", "No value came in for NEW."),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"\xef\xbb\xbfvalue", "starts with a byte order mark"),
        (b"x" * (MAX_BYTES + 1), "is too long"),
        ("😀".encode() * (MAX_BYTES // 4 + 1), "is too long"),
    ):
        ended = put("NEW=-", stdin=stdin)
        assert (ended.status, ended.out) == (1, "")
        assert words in ended.err
    assert dev.value("dev", "config") == before


def test_a_value_that_cannot_be_right_is_refused_by_the_page_s_rules(dev: Estate, put: Put) -> None:
    ended = put("GITHUB_TOKEN=-", secret="api-keys", stdin=b"ghp_" + b"0" * 36)
    assert ended.status == 1
    assert "its checksum is wrong" in ended.err
    assert writes() == []


WRONG = {
    "a value as an argument": ("MIYABI_ROOT={canary}",),
    "a value without a key": ("{canary}",),
    "a key without a value": ("=-",),
    "an empty file name": ("NEW=@",),
    "standard input twice": ("A=-", "B=-"),
    "a key twice": ("NEW=-", "--remove", "NEW"),
    "nothing at all": (),
    "a document and a key": ("NEW=-", "--document", "-"),
    "a document from an argument": ("--document", '{{"A": "{canary}"}}'),
    "text without a document": ("NEW=-", "--as-text"),
    "a version that is none": ("NEW=-", "--if-version", "not a version!"),
    "too long a reason": ("NEW=-", "--reason", "r" * 501),
}


@pytest.mark.parametrize("case", WRONG)
def test_s07_a_wrong_call_is_told_without_any_part_of_a_value(put: Put, case: str) -> None:
    """AWS is away here, and would be told of if it were asked."""
    canary = make_plain_canary()
    ended = put(
        *(
            argument.replace("{canary}", canary).replace("{{", "{").replace("}}", "}")
            for argument in WRONG[case]
        ),
        stdin=canary.encode(),
    )
    assert (ended.status, ended.out) == (2, "")
    assert leaks(canary, ended.err) == []
    assert writes() == []


def test_a_file_that_is_not_there_is_a_wrong_call(dev: Estate, put: Put) -> None:
    ended = put("NEW=@/nonexistent/file")
    assert (ended.status, ended.out) == (2, "")
    assert "/nonexistent/file: cannot be read (No such file or directory)." in ended.err


def test_a_value_as_an_argument_is_said_to_be_known_to_the_shell_now(put: Put) -> None:
    assert "in the shell's history now: replace it" in put("MIYABI_ROOT=/x").err


def test_s66_prod_asks_for_a_reason_and_the_typed_name(make_estate: MakeEstate, put: Put) -> None:
    estate = make_estate(only=("prod",))
    before = estate.value("prod", "config")
    for arguments, words in (
        ((), "Say it with --reason."),
        (IN_PROD[:2], "Say it with --confirm."),
        ((*IN_PROD[:3], "miyabi/prod/api-keys"), "Say it with --confirm."),
        ((*IN_PROD[:3], "config"), "Say it with --confirm."),
    ):
        ended = put("MIYABI_ROOT=-", *arguments, environment="prod", stdin=b"/x")
        assert ended.status == 1
        assert words in ended.err
    assert estate.value("prod", "config") == before
    assert put("MIYABI_ROOT=-", *IN_PROD, environment="prod", stdin=b"/x").status == 0


def test_a_second_person_environment_makes_a_proposal(make_estate: MakeEstate, put: Put) -> None:
    estate = make_estate(only=("staging",), staging=Rules(second_person=True))
    before = estate.value("staging", "config")
    ended = put("MIYABI_ROOT=-", "--json", environment="staging", stdin=b"/x")
    assert (ended.status, ended.json["proposal"]) == (0, True)
    assert estate.value("staging", "config") == before
    assert writes() == [("secret.propose", "intent", ""), ("secret.propose", "outcome", "done")]


def test_a_dry_run_shows_the_review_and_writes_nothing(watched: Watched, put: Put) -> None:
    estate, aws = watched(only=("dev",))
    before = estate.value("dev", "config")
    ended = put("MIYABI_ROOT=-", "--remove", "MIYABI_LOG_LEVEL", "--dry-run", "--json", stdin=b"/y")
    assert ended.status == 0, ended.err
    row = next(row for row in ended.json["rows"] if row["key"] == "MIYABI_ROOT")
    assert row["before"].startswith(MASK)
    assert row["after"].startswith(MASK)
    assert row["before"] != row["after"]
    assert estate.value("dev", "config") == before
    assert not {"PutSecretValue", "UpdateSecretVersionStage"} & set(aws.operations())
    assert writes() == []


@pytest.mark.parametrize(
    ("stdin", "key"),
    [(b"ghp_nonsense", "GITHUB_TOKEN"), (b"ftp://issuer.miyabi-world.com", "OAUTH_ISSUER")],
)
def test_a_dry_run_says_what_would_be_refused(
    dev: Estate, put: Put, stdin: bytes, key: str
) -> None:
    ended = put(f"{key}=-", "--dry-run", secret="api-keys", stdin=stdin)
    assert ended.status == 1
    assert "ERROR: " in ended.out
    assert "It would be refused:" in ended.err


def test_the_same_value_again_changes_nothing_and_is_no_failure(dev: Estate, put: Put) -> None:
    assert put("MIYABI_ROOT=-", stdin=b"/same").status == 0
    version = current_version(dev, "dev", "config")
    ended = put("MIYABI_ROOT=-", "--json", stdin=b"/same")
    assert (ended.status, ended.json) == (
        0,
        {"secret": "miyabi/dev/config", "version_id": version, "changed": []},
    )
    assert current_version(dev, "dev", "config") == version


def test_s63_a_version_that_is_no_longer_current_is_a_conflict_that_shows_all_three(
    dev: Estate, put: Put
) -> None:
    seen = current_version(dev, "dev", "config")
    theirs = values(dev) | {"MIYABI_ROOT": "/theirs"}
    dev["dev"].clients.secretsmanager.put_secret_value(
        SecretId="miyabi/dev/config", SecretString=json.dumps(theirs)
    )
    ended = put("MIYABI_ROOT=-", "--if-version", seen, stdin=b"/mine")
    assert ended.status == 3
    assert values(dev) == theirs
    for piece in (
        "Somebody else changed this secret first",
        "somebody outside this console",
        "THEIRS",
        "MIYABI_ROOT",
    ):
        assert piece in ended.err


def test_s69_too_many_changes_are_refused(dev: Estate, put: Put, settings: Any) -> None:
    settings.WRITES_PER_MINUTE = 2
    statuses = [put("MIYABI_ROOT=-", stdin=f"/{number}".encode()).status for number in range(3)]
    assert statuses == [0, 0, 1]
    assert values(dev)["MIYABI_ROOT"] == "/1"
    assert ("rate.limited", "event", "refused") in writes()


def test_s67_a_secret_that_is_scheduled_for_deletion_is_refused(dev: Estate, put: Put) -> None:
    dev["dev"].clients.secretsmanager.delete_secret(SecretId="miyabi/dev/config")
    ended = put("MIYABI_ROOT=-", stdin=b"/x")
    assert ended.status == 1
    assert "scheduled for deletion" in ended.err


def test_s60_without_a_record_there_is_no_write(
    watched: Watched, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from secrets_ui.services.audit import writing

    _, aws = watched(only=("dev",))

    def full(fields: Any) -> Any:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(writing, "_insert", full)
    ended = put("MIYABI_ROOT=-", stdin=b"/x")
    assert ended.status == 4
    assert "The audit log cannot be written" in ended.err
    assert not {"GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"} & set(
        aws.operations()
    )


def test_a_lost_reply_is_not_known_and_says_so(watched: Watched, put: Put) -> None:
    _, aws = watched(only=("dev",))
    aws.drop_call("UpdateSecretVersionStage")
    ended = put("MIYABI_ROOT=-", stdin=b"/x")
    assert ended.status == 5
    assert "It is not known whether the change took effect" in ended.err


def test_a_refusal_of_aws_is_told_with_code_request_id_and_permission(
    watched: Watched, put: Put
) -> None:
    _, aws = watched(only=("dev",))
    aws.break_call("PutSecretValue", "AccessDeniedException", "User is not authorized")
    ended = put("MIYABI_ROOT=-", stdin=b"/x")
    assert ended.status == 4
    for piece in (
        "AccessDeniedException",
        "broken-by-a-test",
        "Allow secretsmanager:PutSecretValue",
    ):
        assert piece in ended.err


def test_a_whole_document_keeps_its_bytes(dev: Estate, put: Put) -> None:
    text = '{ "B": "1",\n  "A": 1.10 }\n'
    ended = put("--document", "-", "--json", stdin=text.encode())
    assert ended.status == 0, ended.err
    assert dev.value("dev", "config") == text


def test_a_document_that_is_no_object_asks_for_as_text(
    dev: Estate, put: Put, tmp_path: Path
) -> None:
    source = tmp_path / "notes"
    source.write_bytes(b"just text")
    refused = put("--document", f"@{source}")
    assert refused.status == 1
    assert put("--document", f"@{source}", "--as-text").status == 0
    assert dev.value("dev", "config") == "just text"


def test_s02_a_typed_value_is_in_no_output_and_no_record(
    dev: Estate, put: Put, caplog: pytest.LogCaptureFixture
) -> None:
    canary = make_canary()
    with caplog.at_level("DEBUG"):
        ends = [
            put("NEW=-", "--dry-run", stdin=canary.encode()),
            put("NEW=-", stdin=canary.encode()),
            put("NEW=-", stdin=canary.encode() + b"\n"),
            put("OAUTH_ISSUER=-", secret="api-keys", stdin=canary.encode()),
            put("NEW=-", "--if-version", "a" * 32, stdin=canary.encode() + b"x"),
        ]
    assert [ended.status for ended in ends] == [0, 0, 1, 1, 3]
    result = "".join(ended.out + ended.err for ended in ends) + caplog.text
    rows = "".join(str(list(model.objects.values_list())) for model in (AuditRecord,))
    assert leaks(canary, result + rows) == []


def test_at_a_terminal_the_value_is_typed_twice(
    dev: Estate, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["/typed", "/typed", "/one", "/other"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    monkeypatch.setattr("tests.management.shell.Input.isatty", lambda self: True)
    assert put("MIYABI_ROOT=-").status == 0
    assert values(dev)["MIYABI_ROOT"] == "/typed"
    ended = put("MIYABI_ROOT=-")
    assert ended.status == 1
    assert "do not match" in ended.err


def test_a_terminal_that_would_show_the_value_is_refused(
    dev: Estate, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    import getpass
    import warnings

    def shows(prompt: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=1)
        return "shown"

    monkeypatch.setattr("getpass.getpass", shows)
    monkeypatch.setattr("tests.management.shell.Input.isatty", lambda self: True)
    ended = put("MIYABI_ROOT=-")
    assert ended.status == 2
    assert "would show what is typed" in ended.err


def test_a_key_that_the_catalogue_does_not_know_is_told_as_on_the_page(
    dev: Estate, put: Put
) -> None:
    ended = put("GITHUB_TOKN=-", stdin=b"x", secret="api-keys")
    assert ended.status == 0, ended.err
    assert "Warning: GITHUB_TOKN is not in the catalogue." in ended.err


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("GOOD ", "is no name for a variable: letters, digits and underscores"),
        ("my-key", "is no name for a variable"),
        ("LD_LIBRARY_PATH", "which no secret may set"),
    ],
)
@pytest.mark.parametrize("how", ["value", "generate"])
def test_a_key_that_the_lambda_could_not_load_is_refused_in_the_loader_s_words(
    dev: Estate, put: Put, key: str, words: str, how: str
) -> None:
    before = values(dev)
    asked = (f"{key}=-",) if how == "value" else ("--generate", key)
    ended = put(*asked, stdin=b"x")
    assert ended.status == 1
    assert words in ended.err
    assert values(dev) == before
