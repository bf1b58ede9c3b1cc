"""A version's id, its making and its keys, on every page that shows versions."""

import re
from dataclasses import replace

import pytest
from django.template import engines

from secrets_ui.domain.secrets.facts import KeyFacts
from secrets_ui.domain.secrets.history import Difference
from secrets_ui.domain.secrets.secret import AWSCURRENT, SecretVersion
from secrets_ui.services.audit.who_changed import Author
from secrets_ui.services.secrets.history import HistoryEntry, Pinned
from secrets_ui.templatetags.versions import author, changed_keys, made, version, version_links

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
    shown = version_links(replace(ENTRY, id='"><script>'), "/restore", "/pin") + shown
    assert "<script>" not in shown
    assert shown.endswith("outside this console")


ENTRY = HistoryEntry("v 1", None, SecretVersion("v 1"), None, None)
ODD = Author("<b>", AT, 7, reason="<i>")


@pytest.mark.parametrize("may_audit", [True, False])
def test_the_record_and_the_reason_are_for_whoever_may_read_the_log(may_audit: bool) -> None:
    shown = made(replace(ENTRY, author=ODD), may_audit)
    assert "by <bdi>&lt;b&gt;</bdi>, in this console" in shown
    assert ('<a href="/audit/7">' in shown) is may_audit
    assert ("<bdi>&lt;i&gt;</bdi>" in shown) is may_audit


def test_a_version_from_outside_leads_to_no_record() -> None:
    shown = made(ENTRY, may_audit=True)
    assert "outside this console" in shown
    assert "<a" not in shown


def difference(key: str, *, was: bool, is_there: bool) -> Difference:
    facts = KeyFacts(key, "1111·1111")
    return Difference(key, facts if was else None, facts if is_there else None)


@pytest.mark.parametrize(
    ("changed", "keys", "texts"),
    [
        (
            (
                difference("<A>", was=False, is_there=True),
                difference("B", was=True, is_there=False),
                difference("C", was=True, is_there=True),
            ),
            (),
            ["added &lt;A&gt;", "removed B", "changed C"],
        ),
        ((), ("A",), ["as before"]),
        (None, ("<A>", "B"), ["changed &lt;A&gt;", "changed B"]),
        (None, (), ["not known"]),
    ],
    ids=["known", "nothing", "by the record", "not known"],
)
def test_keys_are_told_as_far_as_they_are_known(
    changed: tuple[Difference, ...] | None, keys: tuple[str, ...], texts: list[str]
) -> None:
    shown = changed_keys(replace(ENTRY, changed=changed, keys=keys))
    assert re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", shown)).strip() == " ".join(texts)


@pytest.mark.parametrize(
    ("entry", "restore", "pin", "texts"),
    [
        (ENTRY, "/restore", "/pin", ["Restore", "Pin"]),
        (ENTRY, "", "/pin", ["Pin"]),
        (ENTRY, "", "", []),
        (replace(ENTRY, version=None), "/restore", "/pin", []),
        (
            replace(ENTRY, version=SecretVersion("v 1", labels=(AWSCURRENT,))),
            "/restore",
            "/pin",
            ["Pin"],
        ),
        (
            replace(ENTRY, pins=(Pinned("before", "MIYABI-PIN-before", None),)),
            "/restore",
            "/pin",
            ["Restore", "Pins"],
        ),
    ],
    ids=["both", "not to be restored", "by nobody", "not in AWS", "current", "pinned"],
)
def test_a_version_leads_where_it_can_be_restored_and_pinned(
    entry: HistoryEntry, restore: str, pin: str, texts: list[str]
) -> None:
    shown = version_links(entry, restore, pin)
    assert re.findall('href="/(?:restore|pin)[?]version=v%201">([A-Z][a-z]+)<', shown) == texts
    assert shown.count("<a ") == len(texts)
