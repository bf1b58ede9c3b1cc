"""S64, S65: what is typed reaches AWS byte for byte, and what nobody touched stays as it was, byte
for byte."""

import json

import pytest

from secrets_ui.domain.changes.edit import Edit
from secrets_ui.domain.errors import InvalidChange, InvalidDocument
from secrets_ui.domain.secrets.secret_value import SecretValue
from secrets_ui.models import AuditRecord
from secrets_ui.services.changes.save import put_new_version
from testkit.aws_proxy import AwsProxy
from tests.processes.outside import Aws
from tests.services.saving import HANA, save

pytestmark = pytest.mark.django_db
VALUES = {
    "LF": "one\ntwo",
    "CRLF": "one\r\ntwo",
    "CR": "one\rtwo",
    "trailing newline": "value\n",
    "only newlines": "\n\n",
    "blanks around": "  value\t ",
    "empty": "",
    "emoji": "🗝️👩🏽‍💻",
    "combining": "e\u0301 is not é",
    "right to left": "\u202eabc\u202c",
    "line separators": "a\u2028b\u2029c\x85d",
    "quotes and backslashes": '"\\" \\n \\u0041',
    "control characters": "".join(map(chr, range(1, 0x20))),
    "a PEM": "-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n",
    "JSON in a string": '{"a": [1, 2]}',
    "the last code point": "\U0010ffff",
}


@pytest.mark.parametrize("kind", VALUES)
def test_s64_a_value_round_trips_byte_for_byte(kind: str, dev: Aws) -> None:
    secret, base = dev.make_secret()
    save(dev, secret, base, A=VALUES[kind])

    assert dev.values(secret) == {"A": VALUES[kind], "B": "2"}


@pytest.mark.parametrize(
    "text",
    [
        '{"A": "1"}\n',
        '\r\n{\r\n\t"A" : "1"\r\n}\r\n',
        "plain text\n",
        "  blanks  ",
        '["a", 1.10]',
        "🗝️\r\n",
    ],
)
def test_s64_a_whole_document_round_trips_byte_for_byte(text: str, dev: Aws) -> None:
    secret, base = dev.make_secret()
    is_text = not text.lstrip().startswith("{")
    put_new_version(
        dev.environment, HANA, Edit(secret, base, document=SecretValue(text), is_text=is_text)
    )

    assert dev.value(secret) == text


def filler(size: int) -> str:
    """A value that makes the document exactly so many bytes; some of its characters have four."""
    room = size - len('{"A": "", "B": "2"}')
    return "🗝" * (room // 4) + "x" * (room % 4)


def test_s64_a_document_of_65_536_bytes_is_saved(dev: Aws) -> None:
    secret, base = dev.make_secret()
    save(dev, secret, base, A=filler(65_536))

    assert len(dev.value(secret).encode()) == 65_536
    assert dev.values(secret)["A"] == filler(65_536)


def test_s64_a_document_of_65_537_bytes_is_refused_before_aws_gets_it(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret()
    with pytest.raises(InvalidChange, match="65,537 bytes"):
        save(dev, secret, base, A=filler(65_537))

    assert proxy.calls == ["DescribeSecret", "GetSecretValue"]
    assert not AuditRecord.objects.filter(action="secret.save").exists()


UNTOUCHED = (
    '{ "Z":1.10,\n\t"A" : "1", "list": [1,  2.0, 1e400, null],\r\n'
    ' "é":"\\u00e9\\/", "big": 12345678901234567890123, "B":"2" }\n'
)


def test_s65_editing_one_key_keeps_every_other_byte_of_the_document(dev: Aws) -> None:
    secret, base = dev.make_secret(UNTOUCHED)
    save(dev, secret, base, A="new")

    assert dev.value(secret) == UNTOUCHED.replace('"A" : "1"', '"A" : "new"')


def test_s65_a_stored_document_with_a_key_twice_is_refused_and_stays(
    proxy: AwsProxy, dev: Aws
) -> None:
    secret, base = dev.make_secret('{"A": "1", "A": "2"}')
    with pytest.raises(InvalidDocument, match="stands twice"):
        save(dev, secret, base, A="new")

    assert "PutSecretValue" not in proxy.calls
    assert dev.current(secret) == base


@pytest.mark.parametrize("key", ["\ud800", "a\u0000b", "\u2028", "=cmd()", "x" * 300])
def test_s65_a_key_of_any_name_is_saved_and_named_on_record(key: str, dev: Aws) -> None:
    """Half a character can be spelt in JSON, so a script may have made such a key; it must not stop
    the record."""
    secret, base = dev.make_secret()
    save(dev, secret, base, document=json.dumps({"A": "1", "B": "2", key: "new"}))

    assert dev.values(secret)[key] == "new"
    outcome = AuditRecord.objects.get(secret=secret, action="secret.save", phase="outcome")
    assert json.loads(outcome.keys) == [key]
