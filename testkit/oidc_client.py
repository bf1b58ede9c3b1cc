"""A browser without scripts, between Django's client and the provider on loopback."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from django.test import Client

from deploy.demo.oidc_provider import OidcProvider


class Walker:
    """One person's way from the console to the provider and back."""

    def __init__(self, provider: OidcProvider) -> None:
        self.provider, self.console = provider, Client()
        self.outside = requests.Session()
        self.outside.trust_env = False

    def leave(self, url: str = "/sso/sign-in", **form: str) -> str:
        """To the provider: the address that the console sends the browser to."""
        answer = self.console.post(url, form)
        assert answer.status_code == 302, (answer.status_code, answer.content.decode()[:2000])
        return str(answer["Location"])

    def choose(self, address: str, name: str) -> str:
        """The provider's answer: the address that leads back to the console."""
        answer = self.outside.get(address, allow_redirects=False, timeout=5)
        if answer.status_code == 200:
            answer = self.outside.post(address, {"name": name}, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def come_back(self, address: str) -> Any:
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://testserver/sso/callback"
        return self.console.get(f"{parts.path}?{parts.query}")

    def sign_in(self, name: str, **form: str) -> Any:
        return self.come_back(self.choose(self.leave(**form), name))

    def step_up(self, name: str, **form: str) -> Any:
        return self.come_back(self.choose(self.leave("/step-up/sso", **form), name))


def asked_for(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def with_query(address: str, **changes: str) -> str:
    parts = urlsplit(address)
    return parts._replace(query=urlencode({**asked_for(address), **changes})).geturl()
