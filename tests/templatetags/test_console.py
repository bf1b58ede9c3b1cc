"""The console's filters and tags: what they make themselves is safe, and what they shorten stays the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.template import engines
from django.urls import reverse

from secrets_ui.templatetags.console import ago, ago_day, secret_url, state


@pytest.mark.parametrize("name", ["miyabi/dev/config", "miyabi/dev/a+b=c@d.e_f-g", "miyabi/dev/ä b?c#d%e"])
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


def test_a_time_is_told_with_the_exact_one_on_hover() -> None:
    moment = datetime(2026, 11, 23, 14, 5, 9, tzinfo=UTC)
    told = '<time datetime="2026-11-23T14:05:09+00:00" title="23 Nov 2026, 14:05:09 UTC">'
    assert str(ago(moment)).startswith(told)
    assert str(ago(moment.isoformat())).startswith(told)
    assert 'title="2026-11-23 (AWS tells the day only)"' in str(ago_day(moment))
