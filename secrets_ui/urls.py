"""The routes. The verb stands before the name, since names hold slashes. menu.py has the menu."""

from django.urls import path, re_path, register_converter

from .domain.secrets.name_in_path import escape_name, read_name
from .views import audit, usage
from .views.access import troubleshoot, who
from .views.changes import (
    create,
    edit,
    emergencies,
    importing,
    managing,
    pins,
    proposals,
    refresh,
    restore,
    rotations,
    several,
)
from .views.people import (
    account,
    calendar,
    leaving,
    links,
    requests,
    sessions,
    sign_in,
    sso,
    step_up,
)
from .views.people import pages as people
from .views.secrets import comparison, due, export, history, reveal, rollout, trying
from .views.secrets import pages as secrets
from .views.status import health, programs
from .views.status import pages as status


class NameInPath:
    """The path converter `name`: reverse() escapes a secret's name with it, the resolver reads it.

    https://docs.djangoproject.com/en/stable/topics/http/urls/#registering-custom-path-converters
    """

    regex = r"[\s\S]+"

    def to_python(self, value: str) -> str:
        """Raises ValueError, for "no such page", where to_url would have written it otherwise."""
        name = read_name(value)
        if escape_name(name) != value:
            raise ValueError(value)
        return name

    def to_url(self, value: str) -> str:
        return escape_name(value)


register_converter(NameInPath, "name")

