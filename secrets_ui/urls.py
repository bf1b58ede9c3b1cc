"""The menu. The verb stands before the name, since names hold slashes."""

from django.urls import path, re_path

from .views import (
    audit,
    changes,
    edit_secret,
    health,
    people,
    reveal,
    secrets,
    sign_in,
    step_up,
    troubleshoot,
)

urlpatterns = [
    path("", secrets.home, name="home"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("sign-in", sign_in.sign_in, name="sign_in"),
    path("sign-out", sign_in.sign_out, name="sign_out"),
    path("step-up", step_up.step_up, name="step_up"),
    path("audit", audit.audit_list, name="audit"),
    path("audit/<int:sequence>", audit.audit_record, name="audit_record"),
    re_path(r"^audit/export\.(?P<form>csv|jsonl)$", audit.audit_export, name="audit_export"),
    path("people", people.list_people, name="people"),
    path("people/to-rotate", people.list_to_rotate, name="to_rotate"),
    path("people/<int:number>", people.open_person, name="person"),
    path("people/<int:number>/give", people.give_role, name="give_role"),
    path("people/<int:number>/take/<int:grant>", people.take_role, name="take_role"),
    path("people/<int:number>/account", people.switch_account, name="switch_account"),
    path("<slug:environment>/", secrets.list_secrets, name="secrets"),
    path("<slug:environment>/secret/<path:name>", secrets.open_secret, name="secret"),
    path("<slug:environment>/reveal/<path:name>", reveal.reveal, name="reveal"),
    path("<slug:environment>/edit/<path:name>", edit_secret.edit_keys, name="edit"),
    path("<slug:environment>/edit-document/<path:name>", edit_secret.edit_document, name="edit_document"),
    path("<slug:environment>/changes", changes.list_changes, name="changes"),
    path("<slug:environment>/changes/<int:sequence>", changes.decide, name="decide"),
    path("<slug:environment>/troubleshoot", troubleshoot.choose, name="troubleshoot_first"),
    path("<slug:environment>/troubleshoot/<path:name>", troubleshoot.troubleshoot, name="troubleshoot"),
    path("<slug:environment>/explain-error/<path:name>", troubleshoot.paste_error, name="paste_error"),
    path("<slug:environment>/what-if/<path:name>", troubleshoot.try_policy, name="try_policy"),
    path("<slug:environment>/runs/<int:number>", troubleshoot.open_run, name="check_run"),
    path("<slug:environment>/runs/<int:number>.md", troubleshoot.run_report, name="check_report"),
]
