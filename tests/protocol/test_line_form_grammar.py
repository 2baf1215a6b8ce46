"""The codec against the grammar as it is published, written once more, character by character, with no thought for speed."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from communicator.errors import LocalProtocolError, RemoteProtocolError
from communicator.protocol.line_form import decode, encode
from communicator.protocol.message import Message

TOKEN_CHARACTERS = set(string.ascii_letters + string.digits + "_.*?-")
NAME_START = set(string.ascii_letters + "_")
NAME_CHARACTERS = NAME_START | set(string.digits)


class NotInGrammarError(Exception):
    pass


class Reader:
    """Reads one trimmed line from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def expect(self, character: str) -> None:
        if self.here != character:
            raise NotInGrammarError
        self.at += 1

    def run_of(self, characters: set[str]) -> str:
        start = self.at
        while self.here and self.here in characters:
            self.at += 1
        return self.text[start : self.at]

    def token(self) -> str:
        token = self.run_of(TOKEN_CHARACTERS)
        if not 1 <= len(token) <= 128:
            raise NotInGrammarError
        return token

    def sender(self) -> tuple[str, str]:
        if self.here != "<":
            return "", ""
        self.expect("<")
        server = "" if self.here == ":" else self.token()
        self.expect(":")
        service = "" if self.here == " " else self.token()
        self.expect(" ")
        return server, service

    def message(self) -> Message:
        from_server, from_service = self.sender()
        server = service = ""
        word = self.token()
        if self.here == ":":
            self.expect(":")
            server, word = word, self.token()
        if self.here == "/":
            self.expect("/")
            service, word = word, self.token()
        parameters = self.parameters() if self.here else {}
        return Message(word, parameters, service, server, from_server, from_service)

    def parameters(self) -> dict[str, str]:
        self.expect(" ")
        parameters = {}
        while True:
            name = self.name()
            self.expect("=")
            parameters[name] = self.value()
            if self.here == ";":
                self.expect(";")
            if not self.here:
                return parameters

    def name(self) -> str:
        if self.here not in NAME_START:
            raise NotInGrammarError
        return self.run_of(NAME_CHARACTERS)

    def value(self) -> str:
        if self.here == '"':
            self.expect('"')
            return unescaped(self.quoted())
        raw = ""
        while self.here and self.here != ";":
            raw += self.here
            self.at += 1
        return unescaped(raw)

    def quoted(self) -> str:
        raw = ""
        while not (self.here == '"' and not raw.endswith("\\")):
            if not self.here:
                raise NotInGrammarError
            raw += self.here
            self.at += 1
        self.expect('"')
        if self.here not in ("", ";"):
            raise NotInGrammarError
        return raw


def unescaped(raw: str) -> str:
    text, at = "", 0
    while at < len(raw):
        pair = raw[at : at + 2]
        meaning = {"\\\\": "\\", "\\n": "\n", "\\r": "\r", '\\"': '"'}.get(pair)
        text += meaning if meaning is not None else raw[at]
        at += 2 if meaning is not None else 1
    return text


def plain_decode(line: bytes) -> Message:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise NotInGrammarError from None
    while text[:1] and text[0] in " \t\r\n\v\f":
        text = text[1:]
    while text[-1:] and text[-1] in " \t\r\n\v\f":
        text = text[:-1]
    if "\0" in text or "\n" in text:
        raise NotInGrammarError
    reader = Reader(text)
    message = reader.message()
    if reader.here:
        raise NotInGrammarError
    return message


def plain_encode_value(value: str) -> str:
    """The published encoder that the ancestor reads back exactly."""
    if "\0" in value:
        raise NotInGrammarError
    quoted = ";" in value or value.startswith('"')
    if quoted and value.endswith("\\"):
        raise NotInGrammarError
    text = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return '"' + text.replace('"', '\\"') + '"' if quoted else text


def plain_encode(head: str, parameters: dict[str, str]) -> str:
    line = head
    if parameters:
        line += " " + ";".join(f"{name}={plain_encode_value(parameters[name])}" for name in sorted(parameters))
        if not "!" <= line[-1] <= "~":
            line += ";"
    return line


SHARDS = [
    "<", ":", "/", " ", "  ", ";", ";;", "=", '"', '\\"', "\\", "\\\\", "\\n", "\\r", "\\t", "\t", "\r", "\n", "\0",
    "A", "PING", "srv", "a", "b", "a=1", 'b="x;y"', 'c="', '";', "é", "\u2003", ".", "*", "?", "-", "9", "x" * 129,
]  # fmt: skip
LINES = st.lists(st.sampled_from(SHARDS), max_size=14).map("".join)
LIKELY = st.tuples(
    st.sampled_from(["", "<s:v ", "<:v ", "<s: ", "<s "]),
    st.sampled_from(["", "v/", "s:v/", "s:", ":v/", "/"]),
    st.just("PING"),
    st.sampled_from(["", " ", "  "]),
    st.lists(st.sampled_from(["a=1", "b=", 'c="x;y"', 'd="\\""', 'e="\\\\"', "f=\\n", "g= ", "h", "=", '"']), max_size=4)
    .map(";".join),
    st.sampled_from(["", ";", ";;", " ", "\r\n", "\n"]),
).map("".join)  # fmt: skip


@settings(max_examples=10 * settings.default.max_examples, deadline=None)
@given(LINES | LIKELY)
def test_decode_reads_what_the_grammar_says(text):
    line = text.encode()
    try:
        expected = plain_decode(line)
    except NotInGrammarError:
        with pytest.raises(RemoteProtocolError):
            decode(line)
    else:
        assert decode(line) == expected


VALUES = st.text(alphabet='\\";=\n\r\0 aé', max_size=6)


@settings(max_examples=10 * settings.default.max_examples, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", "c1", "_"]), VALUES, max_size=3))
def test_encode_writes_what_the_ancestor_reads_back(parameters):
    message = Message("PING", parameters, service="lock")
    try:
        expected = plain_encode("lock/PING", parameters).encode()
    except NotInGrammarError:
        with pytest.raises(LocalProtocolError):
            encode(message)
    else:
        assert encode(message) == expected
        assert plain_decode(expected) == message
