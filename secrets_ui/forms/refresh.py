"""The form that has the function start fresh instances."""

from ..domain.changes.refresh import Refresh
from .confirming import OnceForm


class RefreshForm(OnceForm):
    def wanted(self, secret: str) -> Refresh:
        data = self.cleaned_data
        return Refresh(secret, data["reason"], data["typed_name"], self.idempotency_key)
