"""Which threads answer a page: its lane, by what the page waits for (miyabi_admin/lanes.py).

A page that is in no list waits for AWS.
"""

from django.urls import Resolver404, resolve

from .domain.errors import ConsoleError

HEALTH = ("livez", "readyz")
SIGN_IN = ("sign_in", "use_link", "second_step", "step_up", "change_password")
PROVIDER = ("sso_sign_in", "sso_callback", "sso_step_up")
EXPORTS = ("audit_export",)
# What waits for the database alone.
PAGES = (
    *("home", "sign_out", "account", "enrol_codes", "enrol_passkey", "recovery_codes"),
    *("remove_factor", "sessions", "all_sessions", "end_session", "stay"),
    *("audit", "audit_record", "people", "person", "give_role", "take_role", "switch_account"),
    *("leaving", "add_person", "renew_link", "ask_role", "role_requests", "answer_request"),
    *("to_rotate", "status", "environment_status", "status_run", "status_json", "metrics"),
    *("check_run", "check_report", "look_at", "acknowledge", "acknowledge_around"),
    *("new_secret", "due", "environment_due", "calendar", "make_calendar", "end_calendar"),
    *("reads", "look_again"),
)
_LANES = {
    route: lane
    for lane, routes in {
        "health": HEALTH,
        "sign-in": SIGN_IN,
        "provider": PROVIDER,
        "exports": EXPORTS,
        "pages": PAGES,
    }.items()
    for route in routes
}


class NoThreadFree(ConsoleError):
    """Every thread that answers such pages waits, for AWS or for whatever these pages wait for."""

    status = 503
    title = "Too many requests wait just now"
    remedy = "Wait a few seconds, then try again. Status shows whether the console is well."
    retry_after = 10

    def __init__(self) -> None:
        super().__init__("Yours was not begun, so nothing was done.")


def lane_of(path: str) -> str:
    """The lane of a path, decoded and without its query. Raises nothing: no page, or a static file,
    is a page like others."""
    try:
        return _LANES.get(resolve(path).url_name or "", "aws")
    except (Resolver404, ValueError):
        return "pages"
