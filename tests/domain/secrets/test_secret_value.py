"""SecretValue: nothing that Python or Django does by itself gets the text out."""

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import traceback

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.template import Context, Engine
from hypothesis import given
from hypothesis import strategies as st

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.secrets.document import Change
from secrets_ui.domain.secrets.secret_value import MASK, SecretValue
from tests.domain.strategies import ANY_TEXT

TEXTS = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": format,
    "format with a width": lambda value: format(value, ">40"),
    "f-string": lambda value: f"{value} {value!r} {value!s} {value!a} {value:>20}",
    "percent s": lambda value: "%s %r %a" % (value, value, value),  # noqa: UP031
    "str.format": lambda value: "{} {!r} {:10}".format(value, value, value),  # noqa: UP032
    "in a list": lambda value: str([value]),
    "in a dict": lambda value: f"{ {'KEY': value} }",
    "pprint": lambda value: pprint.pformat({"KEY": [value]}),
    "json with default=str": lambda value: json.dumps({"KEY": value}, default=str),
    "json with default=repr": lambda value: json.dumps({"KEY": value}, default=repr),
    "in an Edit": lambda value: repr(Edit("name", "base", (Change("KEY", value),), document=value)),
    "in an exception": lambda value: repr(ValueError(value)) + str(ValueError(value)),
}
REFUSED = {
    "json": json.dumps,
    "Django's JSON": lambda value: json.dumps(value, cls=DjangoJSONEncoder),
    "json keys": lambda value: json.dumps({value: 1}),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "deepcopy of a list": lambda value: copy.deepcopy([value]),
    "deepcopy of a change": lambda value: copy.deepcopy(Change("KEY", value)),
    "asdict": lambda value: dataclasses.asdict(Edit("name", "base", document=value)),
    "pickle of an edit": lambda value: pickle.dumps(Edit("name", "base", document=value)),
    "hash": hash,
    "set": lambda value: {value},
    "vars": vars,
    "len": len,
    "iter": iter,
    "index": lambda value: value[0],
    "plus": lambda value: value + "",
    "join": lambda value: "".join([value]),
    "bytes": bytes,
    "sort": lambda value: value < value,
}
# Everything that a template could do without calling reveal() from Python.
TEMPLATES = [
    "{{ value }}",
    "{{ value.reveal }}",
    "{{ value|safe }}",
    "{{ value|escape }}{{ value|force_escape }}{{ value|escapejs }}{{ value|addslashes }}",
    "{{ value|pprint }}{{ value|stringformat:'s' }}{{ value|stringformat:'r' }}",
    "{{ value|default:'none' }}{{ value|default_if_none:'none' }}",
    "{{ value|upper }}{{ value|title }}{{ value|slugify }}{{ value|striptags }}",
    "{{ value|make_list }}{{ value|join:'' }}{{ value|truncatechars:9 }}",
    "{{ value|slice:':9' }}{{ value|cut:'x' }}{{ value|wordwrap:4 }}",
    "{{ value|add:'x' }}{{ value|urlencode }}{{ value|iriencode }}{{ value|urlize }}"
    "{{ value|linebreaks }}",
    "{{ value.reveal|safe }}{{ value.reveal|default:'none' }}{{ value.reveal.0 }}{{ value.0 }}",
    "{% with shown=value.reveal %}{{ shown }}{% endwith %}",
    "{% firstof value.reveal value %}",
    "{% for character in value.reveal %}{{ character }}{% endfor %}",
    "{% if value.reveal %}{{ value.reveal }}{% endif %}",
    "{% filter upper %}{{ value.reveal }}{% endfilter %}",
    "{{ change.value }}{{ change.value.reveal }}{{ change }}",
    "{% debug %}",
]


@pytest.mark.parametrize("show", TEXTS.values(), ids=TEXTS)
def test_s04_as_text_a_value_is_a_mask(show, canary: str) -> None:
    assert canary not in show(SecretValue(canary))


def test_s04_the_mask_is_the_same_for_every_length() -> None:
    assert {str(SecretValue("x" * length)) for length in (0, 1, 8, 60_000)} == {MASK}
    assert {repr(SecretValue("x" * length)) for length in (0, 1, 8, 60_000)} == {
        f"SecretValue({MASK})"
    }


@pytest.mark.parametrize("leave", REFUSED.values(), ids=REFUSED)
def test_s04_what_would_copy_or_take_it_apart_is_a_type_error(leave, canary: str) -> None:
    with pytest.raises(TypeError) as caught:
        leave(SecretValue(canary))
    assert canary not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_s04_no_pickle_protocol_takes_it(protocol: int, canary: str) -> None:
    with pytest.raises(TypeError, match="neither copied nor serialised"):
        pickle.dumps({"KEY": SecretValue(canary)}, protocol)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("string_if_invalid", ["", "INVALID %s"])
def test_s04_no_template_shows_it(template: str, string_if_invalid: str, canary: str) -> None:
    engine = Engine(debug=True, string_if_invalid=string_if_invalid)
    value = SecretValue(canary)
    page = engine.from_string(template).render(
        Context({"value": value, "change": Change("KEY", value)})
    )

    assert canary not in page
    assert canary.upper() not in page


def test_s04_json_script_refuses_it(canary: str) -> None:
    with pytest.raises(TypeError):
        Engine().from_string("{{ value|json_script:'data' }}").render(
            Context({"value": SecretValue(canary)})
        )


def test_s04_a_template_cannot_reach_the_slot(canary: str) -> None:
    assert SecretValue(canary)._SecretValue__text == canary  # where it is
    with pytest.raises(Exception, match="may not begin with underscores"):
        Engine().from_string("{{ value._SecretValue__text }}")


def test_s05_a_traceback_with_locals_shows_the_mask(canary: str) -> None:
    def fail(value: SecretValue) -> None:
        values = {"KEY": value}
        raise RuntimeError(f"{values}")

    with pytest.raises(RuntimeError) as caught:
        fail(SecretValue(canary))
    shown = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    own = shown[shown.index("in fail") :]  # this function's own frame holds the canary itself
    assert MASK in own
    assert canary not in own


def test_s04_a_log_record_shows_the_mask(caplog: pytest.LogCaptureFixture, canary: str) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("miyabi.test").info(
            "saved %s, %r", SecretValue(canary), [SecretValue(canary)]
        )
    assert MASK in caplog.text
    assert canary not in caplog.text


@given(ANY_TEXT)
def test_reveal_gives_back_the_exact_text(text: str) -> None:
    assert SecretValue(text).reveal() == text
    assert bool(SecretValue(text)) is bool(text)


@given(ANY_TEXT, ANY_TEXT)
def test_values_are_equal_when_their_texts_are(one: str, other: str) -> None:
    assert (SecretValue(one) == SecretValue(other)) is (one == other)
    assert SecretValue(one) == SecretValue(one)


def test_a_value_is_never_equal_to_a_plain_text() -> None:
    assert SecretValue("a") != "a"


@given(st.text())
def test_size_counts_utf8_bytes(text: str) -> None:
    assert SecretValue(text).size == len(text.encode())


@pytest.mark.parametrize(
    ("text", "half"),
    [("", False), ("😀", False), ("a\ud83d", True), ("\udc00", True), ("\ud83d\ude00", True)],
)
def test_half_characters_are_noticed(text: str, half: bool) -> None:
    assert SecretValue(text).has_half_characters is half
    assert SecretValue(text).size >= len(text)
