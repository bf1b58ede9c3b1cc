"""Whom a value may be sent to: no trick of an address or a name leads anywhere else."""

import socket
from typing import Any

import pytest

from secrets_ui.trying import addresses
from secrets_ui.trying.addresses import (
    NotAskable,
    Server,
    ensure_among,
    is_foreign,
    read_address,
    read_api_address,
    resolve,
)

ELSEWHERE = [
    "http://api.github.com", "//api.github.com", "api.github.com", "ftp://api.github.com", "",
    "https://", "https:///user", "https://api.github.com:8443", "https://api.github.com:0",
    "https://api.github.com:port", "https://user@api.github.com", "https://user:pw@api.github.com",
    "https://api.github.com@169.254.169.254", "https://@api.github.com",
    "https://169.254.169.254", "https://127.0.0.1", "https://127.1", "https://2130706433",
    "https://0x7f000001", "https://0x7f.0.0.1", "https://0177.0.0.1", "https://localhost",
    "https://[::1]", "https://[::ffff:127.0.0.1]", "https://[::ffff:7f00:1]", "https://[fe80::1%25eth0]",
    "https://[fd00:ec2::254]", "https://[::", "https://api.github.com.", "https://intranet",
    "https://api.github.com\\@evil.example", "https://api.github.com\t", "https://api.github.com\n",
    "https://api.github.com /x", "https://ápi.github.com", "https://-api.github.com",
    "https://api..github.com", "https://１２７.0.0.1", "https://api.github.com\x00",
]  # fmt: skip


@pytest.mark.parametrize("text", ELSEWHERE)
def test_s113_an_address_that_may_lead_elsewhere_is_refused_and_not_repeated(text: str) -> None:
    for read in (read_address, read_api_address):
        with pytest.raises(NotAskable) as caught:
            read(text, is_local=False)
        assert not text or text not in str(caught.value)


@pytest.mark.parametrize("more", ["?a=b", "#x", "?", "#", "/a b", "/%2e%2e", "/..;/x", "/a//b"])
def test_s113_github_has_a_host_and_a_plain_path_alone(more: str) -> None:
    with pytest.raises(NotAskable):
        read_api_address(f"https://github.miyabi-world.com{more}", is_local=False)


def test_an_address_of_github_is_a_server_with_a_base() -> None:
    found = read_api_address("https://github.miyabi-world.com:443/api/v3/", is_local=False)
    assert found == Server("github.miyabi-world.com", 443, True, "/api/v3")


def test_a_local_console_may_ask_this_machine_without_tls() -> None:
    found = read_api_address("http://127.0.0.1:8001", is_local=True)
    assert found == Server("127.0.0.1", 8001, False)
    for text in ("http://192.0.2.1:8001", "http://api.github.com", "http://user@127.0.0.1"):
        with pytest.raises(NotAskable):
            read_api_address(text, is_local=True)


@pytest.mark.parametrize(
    ("host", "is_among"),
    [
        ("miyabi-world.com", True),
        ("api.dev.miyabi-world.com", True),
        ("evilmiyabi-world.com", False),
        ("miyabi-world.com.evil.example", False),
        ("evil.example", False),
    ],
)
def test_s113_hosts_are_those_named_and_what_lies_under_them(host: str, is_among: bool) -> None:
    server = read_address(f"https://{host}/x?y", is_local=False)
    if is_among:
        ensure_among(server, ["miyabi-world.com"])
    else:
        with pytest.raises(NotAskable):
            ensure_among(server, ["miyabi-world.com"])


OWN = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.170.2", "224.0.0.1",  # noqa: S104
    "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "fe80::1",
    "fe80::1%1", "fec0::1", "ff02::1", "fd00:ec2::254", "64:ff9b:1::7f00:1",
    "2001:0:a9fe:a9fe::1",
]  # fmt: skip
FOREIGN = ["140.82.112.5", "10.1.2.3", "2606:50c0:8000::153", "64:ff9b::8c52:7005", "fd12::1"]


@pytest.mark.parametrize("address", OWN)
def test_s113_this_machine_and_its_metadata_are_never_asked_in_any_spelling(address: str) -> None:
    assert not is_foreign(address)


@pytest.mark.parametrize("address", FOREIGN)
def test_others_are_asked_private_ones_too(address: str) -> None:
    assert is_foreign(address)


def names_lead_to(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    "found", [("127.0.0.1",), ("140.82.112.5", "127.0.0.1"), ("::ffff:169.254.169.254",), ()]
)
def test_s113_a_name_that_leads_to_this_machine_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...]
) -> None:
    names_lead_to(monkeypatch, *found)
    for is_local in (False, True):
        with pytest.raises(NotAskable):
            resolve(Server("api.github.com", 443), is_local=is_local)


def test_the_addresses_that_were_checked_are_those_that_are_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names_lead_to(monkeypatch, "2606:50c0:8000::153", "140.82.112.5", "140.82.112.5")
    found = resolve(Server("api.github.com", 443), is_local=False)
    assert found == ["2606:50c0:8000::153", "140.82.112.5"]
