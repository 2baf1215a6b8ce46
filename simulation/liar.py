"""A member that lies about everything: a machine with links to honest routers, which it never carries anything for."""

from functools import partial

from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.message import Message
from simulation.agenda import Stage
from simulation.host import Host
from simulation.lies import BOOT, LIAR, Lies, Line, Victim
from simulation.network import End, Network

LIES_EVERY_S = 0.3
COMES_AGAIN_EVERY_S = 1.0
"""It opens a link of its own so often, to say that it is somebody else."""
STAYS_S = 5.0
"""Those links are closed after this time, and opened again."""


class Liar:
    """A machine without a router of ours; it does what `Machine` asks for.

    Args:
        stage: Time, chance and journal.
        network: Where it enters itself.
        hosts: The honest ones that it reaches.
    """

    def __init__(self, stage: Stage, network: Network, hosts: list[Host]) -> None:
        self._lies = Lies(stage.random, [])
        self.name, self.address = LIAR, self._lies.address
        self.powered = self.listening = True
        self.hosts = hosts
        self.linked: dict[int, str] = {}
        """Number of a link to the honest router at its other end."""
        self._stage, self._network = stage, network
        self._ends: dict[int, End] = {}
        self._numbers = 0
        self._main: set[int] = set()
        """Dials that are to become its links as a member; the others only disturb."""
        network.machines[self.address] = self
        for host in hosts:
            delays_s = (stage.random.uniform(0.0001, 0.02), stage.random.uniform(0.0001, 0.02))
            network.build_road(self.name, host.name, delays_s)

    def begin(self, victims: list[Host]) -> None:
        """Come, and lie about all of these from now on."""
        self._lies.victims = [Victim(host.name, host.address, host.boot_id) for host in victims]
        for host in self.hosts:
            self._dial(host, is_main=True)
        self._later(LIES_EVERY_S, self._lie)
        self._later(COMES_AGAIN_EVERY_S, self._come_again)

    def leave(self) -> None:
        """Go, and be heard of no more."""
        silently = self._stage.random.random() < 0.5
        self.powered, self.listening = not silently, False
        for end in list(self._ends.values()):
            self._network.abandon(end, silently=silently)
        self._ends.clear()
        self.linked.clear()

    def _later(self, mean_s: float, action: object) -> None:
        if callable(action):
            self._stage.agenda.after(self._stage.random.expovariate(1 / mean_s), action)

    def _dial(self, host: Host, *, is_main: bool) -> None:
        self._numbers += 1
        if is_main:
            self._main.add(self._numbers)
        self._network.dial(self, 1, self._numbers, host.address)

    def _lie(self) -> None:
        if not self.listening:
            return
        for link in sorted(self.linked):
            if self._stage.random.random() < 0.7:
                self._say(link, self._lies.draw())
            if self._stage.random.random() < 0.3:
                self._say(link, self._lies.truth(sorted(self.linked.values())))
        self._later(LIES_EVERY_S, self._lie)

    def _come_again(self) -> None:
        if not self.listening:
            return
        host = self._stage.random.choice(self.hosts)
        self._dial(host, is_main=host.name not in self.linked.values())
        self._later(COMES_AGAIN_EVERY_S, self._come_again)

    def _say(self, link: int, line: Line) -> None:
        end = self._ends.get(link)
        if end is not None:
            self._network.send(end, encode_line(Message(*line)))

    def link_opened(self, end: End, dial: int | None) -> None:
        """A honest router has dialled, or a dial has come through."""
        if not self.listening:
            self._network.abandon(end, silently=not self.powered)  # it has left meanwhile
            return
        self._numbers += 1
        end.link, end.life = self._numbers, 1
        self._ends[end.link] = end
        if dial in self._main:
            told = {"version": "1", "server_name": LIAR, "my_address": self.address, "boot_id": BOOT}
            self._say(end.link, ("CONNECT", {**told, "features": "directory/1,ack/1"}))
        elif dial is not None:
            self._say(end.link, self._lies.introduce(self._linked_with(end.peer.machine.name)))
            self._stage.agenda.after(STAYS_S, partial(self._hang_up, end.link))

    def _linked_with(self, name: str) -> frozenset[str]:
        """With whom a honest router is linked."""
        return next((host.connected() for host in self.hosts if host.name == name), frozenset())

    def dial_failed(self, life: int, dial: int, reason: str) -> None:
        """It comes again anyway."""

    def received(self, end: End, lines: bytes) -> None:
        """It answers what keeps a link up, and drops all that it should carry."""
        for line in lines.split(b"\n")[:-1]:
            try:
                message = decode(line)
            except RemoteProtocolError:
                continue
            match message.command:
                case "ALIVE":
                    self._say(end.link, ("ABSOLUTELY", dict(message.parameters)))
                case "CONNECT":
                    told = {"server_name": LIAR, "my_address": self.address, "boot_id": BOOT}
                    self._say(end.link, ("ACCEPT", {**told, "features": "directory/1,ack/1"}))
                    self._join(end)
                case "ACCEPT":
                    self._join(end)

    def _join(self, end: End) -> None:
        self.linked[end.link] = end.peer.machine.name

    def ended(self, end: End) -> None:
        """The other end has said good-bye."""
        self._hang_up(end.link)

    def closed(self, end: End) -> None:
        """The connection was reset."""
        self._forget(end.link)

    def _hang_up(self, link: int) -> None:
        end = self._ends.get(link)
        if end is not None:
            self._network.close(end)
        self._forget(link)

    def _forget(self, link: int) -> None:
        self._ends.pop(link, None)
        self.linked.pop(link, None)
