"""Reads `.env` and the process environment strictly: what is unclear stops the start, and no error repeats a value."""

from __future__ import annotations

import os
import re
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

_LINE = re.compile(r"\s*(#.*|(export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=.*)?")
_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off", ""}
KEY_LENGTH = 32
_OBVIOUS = re.compile(r"(?i)change.?me|insecure|example|secret.?key|placeholder|^(.)\1+$")


class Settings:
    """Settings by name, from the process environment first and from `.env` where that does not have them."""

    def __init__(self, env_file: Path) -> None:
        if env_file.is_file():
            _check_lines(env_file)
            environ.Env.read_env(env_file)  # does not overwrite what the process environment already has
        self._env = environ.Env()

    def text(self, name: str, default: str = "") -> str:
        value = os.environ.get(name, default)
        if value.startswith("$"):
            # django-environ would look it up as another variable's name, silently.
            raise ImproperlyConfigured(f"{name} starts with '$', which is read as a reference. Choose another value.")
        return value

    def boolean(self, name: str, default: bool = False) -> bool:
        value = os.environ.get(name)
        if value is None:
            return default
        if value.strip().lower() not in _TRUE | _FALSE:
            raise ImproperlyConfigured(f"{name}: expected true or false.")
        return value.strip().lower() in _TRUE

    def number(self, name: str, default: int, least: int = 1) -> int:
        value = os.environ.get(name, "").strip()
        if value and (not value.isdecimal() or int(value) < least):
            raise ImproperlyConfigured(f"{name}: expected a whole number, {least} or more.")
        return int(value) if value else default

    def names(self, name: str) -> list[str]:
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, allowed[0])
        if value not in allowed:
            raise ImproperlyConfigured(f"{name}: expected one of {', '.join(allowed)}.")
        return value

    def key(self, name: str, purpose: str) -> str:
        """A random key of at least 32 characters."""
        value = self.text(name)
        if not value:
            raise ImproperlyConfigured(f"{name} is not set: {purpose}. Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'")
        if len(value) < KEY_LENGTH or _OBVIOUS.search(value):
            raise ImproperlyConfigured(f"{name} is too short or not random: expected at least {KEY_LENGTH} random characters.")
        return value

    def database(self, default: str) -> dict[str, object]:
        self.text("DATABASE_URL", default)
        try:
            return dict(self._env.db_url("DATABASE_URL", default=default))
        except (ImproperlyConfigured, ValueError, KeyError):
            raise ImproperlyConfigured("DATABASE_URL: expected sqlite:///file or postgres://user:password@host:port/name.") from None


def _check_lines(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not _LINE.fullmatch(line):
            raise ImproperlyConfigured(f"{path.name}, line {number}: expected NAME=value.")
