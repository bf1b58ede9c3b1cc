"""Sets one key in several environments, each by itself.

There is no change of all or none: AWS has no such thing over accounts, so each has its own result.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ...domain.changes.edit import Edit, Source, ensure_may_be_equal, ensure_sound
from ...domain.environment import Environment
from ...domain.errors import AwsError, ConsoleError, InvalidChange, NothingChanged
from ...domain.people.actor import Actor
from ...domain.secrets.version import short_version
from .. import configuration
from .idempotency import Saved
from .rules import ensure_rules_kept
from .save import put_new_version

REMEDY = (
    "Put right what is told, and save it once more: what is saved already stays as it is, and only "
    "the others are tried."
)


@dataclass(frozen=True)
class Result:
    """What became of one environment's part: `saved`, or the `problem` that stopped it."""

    environment: Environment
    secret: str
    saved: Saved | None = None
    problem: ConsoleError | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do here: it is saved, proposed, or was the same before."""
        return self.saved is not None or isinstance(self.problem, NothingChanged)

    @property
    def text(self) -> str:
        """What became of it, in a sentence or two."""
        if self.saved and self.saved.is_proposal:
            return f"{self.environment}: sent for approval as proposal {self.saved.sequence}."
        if self.saved:
            return f"{self.environment}: saved as version {short_version(self.saved.version_id)}."
        if self.is_done or self.problem is None:
            return f"{self.environment}: holds the same value already."
        told = (self.problem.title + ".", self.problem.message, self.problem.remedy)
        parts = (*told, _aws_s_words(self.problem))
        return f"{self.environment}: not saved. {' '.join(part for part in parts if part)}"


def _aws_s_words(problem: ConsoleError) -> str:
    """PutSecretValue · AccessDenied · request id 1234, "" where AWS gave no answer."""
    if not isinstance(problem, AwsError) or not problem.call.request_id:
        return ""
    call = problem.call
    return f"{call.operation} · {call.code or 'no code'} · request id {call.request_id}"


def summary_of(results: Sequence[Result]) -> str:
    """Saved in 1 of 2 environments"""
    done = sum(result.is_done for result in results)
    return f"Saved in {done} of {len(results)} environments"


class NotTried(ConsoleError):
    """Nothing was sent for this environment."""

    status = 409
    title = "Not tried"


def ensure_can_begin(edits: Sequence[tuple[Environment, Edit]]) -> None:
    """What can be known to be wrong before the first of them is saved.

    Raises InvalidChange, whose key names the field: that of a name has the environment at its end.
    """
    for environment, edit in edits:
        spec = configuration.spec_of(environment, edit.secret)
        try:
            ensure_rules_kept(environment, edit)
        except InvalidChange as refusal:
            of_one = f"-{environment.name}" if refusal.key == "typed_name" else ""
            raise InvalidChange(refusal.message, key=refusal.key + of_one) from None
        ensure_sound(edit, spec)
        if len(edits) > 1 and edit.changes:
            ensure_may_be_equal(edit.changes[0].key, spec)


def set_in_several(actor: Actor, edits: Sequence[tuple[Environment, Edit]]) -> list[Result]:
    """Saves each by its own rules and its own compare-and-swap, one after the other.

    A token is made in the first environment and copied from there, unless the catalogue says that
    the key must differ: then each gets its own. Edits that are sent again under their idempotency
    keys save only what has not been saved.
    """
    # Out of a write-only environment nothing could be copied.
    ordered = sorted(edits, key=lambda item: not item[0].rules.reveal)
    return list(_save_each(actor, ordered))


def _save_each(actor: Actor, edits: Sequence[tuple[Environment, Edit]]) -> Iterator[Result]:
    made: Source | None = None
    first, _ = edits[0]
    for environment, edit in edits:
        is_shared = _is_shared(environment, edit)
        if is_shared and environment is not first:
            if made is None:
                why = f"The token is made in {first.name} first, and there it was not saved."
                yield Result(environment, edit.secret, problem=NotTried(why))
                continue
            edit = replace(edit, generate=(), copies=made)
        result = _save(environment, actor, edit)
        if is_shared and environment is first and result.saved:
            version = result.saved.version_id
            made = Source(environment.name, edit.secret, version, edit.generate[0])
        yield result


def _is_shared(environment: Environment, edit: Edit) -> bool:
    """Whether a token is made that may be the same everywhere."""
    if not edit.generate:
        return False
    rules = configuration.spec_of(environment, edit.secret).rules_of(edit.generate[0])
    return rules.between_environments != "must_differ"


def _save(environment: Environment, actor: Actor, edit: Edit) -> Result:
    try:
        return Result(environment, edit.secret, put_new_version(environment, actor, edit))
    except ConsoleError as error:
        return Result(environment, edit.secret, problem=error)
