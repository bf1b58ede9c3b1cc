"""Reads `.env` and the process environment strictly.

Anything unclear stops the start. No error repeats a value.
"""

import os
import re
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_LINE = re.compile(r"\s*(#.*|(export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=.*)?")
_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off", ""}
KEY_LENGTH = 32
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")
_OBVIOUS = re.compile(r"(?i)change.?me|insecure|example|secret.?key|placeholder|^(.)\1+$")


class Settings:
    """Settings by name, from the process environment, else from `.env`."""

    def __init__(self, env_file: Path) -> None:
        # The names of variables that nobody else shall read.
        self.confidential: set[str] = set()
        if env_file.is_file():
            _check_lines(env_file)
            # Does not overwrite what the process environment already has.
            environ.Env.read_env(env_file)

    def text(self, name: str, default: str = "") -> str:
        value = os.environ.get(name, default)
        if value.startswith("$"):
            # django-environ would look it up as another variable's name, silently.
            raise ImproperlyConfigured(
                f"{name} starts with '$', which is read as a reference. Choose another value."
            )
        return value

    def secret(self, name: str) -> str:
        """Return a text that children of this process have no use for."""
        self.confidential.add(name)
        return self.text(name)

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

    def price(self, name: str, default: str) -> Decimal:
        """Return an amount in US dollars, such as 0.40."""
        value = os.environ.get(name, "").strip() or default
        if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value):
            raise ImproperlyConfigured(
                f"{name}: expected an amount in US dollars, such as {default}."
            )
        return Decimal(value)

    def names(self, name: str) -> list[str]:
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def secrets(self, name: str) -> list[str]:
        self.confidential.add(name)
        return self.names(name)

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, allowed[0])
        if value not in allowed:
            raise ImproperlyConfigured(f"{name}: expected one of {', '.join(allowed)}.")
        return value

    def key(self, name: str, purpose: str) -> str:
        """Return a random key of at least 32 characters."""
        value = self.secret(name)
        if not value:
            raise ImproperlyConfigured(
                f"{name} is not set: {purpose}. Make one: python -c 'import secrets; "
                "print(secrets.token_urlsafe(48))'"
            )
        if len(value) < KEY_LENGTH or _OBVIOUS.search(value):
            raise ImproperlyConfigured(
                f"{name} is too short or not random: expected at least {KEY_LENGTH} random "
                "characters."
            )
        return value

    def optional_key(self, name: str, purpose: str) -> str:
        """Return such a key, or "" if none is set."""
        return self.key(name, purpose) if self.secret(name) else ""

    def web_address(self, name: str) -> str:
        """Return an https address, or an http one of this machine; "" if none is set.

        The address may be a secret, so no error repeats it.
        """
        value = self.secret(name)
        if value and not _is_web_address(value):
            raise ImproperlyConfigured(f"{name}: expected an https address.")
        return value

    def web_addresses(self, name: str) -> dict[str, str]:
        """Return such addresses by name: prod=https://…,dev=https://…. No error repeats one."""
        found = dict(item.partition("=")[::2] for item in self.secrets(name))
        if not all(key and _is_web_address(value) for key, value in found.items()):
            raise ImproperlyConfigured(
                f"{name}: expected environments with https addresses, such as prod=https://…"
            )
        return found

    def proxy(self, name: str) -> str:
        """Return the address of a proxy that speaks plain HTTP, without a user; "" for none."""
        value = self.text(name)
        if value and not re.fullmatch(r"http://[A-Za-z0-9.-]+(:[1-9]\d{0,4})?/?", value):
            raise ImproperlyConfigured(
                f"{name}: expected a proxy's address, such as http://proxy.miyabi-world.com:3128."
            )
        return value

    def bucket_prefix(self, name: str) -> str:
        """Return a place in S3 that ends in a slash; "" if none is set."""
        value = self.text(name)
        if value and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{2,62}/([\w.-]+/)+", value):
            raise ImproperlyConfigured(f"{name}: expected s3://BUCKET/PREFIX/.")
        return value

    def origins(self, name: str) -> list[str]:
        """Return full origins. A wildcard would trust names that nobody has yet."""
        origins = self.names(name)
        if not all(_ORIGIN.fullmatch(origin) for origin in origins):
            raise ImproperlyConfigured(
                f"{name}: expected origins such as https://console.miyabi-world.com, "
                "without wildcards."
            )
        return origins

    def issuer(self, name: str, *, may_be_loopback: bool) -> str:
        """Return the address of an OpenID Connect provider, by its own name; "" if none is set."""
        value = self.text(name)
        try:
            parts = urlsplit(value)
            is_fine = parts.scheme == "https" or (
                may_be_loopback and parts.scheme == "http" and parts.hostname in _LOOPBACK
            )
            is_fine = (
                is_fine
                and bool(parts.hostname)
                and parts.port != 0
                and not (parts.query or parts.fragment)
            )
        except ValueError:
            is_fine = False
        if value and not is_fine:
            raise ImproperlyConfigured(
                f"{name}: expected the provider's https address, without query."
            )
        return value

    @staticmethod
    def origin_of(url: str) -> str:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}"

    def loopback_url(self, name: str) -> str:
        """Return an address of this machine, or "" if none is set."""
        value = self.text(name)
        try:
            parts = urlsplit(value)
            is_fine = not value or (
                parts.scheme in ("http", "https")
                and parts.hostname in _LOOPBACK
                and parts.port != 0
            )
        except ValueError:  # an IPv6 address or a port that is none
            is_fine = False
        if not is_fine:
            raise ImproperlyConfigured(
                f"{name}: expected an address of this machine, such as http://127.0.0.1:5000."
            )
        return value

    def database(self, default: str) -> dict[str, object]:
        """Return Django's settings for SQLite or PostgreSQL.

        django-environ would report other schemes with the password in its message.
        """
        url = self.secret("DATABASE_URL") or default
        try:
            if url != "sqlite://:memory:" and not re.match(r"sqlite:///|postgres(ql)?://.", url):
                raise ValueError
            return dict(environ.Env.db_url_config(url))
        except (ImproperlyConfigured, ValueError, KeyError):
            raise ImproperlyConfigured(
                "DATABASE_URL: expected sqlite:///file or postgres://user:password@host:port/name."
            ) from None


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        is_safe = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in _LOOPBACK
        )
        return is_safe and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an IPv6 address or a port that is none
        return False


def _check_lines(path: Path) -> None:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{path.name} cannot be read ({type(error).__name__}): expected text in UTF-8."
        ) from None
    for number, line in enumerate(lines, start=1):
        if not _LINE.fullmatch(line):
            raise ImproperlyConfigured(f"{path.name}, line {number}: expected NAME=value.")
