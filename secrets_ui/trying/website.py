"""Asks whether a server answers over TLS at the host of an address. Its path is not asked for."""

from collections.abc import Sequence
from dataclasses import replace

from ..domain.secrets.secret_value import SecretValue
from ..domain.secrets.tried import Answer, NotKnown
from .addresses import NotAskable, ensure_among, read_address
from .exchange import Ask, NoReply, Route, exchange


def try_url(value: SecretValue, hosts: Sequence[str], route: Route) -> Answer | NotKnown:
    """HEAD / at the value's host, if that is one of `hosts`. Whatever it answers is an answer; none
    is "not known", since the way from here need not be the Lambda's."""
    try:
        server = read_address(value.reveal(), is_local=route.is_local)
        ensure_among(server, hosts)
        reply = exchange(replace(server, base=""), Ask("HEAD", "/", {}), route)
    except (NotAskable, NoReply) as error:
        return NotKnown(str(error))
    return Answer(True, kind=f"answers {reply.status} over {'TLS' if server.is_tls else 'HTTP'}")
