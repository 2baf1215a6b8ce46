"""Checks messages against definitions, which are made ready once; what follows from a fault is told elsewhere.

A message of a command that has no definition is not checked: services may say among themselves what they like, as long as nobody
has written down what that is.
"""

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO

import msgspec

from communicator.protocol.definitions.catalogue import Catalogue
from communicator.protocol.definitions.definition import Definition, Parameter, Scope
from communicator.protocol.definitions.line_patterns import LinePatterns
from communicator.protocol.line_form import Head, parse_head
from communicator.protocol.message import Message
from communicator.protocol.names import ANY_SERVER, BROADCAST_SERVICES, PRIVATE_NETWORK, THIS_SERVER

VALUE_SHOWN = 80
"""Characters of a wrong value that a fault shows."""
KNOWN_SHOWN = 20
"""Parameters named to whoever used one that is not known."""
LINES_WORTH_IT = 64
"""Lines with one header that are looked at one by one before an expression is made for them all, which takes as long."""
HEADS_KEPT = 256

_FAR_SERVERS = frozenset((ANY_SERVER, PRIVATE_NETWORK))
_HERE = ("", THIS_SERVER)


def _anything(_value: str) -> bool:
    return True


def _nothing(_value: str) -> bool:
    return False


class _Rules(msgspec.Struct, frozen=True):
    """A definition, made ready."""

    definition: Definition
    parameters: Mapping[str, Parameter]
    """Its own, and those of every message."""
    accepts: dict[str, Callable[[str], bool]]
    """By parameter, whether a value will do."""
    required: frozenset[str]
    goes_anywhere: bool
    """Whatever its address, it may go there."""
    is_watched: bool
    """It is only watched whether messages are as it says."""
    patterns: LinePatterns


class Checker:
    """Says what is wrong with a message.

    Args:
        catalogue: All definitions.
        watched: Directories whose definitions are to refuse nothing. What they know of the messages of others stays known, but
            says nothing about values.
    """

    def __init__(self, catalogue: Catalogue, watched: frozenset[str] = frozenset()) -> None:
        self.catalogue = catalogue
        self._rules = {command: _prepare(each, catalogue, watched) for command, each in catalogue.definitions.items()}
        self._seen: dict[bytes, int] = {}
        """Lines by header, before it is worth while to make an expression for them."""

    def definition(self, command: str) -> Definition | None:
        """The definition of a command; None where there is none."""
        rules = self._rules.get(command)
        return None if rules is None else rules.definition

    def is_local(self, command: str) -> bool:
        """Whether messages of this command stay on their host."""
        rules = self._rules.get(command)
        return rules is not None and rules.definition.scope is Scope.LOCAL

    def watches(self, command: str) -> bool:
        """Whether a message of this command is to go on although it is not as it was defined."""
        rules = self._rules.get(command)
        return rules is not None and rules.is_watched

    def fault(self, message: Message, server: str = "") -> str:
        """What is wrong with a message; empty when nothing is, or when nothing is known of its command.

        Args:
            message: What was said.
            server: The name of this host's router. With it, a local message that is addressed to another one is a fault.

        Returns:
            One reason, for whoever sent it: it names the parameter and shows the value, unless that is a secret.
        """
        rules = self._rules.get(message.command)
        if rules is None:
            return ""
        if not rules.goes_anywhere:
            reason = _address_fault(rules.definition, message, server) or _delivery_fault(rules.definition, message)
            if reason:
                return reason
        accepts = rules.accepts
        for name, value in message.parameters.items():
            accept = accepts.get(name)
            if accept is None or not accept(value):
                return _explain(rules, name, value)
        if not rules.required <= message.parameters.keys():
            return f"parameter {_missing(rules, message)} is missing"
        return ""

    def passes_all(self, head: bytes, lines: bytes, server: str = "") -> bool:
        """Whether each of many lines surely passes, see `misses`; where nothing is known of the command, nothing is looked at."""
        return next(self.misses(head, lines, server), None) is None

    def misses(self, head: bytes, lines: bytes, server: str = "") -> Iterator[bytes]:
        """Those of many lines that do not surely pass, and have to be looked at one by one.

        Args:
            head: What stands before the parameters, the same in all lines: ``[<server:service ][[server:]service/]COMMAND``.
            lines: Whole lines, each with its newline.
            server: The name of this host's router, as for `fault`.
        """
        try:
            parsed = parse_head(head.decode("ascii"))
        except ValueError:
            yield from BytesIO(lines)
            return
        rules = self._rules.get(parsed.command)
        if rules is None:
            return
        is_astray = not rules.goes_anywhere and _address_fault(rules.definition, parsed, server)
        if is_astray or not self._is_worth_it(rules, head, lines):
            yield from BytesIO(lines)
        else:
            yield from rules.patterns.misses(head, lines)

    def _is_worth_it(self, rules: _Rules, head: bytes, lines: bytes) -> bool:
        """Whether lines with this header come often enough to make an expression for them."""
        if rules.patterns.knows(head):
            return True
        if len(self._seen) >= HEADS_KEPT:
            self._seen.clear()
        seen = self._seen[head] = self._seen.get(head, 0) + lines.count(b"\n")
        return seen >= LINES_WORTH_IT


