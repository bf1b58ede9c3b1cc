"""document: an edit touches what it changes and not a byte else."""

import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from secrets_ui.domain.errors import InvalidChange, NothingChanged
from secrets_ui.domain.secrets.document import Change, apply_changes, parse_document
from secrets_ui.domain.secrets.secret_value import SecretValue
from tests.domain.strategies import WrittenDocument, loads, written_documents


def edited(text: str, /, **changes: str | None) -> str:
    wanted = [
        Change(key, None if value is None else SecretValue(value)) for key, value in changes.items()
    ]
    return apply_changes(SecretValue(text), wanted)[0].reveal()


@given(written_documents())
def test_a_parsed_document_is_written_back_byte_for_byte(document: WrittenDocument) -> None:
    parsed = parse_document(document.text)

    assert parsed.source() == document.text
    assert [(m.key, m.text) for m in parsed.members] == [(m.key, m.value) for m in document.members]


@given(written_documents(min_members=1), st.data(), st.text())
def test_s65_a_new_value_replaces_the_old_one_and_no_other_byte(
    document: WrittenDocument, data: st.DataObject, text: str
) -> None:
    place = data.draw(st.integers(0, len(document.members) - 1))
    target = document.members[place]
    assume(not target.value.startswith('"') or json.loads(target.value) != text)
    others = (document.members[:place], document.members[place + 1 :])
    expected = WrittenDocument(
        document.before, (*others[0], target.with_text(text), *others[1]), document.after
    )

    assert edited(document.text, **{target.key: text}) == expected.text


@given(written_documents(min_members=1), st.data())
def test_s65_removing_a_key_leaves_the_others_as_they_are_written(
    document: WrittenDocument, data: st.DataObject
) -> None:
    target = data.draw(st.sampled_from(document.members))
    left = parse_document(edited(document.text, **{target.key: None}))

    assert [(m.key, m.text) for m in left.members] == [
        (m.key, m.value) for m in document.members if m is not target
    ]
    assert (left.before, left.after) == (document.before, document.after)


@given(written_documents(), st.text(), st.text())
def test_s65_a_new_key_comes_last_and_the_others_stay(
    document: WrittenDocument, key: str, text: str
) -> None:
    assume(key not in [member.key for member in document.members])
    grown = parse_document(edited(document.text, **{key: text}))

    assert [(m.key, m.text) for m in grown.members[:-1]] == [
        (m.key, m.value) for m in document.members
    ]
    assert (grown.members[-1].key, grown.members[-1].value) == (key, text)


@given(written_documents(), st.data())
def test_s65_edits_do_to_the_text_what_a_dict_would_do(
    document: WrittenDocument, data: st.DataObject
) -> None:
    model = loads(document.text)
    names = (
        st.one_of(st.sampled_from(list(model)), st.text(max_size=3))
        if model
        else st.text(max_size=3)
    )
    asked = data.draw(
        st.lists(st.tuples(names, st.one_of(st.none(), st.text(max_size=5))), max_size=6)
    )
    before = dict(model)
    for key, text in asked:
        assume(text is not None or key in model)
        model.pop(key, None) if text is None else model.update({key: text})
    changes = [Change(key, None if text is None else SecretValue(text)) for key, text in asked]
    differing = {
        key
        for key, _ in asked
        if (key in before, before.get(key)) != (key in model, model.get(key))
    }

    if not differing:
        with pytest.raises(NothingChanged):
            apply_changes(SecretValue(document.text), changes)
        return
    value, changed = apply_changes(SecretValue(document.text), changes)
    assert loads(value.reveal()) == model
    assert list(loads(value.reveal())) == list(model)
    assert set(changed) == differing
    assert len(set(changed)) == len(changed)


def test_s65_numbers_escapes_and_nested_text_stay_as_somebody_wrote_them() -> None:
    text = (
        '{\n  "rate" : 1.10,\n\t"big":1e400, "id": 12345678901234567890.0, "name":"\\u00e9\\/",\n'
        '  "rule": {"b": [1, 2],\n"a": null},\n  "KEY": "old"\n}\n'
    )

    assert edited(text, KEY="new") == text.replace('"old"', '"new"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", '{"KEY": "v"}'),
        (" { \n } \n", ' {"KEY": "v"} \n'),
        ('{"a": 1}', '{"a": 1,"KEY": "v"}'),
        ('{"a": 1, "b": 2}', '{"a": 1, "b": 2, "KEY": "v"}'),
        ('{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "KEY": "v"\n}\n'),
        ('{\r\n\t"a": 1\r\n}', '{\r\n\t"a": 1,\r\n\t"KEY": "v"\r\n}'),
    ],
)
def test_a_new_key_is_laid_out_like_the_one_before_it(text: str, expected: str) -> None:
    assert edited(text, KEY="v") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"KEY": 1}', "{}"),
        ('{\n  "a": 1,\n  "KEY": 2\n}', '{\n  "a": 1\n}'),
        ('{\n  "KEY": 1,\n  "a": 2\n}', '{\n  "a": 2\n}'),
        ('{"a": 1, "KEY": 2, "b": 3}', '{"a": 1, "b": 3}'),
    ],
)
def test_removing_a_key_keeps_the_layout(text: str, expected: str) -> None:
    assert edited(text, KEY=None) == expected


