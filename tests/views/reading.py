"""Pages, as tests read them."""

from typing import Any


def text_of(answer: Any, status: int = 200) -> str:
    """The page in one line, so that it does not matter where a template breaks its own."""
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())
