"""Copies accounts inside the process of the local AWS; the import loads moto."""

import io
import pickle
from collections.abc import Collection, Mapping
from typing import Any

from deploy.demo.moto_state import StatePickler, contents_of, put_back

LONG = 10_000  # characters


class Copies:
    """Keeps a pickle of each estate that was copied, and unpickles it for each copy."""

    def __init__(self) -> None:
        self._pickles: dict[tuple[str, ...], tuple[bytes, list[str]]] = {}

    def copy(self, pairs: Mapping[str, str]) -> None:
        """From each account to a new one, what the former held when it was first copied."""
        olds = tuple(pairs)
        if olds not in self._pickles:
            self._pickles[olds] = _dump(olds)
        contents, texts = self._pickles[olds]
        # Every account id has twelve digits, so the pickle's lengths stay right.
        for old, new in pairs.items():
            contents = contents.replace(old.encode(), new.encode())
        put_back(_Unpickler(contents, texts).load())


def _dump(accounts: Collection[str]) -> tuple[bytes, list[str]]:
    """The pickle, and the texts that it names by their number."""
    file = io.BytesIO()
    pickler = _Pickler(file, accounts)
    pickler.dump(contents_of(accounts))
    return file.getvalue(), pickler.texts


class _Pickler(StatePickler):
    """Leaves out long texts that name no account, and all copies share them.

    Those are six versions of ReadOnlyAccess, 100 kB each, in each account.
    """

    def __init__(self, file: io.BytesIO, accounts: Collection[str]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.texts: list[str] = []
        self._accounts = accounts

    def persistent_id(self, obj: Any) -> int | None:
        if type(obj) is not str or len(obj) < LONG or any(id in obj for id in self._accounts):
            return None
        self.texts.append(obj)
        return len(self.texts) - 1


class _Unpickler(pickle.Unpickler):
    def __init__(self, contents: bytes, texts: list[str]) -> None:
        super().__init__(io.BytesIO(contents))
        self._texts = texts

    def persistent_load(self, number: int) -> str:
        return self._texts[number]
