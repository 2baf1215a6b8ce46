"""Playbooks for the router: a script says who connects, who writes what, and what everyone must then hear.

    + A unix root            A connects to the Unix socket as a user (see USERS); `local` is TCP, where the user must be asked for
                             pid=7               its process, where that is told; over TCP it never is
                             unit=/system.slice/a.service    the control group of that; `-`: cannot be told
    A > line                 A writes a line
    A < message              the next message A hears; signed by the router unless it has a sender; a value * stands for any
    A < (nothing)            A has heard nothing further
    A < EOF                  the router closes A's link
    A - / A x                A stops writing / A's link is gone
    @ 2.5                    time passes

Other hosts:

    + R remote               another host comes to the remote listener; `secure` is the one over TLS
                             from=IP             its address
                             certificate=a,b     the names in its certificate, which was verified
                             dial=N              it is the router's own dial N that has come through
    ! 3 no route             dial 3 has come to nothing
    R < ...                  whatever R has heard until now

The table `passwords` answers checks of passwords, `dials` holds the dials nobody has answered, `kept` the files.

Whatever is heard and not expected fails the playbook, with the script up to there.
"""

import heapq
import re
from collections import deque
from contextlib import contextmanager
from itertools import count

import msgspec
import pytest

from communicator.definitions import load_catalogue
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message, decode
from communicator.protocol.addresses import HostPort, parse_host_port
from communicator.protocol.definitions import Checker
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router import RouterConfig
from communicator.router.vocabulary.config import ClusterConfig, NeighborAddress
from communicator.router.vocabulary.effects import (
    CheckCredential,
    Close,
    Continue,
    Dial,
    Identify,
    Keep,
    LookAgain,
    Measure,
    Notice,
    Offer,
    Send,
    TellUnits,
)
from communicator.router.vocabulary.events import (
    CloseReason,
    Continued,
    Credential,
    CredentialChecked,
    DeadlineReached,
    DialFailed,
    Instant,
    LinesReceived,
    LinkClosed,
    LinkEnded,
    LinkKind,
    LinkOpened,
    Measured,
    Offered,
    Opens,
    Process,
    PutOff,
    UnitIdentified,
    User,
    UserIdentified,
)
from tests.router.punctual import Punctual

ROUTER_UID = 200
USERS = {
    "root": User(0, "root", frozenset({"root"}), pid=11),
    "bell": User(ROUTER_UID, "bell", frozenset({"bell"}), pid=12),
    "alice": User(1000, "alice", frozenset({"alice", "operators"}), pid=13),
    "bob": User(1001, "bob", frozenset({"bob"}), pid=14),
    "nobody": None,  # a user who cannot be told
}
SIGNATURE = "<peer:communicatord "
CHECKER = Checker(load_catalogue([])[0])
"""Whatever the router says of its own accord is as its definition has it."""
STEP = re.compile(r"([A-Z]) ([><x-])(?: (.*))?")


def _make_config(**changes):
    settings = {
        "server_name": "peer",
        "my_address": "127.0.0.1:4042",
        "boot_id": "00000000-0000-4000-8000-000000000001",
        "version": "0.1.0",
        "python": "3.13",
        "uid": ROUTER_UID,
        "known_services": frozenset({"offline"}),
        "owners": {"canary": "alice", "payroll": "bob"},
        "stop_group": "operators",
    }
    return RouterConfig(**{**settings, **changes})


def _named_neighbor(text):
    server, _, host_port = text.removeprefix("tls ").rpartition("@")
    return NeighborAddress(parse_host_port(host_port), text.startswith("tls "), server)


def _make_cluster(*neighbors, **changes):
    """A cluster that others can join without a password; a neighbor that begins with ``tls`` is dialled over TLS."""
    named = tuple(map(_named_neighbor, neighbors))
    return ClusterConfig(**{"listens": True, "neighbors": named, "demands_credentials": False, **changes})


