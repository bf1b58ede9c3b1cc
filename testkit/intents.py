"""Leaves intents open on the audit log, as a request does that was cut off."""

from typing import Any

from secrets_ui.domain.audit.actions import Action
from secrets_ui.domain.people.actor import Actor
from secrets_ui.services import audit


def intend(action: Action, actor: Actor, **about: Any) -> audit.Act:
    """An intent without an outcome; the act can be ended later."""
    with audit.act(action, actor, **about) as act:
        return act
