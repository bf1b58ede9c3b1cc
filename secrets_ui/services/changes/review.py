"""What an edit would change, key by key and masked: the review before a save, and the comparison
after a conflict. Writes nothing."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from ...domain.access.evidence import Known
from ...domain.changes.edit import Edit, Fault, faults_of, overlapping
from ...domain.environment import Environment
from ...domain.errors import AwsError, NothingChanged
from ...domain.people.actor import Actor
from ...domain.secrets.catalog import SecretSpec
from ...domain.secrets.document import parse_document
from ...domain.secrets.facts import KeyFacts, VersionFacts, derive_facts, key_facts
from ...domain.secrets.secret import Secret, ensure_current_version, ensure_editable
from ...domain.session_scope import DESCRIBE
from .. import configuration
from ..audit.who_changed import Author, authors_of
from ..aws_access import begin, gateways
from ..secrets.version_facts import facts_of, in_other_environments, kept_facts
from .review_rows import ReviewRow, masked, opaque_row, review_row, with_before


@dataclass(frozen=True)
class Review:
    """`stored` is what is shown for each key of the base, in its order."""

    rows: tuple[ReviewRow, ...]
    staying: int
    stored: Mapping[str, str]

    @property
    def summary(self) -> str:
        """2 keys change, 6 stay as they are."""
        changing = "1 key changes" if len(self.rows) == 1 else f"{len(self.rows)} keys change"
        staying = "1 stays as it is" if self.staying == 1 else f"{self.staying} stay as they are"
        return f"{changing}, {staying}"


@dataclass(frozen=True)
class ConflictRow:
    key: str
    base: str
    theirs: str
    yours: str
    overlaps: bool


@dataclass(frozen=True)
class Conflict:
    """`current` is the version that an edit on top of theirs starts from; `author` None means
    outside this console."""

    rows: tuple[ConflictRow, ...]
    current: str
    author: Author | None
    made: datetime | None
    can_apply: bool


def faults(environment: Environment, edit: Edit) -> list[Fault]:
    """Why the edit would be refused whatever is stored; AWS is not asked.

    Raises InvalidDocument, InvalidSecretName.
    """
    spec = configuration.spec_of(environment, environment.secret_name(edit.secret))
    return faults_of(edit, spec)


def review_edit(environment: Environment, actor: Actor, edit: Edit) -> Review:
    """Raises NothingChanged, and what `compare_edit` raises."""
    review = compare_edit(environment, actor, edit)
    if not review.rows:
        raise NothingChanged(
            "Every value is the same as the stored one, so there is nothing to save."
        )
    return review


def begin_to_describe(environment: Environment, actor: Actor, name: str) -> Future[Known[Secret]]:
    """For `compare_edit`, where the edit is yet to be made of what was typed."""
    aws = gateways(environment, actor, DESCRIBE.of(environment.secret_name(name)))
    return begin(lambda: aws.secrets_manager.describe_secret(name))


def compare_edit(
    environment: Environment,
    actor: Actor,
    edit: Edit,
    described: Future[Known[Secret]] | None = None,
) -> Review:
    """The review of an edit that may change nothing.

    Raises VersionConflict, SecretNotEditable, InvalidDocument, AwsErrors, AuditUnavailable.
    """
    described = described or begin_to_describe(environment, actor, edit.secret)
    spec = configuration.spec_of(environment, edit.secret)
    kept, others = kept_facts([edit.base]), in_other_environments(environment, spec)
    # While AWS answers: an import may have hundreds of keys.
    typed = _typed(edit, spec)
    new = {key: review_row(key, None, facts, spec, others) for key, facts in typed.items()}
    secret = described.result().value
    ensure_editable(secret)
    ensure_current_version(secret, edit.base)
    base = facts_of(environment, actor, secret, edit.base, spec, kept)
    before = {key.name: key for key in base.keys} if base else {}
    after = _after(edit, before, spec, typed)
    names = [
        name
        for name in {**before, **after}
        if _shown(before.get(name)) != _shown(after.get(name)) or name in edit.generate
    ]
    rows = tuple(
        with_before(new[name], before.get(name))
        if name in new
        else review_row(name, before.get(name), after.get(name), spec, others)
        for name in names
    )
    if _is_opaque(edit, base):
        rows = (*rows, opaque_row("as typed"))
    staying = len((set(before) & set(after)) - set(names))
    return Review(rows, staying, {name: masked(key) for name, key in before.items()})


def _is_opaque(edit: Edit, base: VersionFacts | None) -> bool:
    """Whole texts that are not objects on either side have no keys to compare."""
    return edit.document is not None and (
        edit.is_text or (base is not None and base.kind != "object")
    )


def facts_after(edit: Edit, before: dict[str, KeyFacts], spec: SecretSpec) -> dict[str, KeyFacts]:
    """The facts of each key once the edit is made, in the order of the document. Raises
    InvalidDocument."""
    return _after(edit, before, spec, _typed(edit, spec))


def _typed(edit: Edit, spec: SecretSpec) -> dict[str, KeyFacts]:
    """Facts of the values of single keys."""
    return {
        change.key: key_facts(
            change.key, change.value.reveal(), "string", spec, settings.FINGERPRINT_KEY
        )
        for change in edit.changes
        if change.value is not None
    }


def _after(
    edit: Edit, before: dict[str, KeyFacts], spec: SecretSpec, values: Mapping[str, KeyFacts]
) -> dict[str, KeyFacts]:
    if edit.document is not None:
        typed = derive_facts("", edit.document, spec, settings.FINGERPRINT_KEY)
        if typed.kind != "object" and not edit.is_text:
            parse_document(edit.document.reveal())  # raises InvalidDocument, with line and column
        return {key.name: key for key in typed.keys}
    after = dict(before)
    for change in edit.changes:
        if change.value is None:
            after.pop(change.key, None)
        else:
            after[change.key] = values[change.key]
    for key in edit.generate:
        after[key] = KeyFacts(key, "")
    return after


def _shown(facts: KeyFacts | None) -> tuple[str, str] | None:
    return (facts.fingerprint, facts.type) if facts else None


def explain_conflict(environment: Environment, actor: Actor, edit: Edit) -> Conflict:
    """Base, theirs and yours, all masked, and whether yours can go on top of theirs.

    Raises AwsErrors, AuditUnavailable.
    """
    aws = gateways(environment, actor, DESCRIBE.of(environment.secret_name(edit.secret)))
    secret = aws.secrets_manager.describe_secret(edit.secret).value
    spec = configuration.spec_of(environment, secret.name)
    empty = VersionFacts("", "object")
    base = _facts_or_empty(environment, actor, secret, edit.base, spec)
    theirs = facts_of(environment, actor, secret, secret.current, spec) or empty
    yours = facts_after(edit, {key.name: key for key in (base or empty).keys}, spec)
    overlaps = overlapping(edit, base, theirs) if base else edit.touched
    names = _touched_by_either(base or empty, theirs, yours)
    both = (
        set(overlaps) & set(_changed(base or empty, theirs))
        if edit.document is not None
        else overlaps
    )
    rows = tuple(_conflict_row(name, base or empty, theirs, yours, name in both) for name in names)
    author = authors_of([secret.current]).get(secret.current)
    return Conflict(
        rows,
        secret.current,
        author,
        secret.last_changed,
        can_apply=not overlaps and edit.document is None,
    )


def _facts_or_empty(
    environment: Environment, actor: Actor, secret: Secret, version: str, spec: SecretSpec
) -> VersionFacts | None:
    """The base may have been collected by AWS meanwhile; then every touched key counts as
    overlapping."""
    try:
        return facts_of(environment, actor, secret, version, spec)
    except AwsError:
        return None


def _touched_by_either(
    base: VersionFacts, theirs: VersionFacts, yours: dict[str, KeyFacts]
) -> Iterable[str]:
    names = dict.fromkeys([*(k.name for k in base.keys), *(k.name for k in theirs.keys), *yours])
    return [
        n for n in names if not _shown(base.key(n)) == _shown(theirs.key(n)) == _shown(yours.get(n))
    ]


def _changed(base: VersionFacts, theirs: VersionFacts) -> Iterable[str]:
    """A whole document overlaps with every key of theirs; these are the keys that they touched."""
    return (key.name for key in theirs.keys if _shown(base.key(key.name)) != _shown(key))


def _conflict_row(
    name: str, base: VersionFacts, theirs: VersionFacts, yours: dict[str, KeyFacts], overlaps: bool
) -> ConflictRow:
    return ConflictRow(
        name, masked(base.key(name)), masked(theirs.key(name)), masked(yours.get(name)), overlaps
    )
