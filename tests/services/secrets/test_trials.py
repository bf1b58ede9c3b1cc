"""Which keys are tried, and by which values what is known of them is kept."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from secrets_ui.domain.secrets.catalog import KeySpec, SecretSpec
from secrets_ui.domain.secrets.facts import KeyFacts, VersionFacts
from secrets_ui.domain.secrets.trial import Trial, Way
from secrets_ui.domain.secrets.tried import Answer, NotKnown
from secrets_ui.models import ValueTrial
from secrets_ui.services.secrets.trials import (
    FORGET,
    Identity,
    due_keys,
    keep,
    purge_trials,
    trials_of,
)

pytestmark = pytest.mark.django_db
TRIALS = {
    "TOKEN": Trial(Way.GITHUB_TOKEN),
    "SECRET": Trial(Way.GITHUB_OAUTH_APP, "ID"),
    "TWIN": Trial(Way.SAME_AS, "TOKEN"),
    "URL": Trial(Way.HTTPS_URL),
    "ID": None,
}
SPEC = SecretSpec("api-keys", keys={key: KeySpec(key, trial=t) for key, t in TRIALS.items()})


@pytest.fixture(autouse=True)
def switched_on(settings: Any) -> None:
    settings.CREDENTIAL_CHECKS = True


def facts(**changes: Any) -> VersionFacts:
    keys = (KeyFacts(name, f"print-of-{name}"[:16]) for name in TRIALS)
    return VersionFacts("a" * 32, "object", tuple(replace(k, **changes) for k in keys))


def without(found: VersionFacts, *names: str) -> VersionFacts:
    return replace(found, keys=tuple(key for key in found.keys if key.name not in names))


def test_a_key_is_tried_where_the_catalogue_and_the_settings_say_so(settings: Any) -> None:
    assert set(trials_of(SPEC, facts())) == {"TOKEN", "SECRET", "TWIN"}
    settings.CREDENTIAL_CHECK_HOSTS = ["miyabi-world.com"]
    assert set(trials_of(SPEC, facts())) == {"TOKEN", "SECRET", "TWIN", "URL"}
    settings.CREDENTIAL_CHECKS = False
    assert trials_of(SPEC, facts()) == {}


@pytest.mark.parametrize("nothing", [None, facts(empty=True), facts(placeholder=True)])
def test_where_there_is_no_value_nothing_is_tried(nothing: VersionFacts | None) -> None:
    assert trials_of(SPEC, nothing) == {}


def test_a_key_that_is_tried_with_another_needs_it() -> None:
    assert set(trials_of(SPEC, without(facts(), "ID"))) == {"TOKEN", "TWIN"}
    assert set(trials_of(SPEC, without(facts(), "TOKEN"))) == {"SECRET"}


def test_equal_fingerprints_are_equal_values_and_nobody_is_asked() -> None:
    found = trials_of(SPEC, facts())["TWIN"]
    assert (found.verdict.level, found.verdict.hint) == ("bad", "another value than TOKEN")
    found = trials_of(SPEC, facts(fingerprint="same"))["TWIN"]
    assert (found.verdict.level, found.verdict.hint) == ("ok", "the same value as TOKEN")
    assert not found.is_askable
    assert due_keys(SPEC, facts(), timezone.now()) == ["TOKEN", "SECRET"]


def test_what_is_known_belongs_to_both_values_and_to_the_host(settings: Any) -> None:
    settings.GITHUB_API_URL = "https://github.miyabi-world.com/api/v3"
    own, other = "print-of-SECRET", "print-of-ID"
    identity = Identity("github_oauth_app", "github.miyabi-world.com", own, other)
    keep(identity, Answer(True))
    keep(replace(identity, other="another"), Answer(False))
    assert trials_of(SPEC, facts())["SECRET"].verdict.text == "Works"
    assert due_keys(SPEC, facts(), timezone.now()) == ["TOKEN"]
    settings.GITHUB_API_URL = "https://api.github.com"
    assert trials_of(SPEC, facts())["SECRET"].verdict.text == "Not tried yet"


def test_a_long_reason_is_kept_cut_and_what_nobody_has_any_more_is_forgotten() -> None:
    identity = Identity("github_token", "api.github.com", "print-of-TOKEN")
    assert keep(identity, NotKnown("x" * 500)).why_not == "x" * 300
    assert purge_trials() == 0
    ValueTrial.objects.update(at=timezone.now() - FORGET - timedelta(minutes=1))
    assert purge_trials() == 1
