"""How people tell versions apart, and what says that another one is current by now."""

from ..errors import ConsoleError


def short_version(version_id: str) -> str:
    """Eight characters of a version id by which people tell versions apart.

    They are the first ones, and the last ones where all ids begin alike, as Terraform's do. Every
    page, message and command shortens ids with it.
    """
    return f"…{version_id[-8:]}" if version_id.startswith("terraform-") else version_id[:8]


class VersionConflict(ConsoleError):
    """AWSCURRENT has moved since the edit started: somebody else was first. No change is lost."""

    status = 409
    title = "Somebody else changed this secret first"
    is_conflict = True

    def __init__(self, base: str, current: str) -> None:
        super().__init__(
            f"The edit started from {f'version {short_version(base)}' if base else 'no version'}, "
            f"and AWSCURRENT is now {short_version(current) or 'gone'}."
        )
        self.base = base
        self.current = current