def _prepare(definition: Definition, catalogue: Catalogue, watched: frozenset[str]) -> _Rules:
    parameters = {**catalogue.global_parameters, **definition.parameters}
    is_watched = _directory(definition.source) in watched
    if not is_watched:
        parameters = {name: _loosened(each, watched) for name, each in parameters.items()}
    is_local = definition.scope is Scope.LOCAL
    return _Rules(
        definition,
        parameters,
        {name: _acceptance(parameter) for name, parameter in parameters.items()},
        frozenset(name for name, parameter in parameters.items() if parameter.required),
        goes_anywhere=definition.may_be_broadcast and not is_local,
        is_watched=is_watched,
        patterns=LinePatterns(
            parameter for parameter in parameters.values() if not (is_local and parameter.name == "deliver")
        ),
    )


def _directory(source: str) -> str:
    return source.rpartition("/")[0]


def _loosened(parameter: Parameter, watched: frozenset[str]) -> Parameter:
    """A parameter that a directory which is only watched adds to a definition of others: known, whatever its value."""
    if _directory(parameter.source) not in watched:
        return parameter
    return msgspec.structs.replace(parameter, required=False, may_be_empty=True, forbidden=False, validators=())


def _acceptance(parameter: Parameter) -> Callable[[str], bool]:
    """Whether a value will do, as one function."""
    if parameter.forbidden:
        return _nothing
    checks = tuple(validator.accepts for validator in parameter.validators)
    if not checks:
        return _anything if parameter.may_be_empty else bool
    check = checks[0] if len(checks) == 1 else lambda value: all(each(value) for each in checks)
    if parameter.may_be_empty:
        return lambda value: not value or check(value)
    return lambda value: bool(value) and check(value)


def _address_fault(definition: Definition, to: Message | Head, server: str) -> str:
    """What is wrong with where it is to go."""
    is_broadcast = to.service in BROADCAST_SERVICES
    if is_broadcast and not definition.may_be_broadcast:
        return f"{definition.command} may not be broadcast"
    if definition.scope is not Scope.LOCAL:
        return ""
    if is_broadcast and to.service != THIS_SERVER:
        return f"{definition.command} stays on its host: it may be broadcast to '.' only, not to {to.service!r}"
    if to.server in _FAR_SERVERS or (server and to.server not in (*_HERE, server)):
        return f"{definition.command} stays on its host: it may not be sent to {to.server!r}"
    return ""


def _delivery_fault(definition: Definition, message: Message) -> str:
    """A local message for all instances of a service names this host, or it would be for those elsewhere too."""
    if definition.scope is Scope.LOCAL and message.get("deliver") == "all" and not message.server:
        return f"{definition.command} stays on its host: deliver=all takes the server '.'"
    return ""


def _explain(rules: _Rules, name: str, value: str) -> str:
    parameter = rules.parameters.get(name)
    if parameter is None:
        known = sorted(rules.definition.parameters)
        told = ", ".join(known[:KNOWN_SHOWN]) + (", …" if len(known) > KNOWN_SHOWN else "")
        hint = f"it has {told}" if known else "it has none of its own"
        return f"parameter {name[:VALUE_SHOWN]!r} is not known in {rules.definition.command}: {hint}"
    if parameter.forbidden:
        return f"parameter {name} may not be there"
    if not value:
        return f"parameter {name} is empty"
    expected = next(one.expects for one in parameter.validators if not one.accepts(value))
    shown = "its value" if parameter.is_secret else _shown(value)
    return f"parameter {name}: {shown} is not {expected}"


def _shown(value: str) -> str:
    return repr(value) if len(value) <= VALUE_SHOWN else f"{value[:VALUE_SHOWN]!r}…"


def _missing(rules: _Rules, message: Message) -> str:
    return next(name for name in rules.parameters if name in rules.required and name not in message.parameters)
