"""What the services say to each other, and what the oracle is told of it; it disturbs nothing."""

from functools import partial

from communicator.protocol.message import Message
from simulation.agenda import ViolationError
from simulation.expectation import Expectation
from simulation.oracle import Dispatch, Kind, Oracle
from simulation.scenario import BROADCAST_COMMANDS, SERVICE_NAMES
from simulation.service import UNLISTED, Service
from simulation.world import WATCHER, World

DELIVERY_S = 6.0
"""In a settled cluster a message arrives within this time: ten hops over the slowest road, each with a lost packet or two."""
GIVEN_UP_S = 95.0
"""By then a message that waits for its acknowledgement has been given up, also by a router that was frozen at first."""
FORGET_S = 400.0
"""Messages are remembered for this long; the routers remember them for 120 s."""
TEXTS = ("plain", "two words", 'a "quoted; part"', "back\\slash", "line\nbreak", "Grüße ☃", "a=b;c=d", "", "trailing ")
KINDS = {Kind.ONE: 40, Kind.ANY: 20, Kind.ALL: 15, Kind.BROADCAST: 15, Kind.BROADCAST_HERE: 5}
PRIVATE_PARAMETERS = ("hops_left", "broadcast_to")
"""What routers say to each other on a message and take off before a service hears it."""


class Traffic:
    """Draws messages and has them sent.

    Args:
        world: Where.
        oracle: What is told of each.
    """

    def __init__(self, world: World, oracle: Oracle) -> None:
        self.world, self.oracle = world, oracle
        self._expectation = Expectation(world)
        self.running = False
        self.sent = 0

    def start(self) -> None:
        """Services speak from now on."""
        self.running = True
        self._later()

    def stop(self) -> None:
        """Nobody says anything new."""
        self.running = False

    def liar_has_come(self) -> None:
        """What is under way may go through it from now on."""
        under_way_s = self.world.stage.agenda.now_s - DELIVERY_S
        for dispatch in self.oracle.dispatches.values():
            if dispatch.sent_s > under_way_s:
                self._expectation.allow_for_liar(dispatch)
                dispatch.fate_due = False

    def _later(self) -> None:
        stage = self.world.stage
        if self.running:
            stage.agenda.after(stage.random.expovariate(1 / self.world.scenario.message_every_s), self._speak)

    def _speak(self) -> None:
        stage = self.world.stage
        ready = [service for service in self.world.services if service.ready]
        if ready and self.running:
            sender = stage.random.choice(ready)
            for _ in range(stage.random.choice((1, 1, 1, 3))):
                self._send(sender)
        self._later()

    def _send(self, sender: Service) -> None:
        random = self.world.stage.random
        kind = random.choices(list(KINDS), list(KINDS.values()))[0]
        self.sent += 1
        dispatch = Dispatch(
            number=self.sent,
            kind=kind,
            sender=sender.party,
            command=f"{UNLISTED}{self.sent}",
            sent_s=self.world.stage.agenda.now_s,
        )
        if kind in (Kind.BROADCAST, Kind.BROADCAST_HERE):
            dispatch.command = random.choice(BROADCAST_COMMANDS)
        else:
            dispatch.service = random.choice([name for name in SERVICE_NAMES if _may_ask(sender, name, kind)])
            dispatch.server = random.choice(sorted(self.world.hosts)) if kind is Kind.ONE else ""
        if (dispatch.server, dispatch.service) == (sender.party.server, sender.party.service):
            return
        dispatch.ack = kind in (Kind.ONE, Kind.ANY) and random.random() < 0.3
        wants_report = kind in (Kind.ONE, Kind.ANY) and random.random() < 0.5
        self._expectation.fill_in(dispatch, sender, wants_report=wants_report)
        self.oracle.sent(dispatch)
        is_told = self.world.all_speak("ack/1") and self.world.liar is None  # it may say that it is a C++ router
        is_told = is_told and not sender.is_of_two  # what is told by name goes to the active one
        dispatch.fate_due = dispatch.ack and wants_report and is_told
        sender.say(_message(dispatch, wants_report=wants_report))
        self.world.stage.agenda.after(GIVEN_UP_S, partial(self._judge_fate, dispatch, sender, sender.registrations))
        self.world.stage.agenda.after(DELIVERY_S, partial(self._settle, dispatch))

    def _settle(self, dispatch: Dispatch) -> None:
        self.oracle.settle(dispatch, self.world.calm)
        if dispatch.number % 100 == 0:
            self.oracle.forget(self.world.stage.agenda.now_s - FORGET_S)

    def _judge_fate(self, dispatch: Dispatch, sender: Service, registrations: int) -> None:
        if sender.ready and sender.registrations == registrations:
            self.oracle.judge_fate(dispatch)

    def hear(self, service: Service, message: Message) -> None:
        """A service has heard something."""
        if service.party.service == WATCHER:
            return
        if message.command == "TRANSMISSION_REPORT":
            self.oracle.report(message.get("command"), f"{message.get('status')} {message.get('reason')}".strip())
            return
        if (
            message.command == "UNKNOWN"
        ):  # of a service with a file that is not there: its router knows what it would take
            self.oracle.report(message.get("command"), "failed unknown")
            return
        if not message.get("id").isdecimal():
            raise ViolationError(f"{service.party} heard {message}, which is none of ours")
        number = int(message.get("id"))
        if message.get("text", "") != TEXTS[number % len(TEXTS)]:
            raise ViolationError(f"{service.party} heard {message}, whose text is not the one that was sent")
        if any(name in message.parameters for name in PRIVATE_PARAMETERS):
            raise ViolationError(f"{service.party} heard {message}, with what is only for routers")
        self.oracle.received(
            number, service.party, service.host.boot_id, claimed_sender=message.sender, calm=self.world.calm
        )


def _may_ask(sender: Service, name: str, kind: Kind) -> bool:
    """Whether a service speaks to those of a name; what is for its own name a C++ router may keep, and give to itself later."""
    if name != sender.party.service or kind is Kind.ONE:
        return True
    return kind is Kind.ALL and name not in sender.host.plan.known_services and not sender.is_of_two


def _message(dispatch: Dispatch, *, wants_report: bool) -> Message:
    parameters = {"id": str(dispatch.number)}
    if text := TEXTS[dispatch.number % len(TEXTS)]:
        parameters["text"] = text
    if dispatch.ack:
        parameters["ack"] = "required"
    if wants_report:
        parameters["transmission_report"] = "failure"
    service = dispatch.service
    match dispatch.kind:
        case Kind.ALL:
            parameters["deliver"] = "all"
        case Kind.BROADCAST:
            service = "*"
        case Kind.BROADCAST_HERE:
            service = "."
        case _:
            pass
    return Message(dispatch.command, parameters, service, dispatch.server)
