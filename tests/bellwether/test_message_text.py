"""Messages as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwether.message_text import MessageTextError, parse_message
from communicator.protocol import Message, encode


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["STATUS"], Message("STATUS")),
        (["  STATUS  "], Message("STATUS")),
        (["printer/PRINT"], Message("PRINT", service="printer")),
        (["alpha:printer/PRINT"], Message("PRINT", service="printer", server="alpha")),
        (["*/PRINT"], Message("PRINT", service="*")),
        (["printer/PRINT a=b"], Message("PRINT", {"a": "b"}, "printer")),
        (['printer/PRINT a=b c="d e"'], Message("PRINT", {"a": "b", "c": "d e"}, "printer")),
        (["printer/PRINT   a=b   c='d e'"], Message("PRINT", {"a": "b", "c": "d e"}, "printer")),
        (['PRINT a="x;y" b=1'], Message("PRINT", {"a": "x;y", "b": "1"})),
        (['PRINT a="say \\"hi\\""'], Message("PRINT", {"a": 'say "hi"'})),
        (["PRINT a="], Message("PRINT", {"a": ""})),
        (["PRINT a=b=c"], Message("PRINT", {"a": "b=c"})),
        (["PRINT", "a=b", "c=d e;f"], Message("PRINT", {"a": "b", "c": "d e;f"})),
        (["PRINT", 'a="b"'], Message("PRINT", {"a": '"b"'})),
        (["PRINT a=b;c=d e"], Message("PRINT", {"a": "b", "c": "d e"})),
        (["PRINT a=hello world;"], Message("PRINT", {"a": "hello world"})),
        (['PRINT a="x;y";b=z'], Message("PRINT", {"a": "x;y", "b": "z"})),
        (["<alpha:me PRINT a=b"], Message("PRINT", {"a": "b"}, "", "", "alpha", "me")),
        (['{"command":"PRINT","parameters":{"a":"b"}}'], Message("PRINT", {"a": "b"})),
    ],
)
def test_what_is_typed_is_read(words, message):
    assert parse_message(words) == message


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([""], "empty"),
        (["   "], "empty"),
        (["", "a=b"], "empty"),
        (["a/b/c"], "'a/b/c' is not"),
        (["PRINT hello"], "'hello' is not name=value"),
        (["PRINT a=hello world"], "'world' is not name=value; a value with blanks needs quotes"),
        (["PRINT 3=x"], "'3' is not the name of a parameter"),
        (["PRINT =x"], "'' is not the name of a parameter"),
        (['PRINT a="b'], "no closing quotation"),
        (["PRINT a;b=c"], "parameter 1 is not of the form name=value"),
        (["{nonsense"], ""),
        (["PRINT a=\udcff;"], "surrogates"),
    ],
)
def test_what_is_no_message_is_explained(words, reason):
    with pytest.raises(MessageTextError) as caught:
        parse_message(words)
    assert reason in str(caught.value)
    assert caught.value.exit_code == 2


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.text(max_size=20), max_size=4))
def test_separate_words_keep_their_values(parameters):
    words = ["printer/PRINT", *(f"{name}={value}" for name, value in parameters.items())]
    if parameters:
        assert parse_message(words).parameters == parameters


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.from_regex(r"[a-z ]{0,9}", fullmatch=True), min_size=2
    )
)
def test_the_line_form_may_be_pasted(parameters):
    message = Message("PRINT", parameters, "printer")
    assert parse_message([encode(message).decode()]) == message
