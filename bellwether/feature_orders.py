"""SHELL: switches feature flags off and on, defines and removes them, as orders to a canary; giving one is told elsewhere."""

from bellwether import canary_orders
from bellwether.canary_answers import Order
from bellwether.canary_orders import not_seen
from bellwether.canary_scope import USAGE
from bellwether.failure import CommandError
from bellwether.feature_definitions import read_definition
from bellwether.feature_picture import put_together
from bellwether.feature_questions import known, report
from bellwether.feature_view import CODE, off_text
from bellwether.screen_text import tell
from communicator.client import Client
from communicator.errors import ClientError
from communicator.features.document import NAME


def off(  # noqa: PLR0913 - each is one option
    communicator: str | None, name: str, *, reason: str, span: str, unseen: bool, strict: bool, as_json: bool
) -> None:
    """Switch a flag off everywhere.

    Args:
        communicator: What ``--communicator`` said.
        name: Which flag.
        reason: Why.
        span: For how long; empty: until it is switched on again.
        unseen: Whether it may be one that nobody knows.
        strict: Whether it is to be in force also on members that are away.
        as_json: Whether the answers are printed as JSON.

    Raises:
        CommandError: It is refused, or not in force everywhere.
    """
    canary_orders.require_reason("feature-off", reason)
    duration_s = canary_orders.read_duration_s(span) if span else None
    order = Order(command="feature-off", feature=_name(name), reason=reason, duration_s=duration_s)
    canary_orders.give(communicator, order, unseen=unseen, strict=strict, as_json=as_json, look=_tell_what_off_serves)


def on(communicator: str | None, name: str, *, reason: str, strict: bool, as_json: bool) -> None:
    """Lift all orders that a flag be off, of those that are known here.

    Raises:
        CommandError: It is refused, or not in force everywhere.
    """
    canary_orders.require_reason("feature-on", reason)
    order = Order(command="feature-on", feature=_name(name), reason=reason)
    canary_orders.give(communicator, order, unseen=False, strict=strict, as_json=as_json, look=_require_known)


def set_(communicator: str | None, name: str, source: str, *, reason: str, strict: bool, as_json: bool) -> None:
    """Define a flag, or define it anew.

    Raises:
        CommandError: The definition is not sound, or is refused, or not in force everywhere.
    """
    definition = read_definition(_name(name), source).decode()
    canary_orders.require_short(reason)
    order = Order(command="feature-set", feature=name, definition=definition, reason=reason)
    canary_orders.give(communicator, order, unseen=True, strict=strict, as_json=as_json)


def remove(communicator: str | None, name: str, *, reason: str, strict: bool, as_json: bool) -> None:
    """Take away the definition of a flag.

    Raises:
        CommandError: It is refused, or not in force everywhere.
    """
    canary_orders.require_short(reason)
    order = Order(command="feature-remove", feature=_name(name), reason=reason)
    canary_orders.give(communicator, order, unseen=False, strict=strict, as_json=as_json, look=_require_known)


def _name(text: str) -> str:
    if NAME.fullmatch(text):
        return text
    right = "it has up to 128 letters, digits, '.', '_' and '-', a letter or digit first"
    raise CommandError(f"{text!r} is not the name of a feature flag: {right}", USAGE)


async def _require_known(client: Client, order: Order) -> None:
    try:
        await known(client, order.feature)
    except CommandError as error:
        raise CommandError(str(error), USAGE) from None


async def _tell_what_off_serves(client: Client, order: Order) -> None:
    """Only the nearest canary is asked about what it knows: a kill switch waits for no other host."""
    try:
        found = put_together([await report(client, "", order.feature)]).features
    except (ClientError, CommandError) as error:
        tell(f"bellwether: it is given unseen: {error}")
        return
    try:
        feature = found[0] if found else await known(client, order.feature)
    except CommandError as error:
        raise not_seen(str(error)) from None
    served = off_text(feature) if feature.is_defined else CODE
    if served != CODE:  # else the canary that takes the order says so
        tell(f"{feature.feature} serves {served} to everybody while it is off")
