"""What environments cost: AWS's figures times the prices in settings. Nothing is counted twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from ...domain.access.evidence import Evidence, Known, why_unavailable
from ...domain.environment import Environment
from ...domain.secrets.secret import Secret
from ...domain.usage.cost import (
    Cost,
    Figure,
    Month,
    Prices,
    Span,
    cost_of_calls,
    cost_of_keys,
    cost_of_one_more,
    cost_of_secrets,
    total,
    unknown,
)
from ...domain.usage.usage import Usage
from .. import configuration


@dataclass(frozen=True)
class EnvironmentCost:
    environment: Environment
    cost: Cost


@dataclass(frozen=True)
class Estimate:
    """`one_more` is what a new environment would add each month."""

    month: Month
    prices: Prices
    environments: tuple[EnvironmentCost, ...]
    one_more: Cost

    @property
    def all(self) -> Cost:
        return total(entry.cost for entry in self.environments)


def estimate_cost(usages: Iterable[Usage]) -> Estimate:
    """AWS counts calls for an account and Region as a whole, and a key may serve several
    environments: each is counted with the first that has it. Raises nothing: a figure that is not
    known says why.
    """
    usages = list(usages)
    prices = Prices(settings.PRICE_SECRET, settings.PRICE_CALLS, settings.PRICE_KEY)
    month = Month(usages[0].read_at)
    counting = _Counting(month, prices)
    costs = tuple(EnvironmentCost(usage.environment, counting.cost_of(usage)) for usage in usages)
    return Estimate(
        month,
        prices,
        costs,
        cost_of_one_more(prices, len(configuration.catalog().secrets), counting.monthly_calls),
    )


class _Counting:
    """One pass over environments, which remembers what was counted."""

    def __init__(self, month: Month, prices: Prices) -> None:
        self.month, self.prices = month, prices
        # Dollars of each account and Region whose calls are known.
        self.monthly_calls: list[Decimal] = []
        # (account, Region) → the environment that has their calls.
        self._callers: dict[tuple[str, str], str] = {}
        self._keys: set[tuple[str, str, str]] = set()

    def cost_of(self, usage: Usage) -> Cost:
        return Cost((self._secrets(usage.secrets), self._calls(usage), self._keys_of(usage)))

    def _secrets(self, secrets: Evidence[tuple[Secret, ...]] | None) -> Figure:
        if not isinstance(secrets, Known):
            return unknown("Secrets", why_unavailable(secrets))
        spans = [Span(secret.created, secret.deleted) for secret in secrets.value]
        return cost_of_secrets(self.month, self.prices.secret, spans)

    def _calls(self, usage: Usage) -> Figure:
        account = (usage.environment.account, usage.environment.region)
        first = self._callers.setdefault(account, usage.environment.name)
        if first != usage.environment.name:
            zero = self.prices.calls * 0
            return Figure(
                "Calls",
                zero,
                zero,
                f"counted with {first}: AWS counts the calls of an account and Region as a whole",
            )
        if not isinstance(usage.metrics, Known):
            return unknown("Calls", why_unavailable(usage.metrics))
        if usage.problems:
            return unknown("Calls", f"CloudWatch did not tell all: {', '.join(usage.problems)}")
        figure = cost_of_calls(self.month, self.prices.calls, usage.calls or {})
        if figure.month is not None:
            self.monthly_calls.append(figure.month)
        return figure

    def _keys_of(self, usage: Usage) -> Figure:
        if not isinstance(usage.secrets, Known):
            return unknown("Keys", why_unavailable(usage.secrets))
        account = (usage.environment.account, usage.environment.region)
        keys = {
            (*account, secret.kms_key_id.rpartition("/")[2])
            for secret in usage.secrets.value
            if _is_billed(secret)
        }
        fresh, self._keys = keys - self._keys, self._keys | keys
        return cost_of_keys(self.month, self.prices.key, len(fresh))


def _is_billed(secret: Secret) -> bool:
    """AWS's own key costs nothing to keep."""
    return secret.kms_key_id not in ("", "alias/aws/secretsmanager") and not secret.deleted
