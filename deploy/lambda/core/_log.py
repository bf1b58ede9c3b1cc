"""The loader's logger, loaded when it is needed: importing logging takes as long as a call to AWS."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging


def logger() -> logging.Logger:
    """`core.secrets`. At INFO unless somebody chose a level: Lambda's root logger shows warnings alone, and the lines of a load are meant
    to be in its log."""
    import logging

    found = logging.getLogger("core.secrets")
    if found.level == logging.NOTSET:
        found.setLevel(logging.INFO)
    return found
