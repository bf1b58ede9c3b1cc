"""The console's forms, filled in as its pages send them."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.test import Client

from testkit.environments import Estate

JSON = {"HTTP_ACCEPT": "application/json"}


def current_version(estate: Estate, environment: str, secret: str) -> str:
    """AWSCURRENT's version id, asked of AWS beside the console."""
    name = estate.environments[environment].prefix + secret
    described = estate[environment].clients.secretsmanager.describe_secret(SecretId=name)
    return next(
        version
        for version, labels in described["VersionIdsToStages"].items()
        if "AWSCURRENT" in labels
    )


def key_form(base: str, *rows: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    """A form of the edit page.

    Each row is (key, action, value); `more` overrides or adds fields.
    """
    form: dict[str, Any] = {
        "base": base,
        "once": str(uuid.uuid4()),
        "confirmed": "on",
        "step": "save",
    }
    for number, (key, action, value) in enumerate(rows):
        form |= {
            f"form-{number}-name": key,
            f"form-{number}-action": action,
            f"form-{number}-value": value,
        }
    return form | more


def document_form(base: str, document: str, **more: Any) -> dict[str, Any]:
    """A form of the page for a whole document."""
    return {
        "base": base,
        "once": str(uuid.uuid4()),
        "confirmed": "on",
        "step": "save",
        "document": document,
    } | more


def import_form(base: str, pasted: str, **more: Any) -> dict[str, Any]:
    """A form of the import page. `take` and `remove` say by place what is chosen."""
    return {"base": base, "once": str(uuid.uuid4()), "step": "save", "pasted": pasted} | more


def create_form(values: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A form of the page that creates a secret; the tags follow as `tag-0-name`."""
    rows = [(key, "set", value) for key, value in values.items()]
    return key_form("", *rows, **{"description": "", **tag_form({}), **more})


def tag_form(tags: Mapping[str, str]) -> dict[str, Any]:
    """The part of a form that holds a secret's tags."""
    form: dict[str, Any] = {"tag-TOTAL_FORMS": len(tags), "tag-INITIAL_FORMS": 0}
    for number, (name, value) in enumerate(tags.items()):
        form |= {f"tag-{number}-name": name, f"tag-{number}-value": value}
    return form


def edit_url(environment: str, secret: str, page: str = "edit") -> str:
    return f"/{environment}/{page}/miyabi/{environment}/{secret}"


def prod_rules(name: str) -> dict[str, str]:
    """What prod asks for as well."""
    return {"reason": "OPS-1: a test", "typed_name": name}


def save_key(
    client: Client, estate: Estate, environment: str, secret: str, key: str, value: str, **more: Any
) -> Any:
    """Saves one key as the page's script does; the answer is JSON."""
    form = key_form(current_version(estate, environment, secret), (key, "set", value), **more)
    return client.post(edit_url(environment, secret), form, **JSON)
