"""What no answer of troubleshooting has seen, a sentence each."""

from .evidence import AccessEvidence, Known
from .organization import describe_control


def not_seen(evidence: AccessEvidence) -> tuple[str, ...]:
    """Whether control policies count is said in any case, since most answers go without them."""
    return describe_control(evidence), _session(evidence), _NETWORK


_NETWORK = (
    "Of the way over the network, network ACLs, DNS settings, firewalls and what lies behind a NAT "
    "gateway were not looked at."
)


def _session(evidence: AccessEvidence) -> str:
    function = evidence.environment.lambda_function
    if not isinstance(evidence.function, Known):
        return "What the function’s session is called is not known."
    return f"The function’s session is taken to be called {function}, with no policy of its own."
