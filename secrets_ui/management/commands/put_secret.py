"""manage.py put_secret ENV NAME KEY=-: changes keys of a secret, by the edit page's rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.management.base import CommandParser

from secrets_ui.domain.changes.edit import Edit, check_edit, ensure_sound
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import ConsoleError, InvalidChange, NothingChanged
from secrets_ui.domain.secrets.version import VersionConflict
from secrets_ui.management.account import ShellRequest
from secrets_ui.management.twin import (
    CONFLICT,
    REFUSED,
    TwinCommand,
    add_reason,
    add_secret,
    describe,
    enter_secret,
    printable,
    table,
)
from secrets_ui.management.typed_edit import read_edit
from secrets_ui.permissions import actor_of
from secrets_ui.services import configuration
from secrets_ui.services.changes.idempotency import Saved
from secrets_ui.services.changes.review import Review, explain_conflict, review_edit
from secrets_ui.services.changes.rules import ensure_rules_kept
from secrets_ui.services.changes.save import put_new_version

_RUN_AGAIN = "Look at it with show_secret, and run the command again."


_KEY_OPTIONS = {
    "--generate": "give KEY a new random token, made in the console and shown nowhere",
    "--empty": "set KEY to an empty text",
    "--remove": "remove KEY",
}
_TEXT_OPTIONS = (
    ("--env-file", "SOURCE", "set the keys of a .env or JSON: - or @FILE; others stay"),
    ("--document", "SOURCE", "replace the whole document: - or @FILE"),
    ("--if-version", "ID", "only if this version is current (default: the one that is now)"),
)
_FLAGS = {
    "--as-text": "the document is meant not to be a JSON object",
    "--dry-run": "show the review, and change nothing",
}


class Command(TwinCommand):
    help = (
        "Change keys of a secret: the same rules, review, audit record and compare-and-swap as "
        "the edit page. A value comes from standard input or a file, never from an argument. "
        "Keys that are not named stay byte for byte. Exit statuses: docs/commands.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        add_secret(parser)
        parser.add_argument(
            "assignments",
            nargs="*",
            metavar="KEY=-",
            help=(
                "KEY=- takes the value from standard input (asked for without an echo at a "
                "terminal), KEY=@FILE from a file"
            ),
        )
        for option, text in _KEY_OPTIONS.items():
            parser.add_argument(option, action="append", default=[], metavar="KEY", help=text)
        for option, metavar, text in _TEXT_OPTIONS:
            parser.add_argument(option, default="", metavar=metavar, help=text)
        add_reason(parser)
        parser.add_argument(
            "--newline",
            choices=["keep", "strip"],
            default="",
            help="what to do with a line break that ends a value",
        )
        for option, text in _FLAGS.items():
            parser.add_argument(option, action="store_true", help=text)

    def act(self, request: ShellRequest, options: Mapping[str, Any]) -> int:
        environment, name = enter_secret(request, "secret.edit", options)
        edit = read_edit(environment, request, name, options, self.note)
        try:
            return (
                self._review(environment, request, edit, options)
                if options["dry_run"]
                else self._save(environment, request, edit, options)
            )
        except NothingChanged as nothing:
            self.answer(
                options, {"secret": name, "version_id": edit.base, "changed": []}, nothing.message
            )
            return 0
        except VersionConflict as conflict:
            self._explain(environment, request, edit, conflict)
            return CONFLICT

    def _save(
        self,
        environment: Environment,
        request: ShellRequest,
        edit: Edit,
        options: Mapping[str, Any],
    ) -> int:
        if refusal := _refusal(environment, edit):
            raise refusal  # as put_new_version would, and with the option that is missing
        self._warn(environment, edit)
        saved = put_new_version(environment, actor_of(request), edit)
        self.answer(options, _saved_data(edit, saved), _saved_text(edit, saved))
        return 0

    def _warn(self, environment: Environment, edit: Edit) -> None:
        for key, problems in check_edit(
            edit, configuration.spec_of(environment, edit.secret)
        ).items():
            for problem in problems:
                if problem.level == "warning":
                    self.note(f"Warning: {key} {problem.text}.")

    def _review(
        self,
        environment: Environment,
        request: ShellRequest,
        edit: Edit,
        options: Mapping[str, Any],
    ) -> int:
        review = review_edit(environment, actor_of(request), edit)
        refusal = _refusal(environment, edit)
        data = {
            "secret": edit.secret,
            "base_version_id": edit.base or None,
            "summary": review.summary,
            "rows": [{**vars(row), "problems": list(row.problems)} for row in review.rows],
            "refused": refusal.message if refusal else None,
            "proposal": _is_proposal(environment, edit),
        }
        self.answer(options, data, _review_text(environment, edit, review))
        if refusal:
            self.note("It would be refused:")
            self.stderr.write(describe(refusal))
        return REFUSED if refusal else 0

    def _explain(
        self, environment: Environment, request: ShellRequest, edit: Edit, conflict: VersionConflict
    ) -> None:
        conflict.remedy = _RUN_AGAIN
        self.stderr.write(describe(conflict))
        try:
            known = explain_conflict(environment, actor_of(request), edit)
        except ConsoleError as error:
            self.note(f"What the other change was is not known: {error.message}")
            return
        self.note(
            f"  By:      {known.author.name if known.author else 'somebody outside this console'}"
        )
        rows = [(row.key, row.base, row.theirs, row.yours) for row in known.rows]
        self.stderr.write(table(("KEY", "BASE", "THEIRS", "YOURS"), rows))


def _refusal(environment: Environment, edit: Edit) -> InvalidChange | None:
    """Return why a save would be refused before AWS is asked, or None."""
    try:
        ensure_rules_kept(environment, edit)
        ensure_sound(edit, configuration.spec_of(environment, edit.secret))
    except InvalidChange as refusal:
        refusal.remedy = refusal.remedy or _OPTIONS.get(refusal.key, "")
        return refusal
    return None


_OPTIONS = {"reason": "Say it with --reason.", "typed_name": "Say it with --confirm."}


def _is_proposal(environment: Environment, edit: Edit) -> bool:
    return environment.rules.second_person and bool(edit.base)


def _saved_data(edit: Edit, saved: Saved) -> dict[str, Any]:
    return {
        "secret": edit.secret,
        "version_id": saved.version_id,
        "base_version_id": edit.base or None,
        "changed": list(saved.changed),
        "proposal": saved.is_proposal,
        "audit_record": saved.sequence,
    }


def _saved_text(edit: Edit, saved: Saved) -> str:
    what = "waits for a second person" if saved.is_proposal else "is AWSCURRENT now"
    keys = ", ".join(map(printable, saved.changed)) or "the whole document"
    return (
        f"{edit.secret}: version {saved.version_id} {what}. Changed: {keys}. "
        f"Audit record {saved.sequence}."
    )


def _review_text(environment: Environment, edit: Edit, review: Review) -> str:
    rows: Sequence[Sequence[str]] = [
        (row.key, row.before, row.after, _check(row.level, row.check)) for row in review.rows
    ]
    end = (
        "It would wait for a second person."
        if _is_proposal(environment, edit)
        else "Nothing was changed: this is a dry run."
    )
    return (
        f"{edit.secret}: "
        f"{review.summary}.\n\n{table(('KEY', 'BEFORE', 'AFTER', 'CHECK'), rows)}\n\n{end}"
    )


def _check(level: str, text: str) -> str:
    return {"bad": "ERROR: ", "warn": "warning: "}.get(level, "") + text
