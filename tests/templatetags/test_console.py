"""The console's filters and tags: their own markup is safe, and shortcuts change nothing."""

import json
from html import unescape

import pytest
from django.template import engines
from django.urls import reverse

from secrets_ui.domain.secrets.formats import formats_for_script, oddities_for_script
from secrets_ui.domain.secrets.key_rules import names_for_script
from secrets_ui.templatetags import console
from secrets_ui.templatetags.console import secret_url, state


@pytest.mark.parametrize(
    "name",
    ["miyabi/dev/config", "miyabi/dev/a+b=c@d.e_f-g", "miyabi/dev/ä b?c#d%e", "miyabi/a/../b//c"],
)
@pytest.mark.parametrize("page", ["secret", "edit"])
def test_a_secret_s_address_is_the_one_that_the_urls_give(page: str, name: str) -> None:
    assert secret_url(page, "dev", name) == reverse(page, args=["dev", name])


def test_a_secret_s_address_is_escaped_in_a_page() -> None:
    template = engines["django"].from_string('{% secret_url "secret" "dev" name %}')
    assert template.render({"name": "a&b'c"}) == "/dev/secret/a&amp;b&#x27;c"


def test_a_state_s_text_is_escaped() -> None:
    assert "&lt;b&gt;" in state("ok", "<b>")


def test_a_state_has_one_of_four_levels() -> None:
    with pytest.raises(KeyError):
        state('"><b>', "Healthy")


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
            "Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.9", "curl/8.9"),
        ("", "unknown browser"),
    ],
)
def test_a_browser_is_told_in_words(agent: str, words: str) -> None:
    assert console.browser(agent) == words


def test_what_the_edit_form_carries_for_its_script_survives_the_attribute() -> None:
    page = engines["django"].from_string('<form data-rules="{% edit_rules %}">').render({})
    written = page.removeprefix('<form data-rules="').removesuffix('">')
    assert '"' not in written
    assert json.loads(unescape(written)) == {
        "formats": json.loads(json.dumps(formats_for_script())),
        "oddities": oddities_for_script(),
        "names": json.loads(json.dumps(names_for_script())),
        "format_of_unknown": "free_text",
        "max_bytes": 65_536,
        "generated_characters": 43,
    }


def test_a_link_about_half_of_a_character_can_be_written() -> None:
    template = engines["django"].from_string("{{ key|urlencode:'' }} {{ key|fits_address }}")
    assert template.render({"key": "a/\ud800"}) == "a%2F%5Cud800 False"
    assert template.render({"key": "ä/b"}) == "%C3%A4%2Fb True"
