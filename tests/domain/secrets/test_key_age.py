"""How old a key's value is, told by the versions that hold the same fingerprint."""

from datetime import UTC, datetime, timedelta

import pytest

from secrets_ui.domain.secrets.facts import KeyFacts, VersionFacts
from secrets_ui.domain.secrets.key_age import KeyAge, Making, key_age
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
    assert age(facts(v1="a", v2="b", v3="b")) == KeyAge(at(100), True, CREATED, "v2")
    assert age(facts(v1="a", v2="b", v3="c")) == KeyAge(at(10), True, CREATED, "v3")
    assert age(facts(v1="b", v2="a", v3="b")) == KeyAge(at(10), True, CREATED, "v3")
    assert age(facts(v1="a", v2="a", v3="a")) == KeyAge(CREATED, True, CREATED, "v1")


def test_where_nobody_looked_at_an_earlier_version_it_is_at_least_so_old() -> None:
    assert age(facts(v3="a")) == KeyAge(at(10), False, CREATED, "v3")
    assert age(facts(v2="a", v3="a")) == KeyAge(at(100), False, CREATED, "v2")


def test_where_aws_has_collected_the_first_versions_it_is_at_least_so_old() -> None:
    assert age(facts(v2="a", v3="a"), VERSIONS[:1] + VERSIONS[2:]) == KeyAge(
        at(100), False, CREATED, "v2"
    )


def test_a_key_that_an_earlier_version_lacks_was_set_after_it() -> None:
    known = facts(v3="a") | {"v2": VersionFacts("v2", "object")}
    assert age(known) == KeyAge(at(10), True, CREATED, "v3")


def test_without_the_current_version_there_is_no_age() -> None:
    assert age(facts(v2="a")) is None
    assert key_age("OTHER", "v3", VERSIONS, facts(v3="a"), CREATED) is None


def made(base: str, *keys: str) -> Making:
    return Making(base, frozenset(keys))


@pytest.mark.parametrize(
    ("makings", "expected"),
    [
        # The record names the key, so that no earlier version need be looked at.
        ({"v3": made("v2", "TOKEN")}, ("v3", True)),
        # It names others, so that this one is as old as the version that it came from.
        ({"v3": made("v2", "OTHER"), "v2": made("v1", "TOKEN")}, ("v2", True)),
        ({"v3": made("v2", "OTHER"), "v2": made("v1", "OTHER")}, ("v1", True)),
        ({"v3": made("v2", "OTHER")}, ("v2", False)),
        # What lies between, such as a proposal that was rejected, is not what it came from.
        ({"v3": made("v1", "OTHER")}, ("v1", True)),
        # AWS has the version that it came from no more.
        ({"v3": made("v0", "OTHER")}, ("v3", False)),
    ],
)
def test_records_tell_where_nobody_looked_at_an_earlier_version(
    makings: dict[str, Making], expected: tuple[str, bool]
) -> None:
    found = key_age("TOKEN", "v3", VERSIONS, facts(v3="a"), CREATED, makings)
    assert found is not None
    assert (found.version, found.is_exact) == expected


def test_records_that_name_each_other_lead_nowhere() -> None:
    makings = {"v3": made("v2"), "v2": made("v3")}
    found = key_age("TOKEN", "v3", VERSIONS, facts(v3="a"), CREATED, makings)
    assert found == KeyAge(at(100), False, CREATED, "v2")
