"""Playbooks for the router: a script says who connects, who writes what, and what everyone must then hear.

    + A unix root            A connects to the Unix socket as a user (see USERS); `local` is TCP, where the user must be asked for
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

import re
from collections import deque
from contextlib import contextmanager

import pytest

from communicator.errors import RemoteProtocolError
from communicator.protocol import Message, decode
from communicator.protocol.addresses import parse_host_port
from communicator.router import Router, RouterConfig
from communicator.router.config import ClusterConfig, NeighborAddress
from communicator.router.effects import CheckCredential, Close, Continue, Dial, Identify, Keep, Measure, Notice, Send
from communicator.router.events import (
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
    Opens,
    User,
    UserIdentified,
)

ROUTER_UID = 200
USERS = {
    "root": User(0, "root", frozenset({"root"}), pid=11),
    "bell": User(ROUTER_UID, "bell", frozenset({"bell"}), pid=12),
    "alice": User(1000, "alice", frozenset({"alice", "operators"}), pid=13),
    "bob": User(1001, "bob", frozenset({"bob"}), pid=14),
    "nobody": None,  # a user who cannot be told
}
SIGNATURE = "<peer:communicatord "
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


def _make_cluster(*neighbors, **changes):
    """A cluster that others can join without a password; a neighbor that begins with ``tls`` is dialled over TLS."""
    named = tuple(
        NeighborAddress(parse_host_port(text.removeprefix("tls ")), text.startswith("tls ")) for text in neighbors
    )
    return ClusterConfig(**{"listens": True, "neighbors": named, "demands_credentials": False, **changes})


class Playbook:
    def __init__(self, passwords=None, **config):
        self.passwords = passwords or {}
        self.dials = {}
        self.kept = {}
        self.monotonic_s = 1000.0
        self.router = Router(_make_config(**config), self.now)
        self.links = {}
        self.users = {}
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
                self.handle(UserIdentified(link, self.users[link]))
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
                pass

    def _answer(self, event):
        if self.is_waiting:
            self.put_off.append(event)
        else:
            self.handle(event)

    def play(self, script):
        for line in script.strip().splitlines():
            step = line.partition("  #")[0].strip()
            if step:
                self.script.append(step)
                self._step(step)
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
        self.users[link] = USERS[words[0] if words else "bob"]
        known = self.users[link] if kind == "unix" else None
        self.handle(LinkOpened(link, LinkKind(kind), f"address-of-{name}", known))

    def _come_from_afar(self, link, kind, dial="", certificate="", **words):
        dialled = self.dials.pop(int(dial)) if dial else None
        address = (
            f"{words.get('from', '10.0.0.9')}:{50_000 + link}" if dialled is None else f"{dialled.host}:{dialled.port}"
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
        return decode(line)
    except RemoteProtocolError:
        return line


def alike(wanted, found):
    """Equal, where a wanted value of * stands for any."""
    if not (isinstance(wanted, Message) and isinstance(found, Message)):
        return wanted == found
    values = {name: found.get(name) if value == "*" else value for name, value in wanted.parameters.items()}
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


@pytest.fixture
def mesh():
    """Makes a playbook of a router that others can reach, at 10.0.0.5: it dials smaller addresses and calls larger ones."""

    def make(*neighbors, passwords=None, **changes):
        settings = {name: changes.pop(name) for name in list(changes) if name not in ClusterConfig.__slots__}
        book = Playbook(passwords, **{"my_address": OWN, "cluster": _make_cluster(*neighbors, **changes), **settings})
        book.play("@ 0.1")
        return book

    return make


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
