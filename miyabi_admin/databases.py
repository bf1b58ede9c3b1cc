"""How the console opens its database."""

from collections.abc import Mapping
from typing import Any

SQLITE = {
    # The chain's append reads, then writes: a deferred lock would fail half-way
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "read_seconds": 10,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON;"
    ),
}
# libpq's names: https://www.postgresql.org/docs/current/libpq-connect.html
# A machine that is gone without a word is noticed after half a minute, not after hours.
_POSTGRESQL = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,  # milliseconds
}
# The server's: a statement of a page, and a transaction whose process hangs. No page takes so long;
# a command may (migrate, verify_audit).
_LIMITS = {"idle_in_transaction_session_timeout": "30s"}
_LIMITS_OF_PAGES = {"statement_timeout": "15s"} | _LIMITS


def options(database: Mapping[str, Any], *, is_command: bool) -> dict[str, Any]:
    """Django's OPTIONS for a database of its settings. What DATABASE_URL says counts more on
    PostgreSQL."""
    if database["ENGINE"] == "django.db.backends.sqlite3":
        return SQLITE
    given = database.get("OPTIONS", {})
    limits = _LIMITS if is_command else _LIMITS_OF_PAGES
    flags = [f"-c {name}={value}" for name, value in limits.items()]
    return {**_POSTGRESQL, **given, "options": " ".join([*flags, given.get("options", "")]).strip()}
