"""PURE: tokens to the syntax tree; what an instruction means is not its concern.

.. code-block:: text

    program      = { instruction }
    instruction  = name "(" [ parameter { "," parameter } ] ")"
    parameter    = name ":" ( comparison | list | array )
    comparison   = sum { "<=>" sum }
    sum          = product { ( "+" | "-" ) product }
    product      = operand { ( "*" | "/" | "%" ) operand }
    operand      = literal | variable | string | regular expression | ( "+" | "-" ) operand | "(" comparison ")"
    list         = "{" [ name [ ":" comparison ] { "," … } ] "}"
    array        = "[" [ comparison { "," … } ] "]"
"""

from collections.abc import Callable
from typing import TypeVar, cast

from communicator.errors import ScriptError
from communicator.reporter import syntax
from communicator.reporter.lexer import Token, TokenKind, tokenize
from communicator.reporter.values import Value

DEPTH = 100
"""How deep parentheses and signs may nest: far above any real script, far below Python's own limit."""

_LEVELS = (("<=>",), ("+", "-"), ("*", "/", "%"))

T = TypeVar("T")


def parse(text: str, source: str = "script") -> tuple[syntax.Instruction, ...]:
    """Read a script.

    Args:
        text: The script.
        source: What errors call it.

    Returns:
        Its instructions.

    Raises:
        ScriptError: It does not follow the grammar; only the first flaw is named.
    """
    return _Parser(text, source).program()


class _Parser:
    def __init__(self, text: str, source: str) -> None:
        self._source = source
        self._tokens = tokenize(text, source)
        self._token = next(self._tokens)
        self._depth = 0

    def program(self) -> tuple[syntax.Instruction, ...]:
        instructions = []
        while self._token.kind is not TokenKind.END:
            instructions.append(self._instruction())
        return tuple(instructions)

    def _instruction(self) -> syntax.Instruction:
        name = self._name("the name of an instruction")
        self._require("(", f"after {name.value!r}")
        parameters = self._separated(self._parameter, ")")
        return syntax.Instruction(str(name.value), parameters, position=name.position)

    def _parameter(self) -> syntax.Parameter:
        name = self._name("the name of a parameter")
        self._require(":", f"after the parameter's name {name.value!r}")
        return syntax.Parameter(str(name.value), self._value(), position=name.position)

    def _value(self) -> syntax.Expression:
        start = self._token
        if start.is_sign("{"):
            self._advance()
            return syntax.ListDisplay(self._separated(self._item, "}"), position=start.position)
        if start.is_sign("["):
            self._advance()
            return syntax.ArrayDisplay(self._separated(self._comparison, "]"), position=start.position)
        return self._comparison()

    def _item(self) -> syntax.Item:
        name = self._name("the name of an item")
        value = None
        if self._token.is_sign(":"):
            self._advance()
            value = self._comparison()
        return syntax.Item(str(name.value), value, position=name.position)

    def _separated(self, read: Callable[[], T], closing: str) -> tuple[T, ...]:
        """What `read` reads, once or more with commas between, or nothing; and the sign that ends it."""
        if self._token.is_sign(closing):
            self._advance()
            return ()
        found = [read()]
        while self._token.is_sign(","):
            self._advance()
            found.append(read())
        self._require(closing, "or ','")
        return tuple(found)

    def _comparison(self, level: int = 0) -> syntax.Expression:
        """What the operators of a level join, and of those above it, which bind closer."""
        if level == len(_LEVELS):
            return self._operand()
        left = self._comparison(level + 1)
        while self._token.is_sign(*_LEVELS[level]):
            operator = self._advance()
            left = syntax.Binary(
                syntax.Operator(str(operator.value)), left, self._comparison(level + 1), position=operator.position
            )
        return left

    def _operand(self) -> syntax.Expression:
        token = self._token
        if token.is_sign("(", "+", "-"):
            return self._nested()
        if token.kind in (TokenKind.SIGN, TokenKind.END):
            raise self._error(f"expected a value, not {token}")
        self._advance()
        match token.kind:
            case TokenKind.VARIABLE:
                return syntax.Variable(str(token.value), position=token.position)
            case TokenKind.TEMPLATE | TokenKind.PATTERN:
                return cast("syntax.Template | syntax.Pattern", token.value)
            case _:
                return syntax.Literal(cast("Value", token.value), position=token.position)

    def _nested(self) -> syntax.Expression:
        self._depth += 1
        if self._depth > DEPTH:
            raise self._error(f"an expression nests deeper than {DEPTH}")
        sign = self._advance()
        inner: syntax.Expression
        if sign.is_sign("("):
            inner = self._comparison()
            self._require(")", "at the end of the parenthesis")
        else:
            inner = syntax.Unary(syntax.Operator(str(sign.value)), self._operand(), position=sign.position)
        self._depth -= 1
        return inner

    def _name(self, what: str) -> Token:
        if self._token.kind is not TokenKind.WORD:
            raise self._error(f"expected {what}, not {self._token}")
        return self._advance()

    def _require(self, sign: str, where: str) -> None:
        if not self._token.is_sign(sign):
            raise self._error(f"expected {sign!r} {where}, not {self._token}")
        self._advance()

    def _advance(self) -> Token:
        token = self._token
        if token.kind is not TokenKind.END:
            self._token = next(self._tokens)
        return token

    def _error(self, what: str) -> ScriptError:
        return ScriptError(self._source, [(*self._token.position, what)])
