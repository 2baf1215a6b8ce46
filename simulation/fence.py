"""Shadows on five routers that say whatever they like through every door: whether any line of them reaches anybody else.

All follows from one seed: who is linked with whom, what the policies say, which roles processes claim, what they say and where.
Each line that is said behind a fence is marked. A marked line may reach the processes of its own shadow, the canary of its host as
a sign of life, and, wrapped, whoever compares: each other one is a leak. So is whatever a shadow's line has a router do besides.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import NamedTuple

from communicator.protocol.addresses import HostPort
from communicator.router import Router, RouterConfig
from communicator.router.vocabulary import effects, events
from communicator.router.vocabulary.config import ClusterConfig, NeighborAddress
from simulation.agenda import ViolationError

MARK = b"fenced_9a7"
"""In each line that is said behind a fence, and in no other."""
SERVERS = ("alpha", "beta", "gamma", "delta", "epsilon")
SERVICES = ("billing", "stock")
ROOT = events.User(0, "root", frozenset({"root"}), pid=1)
OPEN_LINKS_MAX = 6
READ_LINES_MAX = 400
PASSES_S = 0.05
"""How much time passes between two reads."""
OF_SHADOWS = (
    effects.Send,
    effects.Offer,
    effects.Notice,
    effects.Continue,
    effects.Identify,
    effects.Close,
    effects.LookAgain,
)
SETTLING = (effects.SetQueuePolicy, effects.SampleLoad, effects.TellUnits, effects.AllowLongLines)
"""All that a router may do when a shadow has said something."""
WORDS_TO_CANARY = (b"canary/ABSOLUTELY", b"canary/RUN_STARTED", b"canary/RUN_ENDED", b"canary/SHADOW_STEPS")
WORDS_TO_ROUTERS = (b":communicatord/SHADOW_SAID", b":communicatord/SHADOW_TAKEN")

COMMANDS = (
    *(
        "NOTIFY",
        "CHARGE",
        "CHARGED",
        "PING",
        "ALIVE",
        "ABSOLUTELY",
        "HELP",
        "STOP",
        "TAP",
        "SHUTDOWN",
        "RESTART",
        "FORGET",
    ),
    *(
        "POLICY_SET",
        "POLICY_GET",
        "RUN_REPORT",
        "RUN_STARTED",
        "CANARY_COMMAND",
        "CANARY_BOOK",
        "FEATURE_GET_FLAGS",
        "BLOCK",
    ),
    *(
        "FEATURE_FLAGS_CHANGED",
        "CLOCK_REPORT",
        "CLOCK_STABLE",
        "CONNECT",
        "ACCEPT",
        "LINK_STATE",
        "COLOURS",
        "SHADOW_SAID",
    ),
    *(
        "SHADOW_COPY",
        "SHADOW_STEPS",
        "SHADOW_TAKEN",
        "LISTEN_LOADAVG",
        "REGISTER_FOR_LOADAVG",
        "LIST_SERVICES",
        "INVALID",
    ),
    *(
        "SERVICE_STATUS",
        "CLUSTER_GET_STATUS",
        "CLUSTER_GET_ROUTE",
        "QUITTING",
        "UNKNOWN",
        "STATUS",
        "ROUTER_GET_STATS",
        "x",
    ),
)
RECEIVERS = (
    "",
    "listener/",
    "client/",
    "billing/",
    "stock/",
    "canary/",
    "communicatord/",
    "nobody/",
    "./",
    "*/",
    "?/",
    "offline/",
)
PARAMETERS = (
    *(
        "ack=required",
        "deliver=all",
        "trace=1",
        "cache=ttl=60",
        "transmission_report=failure",
        "to_version=1",
        "hops_left=9",
    ),
    *(
        "broadcast_msgid=x",
        "broadcast_to=beta",
        "shadow=1",
        "shadow_id=alpha-0-0",
        "correlation_id=q1",
        "serial=1",
        "secret_code=s",
    ),
    *(
        "service=billing",
        "ips=10.0.0.2",
        "list=NOTIFY",
        "run_id=1",
        "server=beta",
        "command=freeze",
        "records=[]",
        "health=ill",
        'x="a;b"',
    ),
)
SENDERS = ("", "", "", "", "<alpha:canary ", "<beta:communicatord ", "<: ", "<", "<x ")


class Process(NamedTuple):
    """A process of a host, as its kernel knows it."""

    server: str
    pid: int
    unit: str
    service: str
    version: str
    role: str = "live"


class Tally(NamedTuple):
    """What was played."""

    lines: int
    discarded: int
    copies: int
    answers: int


class Hosts:
    """Five routers, what connects them, and the processes that speak to them.

    Args:
        random: Where all chance comes from.
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.now_s = 1000.0
        self.routers: dict[str, Router] = {}
        self.owner: dict[tuple[str, int], Process] = {}
        self.kinds: dict[tuple[str, int], events.LinkKind] = {}
        self.wires: dict[tuple[str, int], tuple[str, int]] = {}
        self.tells: set[str] = set()
        self.lines = self.copies = self.answers = 0
        self._numbers = count(1)
        self._queue: deque[tuple[str, events.Event, Process | None]] = deque()
        self.is_shadow: Callable[[Process], bool] = lambda _process: False
        self.heard: Callable[[str, int, Process, bytes], None] = lambda *_: None
        for at, server in enumerate(SERVERS):
            known = random.sample(range(at), min(at, 1 + random.randrange(2)))
            neighbors = tuple(NeighborAddress(HostPort(f"10.0.0.{one + 1}", 4042), secure=False) for one in known)
            cluster = ClusterConfig(listens=True, neighbors=neighbors, demands_credentials=False)
            config = RouterConfig(
                server_name=server,
                my_address=f"10.0.0.{at + 1}:4042",
                boot_id=f"00000000-0000-4000-8000-{at + 1:012}",
                version="1",
                python="3",
                uid=200,
                known_services=frozenset({"offline"}),
                cluster=cluster,
            )
            self.routers[server] = Router(config, self.now)

    @property
    def now(self) -> events.Instant:
        """The time."""
        return events.Instant(self.now_s, int(self.now_s * 1e9))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now_s + seconds
        while True:
            self.settle()
            due = [
                (at_s, server)
                for server, router in self.routers.items()
                if (at_s := router.next_deadline()) is not None
            ]
            if not due or min(due)[0] > end:
                break
            at_s, server = min(due)
            self.now_s = max(self.now_s, at_s)
            self._queue.append((server, events.DeadlineReached(), None))
        self.now_s = end

    def connect(self, process: Process, kind: events.LinkKind) -> int:
        """A process connects to the router of its host."""
        link = next(self._numbers)
        key = process.server, link
        self.owner[key], self.kinds[key] = process, kind
        known = ROOT if kind is events.LinkKind.UNIX else None
        self.tell(process.server, events.LinkOpened(link, kind, "127.0.0.1:5", known))
        if process.server in self.tells:
            self.tell(process.server, events.UnitIdentified(link, self._process_of(key)))
        self.settle()
        return link

    def write(self, process: Process, link: int, lines: bytes) -> None:
        """A process writes."""
        if (process.server, link) in self.owner:
            self.tell(process.server, events.LinesReceived(link, lines), process)

    def tell(self, server: str, event: events.Event, source: Process | None = None) -> None:
        """Something happens on a host."""
        self._queue.append((server, event, source))

    def settle(self) -> None:
        """Let all happen that is to happen now."""
        while self._queue:
            server, event, source = self._queue.popleft()
            done = self.routers[server].handle(event, self.now)
            is_shadow = source is not None and self.is_shadow(source)
            for effect in done:
                if is_shadow and source is not None:
                    self._judge(server, source, effect)
                self._do(server, effect, source)

    def _process_of(self, key: tuple[str, int]) -> events.Process:
        process, kind = self.owner[key], self.kinds[key]
        return events.Process(process.pid if kind is events.LinkKind.UNIX else None, process.unit)

    def _judge(self, server: str, source: Process, effect: effects.Effect) -> None:
        """What a router does because of a line of a shadow is one of few things, and says something to few."""
        if not isinstance(effect, (*OF_SHADOWS, *SETTLING)):
            raise ViolationError(f"{server}: a line of {source} had the router do {effect!r}")
        if not isinstance(effect, effects.Send | effects.Offer):
            return
        target = self.owner.get((server, effect.link))
        is_told_of = (server, effect.link) in self.wires
        words = (*WORDS_TO_ROUTERS, b"LINK_STATE") if is_told_of else WORDS_TO_CANARY
        if target is None and not is_told_of:
            return  # it has just gone
        if target is not None and (target == source or self.is_shadow(target)):
            return
        is_canary = target is not None and target.service == "canary"
        if (is_told_of or is_canary) and all(_is_one_of(words, line) for line in effect.data.splitlines()):
            return
        raise ViolationError(f"{server}: a line of {source} had {target} hear {effect.data!r}")

    def _do(self, server: str, effect: effects.Effect, source: Process | None) -> None:
        match effect:
            case effects.Send(link, data) | effects.Offer(link, data):
                self._deliver(server, link, data)
                if isinstance(effect, effects.Offer):
                    self.tell(server, events.Offered(link, effect.ticket, taken=True))
            case effects.Close(link, reason):
                self._close(server, link, reason)
            case effects.Continue(link):
                self.tell(server, events.Continued(link), source or self.owner.get((server, link)))
            case effects.Identify(link):
                self.tell(server, events.UserIdentified(link, ROOT), source)
            case effects.Measure(link):
                self.tell(server, events.Measured(link, ()))
            case effects.LookAgain():
                self.tell(server, events.PutOff())
            case effects.Dial(dial, host, _):
                self._dial(server, dial, host)
            case effects.TellUnits(enabled):
                self._tell_units(server, enabled=enabled)
            case _:
                pass

    def _tell_units(self, server: str, *, enabled: bool) -> None:
        self.tells.discard(server)
        if enabled:
            self.tells.add(server)
            told = [key for key in self.owner if key[0] == server]
            self._queue.extendleft((server, events.UnitIdentified(key[1], self._process_of(key)), None) for key in told)

    def _deliver(self, server: str, link: int, data: bytes) -> None:
        key = server, link
        if key in self.wires:
            if MARK in data:
                self._check(server, "another router", data, WORDS_TO_ROUTERS)
            self.answers += data.count(b":communicatord/SHADOW_SAID ")
            peer, end = self.wires[key]
            self.tell(peer, events.LinesReceived(end, data))
        elif (process := self.owner.get(key)) is not None:
            if MARK in data and not self.is_shadow(process):
                words = WORDS_TO_CANARY if process.service == "canary" else ()
                self._check(server, process, data, words)
            self.heard(server, link, process, data)

    def _check(self, server: str, target: object, data: bytes, words: tuple[bytes, ...]) -> None:
        for line in data.splitlines():
            if MARK in line and not _is_one_of(words, line):
                raise ViolationError(f"{server}: {target} hears {line!r}")

    def _close(self, server: str, link: int, reason: events.CloseReason) -> None:
        key = server, link
        self.tell(server, events.LinkClosed(link, reason))
        self.owner.pop(key, None)
        other = self.wires.pop(key, None)
        if other is not None and self.wires.pop(other, None) is not None:
            self.tell(other[0], events.LinkClosed(other[1], events.CloseReason.HUP))

    def _dial(self, server: str, dial: int, host: str) -> None:
        other = SERVERS[int(host.rpartition(".")[2]) - 1]
        ours, theirs = next(self._numbers), next(self._numbers)
        self.wires[server, ours], self.wires[other, theirs] = (other, theirs), (server, ours)
        own = f"10.0.0.{SERVERS.index(server) + 1}"
        self.tell(other, events.LinkOpened(theirs, events.LinkKind.REMOTE, f"{own}:50000"))
        self.tell(server, events.LinkOpened(ours, events.LinkKind.REMOTE, f"{host}:4042", dial=dial))


