"""Strings and regular expressions, and the variables that stand in them."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from communicator.errors import ScriptError
from communicator.reporter.lexer import tokenize
from communicator.reporter.syntax import Pattern, Template, Variable
from communicator.reporter.values import Regex


def values(text):
    *tokens, _ = tokenize(text)
    return [token.value for token in tokens]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('""', ()),
        ('"plain"', ("plain",)),
        ('"a $b-${c}d"', ("a ", Variable("b"), "-", Variable("c"), "d")),
        (r'"\$b costs 5$ and $ more"', ("$b costs 5$ and $ more",)),
        (r'"\"$a\""', ('"', Variable("a"), '"')),
    ],
)
def test_variables_in_strings(text, parts):
    assert values(text) == [Template(parts)]


HOST = Variable("hostname")
X = Variable("x")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            r"`^10\\|[0-9]+\\|127.0.0.1\\|[0-9]+\\|${hostname}$`",
            Pattern((r"^10\|[0-9]+\|127.0.0.1\|[0-9]+\|", HOST, "$")),
        ),
        (r"`^14\\|(${hostname}|two)$`", Pattern((r"^14\|(", HOST, "|two)$"))),
        ("`${x}`", Pattern((X,))),
        ("`$x`", Pattern((X,))),
        ("`$x$`", Pattern((X, "$"))),
        ("`${x}${hostname}`", Pattern((X, HOST))),
        (r"`\d+\\.$x\``", Pattern((r"\d+\.", X, "`"))),
        ("`^a$`", Regex("^a$")),
        ("`(a$|b$)`", Regex("(a$|b$)")),
        ("`$`", Regex("$")),
        ("`$5`", Regex("$5")),
    ],
)
def test_variables_in_regular_expressions(text, value):
    assert values(text) == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"`\$x`", Regex(r"\$x")),
        (r"`\${x}`", Regex(r"\${x}")),
        (r"`\\$x`", Regex(r"\$x")),
        (r"`\\$`", Regex(r"\$")),
        (r"`\\${x}`", Pattern(("\\", X))),
        (r"`\\\\$x`", Pattern((r"\\", X))),
        ("`[$a-z]+`", Regex("[$a-z]+")),
        ("`[^]$a[:digit:]$b]`", Regex("[^]$a[:digit:]$b]")),
        (r"`[\\]$a]`", Regex(r"[\]$a]")),
        ("`[a]$x`", Pattern(("[a]", X))),
        (r"`\\[$x`", Pattern((r"\[", X))),
        (r"`\[$x`", Pattern((r"\[", X))),
        ("`[${x}]`", Pattern(("[", X, "]"))),
        (r"`[\\${x}]`", Pattern(("[\\", X, "]"))),
    ],
)
def test_a_dollar_sign_that_begins_no_variable(text, value):
    assert values(text) == [value]


@pytest.mark.parametrize("quote", ['"', "`"])
@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("a ${name", 4, "'${name' lacks its '}'"),
        ("${", 2, "'${' lacks its '}'"),
        ("é${}", 3, "'${}' names no variable"),
        ("$x ${1a}", 5, "'${1a}' names no variable"),
        ("${a b}", 2, "'${a b}' names no variable"),
        ("${a-b}", 2, "'${a-b}' names no variable"),
        ("${ a }", 2, "'${ a }' names no variable"),
        ("${a:-b}", 2, "'${a:-b}' names no variable"),
        ("${é}", 2, "'${é}' names no variable"),
        ("${a${b}", 2, "'${a${b}' names no variable"),
        ("${{a}}", 2, "'${{a}' names no variable"),
        ("$${}", 3, "'${}' names no variable"),
    ],
)
def test_a_variable_without_a_name_or_a_brace_is_an_error_with_its_place(quote, text, column, words):
    with pytest.raises(ScriptError) as caught:
        values(f"\n  {quote}{text}{quote}")
    ((line, found, what),) = caught.value.flaws
    assert (line, found) == (2, column + 2)
    assert words in what


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("escape", [r"\q", r"\x", r"\u12", r"\U1", r"\8", r"\ "])
def test_what_is_no_escape_is_an_error_with_its_place(quote, escape):
    with pytest.raises(ScriptError) as caught:
        values(f"{quote}ab{escape}{quote}")
    ((line, column, what),) = caught.value.flaws
    assert (line, column) == (1, 4)
    assert f"{escape[:2]} is not an escape" in what


def test_where_a_variable_stands_is_known():
    (token, _) = tokenize('\n "a $b ${c}"')
    assert [part.position for part in token.value.parts if isinstance(part, Variable)] == [(2, 5), (2, 8)]


bodies = st.text(st.sampled_from("$$$${{}}\\\\\\[]^:|ab1_ é"), max_size=30)


@given(st.sampled_from("\"`'"), bodies)
@example("`", "[$a-z]${a}")
def test_whatever_stands_there_is_read_or_is_an_error_at_its_place(quote, body):
    text = f"{quote}{body}{quote}"
    try:
        found = values(text)
    except ScriptError as error:
        ((line, column, what),) = error.flaws
        assert line == 1
        assert 1 <= column <= len(text)
        assert what
    else:
        for value in found:
            for part in getattr(value, "parts", ()):
                assert not isinstance(part, Variable) or text[part.position.column - 1] == "$"


@given(st.text(st.sampled_from("ab1|()[]^:.*+?{}é"), max_size=30))
def test_a_regular_expression_without_a_dollar_sign_is_what_is_written(body):
    assert values(f"`{body}`") == [Regex(body)]
    assert values(f"`{re.escape(body)}`") == values("`" + re.escape(body).replace("\\", "\\\\") + "`")


@pytest.mark.parametrize("quote", ['"', "`"])
@pytest.mark.parametrize("again", ["[", "[\\\\", "[a", "[[:a:]", "\\\\", "$", "$a", "[$a", "[$a]", r"\$"])
def test_what_is_long_is_read_in_a_time_that_grows_with_it(quote, again):
    (found,) = values(f"{quote}{again * 20_000} $b{quote}")
    assert found.parts[-1] == Variable("b")
