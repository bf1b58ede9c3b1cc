"""The edit that the arguments of put_secret ask for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import InvalidChange
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.forms.changes import SaveForm
from secrets_ui.management.account import ShellRequest
from secrets_ui.permissions import actor_of
from secrets_ui.services.secrets.opening import open_secret

from .twin import WrongCall
from .typed_values import (
    Newline,
    is_source,
    parse_assignments,
    read_changes,
    read_pasted,
    read_value,
)

_FIELDS = {"base": "if-version", "typed_name": "confirm"}


def read_edit(
    environment: Environment,
    request: ShellRequest,
    name: str,
    options: Mapping[str, Any],
    note: Callable[[str], None],
) -> Edit:
    """Build the edit. The current version is noted before any value is read.

    `note` tells what is left out. Raises WrongCall, InvalidChange, InvalidDocument and AwsErrors.
    """
    sources = parse_assignments(options["assignments"])
    _ensure_sensible(options, sources)
    form = _form(options)
    base = (
        options["if_version"]
        or open_secret(environment, name, actor_of(request), with_versions=False).secret.current
    )
    if options["document"]:
        whole = form.edit(name, document=_document(options), is_text=options["as_text"])
        return replace(whole, base=base)
    typed = read_changes(sources, options["newline"])
    filed = _from_file(options["env_file"], note) if options["env_file"] else ()
    empty = (Change(key, SecretValue("")) for key in options["empty"])
    removed = (Change(key, None) for key in options["remove"])
    changes = (*typed, *filed, *empty, *removed)
    _ensure_once([*(change.key for change in changes), *options["generate"]])
    imported = tuple(change.key for change in filed)
    keys = form.edit(name, changes=changes, generate=tuple(options["generate"]), imported=imported)
    return replace(keys, base=base)


def _from_file(source: str, note: Callable[[str], None]) -> tuple[Change, ...]:
    """The keys of a .env or JSON. An empty text is asked for by its own option, as elsewhere."""
    pasted = read_pasted(source)
    for key, why in pasted.unfit:
        raise InvalidChange(f"{key} {why}.", key=key)
    for change in pasted.changes:
        if not change.value:
            note(f"Left out: {change.key} is empty. To store an empty text, say --empty.")
    if not pasted.filled:
        raise InvalidChange("No key with a value came in by --env-file.")
    return pasted.filled


def _form(options: Mapping[str, Any]) -> SaveForm:
    """Validate with the page's own form, so that the same limits apply. Raises WrongCall."""
    form = SaveForm(
        {
            "base": options["if_version"],
            "reason": options["reason"],
            "typed_name": options["confirm"],
        }
    )
    if form.is_valid():
        return form
    field, errors = next(iter(form.errors.items()))
    raise WrongCall(f"--{_FIELDS.get(field, field)}: {errors[0]}")


def _document(options: Mapping[str, Any]) -> SecretValue:
    is_json = not options["as_text"]
    # JSON allows blanks around it.
    newline: Newline = options["newline"] or ("keep" if is_json else "")
    return read_value("the document", options["document"], newline)


def _ensure_sensible(options: Mapping[str, Any], sources: Sequence[tuple[str, str]]) -> None:
    named = [key for key, _ in sources]
    named += [*options["generate"], *options["empty"], *options["remove"]]
    for option in ("document", "env_file"):
        if options[option] and not is_source(options[option]):
            raise WrongCall(f"--{option.replace('_', '-')}: expected - or @FILE.")
    keys = [*named, options["env_file"]] if options["env_file"] else named
    if options["document"] and keys:
        raise WrongCall("--document replaces everything, so no key can be changed beside it.")
    if not options["document"] and not keys:
        raise WrongCall(
            "Nothing is asked for: expected KEY=-, KEY=@FILE, --env-file, --generate, --empty, "
            "--remove or --document."
        )
    if options["as_text"] and not options["document"]:
        raise WrongCall("--as-text is about --document.")
    if options["env_file"] == "-" and any(source == "-" for _, source in sources):
        raise WrongCall("Standard input holds the .env, so KEY=- cannot stand beside it.")
    _ensure_once(named)


def _ensure_once(keys: Sequence[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise WrongCall(f"{key[:100]} is asked for twice.")
        seen.add(key)