def _is_one_of(words: tuple[bytes, ...], line: bytes) -> bool:
    """Whether a line that a router has signed carries one of these commands to one of these services."""
    return line.split(b" ", 2)[1].endswith(words)


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
        self._pool = list(self._make_lines(2000))
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

    def _make_lines(self, lines: int) -> Iterator[bytes]:
        random = self.random
        for _ in range(lines):
            server = random.choice(("", "", "", *(f"{one}:" for one in SERVERS), "*:", "?:"))
            head = f"{random.choice(SENDERS)}{server}{random.choice(RECEIVERS)}{random.choice(COMMANDS)}"
            told = [f"text={MARK.decode()}", *random.sample(PARAMETERS, random.randrange(4))]
            line = f"{head} {';'.join(told)}".encode()
            if random.random() < 0.1:
                line = self._spoil(line)
            yield line + b"\n"

    def _spoil(self, line: bytes) -> bytes:
        random = self.random
        spoiled = (
            b" " + line,
            b"\t" + line,
            line.replace(b"=", b"", 1),
            line.replace(b"/", b"//", 1),
            line + b';y="',
            line + b"\xff",
            line.replace(b" ", b"\0 ", 1),
            json.dumps({"command": "NOTIFY", "service": "listener", "parameters": {"text": MARK.decode()}}).encode(),
            b'{"text":"' + MARK,
            MARK,
            line.lower(),
        )
        return random.choice(spoiled)

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