class Playbook:
    def __init__(self, passwords=None, **config):
        self.passwords = passwords or {}
        self.dials = {}
        self.kept = {}
        self.monotonic_s = 1000.0
        self.router = Punctual(_make_config(**config), self.now)
        self.links = {}
        self.users = {}
        self.processes = {}
        self.tells_units = False
        self.takes_offers = True
        self.heard = {}
        self.effects = []
        self.continued = 0
        self.is_waiting = False
        self.put_off = []
        self.script = []

    @property
    def now(self):
        return Instant(self.monotonic_s, int((1_795_500_000 + self.monotonic_s - 1000) * 1e9))

    @property
    def notices(self):
        return [effect for effect in self.effects if isinstance(effect, Notice)]

    def effects_of(self, kind):
        return [effect for effect in self.effects if isinstance(effect, kind)]

    @contextmanager
    def waiting(self):
        """Within, links that are to be continued wait; at its end they go on."""
        self.is_waiting = True
        yield
        self.is_waiting = False
        while self.put_off:
            self.handle(self.put_off.pop(0))

    def write(self, name, lines):
        """Let a link write raw bytes; what is heard then is left to `hear`."""
        self.handle(LinesReceived(self.links[name], lines))

    def hear(self, name):
        """Take the next message a link has heard."""
        return self.heard[self.links[name]].popleft()

    def handle(self, event):
        for effect in self.router.handle(event, self.now):
            self.effects.append(effect)
            self._do(effect)

    def _do(self, effect):
        match effect:
            case Send(link, data):
                assert data.endswith(b"\n")
                for line in data.split(b"\n")[:-1]:
                    self.heard[link].append(_read(line))
            case Close(link, reason):
                self.heard[link].append("EOF")
                self.handle(LinkClosed(link, reason))
            case Identify(link):
                user = self.users[link]  # whose process it is, the kernel's tables of TCP do not say
                self.handle(UserIdentified(link, user and msgspec.structs.replace(user, pid=None)))
            case Measure(link):
                self.handle(Measured(link, ()))
            case Continue(link):
                self.continued += 1
                self._answer(Continued(link))
            case Dial(dial):
                self.dials[dial] = effect
            case CheckCredential(link, username, password):
                self._answer(CredentialChecked(link, self.passwords.get((username, password))))
            case Keep(file, content):
                self.kept[file] = content
            case _:
                self._do_for_shadows(effect)

    def _do_for_shadows(self, effect):
        match effect:
            case LookAgain():
                self._answer(PutOff())
            case TellUnits(enabled):
                self.tells_units = enabled
                for link in [link for link in self.processes if enabled and link in self.router._board.registry.links]:
                    self.handle(UnitIdentified(link, self.processes[link]))
            case Offer(link, data, ticket):
                if self.takes_offers:
                    self.heard[link] += map(_read, data.splitlines())
                self.handle(Offered(link, ticket, self.takes_offers))
            case _:
                pass

    def _answer(self, event):
        if self.is_waiting:
            self.put_off.append(event)
        else:
            self.handle(event)

    def run(self, script):
        """Play a script, and leave what else is heard to `hear`."""
        for line in script.strip().splitlines():
            step = line.partition("  #")[0].strip()
            if step:
                self.script.append(step)
                self._step(step)
        return self

    def play(self, script):
        self.run(script)
        left = {name: list(self.heard[link]) for name, link in self.links.items() if self.heard[link]}
        assert not left, self._trace(f"not expected: {left}")
        return self

    def _step(self, step):
        if step.startswith("+ "):
            self._connect(*step.split()[1:])
        elif step.startswith("! "):
            number, _, reason = step[2:].partition(" ")
            del self.dials[int(number)]
            self.handle(DialFailed(int(number), reason))
        elif step.startswith("@ "):
            self._pass_time(float(step[2:]))
        else:
            who, what, rest = STEP.fullmatch(step).groups()
            self._act(who, what, rest or "")

    def _act(self, who, what, rest):
        link = self.links[who]
        match what:
            case ">":
                self.handle(LinesReceived(link, rest.encode().decode("unicode_escape").encode("latin-1") + b"\n"))
            case "<":
                self._expect(who, rest)
            case "-":
                self.handle(LinkEnded(link))
            case "x":
                self.handle(LinkClosed(link, CloseReason.HUP))

    def _connect(self, name, kind, *words):
        link = len(self.links) + 1
        self.links[name] = link
        self.heard[link] = deque()
        if LinkKind(kind).is_remote:
            self._come_from_afar(link, kind, **dict(word.split("=") for word in words))
            return
        told = dict(word.split("=") for word in words if "=" in word)
        user = next((word for word in words if "=" not in word), "bob")
        self.users[link] = USERS[user]
        known = self.users[link] if kind == "unix" else None
        pid = int(told.get("pid", 1000 + link)) if kind == "unix" else None
        unit = told.get("unit", f"/system.slice/{name.lower()}.service")
        self.processes[link] = Process() if unit == "-" else Process(pid, unit)
        self.handle(LinkOpened(link, LinkKind(kind), f"address-of-{name}", known))
        if self.tells_units:
            self.handle(UnitIdentified(link, self.processes[link]))

    def _come_from_afar(self, link, kind, dial="", certificate="", **words):
        dialled = self.dials.pop(int(dial)) if dial else None
        address = (
            f"{dialled.host}:{dialled.port}"
            if dialled is not None and "from" not in words
            else str(HostPort(words.get("from", "10.0.0.9"), 50_000 + link))
        )
        names = frozenset(certificate.split(",")) if certificate else None
        number = None if dialled is None else dialled.dial
        self.handle(LinkOpened(link, LinkKind(kind), address, dial=number, certificate=names))

    def _pass_time(self, seconds):
        end = self.monotonic_s + seconds
        while (due := self.router.next_deadline()) is not None and due <= end:
            self.monotonic_s = max(due, self.monotonic_s)
            self.handle(DeadlineReached())
        self.monotonic_s = end

    def _expect(self, who, text):
        heard = self.heard[self.links[who]]
        if text == "...":
            heard.clear()
            return
        if text == "(nothing)":
            assert not heard, self._trace(f"{who} heard {list(heard)}")
            return
        assert heard, self._trace(f"{who} heard nothing")
        found = heard.popleft()
        wanted = "EOF" if text == "EOF" else decode((text if text.startswith("<") else SIGNATURE + text).encode())
        assert alike(wanted, found), self._trace(f"wanted {wanted}\n found {found}")

    def _trace(self, what):
        return "\n".join(["playbook failed after:", *self.script[-12:], what])


