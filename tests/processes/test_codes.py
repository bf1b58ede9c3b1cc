"""A code is good once, whichever process it reaches first. S32."""

import json
import os
from pathlib import Path

import pytest

from testkit import warm
from testkit.authenticator import code_of
from tests.processes.consoles import Worker

pytestmark = [pytest.mark.processes]

ENROL = """
import django; django.setup()
from django.contrib.auth import get_user_model
from allauth.mfa.models import Authenticator
from secrets_ui.identity import second_factor
person = get_user_model().objects.create_user("hana")
seed = second_factor.new_seed()
Authenticator.objects.create(user=person, type="totp", data={"secret": seed})
print(second_factor.readable_seed(seed), *second_factor.make_recovery_codes(person))
"""
USE = """
import json, sys, django; django.setup()
from django.contrib.auth import get_user_model
from secrets_ui.identity.second_factor import check_code
person = get_user_model().objects.get(username="hana")
print("true", flush=True)
sys.stdin.readline()
print(json.dumps([check_code(person, code) or "refused" for code in sys.argv[1:]]))
"""


def test_s32_of_four_processes_with_the_same_code_at_once_one_is_let_in(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    path = tmp_path / "codes.sqlite3"
    path.write_bytes(migrated_sqlite.read_bytes())
    environ = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{path}",
        "DJANGO_SETTINGS_MODULE": "miyabi_admin.settings",
    }
    seed, recovery, *_ = warm.run(["-c", ENROL], environ).stdout.split()
    use = ["-c", USE, code_of(seed), recovery]
    processes = [Worker(use, environ, tmp_path / "log") for _ in range(4)]
    for process in processes:
        process.wait_until_ready()
    for process in processes:
        process.write("go\n")
    answers = [process.hear() for process in processes]
    for process in processes:
        process.stop()
    codes, recovered = sorted(a[0] for a in answers), sorted(a[1] for a in answers)
    assert codes == ["code", "refused", "refused", "refused"], json.dumps(answers)
    assert recovered == ["recovery code", "refused", "refused", "refused"], json.dumps(answers)
