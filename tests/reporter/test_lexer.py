import math

import pytest

from communicator.errors import ScriptError
from communicator.reporter.lexer import Token, TokenKind, tokenize
from communicator.reporter.syntax import Position
from communicator.reporter.values import Address, Regex, Timestamp


def values(text):
    *tokens, end = tokenize(text)
    assert end.kind is TokenKind.END
    return [token.value for token in tokens]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("word", "word"),
        ("_w0", "_w0"),
        ("<=>", "<=>"),
        ("007", 7),
        ("0xFf", 255),
        ("170141183460469231731687303715884105727", 2**127 - 1),
        ("2.5", 2.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1.5E-2", 0.015),
        ("'raw $name'", "raw $name"),
        (r"'it\'s'", "it's"),
        (r"'\a\b\f\n\r\t\v\\'", "\a\b\f\n\r\t\v\\"),
        (r"'\x41\u00e9\U0001F600\101\$'", "Aé\U0001f600A$"),
        ("`[0-9]+`", Regex("[0-9]+")),
        (r"`\d\\.\``", Regex(r"\d\.`")),
        ("<127.0.0.1:20002>", Address("127.0.0.1", 20002)),
        ("<127.0.0.1>", Address("127.0.0.1")),
        ("<[::1]:20002>", Address("::1", 20002)),
        ("<::1>", Address("::1")),
        ("<10.0.0.0/8>", Address("10.0.0.0", mask="8")),
        ("<10.0.0.0:80/255.0.0.0>", Address("10.0.0.0", 80, "255.0.0.0")),
        ("</run/x.sock>", Address(path="/run/x.sock")),
        ("@123", Timestamp(123_000_000_000)),
        ("@123.456", Timestamp(123_456_000_000)),
        ("@1.0000000019s", Timestamp(1_000_000_001)),
        ('@"12/31/2025 23:59:59"', Timestamp(1_767_225_599_000_000_000)),
        ("@'01/01/1970 00:00:01'", Timestamp(1_000_000_000)),
        ("$name", "name"),
        ("${name}", "name"),
    ],
)
def test_one_token(text, value):
    assert values(text) == [value]
    assert values(f" // before\n{text} // after") == [value]


def test_nan_is_a_number():
    assert math.isnan(values("NaN")[0])


def test_positions_count_from_1_and_survive_every_kind_of_newline():
    tokens = list(tokenize("\ufeffa\r\n  b // c\r  d\n\n'x' e"))
    assert [token.position for token in tokens] == [(1, 1), (2, 3), (3, 3), (5, 1), (5, 5), (5, 6)]
    assert tokens[0] == Token(TokenKind.WORD, "a", Position(1, 1))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a\n 'open", (2, 2), "apostrophe"),
        ('"open\n"', (1, 1), "quotation mark"),
        ("`open", (1, 1), "backtick"),
        ("a <127.0.0.1", (1, 3), "'>'"),
        ("<127.0.0.1:99999>", (1, 1), "'127.0.0.1:99999' is not an address"),
        ("<10.0.0.0/33>", (1, 1), "'10.0.0.0/33' is not an address"),
        ("<cds://host>", (1, 1), "TLS"),
        ("$", (1, 1), "$name"),
        ("${a-b}", (1, 1), "'${a-b}' names no variable"),
        ("a ${", (1, 3), "'${' lacks its '}'"),
        ("${}", (1, 1), "'${}' names no variable"),
        ("$1a", (1, 1), "$name"),
        ("@soon", (1, 1), "@123.456"),
        ('@"2025-12-31"', (1, 1), "'2025-12-31' is not a date"),
        ("12ab", (1, 1), "'a'"),
        ("1.2.3", (1, 1), "'.'"),
        ("170141183460469231731687303715884105728", (1, 1), "128 bits"),
        ("1e999", (1, 1), "too large"),
        (r"'\U00110000'", (1, 2), "is not a character"),
        (r"'a\ud800'", (1, 3), "is not a character"),
        ("a = b", (1, 3), "'=' cannot stand here"),
    ],
)
def test_what_is_no_token_is_an_error_with_its_place(text, place, words):
    with pytest.raises(ScriptError) as caught:
        values(text)
    ((line, column, what),) = caught.value.flaws
    assert (line, column) == place
    assert words in what
