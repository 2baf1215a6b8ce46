"""What was sent and who received it, against what was promised; it knows no router, only senders, receivers and times."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from simulation.agenda import ViolationError


class Kind(StrEnum):
    """How a message is addressed."""

    ONE = "one"
    """``server:service``: that instance."""
    ANY = "any"
    """``service``: any one instance."""
    ALL = "all"
    """``service`` with ``deliver=all``: every instance but the sender."""
    BROADCAST = "broadcast"
    """``*``: every service that accepts the command."""
    BROADCAST_HERE = "broadcast here"
    """``.``: the same, on the sender's host."""


@dataclass(frozen=True, slots=True)
class Party:
    """A service instance, as sender or receiver."""

    server: str
    service: str
    accepts: frozenset[str] = frozenset()
    """Commands it accepts as broadcasts."""

    def __str__(self) -> str:
        """``server:service``."""
        return f"{self.server}:{self.service}"


@dataclass(slots=True, kw_only=True)
class Dispatch:
    """One message that was sent."""

    number: int
    kind: Kind
    sender: Party
    command: str
    sent_s: float
    service: str = ""
    server: str = ""
    ack: bool = False
    calm: int | None = None
    """Which time without any disturbance it was sent in, if the cluster had settled; order holds within it."""
    expected: frozenset[Party] | None = None
    """Who must receive it while the calm lasts (`Kind.ANY`: one of them); None when nothing can be said."""
    report_due: bool = False
    """Nobody is there to receive it, and its sender has asked to be told so."""
    may_spread: bool = False
    """C++ routers look for its service (`Kind.ANY`): every instance may receive it."""
    is_ordered: bool = True
    """It takes one way; what C++ routers spread takes several, and may overtake itself."""
    may_repeat: frozenset[str] = frozenset()
    """Servers whose C++ routers may get several copies, and do not know them as such: not all of them are linked."""
    fate_due: bool = False
    """It is kept until it arrives, and its sender has asked to be told if it does not."""
    receipts: dict[Party, str] = field(default_factory=dict)
    """Who received it, and in which life (boot id) of the router there."""
    reported: str = ""

    def __str__(self) -> str:
        """For people."""
        to = {Kind.ONE: f"{self.server}:{self.service}", Kind.BROADCAST: "*", Kind.BROADCAST_HERE: "."}
        ack = ", ack=required" if self.ack else ""
        where = to.get(self.kind, self.service)
        return (
            f"message {self.number} ({self.kind} {where}/{self.command} from {self.sender} at {self.sent_s:.3f} s{ack})"
        )


