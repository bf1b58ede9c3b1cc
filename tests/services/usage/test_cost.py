"""What environments cost together: nothing twice, and what was not told is not known."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from secrets_ui.domain.access.evidence import Denied, Evidence, Known, Unreachable
from secrets_ui.domain.environment import Environment
from secrets_ui.domain.errors import AwsCall
from secrets_ui.domain.secrets.secret import Secret
from secrets_ui.domain.usage.usage import Metric, Series, Usage, calls_of
from secrets_ui.services.usage.cost import estimate_cost

NOW = datetime(2026, 11, 16, tzinfo=UTC)
CALL = AwsCall("x:Y")
KEY = "arn:aws:kms:us-west-2:111111111111:key/1"
OLD = datetime(2025, 1, 1, tzinfo=UTC)
READS: Mapping[Metric, Series] = {
    calls_of("GetSecretValue"): Series({date(2026, 11, day): 20_000 for day in range(1, 16)})
}
TOLD: Known[Any] = Known(READS, CALL)


def place(name: str, account: str = "111111111111") -> Environment:
    return Environment(name, "us-west-2", account, f"miyabi/{name}/")


def secret(name: str, key: str = KEY, **more: Any) -> Secret:
    return Secret(f"arn:{name}", name, kms_key_id=key, created=OLD, **more)


def usage(
    environment: Environment,
    *secrets: Secret,
    metrics: Evidence[Mapping[Metric, Series]] = TOLD,
    listed: Evidence[tuple[Secret, ...]] | None = None,
) -> Usage:
    return Usage(environment, NOW, metrics, secrets=listed or Known(secrets, CALL))


def figures(usage: Usage) -> dict[str, tuple[Decimal | None, Decimal | None, str]]:
    [entry] = estimate_cost([usage]).environments
    return {figure.name: (figure.so_far, figure.month, figure.how) for figure in entry.cost.figures}


def test_an_environment_costs_its_secrets_its_calls_and_its_key() -> None:
    found = figures(usage(place("dev"), secret("a"), secret("b")))
    assert found["Secrets"][:2] == (Decimal("0.40"), Decimal("0.80"))
    assert found["Calls"][:2] == (Decimal("1.50"), Decimal("3.00"))
    assert found["Keys"][:2] == (Decimal("0.50"), Decimal("1.00"))
    assert estimate_cost([usage(place("dev"), secret("a"), secret("b"))]).all.month == Decimal(
        "4.80"
    )


def test_prices_are_settings(settings: Any) -> None:
    settings.PRICE_SECRET, settings.PRICE_CALLS, settings.PRICE_KEY = (
        Decimal(2),
        Decimal(1),
        Decimal(5),
    )
    found = figures(usage(place("dev"), secret("a")))
    assert [found[name][1] for name in ("Secrets", "Calls", "Keys")] == [2, 60, 5]


def test_calls_and_key_of_one_account_and_region_are_counted_once() -> None:
    first, second = estimate_cost(
        [usage(place("dev"), secret("a")), usage(place("staging"), secret("b"))]
    ).environments
    shared = {figure.name: figure for figure in second.cost.figures}
    assert (shared["Calls"].month, shared["Keys"].month) == (Decimal(0), Decimal(0))
    assert shared["Calls"].how.startswith("counted with dev")
    assert first.cost.month > second.cost.month == Decimal("0.40")


def test_another_account_has_calls_and_a_key_of_its_own() -> None:
    estimate = estimate_cost(
        [usage(place("dev"), secret("a")), usage(place("prod", "333333333333"), secret("b"))]
    )
    assert [entry.cost.month for entry in estimate.environments] == [Decimal("4.40")] * 2
    assert estimate.one_more.month == Decimal("0.80") + 3 + 1


def test_one_key_under_two_names_is_one_key_and_aws_s_own_costs_nothing() -> None:
    assert figures(usage(place("dev"), secret("a"), secret("b", key="1")))["Keys"][1] == 1
    assert figures(usage(place("dev"), secret("a", key="")))["Keys"][1] == 0


def test_a_secret_that_waits_for_its_deletion_is_paid_until_then() -> None:
    found = figures(usage(place("dev"), secret("a", deleted=datetime(2026, 11, 4, tzinfo=UTC))))
    assert found["Secrets"][1] == Decimal("0.04")
    assert "1 that was deleted" in found["Secrets"][2]


def test_what_the_role_may_not_ask_is_not_known_with_the_permission() -> None:
    denied = Denied(CALL, "cloudwatch:GetMetricData")
    found = figures(usage(place("dev"), secret("a"), metrics=denied))
    assert found["Calls"] == (None, None, "the console's role lacks cloudwatch:GetMetricData")
    assert found["Secrets"][1] == Decimal("0.40")


def test_an_unreachable_list_leaves_secrets_and_keys_unknown_and_never_free() -> None:
    away: Unreachable = Unreachable(CALL, "No connection to AWS for secretsmanager:ListSecrets.")
    found = figures(usage(place("dev"), listed=away))
    assert found["Secrets"][:2] == found["Keys"][:2] == (None, None)
    assert "No connection" in found["Secrets"][2]


def test_half_told_metrics_are_not_added_up() -> None:
    half: Known[Any] = Known(
        {calls_of("GetSecretValue"): Series({date(2026, 11, 3): 5}, "PartialData")}, CALL
    )
    assert figures(usage(place("dev"), metrics=half))["Calls"][0] is None


def test_no_data_point_is_not_known_and_never_zero() -> None:
    empty: Known[Any] = Known({}, CALL)
    estimate = estimate_cost([usage(place("dev"), secret("a"), metrics=empty)])
    assert estimate.all.unknown == ("Calls",)
    assert estimate.one_more.unknown == ("Calls",)
