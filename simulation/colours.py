"""Services with two versions on each machine, which are switched all the time; it judges which version hears a message."""

import json
from dataclasses import dataclass

from communicator.answers.policy import Colour
from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.message import Message
from communicator.router import Router
from communicator.router.cores.colours import generation_of, parse_colours
from communicator.router.cores.policy import read_kept
from communicator.router.vocabulary.effects import KeptFile
from simulation.agenda import ViolationError
from simulation.host import LOCAL_S, Host
from simulation.service import Service
from simulation.world import World, named

COLOURED = ("anvil", "bellows")
"""Names of the services that have two versions; all others have none."""
BLUE, GREEN = "1.0", "2.0"
SWITCHES_EVERY_S = 5.0
"""On the average; a cluster in calm has several of them."""
TOLD_WITHIN_S = 0.5
MISSES = 0.2
"""Share of switches that a canary hears nothing of: its router has to learn of it from another one, or with the next switch."""
RECONNECTS_S = 0.2


class Canary:
    """What sets the policy of one machine's router.

    Args:
        host: The machine.
        colours: What is to be set, and who is told what the router has answered.
    """

    def __init__(self, host: Host, colours: "Colours") -> None:
        self.host, self._colours = host, colours
        self._link: int | None = None
        self._policies = 0

    def start(self) -> None:
        """Connect to the router, as soon as there is one."""
        if not self.host.listening:
            self.host.stage.agenda.after(RECONNECTS_S, self.start)
            return
        self._link = self.host.connect(self)
        self._say(Message("REGISTER", {"service": "canary", "version": "1"}))

    def heard(self, lines: bytes) -> None:
        """Lines have come from the router."""
        for line in lines.split(b"\n")[:-1]:
            message = decode(line)
            match message.command:
                case "READY":
                    self.set_policy()
                case "ALIVE":
                    self._say(message.reply("ABSOLUTELY", message.parameters))
                case "POLICY_CURRENT":
                    self._colours.acknowledged(self.host, message.get("colours"))
                case "INVALID":
                    raise ViolationError(f"the canary of {self.host.name} was told {message}")

    def cut_off(self) -> None:
        """The link is gone."""
        self._link = None
        self.host.stage.agenda.after(RECONNECTS_S, self.start)

    def set_policy(self) -> None:
        """Set the colours as they are now."""
        self._policies += 1
        colours = json.dumps([colour_dict(one) for one in self._colours.current()])
        policy = f'{{"generation":[{self.host.lives},{self._policies}],"lease_s":1000,"colours":{colours}}}'
        self._say(Message("POLICY_SET", {"policy": policy}))

    def _say(self, message: Message) -> None:
        if self._link is not None:
            self.host.write(self._link, encode_line(message))


def colour_dict(colour: Colour) -> dict[str, object]:
    """A colour as JSON has it."""
    told = {name: getattr(colour, name) for name in ("service", "generation", "active", "drain_s")}
    return {**told, "active_build": colour.active_build}


@dataclass(slots=True)
class _Floor:
    """The colour that a router has acknowledged, or kept on disk in its last life: none before it counts any more."""

    boot_id: str = ""
    generation: int = 0
    drained_s: float = 0.0
    """Until when conversations with another version may go on."""


class Colours:
    """All colours there ever were, and how far each router is.

    Args:
        world: Where; each coloured service gets a second instance, on standby.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.switches = 0
        self.judged = 0
        self.rests = False
        """Nothing is switched for now."""
        self._issued = {name: [Colour(service=name, generation=1, active=BLUE, drain_s=0.0)] for name in COLOURED}
        self._floors: dict[tuple[str, str], _Floor] = {}
        self._canaries = [Canary(host, self) for host in world.hosts.values()]
        for service in [one for one in world.services if one.party.service in COLOURED]:
            world.add_twin(service, GREEN)

    def start(self) -> None:
        """Canaries come, and colours change from now on."""
        for canary in self._canaries:
            canary.start()
        self._later()

    def current(self) -> list[Colour]:
        """The newest colour of each service."""
        return [colours[-1] for colours in self._issued.values()]

    def _later(self) -> None:
        stage = self.world.stage
        stage.agenda.after(stage.random.expovariate(1 / SWITCHES_EVERY_S), self._perhaps_switch)

    def _perhaps_switch(self) -> None:
        if not self.rests:
            self._switch()
        self._later()

    def _switch(self) -> None:
        stage = self.world.stage
        colours = self._issued[stage.random.choice(COLOURED)]
        last = colours[-1]
        active = GREEN if last.active == BLUE else BLUE
        drain_s = stage.random.choice((0.0, 0.0, 1.0, 10.0))
        new = Colour(service=last.service, generation=last.generation + 1, active=active, drain_s=drain_s)
        colours.append(new)
        self.switches += 1
        stage.journal.note("colours", "", new)
        for canary in self._canaries:
            if stage.random.random() >= MISSES:
                stage.agenda.after(stage.random.uniform(0, TOLD_WITHIN_S), canary.set_policy)

    def acknowledged(self, host: Host, text: str) -> None:
        """The router of a machine has said which colours it obeys."""
        for colour in parse_colours(text):
            floor = self._floor(host, colour.service)
            if colour.generation > floor.generation:
                since = self._issued[colour.service][
                    floor.generation : colour.generation
                ]  # heard of from others, perhaps
                drained_s = self.world.stage.agenda.now_s + max(LOCAL_S, *(one.drain_s for one in since))
                floor.generation, floor.drained_s = colour.generation, max(floor.drained_s, drained_s)

    def _floor(self, host: Host, service: str) -> _Floor:
        """What must not be undercut any more; over a restart it is what was on disk."""
        floor = self._floors.setdefault((host.name, service), _Floor())
        if floor.boot_id != host.boot_id:
            kept = read_kept(host.files.get(KeptFile.POLICY, ""))
            generation = generation_of({one.service: one for one in kept.colours}, service)
            floor.boot_id, floor.generation = host.boot_id, min(floor.generation, generation)
        return floor

    def is_beside(self, receiver: Service) -> bool:
        """Whether a second instance hears what the first hears, too: broadcasts, as long as its router knows no colours."""
        core = receiver.host.core
        knows = isinstance(core, Router) and receiver.party.service in core._board.policy.active  # noqa: SLF001
        return receiver.role == "standby" and not knows

    def judge(self, receiver: Service) -> None:
        """A service has heard a message of another one.

        Raises:
            ViolationError: It is not of the active version, and its router knows that.
        """
        name, host = receiver.party.service, receiver.host
        if name not in COLOURED:
            return
        floor = self._floor(host, name)
        if floor.generation == 0 or self.world.stage.agenda.now_s < floor.drained_s:
            return
        self.judged += 1
        known = self._issued[name][floor.generation - 1 :]
        if receiver.version not in {one.active for one in known}:
            told = f"and its router has said that it obeys {known[0]}"
            raise ViolationError(f"{receiver.party} of version {receiver.version} heard a message, {told}")

    def judge_agreement(self) -> None:
        """In a settled cluster all routers that reach each other obey the same.

        Raises:
            ViolationError: They do not.
        """
        for part in self.world.parts():
            cores = [host.core for host in part]
            known = [core._board.policy.colours for core in cores if isinstance(core, Router)]  # noqa: SLF001 - what it obeys
            for service in COLOURED:
                generations = {generation_of(colours, service) for colours in known}
                if len(generations) > 1:
                    raise ViolationError(
                        f"{', '.join(named(part))}: {service} has the generations {sorted(generations)}"
                    )