def _read(line):
    """The message, or the bytes where they are none: the router passes on what it need not look into."""
    try:
        message = decode(line)
    except RemoteProtocolError:
        return line
    if (message.sent_from_server, message.sent_from_service) == ("peer", ROUTER_SERVICE):
        assert CHECKER.fault(message, "peer") == "", f"the router itself said {message}"
    return message


def alike(wanted, found):
    """Equal, where a wanted value of * stands for any; the features in READY are looked at only where they are wanted."""
    if not (isinstance(wanted, Message) and isinstance(found, Message)):
        return wanted == found
    values = {name: found.get(name) if value == "*" else value for name, value in wanted.parameters.items()}
    if wanted.command == found.command == "READY":
        values = {"features": found.get("features")} | values
    return {**as_dict(wanted), "parameters": values} == as_dict(found)


def as_dict(message):
    return {name: getattr(message, name) for name in message.__struct_fields__}


@pytest.fixture
def make_config():
    return _make_config


@pytest.fixture
def make_cluster():
    return _make_cluster


@pytest.fixture
def config():
    return _make_config(my_address="10.9.8.7:4042", own_ips=frozenset({"10.9.8.9"}))


@pytest.fixture
def playbook():
    return Playbook


OWN = "10.0.0.5:4042"


@pytest.fixture(scope="session")
def mesh():
    """Makes a playbook of a router that others can reach, at 10.0.0.5: it dials smaller addresses and calls larger ones."""

    def make(*neighbors, passwords=None, **changes):
        settings = {name: changes.pop(name) for name in list(changes) if name not in ClusterConfig.__slots__}
        book = Playbook(passwords, **{"my_address": OWN, "cluster": _make_cluster(*neighbors, **changes), **settings})
        book.play("@ 0.1")
        return book

    return make


