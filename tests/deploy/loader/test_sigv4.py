"""Signatures: AWS's published examples, and botocore's on thousands of random requests."""

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core._sigv4 import authorization, signing_key
from tests.deploy.loader.front import sign_with_botocore

EXAMPLE_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
PLAIN = {"Host": "example.amazonaws.com", "X-Amz-Date": "20150830T123600Z"}


def test_the_signing_key_is_that_of_aws_s_example() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html"""
    key = signing_key(EXAMPLE_KEY, "20150830/us-east-1/iam/aws4_request")
    assert key.hex() == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"


@pytest.mark.parametrize(
    ("method", "more", "signature"),
    [
        ("GET", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", {}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "POST",
            {"My-Header1": "value1"},
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        ),
        (
            "POST",
            {"My-Header1": "VALUE1"},
            "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        ),
    ],
)
def test_the_signature_is_that_of_aws_s_test_suite(
    method: str, more: dict[str, str], signature: str
) -> None:
    """Four cases of AWS's Signature Version 4 test suite: get-vanilla, post-vanilla, and two."""
    result = authorization(
        PLAIN | more,
        b"",
        region="us-east-1",
        service="service",
        key_id="AKIDEXAMPLE",
        secret_key=EXAMPLE_KEY,
        method=method,
    )
    assert result.endswith(f"Signature={signature}")
    assert result.startswith(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;"
    )


# Header values as HTTP allows them, runs of blanks inside included.
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)
# Put together, since what hypothesis draws from a pattern takes ten times as long.
NAMES = st.builds(
    "{}-{}".format,
    st.sampled_from("Xx"),
    st.text(f"{string.ascii_letters}{string.digits}-", min_size=1, max_size=20),
).filter(lambda name: name.lower() not in ("x-amz-date", "x-amzn-trace-id"))
REGIONS = st.builds(
    "{}-{}-{}".format,
    st.text(string.ascii_lowercase, min_size=2, max_size=2),
    st.text(string.ascii_lowercase, min_size=4, max_size=9),
    st.integers(1, 9),
)
KEYS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60)
MOMENTS = st.datetimes().map(lambda moment: f"{moment.year:04d}{moment:%m%dT%H%M%SZ}")


@settings(max_examples=100, deadline=None)
@given(
    more=st.dictionaries(NAMES, VALUES, max_size=5),
    body=st.binary(max_size=200),
    moment=MOMENTS,
    secret_key=KEYS,
    token=KEYS,
    region=REGIONS,
    key_id=st.text(f"{string.ascii_uppercase}{string.digits}", min_size=16, max_size=20),
)
def test_it_signs_as_botocore_does(
    more: dict[str, str],
    body: bytes,
    moment: str,
    secret_key: str,
    token: str,
    region: str,
    key_id: str,
) -> None:
    # Header names ignore case.
    unlike = {name.lower(): (name, value) for name, value in more.items()}
    headers = dict(unlike.values()) | {
        "Host": f"secretsmanager.{region}.amazonaws.com",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Date": moment,
        "X-Amz-Security-Token": token,
    }
    ours = authorization(
        headers, body, region=region, service="secretsmanager", key_id=key_id, secret_key=secret_key
    )
    assert ours == sign_with_botocore(headers, body, key_id, secret_key, region)


@pytest.mark.slow
def test_it_signs_five_thousand_random_requests_as_botocore_does() -> None:
    """Of the loader's own form; hypothesis above finds odd ones, and is too slow for so many."""
    seed = random.randrange(2**32)
    drawn = random.Random(seed)

    def text(letters: str, least: int, most: int) -> str:
        return "".join(drawn.choices(letters, k=drawn.randint(least, most)))

    visible = string.digits + string.ascii_letters + string.punctuation
    for _ in range(5000):
        region = (
            f"{text('acems', 2, 2)}-{drawn.choice(['west', 'northeast'])}-{drawn.randint(1, 9)}"
        )
        headers = {
            "Host": f"secretsmanager.{region}.amazonaws.com",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Date": f"20{drawn.randint(15, 99)}0{drawn.randint(1, 9)}1{drawn.randint(0, 9)}"
            f"T{drawn.randint(0, 235959):06d}Z",
            "X-Amz-Target": f"secretsmanager.{text(string.ascii_letters, 1, 30)}",
        }
        if drawn.random() < 0.8:
            headers["X-Amz-Security-Token"] = text(visible, 1, 400)
        keys = text(string.ascii_uppercase, 16, 20), text(visible, 1, 50)
        body = drawn.randbytes(drawn.randint(0, 300))
        ours = authorization(
            headers,
            body,
            region=region,
            service="secretsmanager",
            key_id=keys[0],
            secret_key=keys[1],
        )
        assert ours == sign_with_botocore(headers, body, *keys, region), f"seed {seed}"
