"""manage.py show_secret ENV NAME: one secret with its keys and versions. Never a value."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from secrets_ui.domain.secrets.health import KeyState
from secrets_ui.management.account import ShellRequest
from secrets_ui.management.twin import TwinCommand, add_secret, enter_secret, facts, moment, table
from secrets_ui.permissions import actor_of, comparable, may
from secrets_ui.services.secrets.key_changes import KeyChange
from secrets_ui.services.secrets.opening import OpenSecret, VersionRow, open_secret
from secrets_ui.services.secrets.read_other_environments import read_other_environments


class Command(TwinCommand):
    help = (
        "Show one secret: its keys with state and fingerprint, its versions with labels and "
        "authors. A value is never shown. "
        "Exit statuses: docs/commands.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_secret(parser)

    def act(self, request: ShellRequest, options: Mapping[str, Any]) -> int:
        environment, name = enter_secret(request, "secret.view", options)
        read_other_environments(environment, actor_of(request), comparable(request))
        opened = open_secret(environment, name, actor_of(request))
        may_audit = may(request, "audit.view", environment)
        self.answer(options, _data(opened, may_audit=may_audit), _text(opened))
        for problem in filter(None, (opened.problem, opened.versions_problem)):
            self.note(f"Not all is known: {problem.message} {problem.remedy}".rstrip())
        return 0


def _data(opened: OpenSecret, *, may_audit: bool) -> dict[str, Any]:
    secret = opened.secret
    return {
        "name": secret.name,
        "arn": secret.arn,
        "region": secret.region,
        "description": secret.description,
        "kms_key_id": secret.kms_key_id or "alias/aws/secretsmanager",
        "tags": dict(secret.tags),
        "state": {
            "level": opened.state.level,
            "text": opened.state.text,
            "hint": opened.state.hint,
        },
        "editable": not opened.why_not_editable,
        "why_not_editable": opened.why_not_editable or None,
        "restore_command": opened.secret.restore_command or None,
        "rotation_enabled": secret.rotation_enabled,
        "rotation": vars(secret.rotation) if secret.rotation else None,
        "rotation_failure": opened.rotation_failure or None,
        "rotation_note": opened.rotation_note or None,
        "end_rotation_command": secret.end_rotation_command or None,
        "current_version": secret.current or None,
        "last_changed": secret.last_changed,
        "last_read": opened.last_read.date().isoformat() if opened.last_read else None,
        "deletion_asked_for": secret.deleted,
        "read_at": opened.read_at,
        "keys": [
            _key_data(key) | _change_data(opened.changes.get(key.name), may_audit=may_audit)
            for key in opened.keys
        ],
        "versions": [_version_data(row) for row in opened.versions],
        "not_known": [
            problem.message for problem in (opened.problem, opened.versions_problem) if problem
        ],
    }


def _key_data(key: KeyState) -> dict[str, Any]:
    return {
        "name": key.name,
        "state": {"level": key.state.level, "text": key.state.text, "hint": key.state.hint},
        "set": key.is_set,
        "fingerprint": key.facts.fingerprint if key.facts else None,
        "type": key.facts.type if key.facts else None,
        "format": key.spec.format if key.spec else None,
        "required": key.spec.required if key.spec else None,
    }


def _change_data(change: KeyChange | None, *, may_audit: bool) -> dict[str, Any]:
    """Who and why are not known where an earlier version may have set the key; reasons are the
    audit log's."""
    exact = change if change and change.age.is_exact else None
    author = exact.author if exact else None
    return {
        "changed": change.age.since if change else None,
        "changed_earlier": not exact if change else None,
        "changed_in": exact.age.version if exact else None,
        "changed_by": author.name if author else None,
        "changed_why": (author.reason or None) if author and may_audit else None,
        "due": change.due if change else None,
    }


def _changed(change: KeyChange | None) -> tuple[str, str]:
    """When a key was changed and when it is due, in words."""
    if change is None:
        return "not known", "-"
    since = moment(change.age.since) + ("" if change.age.is_exact else " or earlier")
    by = f" by {change.author.name}" if change.age.is_exact and change.author else ""
    return since + by, f"{change.due:%Y-%m-%d}" if change.due else "-"


def _version_data(row: VersionRow) -> dict[str, Any]:
    return {
        "version_id": row.version.version_id,
        "labels": list(row.version.labels),
        "created": row.version.created,
        "made_by": row.author.name if row.author else None,
        "approved_by": (row.author.approved_by or None) if row.author else None,
        "audit_record": row.author.sequence if row.author else None,
    }


def _text(opened: OpenSecret) -> str:
    secret = opened.secret
    about = facts(
        {
            "Secret": secret.name,
            "State": opened.state.text + (f" ({opened.state.hint})" if opened.state.hint else ""),
            "Version": secret.current or "none is current",
            "Changed": moment(secret.last_changed),
            "Key": secret.kms_key_id or "alias/aws/secretsmanager",
        }
        | ({"Not editable": opened.why_not_editable} if opened.why_not_editable else {})
        | ({"Restore with": secret.restore_command} if secret.restore_command else {})
        | ({"Rotation": opened.rotation_note} if opened.rotation_note else {})
        | ({"Label off with": secret.end_rotation_command} if secret.end_rotation_command else {})
    )
    keys = table(
        ("KEY", "STATE", "FINGERPRINT", "EXPECTED", "CHANGED", "DUE"),
        [
            (
                key.name,
                key.state.text,
                key.facts.short if key.facts else "-",
                key.spec.value_format.label if key.spec else "not in the catalogue",
                *_changed(opened.changes.get(key.name)),
            )
            for key in opened.keys
        ],
    )
    versions = table(
        ("VERSION", "LABELS", "MADE", "BY"),
        [
            (
                row.version.version_id,
                " ".join(row.version.labels) or "-",
                moment(row.version.created),
                row.author.name if row.author else "outside this console",
            )
            for row in opened.versions
        ],
    )
    parts = [about, keys if opened.keys else "", versions if opened.versions else ""]
    return "\n\n".join(filter(None, parts))
