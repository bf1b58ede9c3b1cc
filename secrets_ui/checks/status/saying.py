"""How a status check speaks: findings that bear the name of its file."""

from typing import Any

from ...domain.access.finding import Status
from ...domain.status.status import Page, StatusFinding


class Saying:
    """Makes a check's findings: which page explains them, and which call proves them.

    Used as `say = Saying(__name__, "secret", "DescribeSecret")`.
    """

    def __init__(self, module: str, page: Page, proof: str) -> None:
        self.check, self.page, self.proof = module.rpartition(".")[2], page, proof

    def __call__(self, status: Status, text: str, about: str = "", **more: Any) -> StatusFinding:
        return StatusFinding(
            self.check, status, text, about, **{"page": self.page, "proof": self.proof, **more}
        )
