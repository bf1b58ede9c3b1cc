"""Whether all of a request is here, and what gunicorn's parser makes of it."""

from contextlib import suppress

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser
from gunicorn.http.errors import NoMoreData
from hypothesis import given
from hypothesis import strategies as st

from miyabi_admin.arrival import MOST_HEAD, Arrival

MOST = 1000
HEAD = b"POST /sign-in?next=/ HTTP/1.1\r\nHost: a\r\n"
FORM = HEAD + b"content-length:  4 \r\n\r\n"


def whole(data: bytes) -> bool:
    return Arrival(MOST, data).is_whole


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", False),
        (HEAD, False),
        (HEAD + b"\r\n", True),
        (FORM, False),
        (FORM + b"abc", False),
        (FORM + b"abcd", True),
        (FORM + b"abcdGET", True),
        # Not waited for: the console refuses it by its length, or gunicorn by its head.
        (HEAD + b"Content-Length: 1001\r\n\r\n", True),
        (HEAD + b"Content-Length: -1\r\n\r\n", True),
        (b"x" * (MOST_HEAD + 1), True),
        # A header's name alone counts, and only in the head.
        (HEAD + b"X-Content-Length: 9\r\n\r\n", True),
        (HEAD + b"\r\n\r\nContent-Length: 9\r\n\r\n", True),
    ],
)
def test_whole_is_what_has_its_head_and_as_much_body_as_that_says(
    data: bytes, expected: bool
) -> None:
    assert whole(data) is expected


@given(st.lists(st.integers(1, 30)))
def test_how_it_is_cut_makes_no_difference(sizes: list[int]) -> None:
    arrival, data = Arrival(MOST), FORM + b"abcd"
    for size in sizes:
        piece, data = data[:size], data[size:]
        arrival.add(piece)
        assert arrival.is_whole is not bool(data)
    arrival.add(data)
    assert arrival.is_whole


def test_the_path_is_without_its_query() -> None:
    assert Arrival(MOST, HEAD).path == "/sign-in"
    assert Arrival(MOST, b"nonsense\r\n\r\n").path == ""


def test_leave_to_send_the_body_is_asked_by_a_whole_head_alone() -> None:
    asking = HEAD + b"Expect: 100-Continue\r\nContent-Length: 4\r\n"
    assert not Arrival(MOST, asking).asks_leave
    assert Arrival(MOST, asking + b"\r\n").asks_leave
    assert not Arrival(MOST, FORM).asks_leave


def test_the_parser_gets_every_byte_and_what_follows_is_left_in_it() -> None:
    arrival = Arrival(MOST, FORM + b"abcdGET /next")
    parser = get_parser(Config(), arrival, ("127.0.0.1", 1))
    assert next(parser).body.read() == b"abcd"
    assert parser.unreader.take_buffered() == b"GET /next"
    assert not arrival.ran_dry


@pytest.mark.parametrize(
    "head", [b"Content-Length: 1001\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc"]
)
def test_a_parser_that_wants_more_than_there_is_shows_it(head: bytes) -> None:
    arrival = Arrival(MOST, HEAD + head)
    body = next(get_parser(Config(), arrival, ("127.0.0.1", 1))).body
    with suppress(NoMoreData):
        body.read()
    assert arrival.ran_dry
