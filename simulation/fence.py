"""Shadows on five routers that say whatever they like through every door: whether any line of them reaches anybody else.

All follows from one seed: who is linked with whom, what the policies say, which roles processes claim, what they say and where.
Each line that is said behind a fence is marked. A marked line may reach the processes of its own shadow, the canary of its host as
a sign of life, and, wrapped, whoever compares: each other one is a leak. So is whatever a shadow's line has a router do besides.
"""

import json
from collections import deque
from itertools import count
from random import Random
from typing import NamedTuple

from communicator.router.vocabulary import events
from simulation.agenda import ViolationError
from simulation.fence_network import SERVERS, Hosts, Process
from simulation.fence_words import MARK, make_lines

SERVICES = ("billing", "stock")
OPEN_LINKS_MAX = 6
READ_LINES_MAX = 400
PASSES_S = 0.05
"""How much time passes between two reads."""


class Tally(NamedTuple):
    """What was played."""

    lines: int
    discarded: int
    copies: int
    answers: int


class FencePlay:
    """One seed: a cluster, its policies, and shadows that speak.

    Args:
        seed: What all follows from.
    """

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.hosts = Hosts(self.random)
        self.hosts.is_shadow = self._is_shadow
        self.hosts.heard = self._heard
        self._generation = count(1)
        self._units: dict[tuple[str, str], str] = {}
        """By server and service, the unit of its shadow; those that are known by their process alone have none of their own."""
        self._shadows: dict[tuple[str, str], Process] = {}
        self._links: dict[Process, dict[int, events.LinkKind]] = {}
        self._entries: list[dict[str, object]] = []
        self._innocent: dict[Process, int] = {}
        self._pool: list[bytes] = []
        self._asked: deque[bytes] = deque(maxlen=50)
        """Who has said something that a shadow got a copy of, as the address of an answer."""

    def play(self, lines: int) -> Tally:
        """Play it until so many lines were said behind a fence.

        Raises:
            ViolationError: One has reached somebody, or has had a router do something.
        """
        self._begin()
        while self.hosts.lines < lines:
            for _ in range(20):
                self._say_something(lines)
            self._change_something()
        self.hosts.run(2.0)
        self._check_states()
        discarded = sum(router._board.discarded.total for router in self.hosts.routers.values())  # noqa: SLF001 - counts
        return Tally(self.hosts.lines, discarded, self.hosts.copies, self.hosts.answers)

    def _begin(self) -> None:
        hosts = self.hosts
        hosts.run(3.0)
        for at, server in enumerate(SERVERS):
            for number, service in enumerate(("canary", "listener", "client")):
                self._enter(Process(server, 100 * at + number + 10, f"/system.slice/{service}.service", service, "1"))
        for number, service in enumerate(SERVICES):
            server = self.random.choice(SERVERS)
            self._enter(Process(server, 5000 + number, f"/system.slice/{service}.service", service, "1"))
        self._pool = list(make_lines(self.random, 2000, SERVERS))
        self._change_something()

    def _enter(self, process: Process) -> None:
        link = self.hosts.connect(process, events.LinkKind.UNIX)
        self._innocent[process] = link
        listed = "HELP,QUITTING,READY,STOP,UNKNOWN,NOTIFY,STATUS,CHARGE,PING,SLOW_CONSUMER"
        told = (
            f"REGISTER service={process.service};version=1;service_version={process.version}\nCOMMANDS list={listed}\n"
        )
        self.hosts.write(process, link, told.encode())
        self.hosts.settle()

    def _is_shadow(self, process: Process) -> bool:
        return self._shadows.get((process.server, process.service)) == process

    def _change_something(self) -> None:
        """Other policies: shadows come, go and become live, which is when those that were live have to come again."""
        random, hosts = self.random, self.hosts
        for process in self._shadows.values():
            for link in self._links.pop(process, {}):
                if random.random() < 0.5:
                    hosts.tell(process.server, events.LinkClosed(link, events.CloseReason.HUP))
                    hosts.owner.pop((process.server, link), None)
        hosts.settle()
        for process in self._shadows.values():
            left = [key for key, owner in hosts.owner.items() if owner == process]
            self._links[process] = {link: hosts.kinds[server, link] for server, link in left}
        former, self._shadows = self._shadows, {}
        self._entries = [self._entry(*place) for place in self._places()]
        self._set_policies()
        for process in former.values():  # what is no shadow any more may speak, and is none of this play
            if not self._is_shadow(process):
                for link in self._links.pop(process, {}):
                    hosts.tell(process.server, events.LinkClosed(link, events.CloseReason.HUP))
                    hosts.owner.pop((process.server, link), None)
        hosts.run(1.0)

    def _places(self) -> list[tuple[str, str]]:
        places = [(server, service) for server in SERVERS for service in SERVICES]
        return self.random.sample(places, self.random.randrange(1, 6))

    def _entry(self, server: str, service: str) -> dict[str, object]:
        random = self.random
        number = 9000 + SERVERS.index(server) * 10 + SERVICES.index(service)
        has_unit = random.random() < 0.7
        unit = f"{service}-new.service" if has_unit else ""
        group = f"/system.slice/{unit}" if has_unit else "/user.slice/session.scope"
        process = Process(server, number, group, service, "2", random.choice(("live", "standby", "shadow", "probe")))
        self._shadows[server, service] = process
        return {
            "service": service,
            "version": "2",
            "server": server,
            "unit": unit,
            "primary": random.choice(("", "*", *SERVERS)),
            "share": random.choice((0, 0.5, 1)),
            "key": random.choice(("", "", "order")),
        }

    def _set_policies(self) -> None:
        number = next(self._generation)
        policy = json.dumps({"generation": [1, number], "lease_s": 1e6, "shadows": self._entries})
        for process, link in self._innocent.items():
            if process.service == "canary":
                self.hosts.write(process, link, f"POLICY_SET policy={policy}\n".encode())
        self.hosts.settle()

    def _say_something(self, lines_max: int) -> None:
        random, hosts = self.random, self.hosts
        process = random.choice([*self._shadows.values()])
        links = self._links.setdefault(process, {})
        for link in [link for link in links if (process.server, link) not in hosts.owner]:
            del links[link]
        if not links or (len(links) < OPEN_LINKS_MAX and random.random() < 0.2):
            self._open(process, links)
        for client, link in self._innocent.items():
            if client.service == "client" and random.random() < 0.6:
                service = random.choice(SERVICES)
                hosts.write(client, link, f"{service}/CHARGE order={random.randrange(9)};correlation_id=q1\n".encode())
        hosts.settle()
        if not links:
            return
        if random.random() < 0.05:
            self._send_datagrams(process)
        said = self._read(min(random.randrange(1, READ_LINES_MAX), max(1, lines_max - hosts.lines)))
        hosts.lines += len(said)
        hosts.write(process, random.choice(list(links)), b"".join(said))
        hosts.run(PASSES_S)

    def _read(self, lines: int) -> list[bytes]:
        said = self.random.choices(self._pool, k=lines)
        for _ in range(min(len(self._asked), lines // 10)):
            answer = self._asked.popleft() + b";text=" + MARK + b"\n"
            said[self.random.randrange(lines)] = answer
        return said

    def _open(self, process: Process, links: dict[int, events.LinkKind]) -> None:
        """A further connection: the first one registers, and others do under its name, under another, or not at all."""
        random = self.random
        may_be_tcp = process.unit.endswith(".service") or bool(links)
        kinds = (events.LinkKind.UNIX, events.LinkKind.LOCAL) if may_be_tcp else (events.LinkKind.UNIX,)
        kind = random.choice(kinds) if links else events.LinkKind.UNIX
        link = self.hosts.connect(process, kind)
        links[link] = kind
        name = process.service if not links or random.random() < 0.7 else "listener"
        if len(links) == 1 or random.random() < 0.5:
            name = process.service if len(links) == 1 else name
            told = f"REGISTER service={name};version=1;service_version=2;role={process.role}\nCOMMANDS list=NOTIFY,CHARGE\n"
            self.hosts.write(process, link, told.encode())
        self.hosts.settle()

    def _send_datagrams(self, process: Process) -> None:
        for line in self._read(20):
            told = events.DatagramReceived(line.strip(), events.Process(None, process.unit))
            self.hosts.tell(process.server, told, process)
            self.hosts.lines += 1

    def _heard(self, _server: str, _link: int, process: Process, data: bytes) -> None:
        """A shadow that gets copies answers them, later."""
        if not self._is_shadow(process):
            return
        for line in data.splitlines():
            shadow_id = line.partition(b"shadow_id=")[2]
            if shadow_id:
                self.hosts.copies += 1
                sender = line.partition(b" ")[0].removeprefix(b"<")
                exact = b";shadow_id=" + shadow_id if self.random.random() < 0.5 else b""
                self._asked.append(sender + b"/CHARGED ok=1" + exact)

    def _check_states(self) -> None:
        """Nothing of a shadow is kept anywhere, to be told later."""
        for server, router in self.hosts.routers.items():
            board = router._board  # noqa: SLF001 - what it holds, which no question shows
            if len(board.cache) or len(board.pending):
                raise ViolationError(f"{server}: something waits to be told: {len(board.cache)}, {len(board.pending)}")
            for service in (*SERVICES, "listener", "client", "canary"):
                live = board.registry.live(service)
                owner = None if live is None else self.hosts.owner.get((server, live.id))
                if owner is not None and self._is_shadow(owner):
                    raise ViolationError(f"{server}: {owner} is live")
