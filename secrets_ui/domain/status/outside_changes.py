"""Changes made outside this console.

Compares what AWS reports now with the snapshot of the last pass, and with the audit chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from ..errors.nesting import load_json
from ..secrets.secret import (
    AWSCURRENT,
    AWSPENDING,
    AWSPREVIOUS,
    EDIT_LABEL,
    PIN_LABEL,
    PROPOSAL_LABEL,
    Secret,
)
from ..secrets.version import short_version

Kind = Literal["version", "label", "policy", "key", "deletion", "gone", "key_policy", "alias"]


@dataclass(frozen=True)
class SecretSnapshot:
    """What is remembered of a secret from one pass to the next.

    `labels` without this console's own; `policy` is a hash of the resource policy, "" where it
    could not be read.
    """

    current: str
    labels: Mapping[str, str]
    key: str
    policy: str
    deleted: bool

    @classmethod
    def of(cls, secret: Secret, policy: str) -> SecretSnapshot:
        ours = (EDIT_LABEL, PROPOSAL_LABEL, PIN_LABEL)
        labels = {
            label: version
            for version, labels in secret.versions.items()
            for label in labels
            if not label.startswith(ours)
        }
        return cls(secret.current, labels, secret.kms_key_id, policy, bool(secret.deleted))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SecretSnapshot:
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class OutsideChange:
    """One change that this console did not make.

    `at` is when AWS says that it was made, or when a pass noticed it. `by` is "" where nobody
    knows. `version` is the version that it is about, if any.
    """

    kind: Kind
    text: str
    at: str
    by: str = ""
    version: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OutsideChange:
        return cls(**data)


@dataclass(frozen=True)
class ChainKnowledge:
    """Whether the audit chain made a secret's current version, and the newest that it made.

    `deleted`: what its last act on the secret's deletion did, None where there is none.
    """

    made_current: bool
    newest: str = ""
    deleted: bool | None = None


def document_hash(text: str) -> str:
    """Of a policy: the same for the same JSON however it is spaced or ordered."""
    with suppress(ValueError):  # no policy, or none that can be read: as it is written
        text = json.dumps(load_json(text), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def find_changes(
    before: SecretSnapshot | None,
    now: SecretSnapshot,
    chain: ChainKnowledge,
    noticed: datetime,
    changed: datetime | None,
) -> tuple[OutsideChange, ...]:
    """The changes since the snapshot `before`; `changed` is LastChangedDate.

    Without a snapshot (`before` is None) a version that replaced another counts. A first version
    does not, since somebody has to make it.
    """
    at = _stamp(noticed)
    made_at = _stamp(changed) if changed and (before is None or changed <= noticed) else at
    found = [*_version(before, now, chain, made_at), *_labels(before, now, at)]
    if before is not None:
        if before.key != now.key:
            found.append(
                OutsideChange(
                    "key",
                    f"Its KMS key was changed from {_key(before.key)} to {_key(now.key)}.",
                    made_at,
                )
            )
        if before.policy and now.policy and before.policy != now.policy:
            found.append(OutsideChange("policy", "Its resource policy was changed.", made_at))
    if now.deleted is chain.deleted:
        return tuple(found)
    if now.deleted and (before is None or not before.deleted):
        found.append(OutsideChange("deletion", "Its deletion was scheduled.", made_at))
    elif before is not None and before.deleted and not now.deleted:
        found.append(OutsideChange("deletion", "Its scheduled deletion was cancelled.", made_at))
    return tuple(found)


def _version(
    before: SecretSnapshot | None, now: SecretSnapshot, chain: ChainKnowledge, at: str
) -> Iterator[OutsideChange]:
    if not now.current or (before is not None and before.current == now.current):
        return
    short = short_version(now.current)
    if not chain.made_current:
        if before is not None or AWSPREVIOUS in now.labels:
            yield OutsideChange(
                "version",
                f"Version {short} was made AWSCURRENT, and the audit chain does not know it.",
                at,
                version=now.current,
            )
    elif before is not None and chain.newest and chain.newest != now.current:
        text = (
            f"AWSCURRENT was moved to version {short}, "
            "which is not the newest that this console made."
        )
        yield OutsideChange("label", text, at, version=now.current)


def _labels(before: SecretSnapshot | None, now: SecretSnapshot, at: str) -> Iterator[OutsideChange]:
    """AWSPREVIOUS moves with AWSCURRENT, and AWSPENDING is a rotation's."""
    if before is None:
        return
    quiet = {AWSCURRENT, AWSPENDING} | ({AWSPREVIOUS} if before.current != now.current else set())
    for label in sorted((before.labels.keys() | now.labels.keys()) - quiet):
        was, on = before.labels.get(label, ""), now.labels.get(label, "")
        if was != on:
            what = f"moved to version {short_version(on)}" if on else "taken off"
            yield OutsideChange("label", f"The label {label} was {what}.", at, version=on)


def _key(key: str) -> str:
    return key or "the AWS-managed one"


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
