"""manage.py restore_secret ENV NAME VERSION [KEY …]: an earlier version again, or keys of it."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import NothingChanged
from secrets_ui.domain.secrets.facts import KeyFacts
from secrets_ui.domain.secrets.secret_value import MASK
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.forms.changes import RestoreForm
from secrets_ui.management.account import ShellRequest
from secrets_ui.management.twin import (
    CONFLICT,
    TwinCommand,
    WrongCall,
    add_reason,
    add_secret,
    describe,
    enter_secret,
    table,
)
from secrets_ui.management.versions import VERSION_HELP, find_version
from secrets_ui.permissions import actor_of
from secrets_ui.services.changes.restore import RestoreReview, review_restore
from secrets_ui.services.changes.save import put_new_version
from secrets_ui.services.secrets.history import history_of


class Command(TwinCommand):
    help = (
        "Restore an earlier version of a secret, whole or single keys of it, as a new version: the "
        "same rules, audit record and compare-and-swap as on the page. Nobody sees a value. "
        "Exit statuses: docs/commands.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_secret(parser)
        parser.add_argument("restored", metavar="VERSION", help=VERSION_HELP)
        parser.add_argument("keys", nargs="*", metavar="KEY", help="only these keys (default: all)")
        add_reason(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change, and change nothing"
        )

    def act(self, request: ShellRequest, options: Mapping[str, Any]) -> int:
        environment, name = enter_secret(request, "secret.edit", options)
        actor = actor_of(request)
        version = find_version(history_of(environment, actor, name).entries, options["restored"])
        review = review_restore(environment, actor, name, version)
        edit = _edit(name, review, options)
        if options["dry_run"]:
            self.answer(options, _data(review), _text(review))
            return 0
        return self._restore(environment, request, edit, options)

    def _restore(
        self,
        environment: Environment,
        request: ShellRequest,
        edit: Edit,
        options: Mapping[str, Any],
    ) -> int:
        result: dict[str, Any] = {"secret": edit.secret, "restored": edit.restores}
        try:
            saved = put_new_version(environment, actor_of(request), edit)
        except NothingChanged as nothing:
            unchanged = {"version_id": edit.base, "changed": [], "proposal": False}
            self.answer(options, result | unchanged, nothing.message)
            return 0
        except VersionConflict as conflict:
            conflict.remedy = "Look at its history, and run the command again."
            self.stderr.write(describe(conflict))
            return CONFLICT
        result |= {
            "version_id": saved.version_id,
            "changed": list(saved.changed),
            "proposal": saved.is_proposal,
            "record": saved.sequence,
        }
        what = "is proposed" if saved.is_proposal else "is AWSCURRENT now"
        text = f"Version {saved.version_id} of {edit.secret} {what}; record {saved.sequence}."
        self.answer(options, result, text)
        return 0


def _edit(name: str, review: RestoreReview, options: Mapping[str, Any]) -> Edit:
    """Validated by the page's own form, so that the same limits apply. Raises WrongCall."""
    differing = [row.difference.key for row in review.rows]
    if unknown := [key for key in options["keys"] if key not in differing]:
        raise WrongCall(f"{len(unknown)} of the keys hold the same in both versions, or in none.")
    wanted = options["keys"] or differing
    form = RestoreForm(
        {
            "version": review.version,
            "base": review.secret.current,
            "row": [str(place) for place, key in enumerate(differing) if key in wanted],
            "reason": options["reason"],
            "typed_name": options["confirm"],
        }
    )
    if not form.is_valid():
        raise WrongCall(f"{next(iter(form.errors))}: {next(iter(form.errors.values()))[0]}")
    return form.restore_edit(name, differing)


def _text(review: RestoreReview) -> str:
    if review.is_opaque:
        return "The whole document, which cannot be compared key by key."
    rows = [
        (row.difference.key, _shown(row.difference.before), _shown(row.difference.after))
        for row in review.rows
    ]
    return table(("KEY", "BEFORE", "AFTER"), rows)


def _data(review: RestoreReview) -> dict[str, Any]:
    return {
        "secret": review.secret.name,
        "restored": review.version,
        "base_version_id": review.secret.current,
        "changed": {row.difference.key: row.difference.kind for row in review.rows},
    }


def _shown(facts: KeyFacts | None) -> str:
    return f"{MASK} {facts.short}" if facts else "not there"