@pytest.mark.parametrize(
    "value",
    [
        "a\nb",
        "a\r\nb",
        "a\rb",
        "ends in a line\n",
        "  blanks  ",
        "\t",
        "😀 é 漢 \u202e",
        '"quotes" and \\ strokes',
        "\x00\x1f\x7f\x85\u2028",
        "</script>",
        "",
    ],
)
def test_s64_a_value_comes_back_as_it_was_given(value: str) -> None:
    assert json.loads(edited('{"KEY": "old", "other": 1}', KEY=value)) == {"KEY": value, "other": 1}


@given(st.text(max_size=300))
def test_s64_any_text_comes_back_as_it_was_given(value: str) -> None:
    assert json.loads(edited('{"other": 1}', KEY=value))["KEY"] == value


@pytest.mark.parametrize("filling", ["x", "é", "😀", "\n", '"'])
def test_s64_a_document_of_65536_bytes_is_taken_and_one_more_is_refused(filling: str) -> None:
    cost = len(json.dumps(filling, ensure_ascii=False).encode()) - 2
    room = 65_536 - len('{"KEY": ""}')
    value = filling * (room // cost) + "x" * (room % cost)

    assert len(edited('{"KEY": 0}', KEY=value).encode()) == 65_536
    with pytest.raises(InvalidChange, match="65,537 bytes; Secrets Manager takes at most 65,536"):
        edited('{"KEY": 0}', KEY=value + "x")


def test_s65_a_value_that_was_typed_again_keeps_the_bytes_that_it_was_written_in() -> None:
    assert edited('{"A": "\\u0041", "KEY": 1}', A="A", KEY="x") == '{"A": "\\u0041", "KEY": "x"}'


def test_the_number_1_is_not_the_text_1() -> None:
    assert edited('{"KEY": 1}', KEY="1") == '{"KEY": "1"}'


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ('{"KEY": "A"}', [("KEY", "A")]),
        ('{"KEY": "\\u0041"}', [("KEY", "A")]),
        ('{"KEY": "A"}', [("KEY", "B"), ("KEY", "A")]),
        ('{"KEY": "A", "b": 1}', [("KEY", None), ("KEY", "A")]),
        ('{"KEY": "A"}', []),
    ],
)
def test_a_result_that_says_the_same_as_the_base_is_not_saved(
    text: str, changes: list[tuple[str, str | None]]
) -> None:
    with pytest.raises(NothingChanged):
        apply_changes(
            SecretValue(text),
            [Change(key, None if value is None else SecretValue(value)) for key, value in changes],
        )


def test_a_key_that_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(InvalidChange) as caught:
        edited('{"a": 1}', GONE=None)
    assert caught.value.key == "GONE"


@pytest.mark.parametrize("half", ["\ud800", "a\udfffb"])
def test_half_a_character_is_refused_before_it_reaches_aws(half: str) -> None:
    with pytest.raises(InvalidChange, match="half of a character"):
        edited('{"a": 1}', KEY=half)


def test_an_escaped_lone_surrogate_that_was_stored_stays_as_it_is_written() -> None:
    assert edited('{"odd": "\\ud800", "KEY": 1}', KEY="x") == '{"odd": "\\ud800", "KEY": "x"}'


def test_s04_documents_members_and_changes_do_not_print_values(canary: str) -> None:
    document, change = (
        parse_document(json.dumps({"KEY": canary})),
        Change("KEY", SecretValue(canary)),
    )

    assert (
        canary
        not in f"{document!r}{document}{document.members!r}{document.get('KEY')}{change!r}{change}"
    )
    assert repr(change) == "Change('KEY', set)"
    assert repr(Change("KEY", None)) == "Change('KEY', remove)"


def test_a_number_of_60000_digits_is_kept_and_costs_nothing() -> None:
    digits = "9" * 60_000
    assert edited(f'{{"n": {digits}, "KEY": "a"}}', KEY="b") == f'{{"n": {digits}, "KEY": "b"}}'
