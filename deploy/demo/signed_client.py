"""boto3's shared client with every call signed by one caller, for demo, tests and benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from secrets_ui.aws.caller import Caller


class SignedClient:
    """Its calls, and the pages of its paginators, are the client's own."""

    def __init__(self, caller: Caller, service: str) -> None:
        self._caller, self._client = caller, caller.client(service)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return self._signed(found) if callable(found) else found

    def get_paginator(self, operation: str) -> SignedPaginator:
        return SignedPaginator(self._caller, self._client.get_paginator(operation))

    def _signed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def signed(*args: Any, **kwargs: Any) -> Any:
            with self._caller.signing():
                return call(*args, **kwargs)

        return signed


class SignedPaginator:
    def __init__(self, caller: Caller, paginator: Any) -> None:
        self._caller, self._paginator = caller, paginator

    def paginate(self, **asked: Any) -> list[Any]:
        """All pages."""
        with self._caller.signing():
            return list(self._paginator.paginate(**asked))
