"""A version's id and its author, on every page that shows versions."""

import pytest
from django.template import engines

from secrets_ui.services.audit.who_changed import Author
from secrets_ui.templatetags.versions import author, version

AT = "2026-11-23T14:05:09Z"


@pytest.mark.parametrize(
    ("who", "text"),
    [
        (None, "outside this console"),
        (Author("hana", AT, 1), "by <bdi>hana</bdi>, in this console"),
        (
            Author("<b>", AT, 1, approved_by="<i>"),
            "by <bdi>&lt;b&gt;</bdi>, approved by <bdi>&lt;i&gt;</bdi>, in this console",
        ),
    ],
    ids=["outside", "alone", "two, with odd names"],
)
def test_an_author_is_told_with_the_second_person(who: Author | None, text: str) -> None:
    assert author(who) == text


def test_an_id_is_short_and_copied_whole() -> None:
    shown = version("0123456789abcdef")
    assert 'title="0123456789abcdef">01234567</code>' in shown
    assert 'data-copy="0123456789abcdef" aria-label="Copy the version id 01234567"' in shown


def test_whatever_an_id_holds_stays_inert() -> None:
    template = engines["django"].from_string("{% version id %}{% author nobody %}")
    shown = template.render({"id": '"><script>'})
    assert "<script>" not in shown
    assert shown.endswith("outside this console")
