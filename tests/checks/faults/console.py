"""Faults of the console's rights to write."""

from deploy.demo.account import Account

from .planting import Document, Undo, edit_policy, fault, statement


@fault("console", heals=False, console_may_write="fail")
def console_may_not_put_a_value(account: Account) -> Undo:
    def edit(document: Document) -> None:
        statement(document, "EditSecrets")["Action"].remove("secretsmanager:PutSecretValue")

    return edit_policy(account, "miyabi-console-access", edit)
