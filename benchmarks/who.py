"""Who can read a secret: from gathered answers to the page, and the memory that it takes; and why.

An account of so many roles, each with ten policies of its own, no two alike.
"""

import gc
import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.servers import make_environ
from deploy.demo.local_aws import PROJECT
from testkit.accounts import (
    ACCOUNT,
    CAN_READ,
    DECRYPT,
    ENVIRONMENT,
    KEY,
    READ,
    ROLE,
    SECRET,
    MadeAccount,
    allow,
    policy,
    question_about,
)

POLICIES = 10
_TAG = "aws:PrincipalTag/team"
_SERVICES = ("s3", "dynamodb", "sqs", "sns", "logs", "ec2", "rds", "ecs", "ssm", "xray")


def measure(roles: int, rounds: int) -> dict[str, object]:
    """In a process of its own, since its memory is measured as well."""
    with TemporaryDirectory(prefix="miyabi-bench-") as name:
        command = [sys.executable, "-m", "benchmarks.who", str(roles), str(rounds)]
        environ = make_environ(Path(name), "http://127.0.0.1:9")
        done = subprocess.run(
            command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def make_large(roles: int) -> MadeAccount:
    chance, account = Random(roles), MadeAccount()
    for number in range(roles):
        documents = [_ordinary(chance, number, n) for n in range(POLICIES - 1)]
        can = number % 20 == 0
        last = CAN_READ if can else policy(allow(READ, f"{SECRET[:-6]}{number:06}"))
        limit = account.managed("limit", policy(allow([READ, DECRYPT, "s3:*"])))
        account.role(
            f"team-{number % 30}/role-{number}",
            *documents,
            last,
            boundary=limit if number % 3 == 0 else "",
            expected=can,
        )
    return account


def _ordinary(chance: Random, role: int, number: int) -> str:
    """Two to four statements, as a role's policy often has, some with conditions."""
    resources = [
        f"arn:aws:{_SERVICES[number]}:us-west-2:{ACCOUNT}:r-{role}-{n}/*" for n in range(3)
    ]
    actions = [f"{_SERVICES[number]}:{verb}*" for verb in ("Get", "List", "Put", "Describe")]
    secure = {"Bool": {"aws:SecureTransport": "true"}}
    others = f"arn:aws:secretsmanager:us-west-2:{ACCOUNT}:secret:other-{chance.random()}-??????"
    statements = [
        allow(actions, resources, Sid="Own"),
        allow(actions[:2], "*", Sid="See", Condition=secure),
    ]
    if number < 2:  # of its own secrets
        statements += [
            allow([READ, "secretsmanager:DescribeSecret"], others, Sid="OtherSecrets"),
            allow("kms:Decrypt", KEY.replace("1234abcd", "ffffffff"), Sid="OtherKey"),
        ]
    return policy(*statements)


def _measure_here(roles: int, rounds: int) -> dict[str, Any]:
    account = make_large(roles)
    evidence, details = account.evidence(), account.details
    _page(evidence, MadeAccount().details)  # what Django reads once
    seconds, peaks, before = [], [], _resident()
    for _ in range(rounds):
        started = time.process_time()
        text, can = _page(evidence, details)
        seconds.append(round(time.process_time() - started, 2))
        peaks.append(_resident())
    assert can == -(-roles // 20)
    kept = _kept(lambda: _page(evidence, details))
    return {
        "roles": roles,
        "policies": roles * POLICIES,
        "seconds": seconds,
        "goal_at_most": 2.5,
        "page_kib": len(text) // 1024,
        "more_mib": round(max(peaks) - before, 1),
        "kept_mib_afterwards": kept,
        "kept_answer": _measure_kept(evidence, details),
        "why": _measure_why(roles),
        "goal_more_mib_at_most": 120,
    }


def _measure_kept(evidence: Any, details: Any) -> dict[str, Any]:
    """What is left to a page when the runner has judged: as of a large account."""
    from secrets_ui.domain.access.kept_answer import answer_from_json, answer_to_json
    from secrets_ui.domain.access.who import who_can

    text, before = json.dumps(answer_to_json(who_can(evidence, details))), _resident()
    started = time.process_time()
    page, _ = _drawn(answer_from_json(json.loads(text), ENVIRONMENT))
    return {
        "seconds": round(time.process_time() - started, 3),
        "page_kib": len(page) // 1024,
        "kept_kib": len(text) // 1024,
        "more_mib": round(_resident() - before, 1),
    }


def _measure_why(roles: int) -> dict[str, Any]:
    """Why one of as many cannot read: what is offered changes the key policy, which all share.

    That names everybody, by a tag; or roles one by one.
    """
    tagged = allow(DECRYPT, Principal="*", Condition={"StringEquals": {_TAG: "ops"}})
    named = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/another"})
    return {"tagged": _why(roles, tagged), "named": _why(roles, named)}


def _why(roles: int, statement: dict[str, Any]) -> dict[str, Any]:
    from secrets_ui.checks.judging.why import explain
    from secrets_ui.domain.access.gains import Others

    account = make_large(roles)
    account.role("subject", CAN_READ, expected=None, tags={"team": "dev"})
    account.key_policy = [statement]
    evidence, details = account.evidence(), account.details
    question = question_about(account)
    started = time.process_time()
    found = explain(question, evidence, lambda arn: 0, Others(evidence, details, ROLE))
    seconds = round(time.process_time() - started, 3)
    compared = sum(bool(offer.others) for offer in found.offers)
    assert compared
    return {"seconds": seconds, "offers_compared": compared}


def _page(evidence: Any, details: Any) -> tuple[str, int]:
    """Everybody's answer and the page with all of them; no name is looked up before Django is."""
    from secrets_ui.domain.access.who import who_can

    return _drawn(who_can(evidence, details))


def _drawn(found: Any) -> tuple[str, int]:
    from django.template.loader import render_to_string

    from secrets_ui.domain.access.answers import Show
    from secrets_ui.domain.access.reach import Ability
    from secrets_ui.forms.access import WhoFilterForm

    form = WhoFilterForm({"show": Show.ALL})
    assert form.is_valid()
    context = {
        "environment": ENVIRONMENT,
        "name": found.secret,
        "found": found,
        "rows": found.matching(Show.ALL, Ability.READ),
        "form": form,
        "ability": Ability.READ,
        "query": "",
    }
    return render_to_string("access/who.html", context), len(found.can(Ability.READ))


def _kept(act: Callable[[], object]) -> float:
    """MiB that Python's objects hold after an act and did not before it."""
    gc.collect()
    tracemalloc.start()
    act()
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return round(kept / 2**20, 1)


def _resident() -> float:
    """VmRSS in MiB, where /proc tells it."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "miyabi_admin.settings")
    django.setup()
    print(json.dumps(_measure_here(int(sys.argv[1]), int(sys.argv[2]))))
