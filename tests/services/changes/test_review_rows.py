"""What a review and a conflict say of each key, word for word."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.errors import NothingChanged
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.facts import KeyFacts
from secrets_ui.domain.secrets.secret_value import MASK, SecretValue
from secrets_ui.services.changes.review import ConflictRow, Review, explain_conflict, review_edit
from secrets_ui.services.changes.review_rows import ReviewRow, masked
from secrets_ui.services.secrets.opening import open_secret
from tests.conftest import forget_configuration
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, save

pytestmark = pytest.mark.django_db
STORED = {"TOKEN": "a" * 40, "URL": "https://a.example.jp", "NOTE": "n", "OLD": "o"}


@pytest.fixture
def catalogued(dev: Aws, settings: Any, tmp_path: Path) -> Callable[[], tuple[str, str]]:
    """Makes a secret whose keys are in the catalogue, but NOTE and OLD; its name and version."""

    def make() -> tuple[str, str]:
        secret, base = dev.make_secret(json.dumps(STORED))
        keys = {
            "TOKEN": {
                "required": True,
                "format": "token",
                "between_environments": "must_differ",
                "min_length": 16,
            },
            "URL": {"secret": False, "format": "https_url", "between_environments": "any"},
        }
        for rules in keys.values():
            rules.setdefault("description", "a key")
            rules.setdefault("secret", True)
            rules.setdefault("required", False)
        catalogue = {
            "project": "miyabi",
            "environments": ["dev", "staging", "prod"],
            "placeholders": ["^x+$"],
            "secrets": {secret.rpartition("/")[2]: {"description": "a secret", "keys": keys}},
        }
        settings.CATALOG_FILE = tmp_path / "catalog.json"
        settings.CATALOG_FILE.write_text(json.dumps(catalogue), encoding="utf-8")
        forget_configuration()
        return secret, base

    return make


def edit_of(secret: str, base: str, generate: tuple[str, ...] = (), **values: str | None) -> Edit:
    changes = tuple(
        Change(key, None if text is None else SecretValue(text)) for key, text in values.items()
    )
    return Edit(secret, base, changes, generate=generate)


def row_of(review: Review, key: str) -> ReviewRow:
    [row] = [row for row in review.rows if row.key == key]
    return row


def verdict(row: ReviewRow) -> tuple[str, str, tuple[str, ...]]:
    return row.level, row.check, row.problems


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("TOKEN", None, ("bad", "The Lambda needs this key", ())),
        ("URL", None, ("ok", "Removed", ())),
        ("OLD", None, ("ok", "Removed", ())),
        ("TOKEN", "b" * 40, ("ok", "Fine as token of 32 characters or more", ())),
        ("URL", "https://b.example.jp", ("ok", "Fine as https URL", ())),
        ("NOTE", "other", ("warn", "Is not in the catalogue", ("unexpected",))),
        ("TOKEN", "short", ("bad", "Is shorter than 32 characters", ("short_token", "too_short"))),
        ("NOTE", " blank", ("warn", "Is not in the catalogue", ("unexpected", "leading_blank"))),
        ("NOTE", "xxx", ("warn", "Is not in the catalogue", ("unexpected", "placeholder"))),
        ("NOTE", "", ("warn", "Is not in the catalogue", ("unexpected", "empty"))),
        (
            "TOKEN",
            " xxx ",
            (
                "bad",
                "Starts with a blank",
                ("leading_blank", "trailing_blank", "short_token", "too_short"),
            ),
        ),
    ],
)
def test_each_key_has_a_verdict_of_its_own(
    dev: Aws,
    catalogued: Callable[[], tuple[str, str]],
    key: str,
    value: str | None,
    expected: tuple[str, str, tuple[str, ...]],
) -> None:
    secret, base = catalogued()
    review = review_edit(dev.environment, HANA, edit_of(secret, base, **{key: value}))
    assert len(review.rows) == 1
    row = row_of(review, key)
    assert verdict(row) == expected
    assert row.before.startswith(f"{MASK} ")
    assert (row.after == "removed") is (value is None)
    assert review.staying == 3
    assert review.summary == "1 key changes, 3 stay as they are"


def test_a_token_that_is_made_on_the_server_is_shown_as_one(
    dev: Aws, catalogued: Callable[[], tuple[str, str]]
) -> None:
    secret, base = catalogued()
    review = review_edit(dev.environment, HANA, edit_of(secret, base, ("TOKEN", "NEW"), NOTE="x2"))
    made = ("ok", "Made on the server while saving", ())
    unexpected = ("warn", "Is not in the catalogue", ("unexpected",))
    for key, expected in (("TOKEN", made), ("NEW", unexpected)):
        assert verdict(row_of(review, key)) == expected
        assert row_of(review, key).after == "a new random token"
    assert row_of(review, "NEW").before == "not there"
    assert review.summary == "3 keys change, 2 stay as they are"


def test_a_value_that_another_environment_has_too_is_warned_of(
    dev: Aws, staging: Aws, catalogued: Callable[[], tuple[str, str]]
) -> None:
    secret, base = catalogued()
    twin = secret.replace("miyabi/dev/", "miyabi/staging/")
    staging.client.create_secret(Name=twin, SecretString=json.dumps({"TOKEN": "s" * 40}))
    open_secret(staging.environment, twin, HANA)

    def reviewed(value: str) -> tuple[str, str, tuple[str, ...]]:
        edit = edit_of(secret, base, TOKEN=value, NOTE="other")
        return verdict(row_of(review_edit(dev.environment, HANA, edit), "TOKEN"))

    assert reviewed("s" * 40) == ("warn", "Same as staging", ("shared",))
    assert reviewed("t" * 40)[0] == "ok"


@pytest.mark.parametrize(
    ("stored", "typed", "is_text"),
    [('{"A": "1"}', "a text", True), ("a text", '{"A": "1"}', False), ("a", "b", True)],
)
def test_a_document_that_is_no_object_on_one_side_is_compared_as_a_whole(
    dev: Aws, stored: str, typed: str, is_text: bool
) -> None:
    secret, base = dev.make_secret(stored)
    edit = Edit(secret, base, document=SecretValue(typed), is_text=is_text)
    review = review_edit(dev.environment, HANA, edit)
    assert review.rows[-1] == ReviewRow(
        "the whole document", "as stored", "as typed", "warn", "Not compared key by key"
    )


def test_a_document_that_is_an_object_on_both_sides_is_compared_key_by_key(dev: Aws) -> None:
    secret, base = dev.make_secret('{"A": "1", "B": "2"}')
    edit = Edit(secret, base, document=SecretValue('{"A": "3", "B": "2", "C": "4"}'))
    review = review_edit(dev.environment, HANA, edit)
    assert [row.key for row in review.rows] == ["A", "C"]
    assert review.summary == "2 keys change, 1 stays as it is"
    same = Edit(secret, base, document=SecretValue('{"B": "2", "A": "1"}'))
    with pytest.raises(NothingChanged) as caught:
        review_edit(dev.environment, HANA, same)
    assert str(caught.value) == (
        "Every value is the same as the stored one, so there is nothing to save."
    )


def test_a_first_document_has_nothing_before_it(dev: Aws) -> None:
    secret, _ = dev.make_secret(None)
    for document, is_text in (('{"A": "1"}', False), ("text", True)):
        edit = Edit(secret, "", document=SecretValue(document), is_text=is_text)
        review = review_edit(dev.environment, HANA, edit)
        assert (len(review.rows), review.staying) == (1, 0)
        assert (review.rows[0].key == "the whole document") is is_text


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        (None, "not there"),
        (KeyFacts("A", "f" * 64, empty=True), "empty"),
        (KeyFacts("A", ""), "a new random token"),
        (KeyFacts("A", "abcdef" * 10), None),
        (KeyFacts("A", "abcdef" * 10, placeholder=True), None),
    ],
)
def test_a_value_is_shown_as_a_mask_and_a_short_fingerprint(
    facts: KeyFacts | None, shown: str | None
) -> None:
    if shown is None:
        assert facts is not None
        shown = f"{MASK} {facts.short}" + " (placeholder)" * facts.placeholder
    assert masked(facts) == shown


def test_a_conflict_of_whole_documents_marks_the_keys_that_they_touched(dev: Aws) -> None:
    secret, base = dev.make_secret('{"A": "1", "B": "2", "C": "3"}')
    save(dev, secret, base, actor=KENJI, A="theirs", D="new")
    yours = Edit(secret, base, document=SecretValue('{"A": "1", "B": "yours", "C": "3"}'))
    told = explain_conflict(dev.environment, HANA, yours)

    rows = {row.key: row for row in told.rows}
    assert {key: row.overlaps for key, row in rows.items()} == {"A": True, "B": False, "D": True}
    a, b, d = rows["A"], rows["B"], rows["D"]
    assert a.base == a.yours != a.theirs
    assert b.base == b.theirs != b.yours
    assert d == ConflictRow("D", "not there", d.theirs, "not there", True)
    assert d.theirs.startswith(f"{MASK} ")
    assert not told.can_apply
