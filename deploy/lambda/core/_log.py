"""The loader's logger, loaded on demand: importing logging takes as long as an AWS call."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging


def logger() -> logging.Logger:
    """Return the logger `core.secrets`, at INFO unless another level was chosen.

    Lambda's root logger shows warnings only, and the lines of a load belong in its log.
    """
    import logging

    found = logging.getLogger("core.secrets")
    if found.level == logging.NOTSET:
        found.setLevel(logging.INFO)
    return found
