"""Whether a version holds AWSCURRENT."""

from dataclasses import replace

from tests.checks.building import SECRET, VERSION, evidence, finding, known


def test_it_passes_and_names_the_version() -> None:
    assert VERSION in finding("secret_has_current_version", evidence()).text


def test_no_current_version_fails_and_the_previous_one_can_have_the_label() -> None:
    secret = replace(SECRET, versions={VERSION: ("AWSPREVIOUS",)})
    found = finding("secret_has_current_version", evidence(secret=known(secret)))
    assert found.status == "fail"
    assert f"--move-to-version-id {VERSION}" in found.remedy.cli


def test_a_secret_without_any_version_needs_a_value() -> None:
    found = finding(
        "secret_has_current_version",
        evidence(secret=known(replace(SECRET, versions={})), versions=known(())),
    )
    assert "put-secret-value" in found.remedy.cli
