"""Creates a secret with its first version, under the environment's key."""

from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings

from ...aws.gateways import Gateways
from ...domain.audit.actions import Action
from ...domain.audit.chain import version_id_of
from ...domain.changes.edit import Applied, apply_edit, ensure_sound
from ...domain.changes.new_secret import NewSecret, SecretExists, with_placeholders
from ...domain.changes.origins import origins_of
from ...domain.environment import Environment
from ...domain.errors import SecretNotFound
from ...domain.people.actor import Actor
from ...domain.secrets.facts import VersionFacts
from ...domain.secrets.health import StateCode, key_states, make_state
from ...domain.secrets.secret import Secret
from ...domain.session_scope import CREATE, DESCRIBE
from .. import audit, configuration
from ..aws_access import gateways
from ..secrets.opening import OpenSecret
from ..secrets.version_facts import in_other_environments
from .idempotency import Saved, find_earlier, idempotency_key_of, wait_for
from .recording import record_done, record_refusal
from .review import Review, facts_after
from .review_rows import review_row
from .rules import counted_once, ensure_rules_kept
from .save import keep_facts_of
from .sending import send


def get_secret(environment: Environment, actor: Actor, name: str) -> Secret:
    """The secret of that name, one that is scheduled for deletion too. Raises SecretNotFound and
    other AwsErrors."""
    name = environment.secret_name(name)
    aws = gateways(environment, actor, DESCRIBE.of(name))
    return aws.secrets_manager.describe_secret(name).value


def find_secret(environment: Environment, actor: Actor, name: str) -> Secret | None:
    """The same, None where there is none."""
    try:
        return get_secret(environment, actor, name)
    except SecretNotFound:
        return None


def blank_secret(environment: Environment, name: str) -> OpenSecret:
    """A secret that is not there yet, with the keys that the catalogue expects of it."""
    spec = configuration.spec_of(environment, name)
    keys = key_states(spec, VersionFacts("", "object"), {})
    state = make_state(StateCode.ABSENT, "mute", "")
    secret = Secret("", name, environment.region)
    return OpenSecret(secret, spec, None, keys, state, (), datetime.now(UTC))


def review_new(environment: Environment, new: NewSecret) -> Review:
    """The first document, key by key and masked; AWS is not asked. Raises InvalidChange."""
    spec = configuration.spec_of(environment, new.first.secret)
    first = with_placeholders(new.first, spec)
    others = in_other_environments(environment, spec)
    after = facts_after(first, {}, spec)
    rows = tuple(review_row(name, None, after[name], spec, others) for name in after)
    return Review(rows, 0, {})


def create_secret(environment: Environment, actor: Actor, new: NewSecret) -> Saved:
    """Raises SecretExists, InvalidChange, TooMany, AuditUnavailable, OutcomeUnknown and
    AwsErrors. Three calls: DescribeSecret, DescribeKey, CreateSecret."""
    name = environment.secret_name(new.first.secret)
    spec = configuration.spec_of(environment, name)
    ensure_rules_kept(environment, new.first)
    first = with_placeholders(new.with_everything_keyed(), spec)
    ensure_sound(first, spec)
    first = replace(first, idempotency_key=idempotency_key_of(environment, actor, first))
    if saved := find_earlier(first.idempotency_key):
        return saved
    with counted_once(environment, actor, name, first.idempotency_key):
        return _create(environment, actor, replace(new, first=first))


def _create(environment: Environment, actor: Actor, new: NewSecret) -> Saved:
    first, aws = new.first, gateways(environment, actor, CREATE.of(new.first.secret))
    try:
        _ensure_absent(aws, first.secret)
    except SecretExists as refusal:
        # The same form, sent twice, may have made it since.
        if saved := find_earlier(first.idempotency_key):
            return saved
        record_refusal(
            Action.CREATE,
            actor,
            refusal,
            environment=environment.name,
            secret=first.secret,
            reason=first.reason,
        )
        raise
    # CreateSecret takes an alias too, and would then keep it in the place of the key.
    key_arn = aws.kms.describe_key(environment.kms_alias).value.arn
    return _make(actor, aws, new, key_arn, apply_edit(first, None))


def _make(actor: Actor, aws: Gateways, new: NewSecret, key_arn: str, applied: Applied) -> Saved:
    gateway, first = aws.secrets_manager, new.first
    environment = gateway.environment
    about = {"description": new.description, "tags": dict(new.tags), "kms_key": key_arn}
    on_record = audit.act(
        Action.CREATE,
        actor,
        environment=environment.name,
        secret=first.secret,
        keys=applied.changed,
        reason=first.reason,
        idempotency_key=first.idempotency_key,
        details={**about, **origins_of(first, applied)},
    )
    try:
        with on_record as act:
            version = version_id_of(act.hash, settings.VERSION_ID_FORMAT)
            made = send(
                gateway,
                first.secret,
                lambda: gateway.create_secret(
                    first.secret,
                    applied.value,
                    token=version,
                    key_arn=key_arn,
                    description=new.description,
                    tags=new.tags,
                    deadline=act.deadline,
                ),
                lambda secret: version in secret.versions,
            )
            record_done(act, "the secret", answer=made, version_id=version)
            if made:
                keep_facts_of(environment, first.secret, made.value, version, applied.value)
    except audit.AlreadyIntended as earlier:
        return wait_for(earlier.sequence)
    return Saved(version, act.sequence, applied.changed)


def _ensure_absent(aws: Gateways, name: str) -> None:
    """Raises SecretExists, and AwsErrors where that cannot be asked."""
    try:
        secret = aws.secrets_manager.describe_secret(name).value
    except SecretNotFound:
        return
    if secret.deleted:
        raise SecretExists(
            f"{name} is scheduled for deletion, and keeps its name until AWS has deleted it.",
            remedy="Restore it and edit it, or choose another name.",
        )
    raise SecretExists(f"{name} is there already.", remedy="Edit it, or choose another name.")
