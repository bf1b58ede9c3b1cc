"""Sets os.environ from secrets. Everything is validated first; on any error nothing is set."""

from __future__ import annotations

import os

from ._errors import UnusableSecret
from ._loading import as_text, kind_of, problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from typing import Any

    from ._held import Held


class Merger:
    """Remembers what it set, to replace changed keys and remove deleted ones."""

    def __init__(self, environ: MutableMapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._ours: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Merger of {', '.join(self._ours) or 'nothing'}>"

    def merge(self, secrets: list[Held], *, override: bool) -> list[str]:
        """Set a variable for each key.

        For a key in two secrets the first one counts; its name is returned. With `override`,
        existing variables are replaced; otherwise they stay. Raises UnusableSecret, and then
        nothing was changed.
        """
        for held in secrets:
            ensure_fit(held)
        wanted: dict[str, Any] = {}
        for held in reversed(secrets):
            wanted.update(held.members)
        mine = {name for name, text in self._ours.items() if self._environ.get(name) == text}
        for name in mine - set(wanted):
            del self._environ[name]
        names = [name for name in wanted if override or name in mine or name not in self._environ]
        self._ours = {name: as_text(wanted[name]) for name in names}
        self._environ.update(self._ours)
        return _in_several(secrets)


def ensure_fit(held: Held) -> None:
    """Check that every key can name a variable and every value can be its text.

    Raises UnusableSecret, which names only the key.
    """
    for name in held.members:
        if problem := _problem(name, held.members):
            raise UnusableSecret(held.name, f"Its key {name[:60]!r} {problem}")


def _problem(name: str, members: dict[str, Any]) -> str:
    """Not a part of the caller, whose frame an error shows: it must hold no value."""
    kind = kind_of(members[name])
    return problem_of(name, kind, members[name] if kind == "string" else "")


def _in_several(secrets: Iterable[Held]) -> list[str]:
    seen: set[str] = set()
    twice: list[str] = []
    for held in secrets:
        twice += [name for name in held.keys if name in seen]
        seen |= set(held.keys)
    return twice
