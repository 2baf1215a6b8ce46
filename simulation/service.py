"""A service on a simulated machine: it registers, understands what every service must, and hands on what it hears."""

from collections.abc import Callable
from functools import partial

from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import decode, encode_line
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from simulation.agenda import ViolationError
from simulation.host import Host
from simulation.oracle import Party

REQUIRED = ("HELP", "QUITTING", "READY", "STOP", "UNKNOWN")
UNLISTED = "TELL_"
"""How commands begin that services understand and do not list: a router that keeps messages for them may say so."""
RECONNECTS_S = (0.05, 0.5)
"""A service whose router is gone tries again after a time between these."""

Hearing = Callable[["Service", Message], None]


class Service:
    """One process.

    Args:
        host: Where it runs.
        name: What it registers as.
        accepts: Commands it accepts beside those every service must.
        hearing: Called with whatever it hears that it does not answer itself.
        version: Of its program.
        role: What it registers to be.
    """

    def __init__(
        self,
        host: Host,
        name: str,
        accepts: frozenset[str],
        hearing: Hearing,
        *,
        version: str = "1.0",
        role: str = "live",
    ) -> None:
        self.host = host
        self.party = Party(host.name, name, accepts)
        self.version, self.role = version, role
        self.is_of_two = False
        """Whether two versions of it run on its machine."""
        self.twin: Service | None = None
        """Another version of it on the same machine, which comes and goes with it."""
        self.ready = False
        self.registrations = 0
        self.changed: Callable[[], None] = lambda: None
        """Called when it has registered, or is no longer there."""
        self._accepts, self._hearing = accepts, hearing
        self._link: int | None = None
        self._wanted = False

    def start(self) -> None:
        """Connect to the router, as soon as there is one."""
        self._wanted = True
        self._try()
        if self.twin is not None:
            self.twin.start()

    def stop(self) -> None:
        """End the process."""
        self._wanted = False
        if self._link is not None:
            link, self._link = self._link, None
            self.host.disconnect(link)
        self._gone()
        if self.twin is not None:
            self.twin.stop()

    def say(self, message: Message) -> None:
        """Write a message to the router."""
        if self._link is not None:
            self.host.write(self._link, encode_line(message))

    def heard(self, lines: bytes) -> None:
        """Lines have come from the router."""
        for line in lines.split(b"\n")[:-1]:
            if self._link is None:
                return
            try:
                message = decode(line)
            except RemoteProtocolError as error:
                raise ViolationError(f"{self.party} heard {line!r:.400}, which is no message: {error}") from error
            self._understand(message)

    def cut_off(self) -> None:
        """The link is gone."""
        self._link = None
        self._gone()
        if self._wanted:
            self._try_later()

    def _gone(self) -> None:
        if self.ready:
            self.ready = False
            self.changed()

    def _try_later(self) -> None:
        stage = self.host.stage
        stage.agenda.after(stage.random.uniform(*RECONNECTS_S), self._try)

    def _try(self) -> None:
        if self._link is not None or not self._wanted:
            return
        if not self.host.listening:
            self._try_later()
            return
        self._link = self.host.connect(self)
        told = {"service": self.party.service, "version": "1", "service_version": self.version}
        self.say(Message("REGISTER", told | ({} if self.role == "live" else {"role": self.role})))

    def _understand(self, message: Message) -> None:
        match message.command:
            case "HELP":
                commands = ",".join(sorted({*REQUIRED, *self._accepts}))
                self.say(Message("COMMANDS", {"list": commands}, ROUTER_SERVICE, self.host.name))
            case "READY":
                self.host.stage.agenda.after(0.001, partial(self._become_ready, self._link))
            case "ALIVE":
                self.say(message.reply("ABSOLUTELY", message.parameters))
            case "UNKNOWN" if message.get("command").startswith(UNLISTED):
                pass  # who it was for is away, and does not list it
            case "INVALID":
                raise ViolationError(f"{self.party} was told {message}")
            case "QUITTING" | "DISCONNECTING":
                pass
            case _:
                self._hearing(self, message)

    def _become_ready(self, link: int | None) -> None:
        if self._link == link and link is not None:
            self.ready = True
            self.registrations += 1
            self.changed()
