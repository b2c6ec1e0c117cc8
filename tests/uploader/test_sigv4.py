"""Signature Version 4 against the examples published in the S3 API reference, "Signature Calculations: examples"."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from uploader.sigv4 import Credentials, Scope, encoded_query, sign

EXAMPLE = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
NOW = datetime(2013, 5, 24, tzinfo=UTC)
NOTHING = sha256(b"").hexdigest()
HOST = {"host": "examplebucket.s3.amazonaws.com", "x-amz-date": "20130524T000000Z"}


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "body", "signature"),
    [
        pytest.param(
            "GET",
            "/test.txt",
            [],
            {"Range": "bytes=0-9"},
            b"",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            id="get an object",
        ),
        pytest.param(
            "PUT",
            "/test$file.text",
            [],
            {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            b"Welcome to Amazon S3.",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            id="put an object",
        ),
        pytest.param(
            "GET",
            "/",
            [("lifecycle", "")],
            {},
            b"",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            id="a parameter without a value",
        ),
        pytest.param(
            "GET",
            "/",
            [("prefix", "J"), ("max-keys", "2")],
            {},
            b"",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            id="parameters out of order",
        ),
    ],
)
def test_the_published_examples(
    method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], body: bytes, signature: str
) -> None:
    digest = sha256(body).hexdigest()
    made = sign(
        method, path, query, {**HOST, **headers, "x-amz-content-sha256": digest}, digest, EXAMPLE, Scope("us-east-1"), NOW
    )
    assert made.endswith(f"Signature={signature}")
    assert made.startswith("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=")


def test_every_reserved_character_of_a_query_is_encoded() -> None:
    assert encoded_query([("uploadId", "a+b/c= d~"), ("a", "")]) == "a=&uploadId=a%2Bb%2Fc%3D%20d~"


def test_the_secret_shows_nowhere() -> None:
    made = sign("GET", "/", [], HOST, NOTHING, EXAMPLE, Scope("us-east-1"), NOW)
    assert EXAMPLE.secret_key not in made + repr(EXAMPLE) + str(EXAMPLE) + f"{[EXAMPLE]}"
