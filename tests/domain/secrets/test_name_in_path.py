"""A secret's name in a URL: read back exactly, never with a segment that is normalised."""

from urllib.parse import unquote_to_bytes, urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve, reverse
from hypothesis import example, given
from hypothesis import strategies as st

from secrets_ui.domain.secrets.name_in_path import escape_name, read_name

# Every text, halves of characters too, with much of what a path gives a meaning to.
NAMES = st.lists(
    st.sampled_from(["/", ".", "..", "~", "~~", "~2e~", "%2e", "\\", "miyabi", "a", ";", "?", "#"])
    | st.text(st.characters(exclude_categories=()), max_size=3)
).map("".join)


@given(NAMES)
@example("miyabi/dev/a/../api-keys")
@example("")
@example("~2e~/~~")
def test_a_name_comes_back_exactly_and_no_segment_can_be_normalised(name: str) -> None:
    path = escape_name(name)
    assert read_name(path) == name
    assert not {"", ".", ".."} & set(path.split("/"))


@given(NAMES)
@example("miyabi/dev/a/../api-keys")
@example("a\nb\r")
@example("../../people")
def test_every_name_has_one_address_that_a_browser_leaves_as_it_is(name: str) -> None:
    address = reverse("edit", args=["dev", name])
    assert resolve(_as_the_server_reads(address)).kwargs == {"environment": "dev", "name": name}
    assert urlsplit(urljoin("https://console.test/dev/", address)).path == address


@given(NAMES)
@example("miyabi/dev/a/../api-keys")
@example("miyabi/dev//api-keys")
@example("~61~")
@example("~002e~/a")
def test_no_other_address_leads_to_a_name(path: str) -> None:
    address = f"/dev/edit/{path}"
    if escape_name(read_name(path)) == path:
        assert resolve(address).kwargs["name"] == read_name(path)
    else:
        with pytest.raises(Resolver404):
            resolve(address)


def _as_the_server_reads(address: str) -> str:
    return unquote_to_bytes(address).decode("utf-8")


@pytest.mark.parametrize("name", ["miyabi/dev/api-keys", "miyabi/dev/a+b=c@d.e_f-g", "a/..b/c."])
def test_a_name_that_means_nothing_to_a_path_stands_in_it_as_it_is(name: str) -> None:
    assert escape_name(name) == name


@pytest.mark.parametrize("path", ["a~b", "~zz~", "~12345~", "~2e"])
def test_a_path_that_nothing_wrote_is_read_as_it_stands(path: str) -> None:
    assert read_name(path) == path
