"""The menu: which section of it each page of urls.py belongs to, and where a section leads."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A section of the menu.

    `route` is where the menu leads, and `needs` the right without which the section is not shown.
    `in_environment`: the route takes an environment. `pages` are the routes whose pages belong to
    the section. `switch` is the route to which the switch between environments leads from them.
    """

    title: str
    route: str
    pages: tuple[str, ...]
    needs: str = "secret.view"
    in_environment: bool = False
    switch: str = "secrets"


SECTIONS = (
    Section(
        "Secrets",
        "secrets",
        (
            *("secrets", "secret", "history", "edit", "edit_document", "import", "restore"),
            *("new_secret", "create_secret", "describe_secret", "delete_secret"),
            *("cancel_deletion", "refresh", "pin", "rollout", "rotate", "usage", "cost"),
        ),
        in_environment=True,
    ),
    Section("Compare", "compare", ("compare", "set_in_several")),
    Section("Due", "due", ("due", "environment_due"), switch="environment_due"),
    Section("Changes", "changes", ("changes", "decide"), in_environment=True, switch="changes"),
    Section(
        "Troubleshoot",
        "troubleshoot_first",
        (
            *("troubleshoot_first", "troubleshoot", "paste_error", "try_policy", "who"),
            *("reads", "older_reads", "check_run"),
        ),
        in_environment=True,
        switch="troubleshoot_first",
    ),
    Section("Audit", "audit", ("audit", "audit_record"), needs="audit.view"),
    Section(
        "People",
        "people",
        ("people", "person", "add_person", "renew_link", "leaving", "to_rotate", "role_requests"),
        needs="people.manage",
    ),
    Section("Status", "status", ("status", "environment_status"), switch="environment_status"),
)
# Beside the sign-out, not in the menu.
ACCOUNT = (
    *("account", "change_password", "enrol_codes", "enrol_passkey", "recovery_codes"),
    *("sessions", "all_sessions", "ask_role"),
)
# Pages that belong to no section, and routes that show no page of the frame.
WITHOUT_SECTION = (
    *("home", "livez", "readyz", "sign_in", "sign_out", "second_step", "sso_sign_in"),
    *("sso_callback", "step_up", "sso_step_up", "remove_factor", "end_session", "stay"),
    *("audit_export", "give_role", "take_role", "switch_account", "status_run", "status_json"),
    *("answer_request", "use_link"),
    *("calendar", "make_calendar", "end_calendar"),
    *("try", "acknowledge", "acknowledge_around"),
    *("metrics", "reveal", "check_report", "env_example", "catalogue_entry"),
    *("emergency", "look_at", "look_again", "put_on_top"),
)
# From these the switch between environments leads to the same page about the same secret.
ABOUT_A_SECRET = (
    *("secret", "history", "rollout", "troubleshoot", "paste_error", "try_policy", "who"),
    "reads",
)


def section_of(route: str) -> Section | None:
    """The section of the menu to which the page of this route belongs."""
    return next((section for section in SECTIONS if route in section.pages), None)
