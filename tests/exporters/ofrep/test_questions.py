"""What is asked for, by path and body."""

import json

import pytest

from exporters.ofrep.questions import FLAGS_PATH, NESTING, RefusedError, read_context, read_path


@pytest.mark.parametrize(
    ("path", "query", "key", "is_flag"),
    [
        ("/a", "", "a", True),
        ("/new-checkout_2.b", "", "new-checkout_2.b", True),
        ("/a%2Db", "", "a-b", True),
        ("/" + "x" * 128, "", "x" * 128, True),
        ("/" + "x" * 129, "", "x" * 125 + "...", False),
        ("/a%252Db", "", "a%2Db", False),  # decoded once
        ("/a%2Fb", "", "a/b", False),
        ("/a/b", "", "a/b", False),
        ("/..%2Fx", "", "../x", False),
        ("/%2E%2E", "", "..", False),
        ("/a%20b", "", "a b", False),
        ("/a%00", "", "a\0", False),
        ("/a%0A", "", "a\n", False),
        ("/%ff", "", "\ufffd", False),
        ("/\xe4", "", "\xe4", False),
        ("/a%", "", "a%", False),
        ("/a", "x=1", "a?x=1", False),  # of a name that was not encoded, or else it would be that of another flag
        ("/", "", f"{FLAGS_PATH}/", False),
    ],
)
def test_a_name_is_decoded_once_and_then_looked_at(path, query, key, is_flag):
    asked = read_path((FLAGS_PATH + path).encode("latin-1"), query.encode())
    assert (asked.key, asked.is_flag, asked.is_bulk) == (key, is_flag, False)


@pytest.mark.parametrize("query", [b"", b"flagConfigEtag=x&flagConfigLastModified=3"])
def test_without_a_name_it_is_all_flags(query):
    assert read_path(FLAGS_PATH.encode(), query).is_bulk


@pytest.mark.parametrize(
    "path", ["/", "/x", "/ofrep/v1/x", f"/x{FLAGS_PATH}/a", f"{FLAGS_PATH}x", "/ofrep/v2/evaluate/flags"]
)
def test_other_paths_are_no_flags(path):
    asked = read_path(path.encode(), b"")
    assert (asked.key, asked.is_flag, asked.is_bulk) == (path, False, False)


@pytest.mark.parametrize(
    ("body", "context"),
    [
        ("{}", {}),
        ('{"context": {}}', {}),
        (
            '{"context": {"targetingKey": "a", "age": 3, "of": {"x": [1]}}, "more": 1}',
            {"targetingKey": "a", "age": 3, "of": {"x": [1]}},
        ),
    ],
)
def test_a_context(body, context):
    assert read_context(body.encode()) == context


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (b"", "PARSE_ERROR", "no JSON"),
        (b"context", "PARSE_ERROR", "no JSON"),
        (b"\xff{}", "PARSE_ERROR", "UTF-8"),
        (b'{"context": {"x": NaN}}', "PARSE_ERROR", "no number"),
        (b'{"context": {"x": 1e999}}', "PARSE_ERROR", "too large"),
        (b'{"context": {"x": ' + b"1" * 5000 + b"}}", "PARSE_ERROR", "digits"),
        (b"[" * 60_000, "PARSE_ERROR", "JSON|deep"),
        (b'{"context":' * 5_000 + b"{}" + b"}" * 5_000, "INVALID_CONTEXT|PARSE_ERROR", "deep"),
        (b"[]", "INVALID_CONTEXT", "the body is no JSON object"),
        (b"null", "INVALID_CONTEXT", "the body is no JSON object"),
        (b'{"context": null}', "INVALID_CONTEXT", "context is no JSON object"),
        (b'{"context": ["a"]}', "INVALID_CONTEXT", "context is no JSON object"),
        (b'{"context": {"targetingKey": 3}}', "INVALID_CONTEXT", "targetingKey is no text"),
        (b'{"context": {"targetingKey": null}}', "INVALID_CONTEXT", "targetingKey is no text"),
    ],
    ids=range(14),
)
def test_what_is_no_context(body, code, text):
    with pytest.raises(RefusedError, match=text) as caught:
        read_context(body)
    assert caught.value.code in code.split("|")  # how deep Python reads at all depends on its version


@pytest.mark.parametrize("wrap", [lambda part: [part], lambda part: {"a": part}], ids=["lists", "objects"])
def test_how_deeply_it_may_be_nested(wrap):
    value = 1
    for _ in range(NESTING - 1):
        value = wrap(value)
    read_context(json.dumps({"context": {"x": value}}).encode())
    with pytest.raises(RefusedError, match="levels deep") as caught:
        read_context(json.dumps({"context": {"x": wrap(value)}}).encode())
    assert caught.value.code == "INVALID_CONTEXT"
