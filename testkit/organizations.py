"""An organization around an account of the tests: its control policies, and its root."""

from secrets_ui.domain.access.evidence import ControlPolicies, Document, Known, Organization
from secrets_ui.domain.errors import AwsCall
from testkit.accounts import ACCOUNT, Statement, allow, policy

CALL = AwsCall("organizations:DescribeOrganization")
FULL = Document("FullAWSAccess", policy(allow("*")))
FULL_RCP = Document("RCPFullAWSAccess", policy(allow("*", Principal="*")))


def deny(action: str, **more: object) -> Statement:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def organization(
    *scps: str, rcps: tuple[str, ...] = (), management: str = "999999999999"
) -> Known[Organization]:
    """With policies attached to the account; the root has AWS's own."""
    own = ControlPolicies(
        ACCOUNT,
        tuple([Document("guard", text) for text in scps]),
        (FULL_RCP, *[Document("perimeter", text) for text in rcps]),
    )
    levels = own, ControlPolicies("r-ab12", (FULL,), (FULL_RCP,))
    return Known(Organization("o-example", management, Known(levels, CALL)), CALL)