class Oracle:
    """Judges each receipt when it happens, and each message once it must have arrived."""

    def __init__(self) -> None:
        self.dispatches: dict[int, Dispatch] = {}
        self.receipts = 0
        self.judged = 0
        """How many messages had to arrive, and did."""
        self._latest: dict[tuple[Party, Party, Kind, int], int] = {}
        self._by_command: dict[str, Dispatch] = {}

    def sent(self, dispatch: Dispatch) -> None:
        """Enter a message before it is written."""
        self.dispatches[dispatch.number] = dispatch
        self._by_command[dispatch.command] = dispatch

    def received(self, number: int, receiver: Party, life: str, *, claimed_sender: str, calm: int | None) -> None:
        """Judge a receipt.

        Args:
            number: Of the message.
            receiver: Who has it now.
            life: Which life of the receiver's router this is.
            claimed_sender: Who sent it, by its line.
            calm: As in `Dispatch`, now.

        Raises:
            ViolationError: It must not have come here, or not again, or not now.
        """
        dispatch = self.dispatches.get(number)
        if dispatch is None:
            raise ViolationError(f"{receiver} received message {number}, which nobody sent")
        self.receipts += 1
        if claimed_sender != str(dispatch.sender):
            raise ViolationError(f"{receiver} received {dispatch} as if it came from {claimed_sender!r}")
        if not is_for(dispatch, receiver):
            raise ViolationError(f"{receiver} must not receive {dispatch}")
        self._judge_doubles(dispatch, receiver, life, calm)
        if dispatch.reported.startswith("failed") and not dispatch.ack:
            raise ViolationError(f"{receiver} received {dispatch}, which was reported as {dispatch.reported}")
        self._judge_order(dispatch, receiver, calm)
        dispatch.receipts[receiver] = life

    def report(self, command: str, status: str) -> None:
        """Judge a transmission report, which names a message by its command."""
        dispatch = self._by_command.get(command)
        if dispatch is None:
            raise ViolationError(f"a report names {command}, which nobody sent")
        dispatch.reported = status
        if status.startswith("failed") and dispatch.receipts and not dispatch.ack:
            raise ViolationError(f"{dispatch} was reported as {status}, and received by {_names(dispatch.receipts)}")

    def settle(self, dispatch: Dispatch, calm: int | None) -> None:
        """Judge a message that must have arrived by now, if the calm it was sent in still lasts."""
        if dispatch.calm is None or dispatch.calm != calm:
            return
        if dispatch.report_due and not dispatch.reported:
            raise ViolationError(f"{dispatch} has no receiver, and its sender was not told")
        if dispatch.expected is None:
            return
        got = dispatch.receipts.keys() & dispatch.expected
        missing = dispatch.expected - dispatch.receipts.keys()
        if missing and not (dispatch.kind is Kind.ANY and got):
            told = f", reported as {dispatch.reported}" if dispatch.reported else ""
            raise ViolationError(f"{dispatch} was lost on its way to {_names(missing)}{told}")
        self.judged += 1

    def judge_fate(self, dispatch: Dispatch) -> None:
        """Judge a message that was kept until it would arrive, now that its router has given up."""
        if dispatch.fate_due and not dispatch.receipts and not dispatch.reported:
            raise ViolationError(f"{dispatch} was given up, and its sender was not told")

    def forget(self, before_s: float) -> None:
        """Drop what was sent long ago; a receipt of it would be one of a message nobody sent."""
        for number in [n for n, dispatch in self.dispatches.items() if dispatch.sent_s < before_s]:
            self._by_command.pop(self.dispatches.pop(number).command, None)

    def _judge_doubles(self, dispatch: Dispatch, receiver: Party, life: str, calm: int | None) -> None:
        before = dispatch.receipts.get(receiver)
        is_new_life = dispatch.ack and before != life
        if before is not None and not is_new_life and receiver.server not in dispatch.may_repeat:
            raise ViolationError(f"{receiver} received {dispatch} twice")
        is_shaken = dispatch.ack and (dispatch.calm is None or dispatch.calm != calm)
        is_one = dispatch.kind is Kind.ANY and not dispatch.may_spread and not is_shaken
        if is_one and dispatch.receipts and before is None:
            raise ViolationError(f"{receiver} received {dispatch}, and so did {_names(dispatch.receipts)}")

    def _judge_order(self, dispatch: Dispatch, receiver: Party, calm: int | None) -> None:
        if dispatch.calm is None or dispatch.calm != calm or not dispatch.is_ordered:
            return
        key = (dispatch.sender, receiver, dispatch.kind, dispatch.calm)
        if self._latest.get(key, -1) > dispatch.number:
            raise ViolationError(f"{receiver} received {dispatch} after message {self._latest[key]}, sent later")
        self._latest[key] = dispatch.number


def is_for(dispatch: Dispatch, receiver: Party) -> bool:
    """Whether this receiver may have the message at all."""
    accepts = dispatch.command in receiver.accepts
    match dispatch.kind:
        case Kind.ONE:
            return (receiver.server, receiver.service) == (dispatch.server, dispatch.service)
        case Kind.ANY:
            return receiver.service == dispatch.service
        case Kind.ALL:
            return receiver.service == dispatch.service and receiver != dispatch.sender
        case Kind.BROADCAST:
            return accepts
        case Kind.BROADCAST_HERE:
            return accepts and receiver.server == dispatch.sender.server


def _names(parties: Iterable[Party]) -> str:
    return ", ".join(sorted(map(str, parties)))
