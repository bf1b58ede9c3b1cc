"""Reads an account's organization: what is attached from the account upwards to the root."""

from dataclasses import dataclass

from ...aws.organizations import Kind, OrganizationsGateway
from ...domain.access.evidence import ControlPolicies, Document, Known, Organization, learn

MOST_LEVELS = 7  # the account, five levels of units, and the root


def read_organization(aws: OrganizationsGateway, account: str) -> Known[Organization]:
    """One call after the other. A policy that cannot be read leaves all of them unknown: a part
    would look like all. Raises AwsError, ThingNotFound where the account is in no organization.
    """
    found = aws.describe_organization()
    membership, walk = found.value, _Walk(aws)
    levels = learn(lambda: Known(walk.levels(account), found.call))
    organization = Organization(membership.id, membership.management, levels, 1 + walk.calls)
    return Known(organization, found.call)


@dataclass
class _Walk:
    """Counts its calls."""

    aws: OrganizationsGateway
    calls: int = 0

    def levels(self, account: str) -> tuple[ControlPolicies, ...]:
        """From the account to the root. Raises AwsError."""
        targets = [account]
        while not targets[-1].startswith("r-") and len(targets) < MOST_LEVELS:
            self.calls += 1
            targets.append(self.aws.list_parents(targets[-1]).value)
        documents: dict[str, Document] = {}
        return tuple([self._level(target, documents) for target in targets])

    def _level(self, target: str, documents: dict[str, Document]) -> ControlPolicies:
        service = self._attached(target, "SERVICE_CONTROL_POLICY", documents)
        return ControlPolicies(
            target, service, self._attached(target, "RESOURCE_CONTROL_POLICY", documents)
        )

    def _attached(
        self, target: str, kind: Kind, documents: dict[str, Document]
    ) -> tuple[Document, ...]:
        self.calls += 1
        found = self.aws.list_policies_for_target(target, kind).value
        for policy in found:
            if policy not in documents:
                self.calls += 1
                documents[policy] = self.aws.describe_policy(policy).value
        return tuple([documents[policy] for policy in found])
