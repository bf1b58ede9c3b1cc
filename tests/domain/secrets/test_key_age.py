"""How old a key's value is, told by the versions that hold the same fingerprint."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from secrets_ui.domain.secrets.facts import KeyFacts, VersionFacts
from secrets_ui.domain.secrets.key_age import KeyAge, key_age
from secrets_ui.domain.secrets.secret import SecretVersion

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CREATED = NOW - timedelta(days=300)


def at(days: int) -> datetime:
    return NOW - timedelta(days=days)


VERSIONS = [
    SecretVersion("v3", created=at(10)),
    SecretVersion("v1", created=CREATED),
    SecretVersion("v2", created=at(100)),
]


def facts(**fingerprints: str) -> dict[str, VersionFacts]:
    return {v: VersionFacts(v, "object", (KeyFacts("TOKEN", f),)) for v, f in fingerprints.items()}


def age(known: dict[str, VersionFacts], versions: list[SecretVersion] = VERSIONS) -> KeyAge | None:
    return key_age("TOKEN", "v3", versions, known, CREATED)


def test_a_value_is_as_old_as_the_oldest_version_in_a_row_that_holds_it() -> None:
    assert age(facts(v1="a", v2="b", v3="b")) == KeyAge(at(100), True, CREATED)
    assert age(facts(v1="a", v2="b", v3="c")) == KeyAge(at(10), True, CREATED)
    assert age(facts(v1="b", v2="a", v3="b")) == KeyAge(at(10), True, CREATED)
    assert age(facts(v1="a", v2="a", v3="a")) == KeyAge(CREATED, True, CREATED)


def test_where_nobody_looked_at_an_earlier_version_it_is_at_least_so_old() -> None:
    assert age(facts(v3="a")) == KeyAge(at(10), False, CREATED)
    assert age(facts(v2="a", v3="a")) == KeyAge(at(100), False, CREATED)


def test_where_aws_has_collected_the_first_versions_it_is_at_least_so_old() -> None:
    assert age(facts(v2="a", v3="a"), VERSIONS[:1] + VERSIONS[2:]) == KeyAge(
        at(100), False, CREATED
    )


def test_a_key_that_an_earlier_version_lacks_was_set_after_it() -> None:
    known = facts(v3="a") | {"v2": VersionFacts("v2", "object")}
    assert age(known) == KeyAge(at(10), True, CREATED)


def test_without_the_current_version_there_is_no_age() -> None:
    assert age(facts(v2="a")) is None
    assert key_age("OTHER", "v3", VERSIONS, facts(v3="a"), CREATED) is None
