"""Second stage: access evidence of the catalogue's secrets; secrets with news are described."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from ...domain.access.evidence import AccessEvidence, Evidence, Known, Missing
from ...domain.secrets.secret import Secret, SecretVersion
from ...domain.session_scope import WATCH
from ...domain.status.outside_changes import SecretSnapshot
from ..access.share import SharedEvidence
from ..aws_access import gateways
from .list_secrets import Listed
from .stage import RUNNER, Step, extend, learn_in_steps


@dataclass(frozen=True, kw_only=True)
class Described(Listed):
    """`secrets` are all secrets of the pass; `evidence` is there for the catalogue's alone.

    `shared` is the evidence of the catalogue's first secret: role, function and key are the same
    for all. None where the catalogue is empty.
    """

    secrets: Mapping[str, Evidence[Secret]]
    evidence: Mapping[str, AccessEvidence]
    shared: AccessEvidence | None

    def known(self) -> dict[str, Secret]:
        """The secrets that AWS described, by name."""
        return {name: s.value for name, s in self.secrets.items() if isinstance(s, Known)}

    def versions(self, name: str) -> tuple[SecretVersion, ...] | None:
        """None where they were not asked for, or AWS did not list them."""
        found = self.evidence[name].versions if name in self.evidence else None
        return found.value if isinstance(found, Known) else None


def describe(
    listed: Listed, catalog: list[str], asking: SharedEvidence | None, step: Step
) -> Described:
    """`catalog` are the full names of the catalogue's secrets."""
    evidence = _gather(listed, catalog, asking, step) if asking else {}
    secrets: dict[str, Evidence[Secret]] = {**listed.in_list}
    for name, found in evidence.items():
        is_answer = isinstance(found.secret, Known | Missing)
        secrets[name] = found.secret if is_answer else secrets.get(name, found.secret)
    secrets |= _confirm(listed, catalog, step)
    shared = asking.first if asking else None
    return extend(Described, listed, secrets=secrets, evidence=evidence, shared=shared)


def _gather(
    listed: Listed, catalog: list[str], asking: SharedEvidence, step: Step
) -> dict[str, AccessEvidence]:
    """Leaves out secrets without any answer of AWS: their last results stay and grow old."""
    evidence = dict[str, AccessEvidence]()
    for name in catalog:
        step()
        is_first = name == asking.first.secret_name
        found = asking.first if is_first else asking.of_another(name)
        if isinstance(found.secret, Known | Missing) or isinstance(listed.listed, Known):
            evidence[name] = found
    return evidence


def _confirm(listed: Listed, catalog: list[str], step: Step) -> dict[str, Known[Secret]]:
    """A list may be five minutes old: before news of a secret is reported, it is described."""
    gateway = gateways(listed.environment, RUNNER, WATCH).secrets_manager
    names = [n for n, s in listed.in_list.items() if n not in catalog and _is_news(listed, s.value)]
    answers = learn_in_steps([partial(gateway.describe_secret, name) for name in names], step)
    described = zip(names, answers, strict=True)
    return {name: answer for name, answer in described if isinstance(answer, Known)}


def _is_news(listed: Listed, secret: Secret) -> bool:
    before = listed.before.get(secret.name, {}).get("sight")
    if not before:
        return False
    return SecretSnapshot.from_json(before) != SecretSnapshot.of(secret, before["policy"])
