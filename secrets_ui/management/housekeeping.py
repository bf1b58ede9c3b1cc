"""What has to happen by itself, beside the pages: records that wait, and rows that are over."""

import logging
from collections.abc import Callable

from django.db import Error

from secrets_ui.domain.errors import ConsoleError
from secrets_ui.services import audit
from secrets_ui.services.access.kept_runs import purge_runs
from secrets_ui.services.audit.limits import purge_reservations
from secrets_ui.services.people.ended_roles import end_roles
from secrets_ui.services.people.requests import purge_requests
from secrets_ui.services.people.sessions import purge_sessions
from secrets_ui.services.secrets.trials import purge_trials
from secrets_ui.services.usage.trail import purge_calls

log = logging.getLogger("miyabi.housekeeping")

# What is to go on record first.
_TASKS: tuple[Callable[[], int], ...] = (
    audit.append_waiting,
    audit.append_counted,
    end_roles,
    purge_sessions,
    purge_requests,
    purge_reservations,
    purge_runs,
    purge_trials,
    purge_calls,
)


def keep_house() -> dict[str, int]:
    """Does each task, whatever becomes of the others.

    Returns how many records were added or rows deleted, by task; a task that failed is left out.
    """
    done = {}
    for task in _TASKS:
        try:
            done[task.__name__] = task()
        except (ConsoleError, Error) as error:
            log.warning(
                "not done now", extra={"task": task.__name__, "error": type(error).__name__}
            )
        except Exception:
            log.exception("not done now", extra={"task": task.__name__})
    return done
