"""PURE: what operators order about feature flags, read and entered into the book; a definition from a file goes the same way."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from canary.book.book import Book, BookFullError
from canary.book.definition import Definition, Stamp, require_sound_definition
from canary.book.entry import Entry
from canary.book.order import LONGEST_S, Order
from canary.given import ANY, Command, Entered
from canary.given import Stamp as Given
from canary.records import ALL, Actor
from canary.wire import read_text
from communicator.answers.features import FEATURES
from communicator.errors import RemoteProtocolError
from communicator.features.document import NAME, off_variant, require_flag
from communicator.protocol import Message
from communicator.protocol.values import parse_duration_s

FLAGS_BYTES = 16 * 1024 * 1024
"""What all definitions may take together: each service that evaluates flags holds all of them."""
CODE_DEFAULT = "services get the default of their code"


class Source(NamedTuple):
    """Where a definition comes from."""

    user: str
    given_on: str
    reason: str = ""
    file: str = ""
    """With its host; empty: a command says so."""


def read_feature_order(message: Message) -> Command:
    """Read a CANARY_COMMAND about a feature flag.

    Args:
        message: Its command is one of `FEATURE_ORDERS`.

    Raises:
        RemoteProtocolError: It lacks something, or makes no sense; the text names the parameter.
    """
    name, feature, reason = message.get("command"), message.get("feature"), read_text(message, "reason")
    if not NAME.fullmatch(feature):
        raise RemoteProtocolError(f"parameter feature: {feature[:140]!r} is not the name of a flag")
    if name in _NEED_REASON and not reason.strip():
        raise RemoteProtocolError(f"{name} needs the parameter reason: the ledger keeps why")
    return Command(
        name=name,
        version=ANY,
        server=ALL,
        duration_s=_duration_s(message) if name == "feature-off" else 0.0,
        reason=reason,
        actor=Actor(user=message.get("actor_user") or "unknown", server=message.get("actor_server")),
        feature=feature,
        definition=_definition(feature, message) if name == "feature-set" else b"",
    )


def define(book: Book, feature: str, flag: bytes | None, source: Source, stamp: Given, now_s: float) -> str:
    """Define a flag anew, or remove it.

    Args:
        book: What is known here.
        feature: Which flag.
        flag: Its definition, which is sound; None: it is removed.
        source: Who says so.
        stamp: Where and when.
        now_s: On the clock of this host.

    Returns:
        The identifier of its entry in the book.

    Raises:
        RemoteProtocolError: There is no room for it, or no other book would take it.
    """
    known = book.definition(feature)
    made = Definition(
        feature=feature,
        stamp=Stamp(1 + (0 if known is None else known.stamp.counter), stamp.server),
        flag=flag,
        at_s=now_s,
        file=source.file,
        user=source.user,
        given_on=source.given_on,
        reason=source.reason,
        wall_s=stamp.wall_s,
    )
    _require_room(book, made, known)
    try:
        require_sound_definition(made.tell(now_s))
    except ValueError as error:
        raise RemoteProtocolError(str(error)) from None
    if not book.merge(made):
        raise RemoteProtocolError(f"the flag {feature!r}: too many flags were removed lately; try again in some days")
    return made.id


def file_of(definition: Definition | None) -> str:
    """The file that defines a flag, with its host; empty: none does."""
    return "" if definition is None or definition.flag is None else definition.file


def _require_room(book: Book, made: Definition, known: Definition | None) -> None:
    if made.flag is None:
        return
    if (known is None or known.flag is None) and book.flags >= FEATURES:
        raise RemoteProtocolError(f"{FEATURES} flags are defined; remove some first")
    if book.flags_bytes + made.size_bytes - (0 if known is None else known.size_bytes) > FLAGS_BYTES:
        raise RemoteProtocolError(f"all flags would take more than {FLAGS_BYTES} bytes; remove some first")


def _off(order: Command, book: Book, stamp: Given, now_s: float) -> Entered:
    """Those that stand already go on standing: each ends for itself, and `on` ends all."""
    made = Order(
        kind="off",
        span_s=order.duration_s or None,
        reason=order.reason,
        user=order.user,
        given_on=order.actor.server,
        origin=stamp.server,
        nonce=stamp.nonce,
        wall_s=stamp.wall_s,
        feature=order.feature,
    )
    try:
        order_id = book.take(made, now_s)
    except BookFullError as error:
        raise RemoteProtocolError(str(error)) from None
    return Entered(order_id, note=_note_of_off(book.definition(order.feature), order.feature))


def _note_of_off(definition: Definition | None, feature: str) -> str:
    if definition is None or definition.flag is None:
        return f"the flag {feature!r} is not defined: {CODE_DEFAULT}, as before"
    try:
        variant = off_variant(definition.flag)
    except (ValueError, LookupError, TypeError, AttributeError):
        variant = None  # it is not sound: no service takes anything but the default from it
    return "" if variant is not None else f"the flag {feature!r} has no off variant: {CODE_DEFAULT}"


def _on(order: Command, book: Book, stamp: Given, now_s: float) -> Entered:
    """Lift what is known here, and nothing else: who switches it off meanwhile has not seen this."""
    lifted = tuple(order_id for order_id, _ in _standing(book, order.feature))
    if not lifted:
        raise RemoteProtocolError(f"the flag {order.feature!r} is not switched off")
    book.lift(lifted, order.lift(stamp, "withdrawn"), now_s)
    return Entered("", lifted)


def _standing(book: Book, feature: str) -> list[tuple[str, Entry]]:
    return [(order_id, entry) for order_id, entry in book.offs(feature).items() if entry.is_open]


def _set(order: Command, book: Book, stamp: Given, now_s: float) -> Entered:
    _require_no_file(order, book)
    source = Source(order.user, order.actor.server, order.reason)
    return Entered(define(book, order.feature, order.definition, source, stamp, now_s))


def _remove(order: Command, book: Book, stamp: Given, now_s: float) -> Entered:
    _require_no_file(order, book)
    known = book.definition(order.feature)
    if known is None or known.flag is None:
        raise RemoteProtocolError(f"the flag {order.feature!r} is not defined")
    source = Source(order.user, order.actor.server, order.reason)
    return Entered(define(book, order.feature, None, source, stamp, now_s))


def _require_no_file(order: Command, book: Book) -> None:
    file = file_of(book.definition(order.feature))
    if file:
        raise RemoteProtocolError(f"the flag {order.feature!r} is defined by the file {file}: change it there")


FEATURE_ORDERS: Mapping[str, Callable[[Command, Book, Given, float], Entered]] = {
    "feature-off": _off,
    "feature-on": _on,
    "feature-set": _set,
    "feature-remove": _remove,
}
"""By its name, how each is entered."""
_NEED_REASON = frozenset(("feature-off", "feature-on"))


def _duration_s(message: Message) -> float:
    text = message.get("duration")
    if not text:
        return 0.0
    duration_s = parse_duration_s(text)
    if not 0 < duration_s <= LONGEST_S:
        raise RemoteProtocolError(
            f"parameter duration: {text} is not between 0 and {LONGEST_S / 86_400:g} days; without it the flag is off until "
            "feature-on"
        )
    return duration_s


def _definition(feature: str, message: Message) -> bytes:
    text = message.get("definition")
    if not text:
        raise RemoteProtocolError("feature-set needs the parameter definition")
    try:
        return require_flag(feature, text)
    except ValueError as error:
        raise RemoteProtocolError(f"parameter definition: {error}") from None
