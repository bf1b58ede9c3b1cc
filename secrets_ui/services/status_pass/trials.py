"""After the facts: values are tried once a day where CREDENTIAL_CHECKS is on, so many in a pass."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...domain.errors import AuditUnavailable, ConsoleError
from ...domain.secrets.tried import Verdict
from .. import configuration
from ..secrets.trials import due_keys, trials_of
from ..secrets.try_key import try_current
from .facts import WithFacts
from .stage import RUNNER, Step, extend

# Seconds for all of an environment: what is left is tried by the next pass.
PATIENCE = 30


@dataclass(frozen=True, kw_only=True)
class WithTrials(WithFacts):
    """`verdicts` on the values of current versions, by secret name and key; of tried keys alone."""

    verdicts: Mapping[str, Mapping[str, Verdict]]


def try_values(before: WithFacts, step: Step) -> WithTrials:
    """Raises DatabaseError."""
    until = time.monotonic() + PATIENCE
    for name, key in _due(before):
        if time.monotonic() >= until:
            break
        step()
        version = before.facts[name].version_id
        try:
            try_current(before.environment, RUNNER, name, key, version)
        except AuditUnavailable:
            break
        except ConsoleError:
            continue  # on record; the verdict stays as it was, and the next pass tries again
    return extend(WithTrials, before, verdicts=_verdicts(before))


def _due(before: WithFacts) -> Iterator[tuple[str, str]]:
    for name, facts in before.facts.items():
        spec = configuration.spec_of(before.environment, name)
        for key in due_keys(spec, facts, before.at):
            yield name, key


def _verdicts(before: WithFacts) -> dict[str, dict[str, Verdict]]:
    found = {}
    for name, facts in before.facts.items():
        known = trials_of(configuration.spec_of(before.environment, name), facts)
        found[name] = {key: trial.verdict for key, trial in known.items()}
    return found
