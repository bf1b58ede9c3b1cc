"""How a version id is shortened."""

from secrets_ui.domain.secrets.version import VersionConflict, short_version


def test_a_version_id_is_shortened_to_what_tells_it_from_others() -> None:
    ours, terraforms = "0a67733c1ec2a3ab" * 4, "terraform-20261129135317062370002ccb7f"
    assert (short_version(ours), short_version(terraforms)) == ("0a67733c", "…002ccb7f")
    assert VersionConflict(ours, terraforms).message == (
        "The edit started from version 0a67733c, and AWSCURRENT is now …002ccb7f."
    )
