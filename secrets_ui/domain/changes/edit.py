"""An edit: what a person wants to happen to one secret, starting from the version that they saw."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace
from typing import Literal, Protocol

from ..errors import InvalidChange, InvalidDocument, NothingChanged
from ..secrets.catalog import SecretSpec
from ..secrets.document import Change, Member, apply_changes, ensure_size, parse_document
from ..secrets.facts import VersionFacts, text_of
from ..secrets.key_rules import Problem, check_key, check_name
from ..secrets.loading import name_problem
from ..secrets.secret_value import SecretValue
from ..secrets.version import short_version

# 256 bits of os.urandom, in base64url without padding.
GENERATED_BYTES = 32
GENERATED_CHARACTERS = -(-GENERATED_BYTES * 8 // 6)


@dataclass(frozen=True)
class Source:
    """A key of a version of a secret, in another environment: where a value is copied from."""

    environment: str
    secret: str
    version: str
    key: str

    def __str__(self) -> str:
        return f"{self.key} of {self.secret} in {self.environment}, version {self.version}"


class Confirmed(Protocol):
    """Any change to a secret: what was given for the record, and the name that was typed."""

    @property
    def secret(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def typed_name(self) -> str: ...


@dataclass(frozen=True, repr=False)
class Edit:
    """`changes` key by key, a whole `document`, or what an earlier version or another environment
    holds.

    `base` is the version that it starts from, "" for a secret without one. `generate` names the
    keys that get a new random token while saving; `is_text` says that the document is meant not to
    be a JSON object. `restores` is the earlier version; `restored_keys` are the keys that are taken
    from it, () for all that it holds. `replaces` is the proposal, by its number, whose keys they
    are. `copies` is the key whose value is copied. `imported` names those of the changes that came
    out of a .env or JSON. `rotation` is the number of the rotation that it is part of. The same
    edit, sent twice with one `idempotency_key`, is saved once.
    """

    secret: str
    base: str
    changes: tuple[Change, ...] = ()
    generate: tuple[str, ...] = ()
    document: SecretValue | None = None
    is_text: bool = False
    restores: str = ""
    restored_keys: tuple[str, ...] = ()
    copies: Source | None = None
    replaces: int = 0
    imported: tuple[str, ...] = ()
    rotation: int = 0
    reason: str = ""
    typed_name: str = ""
    idempotency_key: str = ""

    def __repr__(self) -> str:
        return f"Edit({self.secret!r} from {short_version(self.base)})"

    @property
    def touched(self) -> tuple[str, ...]:
        copied = (self.copies.key,) if self.copies else ()
        changed = (change.key for change in self.changes)
        return tuple(dict.fromkeys((*changed, *self.generate, *self.restored_keys, *copied)))

    @property
    def part(self) -> dict[str, object]:
        """What the record says of the rotation that it is part of."""
        return {"rotation": self.rotation} if self.rotation else {}

    def content(self) -> SecretValue:
        """Everything that the edit asks for, unambiguously, as input to a keyed hash.

        A token is made once for a form, whatever version the secret has by then: without this, a
        form whose other environments failed would make a second one.
        """
        changes = [
            (change.key, None if change.value is None else change.value.reveal())
            for change in self.changes
        ]
        document = None if self.document is None else self.document.reveal()
        base = "" if self.generate else self.base
        taken = [self.restores, self.restored_keys] if self.restores else []
        if self.copies:
            taken = ["copy", *astuple(self.copies)]
        return SecretValue(
            json.dumps([self.secret, base, changes, self.generate, document, self.is_text, *taken])
        )

    def with_restored(self, earlier: SecretValue) -> Edit:
        """The same edit with what the earlier version holds. Raises InvalidChange, InvalidDocument.

        A single key has to be a text there: what is set key by key is one.
        """
        if not self.restored_keys:
            return replace(self, document=earlier, is_text=not _is_object(earlier))
        held = {member.key: member for member in parse_document(earlier.reveal()).members}
        changes = tuple(_restored(key, held.get(key)) for key in self.restored_keys)
        return replace(self, changes=changes, restored_keys=())

    def with_copied(self, stored: SecretValue) -> Edit:
        """The same edit with the value of the key that it copies, out of the document `stored`.

        Raises InvalidDocument, and InvalidChange where the key is not there or is no text.
        """
        if self.copies is None:
            return self
        key = self.copies.key
        member = parse_document(stored.reveal()).get(key)
        if member is None:
            raise InvalidChange(f"{key} is not in that version, so it cannot be copied.", key=key)
        value = _single_text(member, "copied", "Change the whole document there.")
        return replace(self, changes=(Change(key, value),))

    def with_generated(self) -> Edit:
        """The same edit with its random tokens made. They never leave the server."""
        made = tuple(
            Change(key, SecretValue(secrets.token_urlsafe(GENERATED_BYTES)))
            for key in self.generate
        )
        return replace(self, changes=(*self.changes, *made), generate=())


def _is_object(value: SecretValue) -> bool:
    try:
        parse_document(value.reveal())
    except InvalidDocument:
        return False
    return True


def _restored(key: str, member: Member | None) -> Change:
    """A key that the earlier version does not have is taken away."""
    if member is None:
        return Change(key, None)
    return Change(key, _single_text(member, "restored", "Restore the whole version."))


def _single_text(member: Member, done: str, instead: str) -> SecretValue:
    """What is set key by key is a text. Raises InvalidChange for any other."""
    text, kind = text_of(member)
    if kind != "string":
        raise InvalidChange(
            f"{member.key} is not text in that version, and cannot be {done} by itself. {instead}",
            key=member.key,
        )
    return SecretValue(text)


Part = Literal["name", "value", "action"]


@dataclass(frozen=True)
class Fault:
    """Why a key of an edit cannot be right: a text to be read after its name, without any value.

    `part` is what has to change: the key's name, its value, or what was chosen for it.
    """

    key: str
    part: Part
    text: str


@dataclass(frozen=True, repr=False)
class Applied:
    """The new document, the keys that differ in it, and those of them that are gone."""

    value: SecretValue
    changed: tuple[str, ...]
    removed: tuple[str, ...] = ()


def apply_edit(edit: Edit, base: SecretValue | None) -> Applied:
    """The new document.

    Raises InvalidDocument, InvalidChange, NothingChanged; `base` is None for a secret without a
    version.
    """
    edit = edit.with_generated()
    if edit.document is None:
        value, changed = apply_changes(base or SecretValue("{}"), edit.changes)
        removed = tuple(change.key for change in edit.changes if change.value is None)
        return Applied(value, changed, removed)
    ensure_size(edit.document)
    if base is not None and base == edit.document:
        raise NothingChanged(
            "The document is the same as the stored one, so there is nothing to save."
        )
    if edit.is_text:
        return Applied(edit.document, ())
    return _compared(edit.document, base)


def _compared(new: SecretValue, base: SecretValue | None) -> Applied:
    after = {member.key: member.text for member in parse_document(new.reveal()).members}
    try:
        before = (
            {member.key: member.text for member in parse_document(base.reveal()).members}
            if base
            else {}
        )
    except InvalidDocument:
        # The stored text is not an object: every key is new.
        before = {}
    changed = tuple(key for key in {**before, **after} if before.get(key) != after.get(key))
    return Applied(new, changed, tuple(key for key in before if key not in after))


def check_edit(edit: Edit, spec: SecretSpec) -> dict[str, tuple[Problem, ...]]:
    """Problems of each key and value that the edit brings, by key; of a document's too."""
    found = {
        change.key: check_key(change.key, "string", change.value.reveal(), spec)
        for change in edit.changes
        if change.value is not None
    }
    found |= {key: check_name(key, spec) for key in edit.generate}
    if edit.document is not None and not edit.is_text:
        members = parse_document(edit.document.reveal()).members
        for member in members:
            text, kind = text_of(member)
            found[member.key] = check_key(member.key, kind, text, spec)
    return {key: problems for key, problems in found.items() if problems}


