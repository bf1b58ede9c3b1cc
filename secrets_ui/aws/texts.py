"""Texts of AWS that reach pages, logs, records and exports: each has an alphabet and a length.

Whoever stands between the console and AWS could answer with the body of the request in them, and
other callers of AWS choose what CloudTrail repeats. So whatever has another form is dropped.
"""

import re

CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,63}", re.ASCII)
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
# Names, ids, aliases and ARNs of secrets and keys.
RESOURCE = re.compile(r"[\w/+=.@:-]{1,2048}", re.ASCII)
# ARNs of users, roles and sessions of roles, in any partition.
PRINCIPAL = re.compile(r"arn:[a-z0-9-]+:(iam|sts)::\d{12}:[\w/+=,.@-]{1,1024}", re.ASCII)
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_SecretVersionsListEntry.html
VERSION_ID = re.compile(r"[!-~]{32,64}", re.ASCII)


def in_form(form: re.Pattern[str], text: object) -> str:
    """The text, "" for one of another form or for what is no text."""
    return text if isinstance(text, str) and form.fullmatch(text) else ""


def sentence(text: object, longest: int) -> str:
    """What AWS says for people, on one line, cut to `longest` characters."""
    shown = "".join(letter if letter.isprintable() else " " for letter in str(text)[:longest])
    return shown.strip()
