"""A tour leaves a page out only where a browser could find nothing new in it."""

import pytest

from tests.browser.shapes import Opened

PAGE = (
    '<script src="/static/console.js"></script><main class="wide">'
    '<a href="/dev/">dev</a><img src="/static/a.svg"><form action="/x"><input name="a"></form>'
)


@pytest.fixture
def opened() -> Opened:
    opened = Opened()
    opened.note("list", PAGE)
    return opened


def test_the_same_parts_with_other_words_and_numbers_are_no_news(opened: Opened) -> None:
    assert opened.has_all_of("list", PAGE.replace("dev", "prod").replace('"a"', '"b"'))
    assert opened.has_all_of("list", '<main class="wide"><a href="/prod/?q=1">prod</a></main>')


def test_another_route_is_news_even_with_the_same_parts(opened: Opened) -> None:
    assert not opened.has_all_of("detail", PAGE)


@pytest.mark.parametrize(
    "more",
    [
        "<p>",
        "<p style='color: red'>",
        "<main class='narrow'>",
        "<main class='wide' onclick='go()'>",
        "<script>go()</script>",
        "<script src='/static/other.js'></script>",
        "<img src='https://elsewhere.example/a.svg'>",
        "<a href='javascript:go()'>dev</a>",
        "<form action='https://elsewhere.example/x'>",
    ],
)
def test_anything_that_a_browser_could_refuse_is_news(opened: Opened, more: str) -> None:
    assert not opened.has_all_of("list", PAGE + more)