DELAY_S = 0.001


class Wires:
    """A few router cores, wired to each other: what one sends another receives a millisecond later."""

    def __init__(self):
        self.now_s = 1000.0
        self.routers = {}
        self.ips = {}
        self.lives = 0
        self.notices = []
        self.kept = {}
        self.written = []
        """What one router has written to another: from, to, and the message."""
        self._agenda = []
        self._order = count()
        self._ends = {}
        self._services = {}
        self._cut = set()

    @property
    def now(self):
        return Instant(self.now_s, int((1_795_500_000 + self.now_s - 1000) * 1e9))

    def start(self, name, ip, *neighbors, started_s=None, **changes):
        """Start a router, or a new life of it, at its IP address."""
        self.lives += 1
        settings = {each: changes.pop(each) for each in list(changes) if each not in ClusterConfig.__slots__}
        named = [f"{neighbor}:4042" for neighbor in neighbors]
        config = _make_config(
            server_name=name,
            my_address=f"{ip}:4042",
            boot_id=f"00000000-0000-4000-8000-{self.lives:012}",
            cluster=_make_cluster(*named, **changes),
            **settings,
        )
        now = self.now if started_s is None else Instant(self.now_s, int(started_s * 1e9))
        self.routers[ip], self.ips[name] = Punctual(config, now), ip
        return self

    def stop(self, name):
        """End a router without a word; its links are reset."""
        ip = self.ips.pop(name)
        del self.routers[ip]
        self._reset(lambda one, other: ip in (one, other))

    def cut(self, *names):
        """Part these routers from all others, whose links to them are reset."""
        self._cut = {self.ips[name] for name in names}
        self._reset(self._is_cut)

    def heal(self):
        self._cut = set()

    def service(self, name, service, *commands, **told):
        """Register a service that lists these commands, with what else it tells of itself."""
        link = next(self._order)
        heard = self._services[link] = []
        ip = self.ips[name]
        self.handle(ip, LinkOpened(link, LinkKind.UNIX, "here", USERS["root"]))
        listed = ",".join(("HELP", "QUITTING", "READY", "STOP", "UNKNOWN", *commands))
        self._ends[link] = (ip, None)
        others = "".join(f";{each}={value}" for each, value in told.items())
        self.say(link, f"REGISTER service={service};version=1{others}\nCOMMANDS list={listed}")
        heard.clear()
        return link

    def say(self, link, lines):
        self.handle(self._ends[link][0], LinesReceived(link, f"{lines}\n".encode()))

    def heard(self, link):
        """What a service has heard since this was asked last."""
        heard = self._services[link][:]
        self._services[link].clear()
        return heard

    def ask(self, link, line):
        """What a service is answered."""
        self._services[link].clear()
        self.say(link, line)
        [answer] = self.heard(link)
        return answer.parameters

    def board(self, name):
        return self.routers[self.ips[name]]._board

    def events(self, name, level=0):
        return [notice.event for ip, notice in self.notices if ip == self.ips[name] and notice.level >= level]

    def handle(self, ip, event):
        for effect in self.routers[ip].handle(event, self.now) if ip in self.routers else ():
            self._do(ip, effect)

    def run(self, seconds):
        """Let time pass."""
        end = self.now_s + seconds
        while True:
            due = [(self._agenda[0][0], "")] if self._agenda else []
            due += [
                (max(at, self.now_s), ip)
                for ip, each in self.routers.items()
                if (at := each.next_deadline()) is not None
            ]
            if not due or min(due)[0] > end:
                break
            self.now_s, ip = min(due)
            if ip:
                self.handle(ip, DeadlineReached())
            else:
                _, _, ip, event = heapq.heappop(self._agenda)
                self.handle(ip, event)
        self.now_s = end
        return self

    def _later(self, ip, event):
        heapq.heappush(self._agenda, (self.now_s + DELAY_S, next(self._order), ip, event))

    def _is_cut(self, one, other):
        return (one in self._cut) is not (other in self._cut)

    def _reset(self, is_gone):
        for link, (ip, end) in list(self._ends.items()):
            if end is not None and end in self._ends and is_gone(ip, self._ends[end][0]):
                self._later(ip, LinkClosed(link, CloseReason.HUP))
                self._later(self._ends[end][0], LinkClosed(end, CloseReason.HUP))
                del self._ends[link], self._ends[end]

    def _do(self, ip, effect):
        match effect:
            case Notice() | Keep():
                self._note(ip, effect)
            case Dial():
                self._dial(ip, effect)
            case Send(link, data) if link in self._services:
                self._services[link] += map(decode, data.splitlines())
            case Send(link, data) if link in self._ends:
                _, end = self._ends[link]
                self.written += [(ip, self._ends[end][0], decode(line)) for line in data.splitlines()]
                self._later(self._ends[end][0], LinesReceived(end, data))
            case Close(link, reason) if link in self._ends:
                _, end = self._ends.pop(link)
                self._later(ip, LinkClosed(link, reason))
                if end is not None:
                    other, _ = self._ends.pop(end)
                    self._later(other, LinkClosed(end, CloseReason.HUP))
            case Continue(link):
                self._later(ip, Continued(link))
            case TellUnits(enabled=True):
                self._tell_units(ip)
            case _:
                pass

    def _note(self, ip, effect):
        if isinstance(effect, Keep):
            self.kept[ip, effect.file] = effect.content
        else:
            self.notices.append((ip, effect))

    def _tell_units(self, ip):
        for link in [link for link, end in self._ends.items() if end == (ip, None)]:
            self.handle(ip, UnitIdentified(link, Process(link, f"/system.slice/s{link}.service")))

    def _dial(self, ip, dial):
        if dial.host not in self.routers or self._is_cut(ip, dial.host):
            self._later(ip, DialFailed(dial.dial, "no route to host"))
            return
        ours, theirs = next(self._order), next(self._order)
        self._ends |= {ours: (ip, theirs), theirs: (dial.host, ours)}
        self._later(dial.host, LinkOpened(theirs, LinkKind.REMOTE, f"{ip}:{50_000 + theirs}"))
        self._later(ip, LinkOpened(ours, LinkKind.REMOTE, f"{dial.host}:{dial.port}", dial=dial.dial))


@pytest.fixture
def wires():
    return Wires()


@pytest.fixture
def credential():
    """Makes an entry of the password file."""

    def make(opens, *names, username="user"):
        return Credential(username, Opens(opens), frozenset(names))

    return make


@pytest.fixture
def trio():
    """Three services: A and B understand much, M only what it must."""
    return Playbook().play(
        """
        + A unix bob
        A > REGISTER service=svc_a;version=1
        A < HELP
        A < READY my_address=127.0.0.1:4042
        A > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,STATUS,NOTIFY,DISCONNECTING
        A > COMMANDS list=CLUSTER_UP,CLUSTER_COMPLETE,CLOCK_STABLE,CLOCK_UNSTABLE
        + B local bob
        B > REGISTER service=svc_b;version=1
        B < HELP
        B < READY my_address=127.0.0.1:4042
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_b;status=up;up_since=1795500000
        B > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN,NOTIFY,DISCONNECTING
        + M unix bob
        M > REGISTER service=svc_m;version=1
        M < HELP
        M < READY my_address=127.0.0.1:4042
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_m;status=up;up_since=1795500000
        M > COMMANDS list=HELP,QUITTING,READY,STOP,UNKNOWN
        """,
    )
