"""What is asked of Secrets Manager: which secret, which version, in which form."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable


class Asked:
    """One GetSecretValue. With `as_keys`, the value has to be a JSON object."""

    __slots__ = ("as_keys", "secret_id", "version_id", "version_stage")

    def __init__(
        self,
        secret_id: str,
        version_id: str | None = None,
        version_stage: str | None = None,
        *,
        as_keys: bool = False,
    ) -> None:
        self.secret_id, self.version_id, self.version_stage = secret_id, version_id, version_stage
        self.as_keys = as_keys

    def __repr__(self) -> str:
        return f"<{self.secret_id}>"

    @property
    def key(self) -> Hashable:
        """Under which the answer is held."""
        if self.as_keys:
            return self.secret_id
        return self.secret_id, self.version_id, self.version_stage

    @property
    def parameters(self) -> dict[str, str]:
        """The request's, under AWS's names."""
        given = {
            "SecretId": self.secret_id,
            "VersionId": self.version_id,
            "VersionStage": self.version_stage,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def region(self) -> str:
        """The Region that an ARN names; "" for a name, which is of the function's Region."""
        return self.secret_id.split(":")[3] if self.secret_id.startswith("arn:") else ""

    @property
    def is_current(self) -> bool:
        return self.version_id is None and self.version_stage is None
