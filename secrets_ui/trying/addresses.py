"""Whom a value may be sent to: hosts that the operator named, and none of this machine's own."""

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

# A full name whose last part is no number: what else getaddrinfo takes for an address (127.1,
# 0x7f000001) is none.
_NAME = re.compile(r"(?!-)(?:[a-z0-9-]{1,63}\.)+(?![0-9])[a-z0-9-]{2,63}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")
# Where clouds tell a machine's credentials, beside the link-local 169.254.0.0/16:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
_METADATA = ipaddress.ip_network("fd00:ec2::/32")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_OWN_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")  # RFC 8215: a network's own, of any form
_OLD_MAPPED = ipaddress.ip_network("::/96")  # RFC 4291, 2.5.5.1
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotAskable(Exception):
    """An address that is not asked. The text says why, and repeats nothing of it."""


@dataclass(frozen=True)
class Server:
    """One server, by name; `base` is the part of its address that begins every path."""

    host: str
    port: int
    is_tls: bool = True
    base: str = ""


def read_address(text: str, *, is_local: bool) -> Server:
    """The server of an https address that has a name and no more than a path. Where `is_local`,
    one of this machine may have a port, and no TLS. Raises NotAskable."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NotAskable("It is no address.") from None
    if not text.isascii() or not text.isprintable() or set(text) & set(" \\"):
        raise NotAskable("It holds what no address has.")
    if "@" in parts.netloc:
        raise NotAskable("It holds the name of a user.")
    if is_local and host in _LOOPBACK and parts.scheme in ("http", "https") and port != 0:
        is_tls = parts.scheme == "https"
        return Server(host, port or (443 if is_tls else 80), is_tls, parts.path.rstrip("/"))
    if parts.scheme != "https":
        raise NotAskable("It does not begin with https.")
    if port not in (None, 443):
        raise NotAskable("It names another port than 443.")
    if not _NAME.fullmatch(host):
        raise NotAskable("It has no full host name.")
    return Server(host, 443, base=parts.path.rstrip("/"))


def read_api_address(text: str, *, is_local: bool) -> Server:
    """As `read_address`, for an address to which paths are added. Raises NotAskable."""
    server = read_address(text, is_local=is_local)
    if "?" in text or "#" in text or not _PATH.fullmatch(server.base):
        raise NotAskable("It holds more than a host and a plain path.")
    return server


def ensure_among(server: Server, hosts: Sequence[str]) -> None:
    """That it is one of the named hosts, or under one of them. Raises NotAskable."""
    if not any(server.host == host or server.host.endswith(f".{host}") for host in hosts):
        raise NotAskable("Its host is not in CREDENTIAL_CHECK_HOSTS.")


def resolve(server: Server, *, is_local: bool) -> list[str]:
    """The addresses of a server's name, looked up once: what is checked here is what is asked.

    Raises NotAskable where any of them is this machine's own, or none can be found.
    """
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotAskable("Its name could not be resolved.") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    may_be_own = is_local and server.host in _LOOPBACK
    if not addresses or not (may_be_own or all(is_foreign(address) for address in addresses)):
        raise NotAskable("Its name leads to an address of this machine or of its network's own.")
    return addresses


def is_foreign(text: str) -> bool:
    """Whether an address is another machine's, in every reading. Private ones are: a GitHub
    Enterprise server has one."""
    return not any(_is_own(address) for address in _readings(ipaddress.ip_address(text)))


def _readings(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 addresses that an IPv6 one stands for."""
    yield address
    if isinstance(address, ipaddress.IPv4Address):
        return
    low = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    yield from (found for found in inner if found)
    if address in _NAT64 or address in _OLD_MAPPED:
        yield low


def _is_own(address: Address) -> bool:
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or (address.version == 4 and (address.is_reserved or int(address) >> 24 == 0))
        or (
            address.version == 6
            and (address in _METADATA or address in _OWN_NAT64 or address.is_site_local)
        )
    )
