"""Whether the catalogue and Terraform know a secret, and how they come to know it."""

from dataclasses import dataclass

from .catalog import SecretSpec
from .export import terraform_import
from .secret import Secret, why_elsewhere

# The tag that deploy/terraform sets on what it makes or has taken over.
MANAGED_BY, BY_TERRAFORM, BY_CONSOLE = "ManagedBy", "terraform", "miyabi-console"


@dataclass(frozen=True)
class Adoption:
    """What is missing. `import_block` is "" where Terraform knows the secret."""

    in_catalogue: bool
    import_block: str

    @property
    def who(self) -> str:
        if self.in_catalogue:
            return "Terraform does"
        return "The catalogue and Terraform do" if self.import_block else "The catalogue does"


def is_by_terraform(secret: Secret) -> bool:
    return secret.tags.get(MANAGED_BY) == BY_TERRAFORM


def adoption_of(secret: Secret, spec: SecretSpec) -> Adoption | None:
    """None where both know it, or where it is not theirs to know."""
    if secret.deleted or why_elsewhere(secret) or (spec.keys and is_by_terraform(secret)):
        return None
    block = "" if is_by_terraform(secret) else terraform_import(spec.name, secret.arn)
    return Adoption(bool(spec.keys), block)
