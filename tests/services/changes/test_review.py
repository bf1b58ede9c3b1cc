"""The review before a save, and what a conflict is told as: masked, key by key, with who and
when."""

import json

import pytest

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.errors import InvalidDocument, NothingChanged
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.review import explain_conflict, review_edit
from testkit.aws_proxy import AwsProxy
from tests.processes.outside import Aws
from tests.services.saving import HANA, KENJI, save

pytestmark = pytest.mark.django_db


def edit_of(secret: str, base: str, **values: str | None) -> Edit:
    return Edit(
        secret,
        base,
        tuple(
            Change(key, None if text is None else SecretValue(text)) for key, text in values.items()
        ),
    )


def test_a_review_shows_what_changes_masked_and_writes_nothing(
    dev: Aws, canary: str, proxy: AwsProxy
) -> None:
    secret, base = dev.make_secret(json.dumps({"A": canary, "B": "2", "C": "3"}))
    review = review_edit(
        dev.environment, HANA, edit_of(secret, base, A=f"{canary}-new", B=None, D="4")
    )

    assert [row.key for row in review.rows] == ["A", "B", "D"]
    assert [row.before == "not there" for row in review.rows] == [False, False, True]
    assert (review.rows[1].after, review.staying) == ("removed", 1)
    assert canary not in repr(review)
    assert dev.labels(secret) == {base: ["AWSCURRENT"]}
    assert not AuditRecord.objects.exclude(action="value.read").exists()
    assert set(proxy.calls) == {"DescribeSecret", "GetSecretValue"}


def test_a_review_of_the_same_values_says_that_nothing_changes(dev: Aws) -> None:
    secret, base = dev.make_secret()
    with pytest.raises(NothingChanged):
        review_edit(dev.environment, HANA, edit_of(secret, base, A="1"))


def test_a_review_of_a_document_that_cannot_be_read_says_where(dev: Aws) -> None:
    secret, base = dev.make_secret()
    with pytest.raises(InvalidDocument) as caught:
        review_edit(
            dev.environment, HANA, Edit(secret, base, document=SecretValue('{"A": "1",\n "B" 2}'))
        )
    assert (caught.value.line, caught.value.column) == (2, 6)


def test_a_review_of_an_old_version_is_a_conflict(dev: Aws) -> None:
    secret, base = dev.make_secret()
    dev.put(secret, "{}")
    with pytest.raises(VersionConflict):
        review_edit(dev.environment, HANA, edit_of(secret, base, A="x"))


def test_s63_a_conflict_names_who_was_first_and_shows_base_theirs_and_yours_masked(
    dev: Aws, canary: str
) -> None:
    secret, base = dev.make_secret(json.dumps({"A": canary, "B": "2", "C": "3"}))
    theirs = save(dev, secret, base, actor=KENJI, A=f"{canary}-theirs")
    result = explain_conflict(
        dev.environment, HANA, edit_of(secret, base, A=f"{canary}-yours", B="new")
    )

    assert (result.author.name, result.author.sequence, result.current) == (
        "kenji",
        theirs.sequence,
        theirs.version_id,
    )
    assert result.made
    rows = {row.key: row for row in result.rows}
    assert set(rows) == {"A", "B"}
    assert len({rows["A"].base, rows["A"].theirs, rows["A"].yours}) == 3
    assert rows["B"].base == rows["B"].theirs != rows["B"].yours
    assert (rows["A"].overlaps, rows["B"].overlaps, result.can_apply) == (True, False, False)
    assert canary not in repr(result)


def test_s63_changes_of_different_keys_can_go_on_top_of_each_other(dev: Aws) -> None:
    secret, base = dev.make_secret()
    save(dev, secret, base, actor=KENJI, A="theirs")
    yours = edit_of(secret, base, B="yours")
    result = explain_conflict(dev.environment, HANA, yours)

    assert result.can_apply
    save(dev, secret, result.current, B="yours")
    assert dev.values(secret) == {"A": "theirs", "B": "yours"}


def test_s63_a_version_made_outside_the_console_has_no_author(dev: Aws) -> None:
    secret, base = dev.make_secret()
    current = dev.put(secret, '{"A": "outside", "B": "2"}')
    result = explain_conflict(dev.environment, HANA, edit_of(secret, base, A="mine"))
    assert (result.author, result.current, result.can_apply) == (None, current, False)


def test_s63_a_base_that_aws_has_collected_counts_as_overlapping(proxy: AwsProxy, dev: Aws) -> None:
    secret, _ = dev.make_secret()
    result = explain_conflict(dev.environment, HANA, edit_of(secret, "0" * 32, A="mine"))
    assert [row.key for row in result.rows if row.overlaps] == ["A"]
    assert not result.can_apply
