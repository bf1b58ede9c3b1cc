"""The demo's function: what it reports is what the loader writes, and a save is seen to arrive."""

from datetime import timedelta

import pytest

from deploy.demo import function
from secrets_ui.domain.people.actor import Actor
from secrets_ui.domain.secrets import rollout
from secrets_ui.domain.secrets.rollout import Rollout
from secrets_ui.services.secrets.rollout import look
from tests.conftest import MakeEstate

pytestmark = pytest.mark.django_db
VARIABLES = ("FUNCTION_NAME", "FUNCTION_VERSION", "INITIALIZATION_TYPE")


def test_a_save_arrives_in_one_instance_soon_and_in_the_other_later(
    make_estate: MakeEstate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(f"AWS_LAMBDA_{name}", "")  # so that it is put back
    monkeypatch.setattr(function, "MAX_AGES", (0, 3600))
    monkeypatch.setattr(rollout, "ENDED_WITHIN", timedelta(days=1))
    estate = make_estate(only=("prod",))
    prod = estate["prod"]
    [demo] = function.functions(estate.endpoint, [prod.environment])

    def invoked() -> Rollout:
        demo.invoke()
        name = f"{prod.environment.prefix}config"
        return look(prod.environment, name, Actor("hana", "192.0.2.7"), with_hints=False)

    assert (invoked().new, invoked().of) == (2, 2)
    prod.clients.secretsmanager.put_secret_value(
        SecretId=f"{prod.environment.prefix}config", SecretString='{"MIYABI_ROOT": "/srv"}'
    )
    found = invoked()
    assert (found.arrived, found.new, found.of) == (False, 1, 2)
    prod.clients.lambda_.update_function_configuration(
        FunctionName=prod.environment.lambda_function, Description="refreshed"
    )
    found = invoked()
    assert found.new == 3  # two began anew, beside the one that had it
    assert {one.initialization_type for one in found.instances} == {"on-demand"}