def ensure_sound(edit: Edit, spec: SecretSpec) -> None:
    """Raises InvalidChange for the first key that cannot be right."""
    for fault in faults_of(edit, spec):
        raise InvalidChange(f"{fault.key} {fault.text}.", key=fault.key)


def ensure_may_be_equal(key: str, spec: SecretSpec) -> None:
    """Before one value goes into several environments. Raises InvalidChange, with the rule."""
    rules = spec.key(key)
    if rules and rules.between_environments == "must_differ":
        raise InvalidChange(
            f"The catalogue says that {key} must differ between environments, so one value cannot "
            "serve several.",
            key=key,
            remedy="Set or generate a value of its own in each environment.",
        )


def faults_of(edit: Edit, spec: SecretSpec) -> list[Fault]:
    """Why the edit cannot be saved as it is: the first fault of each key, in its order."""
    found: dict[str, Fault] = {}
    for fault in _faults(edit, spec):
        found.setdefault(fault.key, fault)
    return [*found.values()]


def _faults(edit: Edit, spec: SecretSpec) -> Iterator[Fault]:
    for key, problems in check_edit(edit, spec).items():
        for problem in problems:
            if problem.level == "error":
                part: Part = "name" if problem.text == name_problem(key) else "value"
                yield Fault(key, part, problem.text)
    for key in edit.generate:
        expected = spec.rules_of(key).value_format
        if not expected.can_be_generated:
            text = f"cannot be a random token: {expected.label} is expected"
            yield Fault(key, "action", text)


def overlapping(edit: Edit, base: VersionFacts, theirs: VersionFacts) -> tuple[str, ...]:
    """The keys that the edit touches and that differ between the version it started from and the
    one that is current now."""
    if edit.document is not None:
        return tuple(key.name for key in theirs.keys) or ("the whole document",)

    def value_of(facts: VersionFacts, key: str) -> str:
        found = facts.key(key)
        return f"{found.type} {found.fingerprint}" if found else ""

    return tuple(key for key in edit.touched if value_of(base, key) != value_of(theirs, key))
