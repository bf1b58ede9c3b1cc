"""The menu knows every route, and no environment can take the name of one."""

import re

import pytest

from secrets_ui.domain.environment.file import parse_environments
from secrets_ui.domain.errors import ConfigurationError
from secrets_ui.menu import ABOUT_A_SECRET, ACCOUNT, SECTIONS, WITHOUT_SECTION, section_of
from tests.urls import every_url

ROUTES = dict(every_url())
FIRST_PARTS = {path.split("/")[1] for path in ROUTES.values()} - {"", "dev"}


def test_every_route_has_its_place_in_the_menu_or_is_said_to_have_none() -> None:
    placed = [*ACCOUNT, *WITHOUT_SECTION, *(page for item in SECTIONS for page in item.pages)]
    assert sorted(placed) == sorted(ROUTES)


def test_a_section_leads_to_a_page_of_its_own() -> None:
    for section in SECTIONS:
        assert section_of(section.route) is section
        assert section.switch in ROUTES
        assert ("/dev/" in ROUTES[section.route]) is section.in_environment


def test_what_the_switch_of_environments_keeps_is_about_a_secret() -> None:
    assert [page for page in ABOUT_A_SECRET if "miyabi/dev/config" not in ROUTES[page]] == []


@pytest.mark.parametrize("name", sorted(FIRST_PARTS))
def test_no_environment_takes_the_name_of_a_page(name: str) -> None:
    if not re.fullmatch(r"[a-z0-9-]+", name):
        return  # status.json: no environment can be called so
    table = {"region": "us-west-2", "account": "1" * 12, "prefix": "miyabi/x/"}
    with pytest.raises(ConfigurationError, match="expected a name"):
        parse_environments({"environments": {name: table}}, "e.toml")
