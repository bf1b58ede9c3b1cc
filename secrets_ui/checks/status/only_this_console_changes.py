"""Nothing was changed outside this console lately: no version, label, policy, key or deletion."""

from collections.abc import Iterator

from ...domain.access.evidence import Known
from ...domain.secrets.version import short_version
from ...domain.status.outside_changes import OutsideChange
from ...domain.status.status import Page, StatusFinding
from ...domain.status.watched import Surroundings, WatchedSecret
from .saying import Saying

TITLE = "No change was made outside this console"
NEXT = (
    "Ask whoever made it whether it was meant; the versions below tell what is current. The "
    "warning ends by itself after some days, or when an admin acknowledges it."
)
MAY_BE_ACKNOWLEDGED = True
say = Saying(__name__, "secret", "the audit chain against AWS")


def check(watched: WatchedSecret | Surroundings) -> Iterator[StatusFinding]:
    name = watched.name if isinstance(watched, WatchedSecret) else watched.environment.name
    for change in watched.changes:
        yield say(
            "warn",
            _sentence(name, change, _current(watched)),
            f"{change.kind} {change.at} {short_version(change.version)}".strip(),
            page=_page(watched),
        )
    if isinstance(watched, WatchedSecret):
        yield from _of_secret(watched)
    elif watched.unread_keys:
        why = watched.unread_keys[0]
        yield say(
            "unknown",
            f"Whether the key policies of {name} were changed is not known: {why}.",
            weight="second opinion",
            page="troubleshoot",
        )
    elif not watched.changes:
        yield say(
            "pass",
            f"No key and no key policy of {name} was changed since this console watches.",
            page="troubleshoot",
        )


def _page(watched: WatchedSecret | Surroundings) -> Page:
    return "secret" if isinstance(watched, WatchedSecret) else "troubleshoot"


def _of_secret(watched: WatchedSecret) -> Iterator[StatusFinding]:
    if not isinstance(watched.secret, Known):
        return
    if not watched.policy_known:
        text = (
            f"Whether the resource policy of {watched.name} was changed is not known: "
            "it could not be read yet."
        )
        yield say("unknown", text, "policy", weight="second opinion")
    if watched.is_first_sight and not watched.changes:
        yield say(
            "pass", f"This is the first look at {watched.name}; later ones are compared with it."
        )
    elif not watched.changes:
        yield say("pass", f"{watched.name} was changed in this console alone, lately.")


def _current(watched: WatchedSecret | Surroundings) -> str:
    is_known = isinstance(watched, WatchedSecret) and isinstance(watched.secret, Known)
    return watched.secret.value.current if is_known else ""  # type: ignore[union-attr]


def _sentence(name: str, change: OutsideChange, current: str) -> str:
    """`by` is what CloudTrail says. Only one version is current, whatever others have been."""
    who = f"By {change.by}." if change.by else "By whom is not known."
    text = (
        change.text if change.text.startswith("AWS") else change.text[:1].lower() + change.text[1:]
    )
    is_past = change.kind == "version" and current and change.version != current
    past = " It is no longer current." if is_past else ""
    return f"{name} was changed outside this console: {text}{past} {who}"