urlpatterns = [
    path("", secrets.home, name="home"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("sign-in/link", links.use_link, name="use_link"),
    path("sign-in/code", sign_in.second_step, name="second_step"),
    path("sso/sign-in", sso.sign_in, name="sso_sign_in"),
    path("sso/callback", sso.callback, name="sso_callback"),
    path("step-up", step_up.step_up, name="step_up"),
    path("step-up/sso", sso.step_up, name="sso_step_up"),
    path("account", account.account, name="account"),
    path("account/password", account.change_password, name="change_password"),
    path("account/codes", account.enrol_codes, name="enrol_codes"),
    path("account/passkey", account.enrol_passkey, name="enrol_passkey"),
    path("account/recovery-codes", account.recovery_codes, name="recovery_codes"),
    path("account/remove/<int:number>", account.remove_factor, name="remove_factor"),
    path("account/sessions", sessions.own_sessions, name="sessions"),
    path("account/sessions/everybody", sessions.all_sessions, name="all_sessions"),
    path("account/sessions/end/<int:number>", sessions.end_session, name="end_session"),
    path("account/ask", requests.ask_role, name="ask_role"),
    path("account/calendar", calendar.make, name="make_calendar"),
    path("account/calendar/end", calendar.end, name="end_calendar"),
    path("account/stay", sessions.stay, name="stay"),
    path("audit", audit.audit_list, name="audit"),
    path("audit/<int:sequence>", audit.audit_record, name="audit_record"),
    re_path(r"^audit/export\.(?P<form>csv|jsonl)$", audit.audit_export, name="audit_export"),
    path("people", people.list_people, name="people"),
    path("people/add", links.add_person, name="add_person"),
    path("people/<int:number>/leaving", leaving.leaving, name="leaving"),
    path("people/<int:number>/link", links.renew_link, name="renew_link"),
    path("people/requests", requests.list_requests, name="role_requests"),
    path("people/requests/<int:number>", requests.answer_request, name="answer_request"),
    path("people/to-rotate", people.list_to_rotate, name="to_rotate"),
    path("people/<int:number>", people.open_person, name="person"),
    path("people/<int:number>/give", people.give_role, name="give_role"),
    path("people/<int:number>/take/<int:grant>", people.take_role, name="take_role"),
    path("people/<int:number>/account", people.switch_account, name="switch_account"),
    path("status", status.status_page, name="status"),
    path("status/run", status.run_now, name="status_run"),
    path("status.json", programs.status_json, name="status_json"),
    path("metrics", programs.metrics, name="metrics"),
    path("cost", usage.cost, name="cost"),
    path("due", due.due, name="due"),
    path("calendar/<str:token>.ics", due.calendar, name="calendar"),
    path("compare", comparison.compare, name="compare"),
    path("compare/set", several.set_in_several, name="set_in_several"),
    path("<slug:environment>/", secrets.list_secrets, name="secrets"),
    path("<slug:environment>/new", create.choose_name, name="new_secret"),
    path("<slug:environment>/create/<name:name>", create.create_secret, name="create_secret"),
    path("<slug:environment>/describe/<name:name>", managing.describe, name="describe_secret"),
    path("<slug:environment>/delete/<name:name>", managing.delete, name="delete_secret"),
    path("<slug:environment>/cancel-deletion/<name:name>", managing.cancel, name="cancel_deletion"),
    path("<slug:environment>/refresh/<name:name>", refresh.refresh, name="refresh"),
    path("<slug:environment>/secret/<name:name>", secrets.open_secret, name="secret"),
    path("<slug:environment>/history/<name:name>", history.history, name="history"),
    path("<slug:environment>/rollout/<name:name>", rollout.rollout, name="rollout"),
    path("<slug:environment>/env-example/<name:name>", export.env_example, name="env_example"),
    path(
        "<slug:environment>/catalogue-entry/<name:name>",
        export.catalogue_entry,
        name="catalogue_entry",
    ),
    path("<slug:environment>/restore/<name:name>", restore.restore, name="restore"),
    path("<slug:environment>/pin/<name:name>", pins.pin, name="pin"),
    path("<slug:environment>/reveal/<name:name>", reveal.reveal, name="reveal"),
    path("<slug:environment>/try/<name:name>", trying.try_value, name="try"),
    path("<slug:environment>/edit/<name:name>", edit.edit_keys, name="edit"),
    path("<slug:environment>/rotate/<name:name>", rotations.rotate, name="rotate"),
    path("<slug:environment>/import/<name:name>", importing.import_keys, name="import"),
    path("<slug:environment>/edit-document/<name:name>", edit.edit_document, name="edit_document"),
    path("<slug:environment>/status", status.environment_status, name="environment_status"),
    path("<slug:environment>/acknowledge", status.acknowledge, name="acknowledge_around"),
    path("<slug:environment>/acknowledge/<name:name>", status.acknowledge, name="acknowledge"),
    path("<slug:environment>/due", due.environment_due, name="environment_due"),
    path("<slug:environment>/usage", usage.usage, name="usage"),
    path("<slug:environment>/reads/<name:name>", usage.reads, name="reads"),
    path("<slug:environment>/older-reads/<name:name>", usage.older_reads, name="older_reads"),
    path("<slug:environment>/changes", proposals.list_changes, name="changes"),
    path("<slug:environment>/changes/<int:sequence>", proposals.decide, name="decide"),
    path(
        "<slug:environment>/changes/<int:sequence>/emergency",
        emergencies.make_current,
        name="emergency",
    ),
    path("<slug:environment>/changes/<int:sequence>/look", emergencies.look_at, name="look_at"),
    path(
        "<slug:environment>/changes/<int:sequence>/on-top",
        emergencies.put_on_top,
        name="put_on_top",
    ),
    path("<slug:environment>/troubleshoot", troubleshoot.choose, name="troubleshoot_first"),
    path(
        "<slug:environment>/troubleshoot/<name:name>",
        troubleshoot.troubleshoot,
        name="troubleshoot",
    ),
    path(
        "<slug:environment>/explain-error/<name:name>", troubleshoot.paste_error, name="paste_error"
    ),
    path("<slug:environment>/who/<name:name>", who.who, name="who"),
    path("<slug:environment>/who-again/<name:name>", who.look_again, name="look_again"),
    path("<slug:environment>/what-if/<name:name>", troubleshoot.try_policy, name="try_policy"),
    path("<slug:environment>/runs/<int:number>", troubleshoot.open_run, name="check_run"),
    path("<slug:environment>/runs/<int:number>.md", troubleshoot.run_report, name="check_report"),
]
