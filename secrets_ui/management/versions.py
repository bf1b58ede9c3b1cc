"""A version as it is named in a shell."""

from secrets_ui.management.twin import WrongCall
from secrets_ui.services.secrets.history import HistoryEntry

VERSION_HELP = "a version's id or a part that no other has, or a label such as AWSPREVIOUS"


def find_version(entries: tuple[HistoryEntry, ...], asked: str) -> str:
    """The id of the version of a history that `asked` names. Raises WrongCall."""
    versions = [entry.version for entry in entries if entry.version]
    found = [version for version in versions if asked in version.labels] or [
        version for version in versions if asked and asked in version.version_id
    ]
    if len(found) != 1:
        raise WrongCall(
            f"{len(found) or 'No'} version{'' if len(found) == 1 else 's'} of this secret in AWS "
            "fits VERSION: expected an id, a part that no other has, or a label.",
            remedy="The command history lists them.",
        )
    return found[0].version_id
