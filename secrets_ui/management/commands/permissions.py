"""manage.py permissions: prints docs/permissions.md from the roles that decide permissions."""

from typing import Any

from django.core.management.base import BaseCommand

from secrets_ui.domain.errors.wording import capitalized
from secrets_ui.domain.people.roles import OF_THE_WHOLE, ONLY_WHOLE, ROLES, WORDS


class Command(BaseCommand):
    help = "Print docs/permissions.md: what each role may do."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(as_markdown(), ending="")


def as_markdown() -> str:
    head = ["what they may do", *ROLES]
    rows = [
        [capitalized(words) + (" ¹" if action in OF_THE_WHOLE else ""), *_marks(action)]
        for action, words in WORDS.items()
    ]
    table = [head, ["---", *[":-:"] * len(ROLES)], *rows]
    return _TEXT.format(
        table="\n".join(f"| {' | '.join(row)} |" for row in table),
        only_whole=" and ".join(ONLY_WHOLE),
    )


def _marks(action: str) -> list[str]:
    return ["yes" if action in actions else "" for actions in ROLES.values()]


_TEXT = """# Permissions

Made from `secrets_ui/domain/people/roles.py` by
`python manage.py permissions > docs/permissions.md`; a test keeps the two in step.

A role is given for one environment. What a person may do there is the sum of their roles there.
There is no superuser and no other way in.

{table}

¹ Not about a single secret: a role that is limited to some names does not include it.

- **For some names.** A role may be limited to names with a common beginning: `api-` covers every
  name that begins so, `team/` every name below it, and `api-keys` (no `/`, `-`, `_` or `.` at its
  end) that one secret and no longer name. {only_whole} are given for whole environments only.
- **Who gives them.** An admin of the environment, on the page People, or a group of the identity
  provider. Nobody changes their own roles or account, and the last admin of an environment stays.
  Every change and every refusal is in the audit log. A role may have an end, and anybody who is
  signed in may ask for one ([people.md](people.md)).
- **Acts upon an account**, switching it off and seeing or ending its sessions, take the right in
  each environment where the account has a role: an account is one for all environments.
- **Deciding** on one's own proposal is not possible. Whoever proposed a change may take it back
  with the right to edit, or put it on top when somebody else changed the secret first.
- **An emergency**, where the environment's rule `emergency` has it, is a proposal that an editor
  makes current alone: with a reason and a fresh confirmation of identity, whatever `step_up` says.
  Somebody else who decides on proposals, neither its author nor whoever made it current, then
  looks at it and says so.
- **Showing a value** takes the right, a reason and a recent confirmation of identity; it is audited
  before and after. `reveal = false` in an environment's rules makes it write-only: no value is
  shown to anybody. Keys that the catalogue calls not secret need neither reason nor confirmation,
  but are audited all the same. An admin gives roles and cannot show values, unless another admin
  makes them an editor too.
- **Copying a value** to another environment takes the right to show values where it comes from, and
  the right to edit where it goes to. Out of a write-only environment it goes to others of the kind.
- **Trying a value** where it was given out ([credential-checks.md](credential-checks.md)) takes the
  right to edit the secret, and is audited before and after. What is known of it is shown to whoever
  sees the secret.
- **Creating and deleting secrets**, and changing descriptions and tags, is possible where the
  environments file says `manage = true`, and takes a recent confirmation of identity each time.
  A deletion has a recovery window of 7 to 30 days (docs/managing-secrets.md).
- **Having the function start fresh instances** is possible where the environments file says
  `refresh = true`, for whoever may edit a secret that it reads (docs/rotation.md, decision 37).
- **Changing something** asks for a recent confirmation of identity if the environment's rule
  `step_up` says so: saves, decisions, fresh instances and roles.
"""
