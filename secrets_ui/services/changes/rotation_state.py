"""Where a rotation stands, from AWS, kept facts and the audit log. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...domain.audit.actions import Action
from ...domain.changes.rotation import Held, Progress
from ...domain.environment import Environment
from ...domain.errors import AwsError
from ...domain.people.actor import Actor
from ...domain.secrets.facts import KeyFacts, VersionFacts
from ...domain.secrets.trial import Way
from ...models import Rotation
from ..audit.records import Entry
from ..secrets.key_changes import KeyChange
from ..secrets.opening import OpenSecret
from ..secrets.trials import KeyTrial, trial_of, trials_of
from ..secrets.version_facts import facts_of, facts_of_versions
from .proposals import proposals_of
from .rotation_run import done, is_open, is_waiting, run_of


@dataclass(frozen=True)
class Standing:
    """`base` are the facts of the version whose value is replaced, None where they cannot be had.
    `new` is what is known of the value that took its place, where it was given out."""

    rotation: Rotation
    opened: OpenSecret
    run: tuple[Entry, ...]
    base: VersionFacts | None
    progress: Progress
    new: KeyTrial | None = None

    @property
    def change(self) -> KeyChange | None:
        """Who set the value that is current, where that is known."""
        return self.opened.changes.get(self.rotation.key)

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether the new value was saved in another way than by the rotation."""
        return self.progress.held is Held.NEW and not self.is_own

    @property
    def is_own(self) -> bool:
        author = self.change.author if self.change else None
        return author is not None and author.sequence in {e.record.sequence for e in self.run}

    @property
    def was_taken_back(self) -> bool:
        """Whether the old value is current again, though the key had a new one."""
        made = (Action.SAVE, Action.APPROVE, Action.EMERGENCY, Action.NOTE_ARRIVAL)
        return self.progress.held is not Held.NEW and any(done(self.run, act) for act in made)

    @property
    def is_new_known(self) -> bool:
        """Whether it is known of the new value that it works."""
        return self.progress.new_level in ("ok", "warn")

    @property
    def old(self) -> KeyTrial | None:
        """What is known of the old value, where it was given out."""
        return trials_of(self.opened.spec, self.base).get(self.rotation.key)

    @property
    def old_tries(self) -> list[Entry]:
        """Those of the old value, since the rotation began, that had an outcome."""
        base = self.rotation.base_version_id
        return [e for e in done(self.run, Action.TRY) if e.record.version_id == base]

    @property
    def old_works(self) -> bool:
        """Whether the old value was tried in this rotation and was taken, the last time too: where
        the last try had no answer, or no try is possible any more, nobody can be asked."""
        known = self.old if self.old_tries and self.can_try_old else None
        if known is None or known.tried is None or known.tried.why_not:
            return False
        return known.verdict.level in ("ok", "warn")

    @property
    def typed_tries(self) -> list[Entry]:
        base = self.rotation.base_version_id
        return [e for e in done(self.run, Action.TRY) if e.record.version_id != base]

    @property
    def can_be_tried(self) -> bool:
        trial = trial_of(self.opened.spec.key(self.rotation.key))
        return trial is not None and trial.way is not Way.SAME_AS

    @property
    def base_labels(self) -> tuple[str, ...] | None:
        """The staging labels of the old value's version, None where AWS does not list it any
        more."""
        base = self.rotation.base_version_id
        rows = (row.version for row in self.opened.versions)
        found = next((version.labels for version in rows if version.version_id == base), None)
        return self.opened.secret.versions.get(base, found)

    @property
    def is_base_gone(self) -> bool:
        """AWS lists its versions, and the old value's is not among them."""
        return not self.opened.versions_problem and self.base_labels is None

    @property
    def can_try_old(self) -> bool:
        return self.can_be_tried and not self.is_base_gone


def stand(
    environment: Environment, actor: Actor, opened: OpenSecret, rotation: Rotation
) -> Standing:
    """Reads the version of the old value once, on record, where its facts are not known. `opened`
    has the versions. Raises AuditUnavailable."""
    run = run_of(rotation)
    base = _base_facts(environment, actor, opened, rotation)
    found = Standing(rotation, opened, run, base, Progress(Held.UNKNOWN))
    held = _held(environment, found)
    new = trials_of(opened.spec, opened.facts).get(rotation.key) if held is Held.NEW else None
    progress = Progress(
        held,
        new.verdict.level if new and new.is_askable else None,
        is_arrived=_is_arrived(opened, rotation, done(run, Action.NOTE_ARRIVAL)),
        is_over=bool(done(run, Action.END_ROTATION)),
    )
    return Standing(rotation, opened, run, base, progress, new)


def _base_facts(
    environment: Environment, actor: Actor, opened: OpenSecret, rotation: Rotation
) -> VersionFacts | None:
    try:
        return facts_of(environment, actor, opened.secret, rotation.base_version_id, opened.spec)
    except AwsError:  # collected, or not to be had now
        return None


def _held(environment: Environment, found: Standing) -> Held:
    facts, rotation = found.opened.facts, found.rotation
    if facts is None:
        return Held.UNKNOWN
    current = facts.key(rotation.key)
    if current is None:
        return Held.GONE
    if _is_old(found, current) is False:
        return Held.NEW
    if is_open(found.run):
        return Held.OPEN
    if is_waiting(found.run, proposals_of(environment, rotation.secret)):
        return Held.WAITING
    return Held.OLD if _is_old(found, current) else Held.UNKNOWN


def _is_old(found: Standing, current: KeyFacts) -> bool | None:
    """Whether the key has the value that is to be replaced; None where that cannot be told."""
    before = found.base.key(found.rotation.key) if found.base else None
    if before:
        return before.fingerprint == current.fingerprint
    if found.opened.secret.current == found.rotation.base_version_id:
        return True
    return False if found.is_own else None


def _is_arrived(opened: OpenSecret, rotation: Rotation, noted: Sequence[Entry]) -> bool:
    """Whether it was noted of the value that the key has now: one that was saved since has to
    arrive by itself."""
    current = opened.facts.key(rotation.key) if opened.facts else None
    versions = {entry.record.version_id for entry in noted}
    if not versions or current is None:
        return False
    facts = facts_of_versions(opened.secret.arn, opened.spec, versions)
    held = [version.key(rotation.key) for version in facts.values()]
    return any(key is not None and key.fingerprint == current.fingerprint for key in held)
