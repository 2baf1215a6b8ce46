"""What a lying member says, drawn at random: of itself, of honest routers, of invented ones, and what is no record at all."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import Random
from typing import Any

from communicator.router.vocabulary.records import COUNT_MAX, LINKS, bucket_of
from simulation.life import EPOCH_S
from simulation.scenario import SERVICE_NAMES

LIAR = "liar"
BOOT = "11111111-1111-4111-8111-111111111111"
INVENTED = tuple(f"ghost{number}" for number in range(12))
"""A dozen, so that no table grows beyond what the audit allows."""
BAD_RECORDS: tuple[Any, ...] = (
    1,
    None,
    [],
    {},
    {"server": LIAR},
    {"server": "a b", "boot_id": "x", "started": 1, "part": "links", "sequence": 1, "state": {}},
    {"server": LIAR, "boot_id": "x", "started": COUNT_MAX + 1, "part": "links", "sequence": 1, "state": {}},
    {"server": LIAR, "boot_id": "x", "started": 1, "part": "99", "sequence": 1, "state": {}},
)

Line = tuple[str, dict[str, str]]
"""A command and its parameters."""


@dataclass(frozen=True, slots=True)
class Victim:
    """What the liar knows of an honest router; everyone is told that."""

    name: str
    address: str
    boot_id: str


class Lies:
    """Draws what the liar says.

    Args:
        random: Where chance comes from.
        victims: The honest routers.
        elsewhere: Where addresses begin at which nobody is.
    """

    def __init__(self, random: Random, victims: list[Victim], elsewhere: str = "10.8.0") -> None:
        self._random = random
        self._elsewhere = elsewhere
        self.address = f"{elsewhere}.99:4042"
        self.victims = victims
        self._sequence = 0
        self._kinds: tuple[Callable[[], Any], ...] = (
            self._of_itself,
            self._links_of_another,
            self._links_of_another,
            self._services_of_another,
            self._of_an_invented_one,
        )

    def draw(self) -> Line:
        """One line to a router it is linked with."""
        if self._random.random() < 0.1:
            return ("LINK_STATE_SUMMARY", {"known": self._summary(), **self._digests()})
        records = [self._random.choice(self._kinds)() for _ in range(self._random.randint(1, 5))]
        if self._random.random() < 0.3:
            records.insert(self._random.randint(0, len(records)), self._random.choice(BAD_RECORDS))
        return ("LINK_STATE", {"records": json.dumps(records)})

    def introduce(self, linked: Collection[str] = ()) -> Line:
        """What it says on a link of its own when it comes once more: as somebody else, from elsewhere, or of somebody else.

        Args:
            linked: With whom the one that hears it is linked: it says that it is the very life of one of these. Of others nobody
                could tell, see docs/cluster.md.
        """
        if self._random.random() < 0.3:
            return ("GOSSIP", {"my_address": self._address()})
        victim = self._random.choice(self.victims)
        name = self._random.choice((LIAR, victim.name))
        manners = self._manners(victim.boot_id if name in linked else "lie-4")
        return ("CONNECT", {"version": "1", "server_name": name, "my_address": self._address(), **manners})

    def truth(self, linked: list[str]) -> Line:
        """That it is linked with whom it is linked: without it nobody would have a way to it."""
        self._sequence += 1
        neighbors = [{"server": name, "cost": 1.0} for name in linked]
        record = self._record(LIAR, LINKS, _links(self.address, neighbors), BOOT, int(EPOCH_S), self._sequence)
        return ("LINK_STATE", {"records": json.dumps([record])})

    def _manners(self, boot_id: str) -> dict[str, str]:
        if self._random.random() < 0.5:
            return {"services": self._random.choice(SERVICE_NAMES)}  # as a C++ router
        told = self._random.choice((boot_id, f"lie-{self._random.randint(0, 3)}"))
        return {"features": "directory/1,ack/1", "boot_id": told}

    def _address(self) -> str:
        invented = f"{self._elsewhere}.{self._random.randint(1, 9)}:4042"
        return self._random.choice((self.address, invented, *(victim.address for victim in self.victims)))

    def _counter(self) -> int:
        return self._random.choice((1, 2, 5, 30, COUNT_MAX - 1, COUNT_MAX))

    def _started(self) -> int:
        return self._random.choice((0, int(EPOCH_S), int(EPOCH_S) + 5, int(EPOCH_S) + 40_000, COUNT_MAX - 1, COUNT_MAX))

    def _boot(self, victim: Victim) -> str:
        return self._random.choice((victim.boot_id, victim.boot_id, "0", "zzzzzzzz"))

    def _neighbors(self, server: str) -> list[dict[str, Any]]:
        names = [LIAR, *INVENTED, *(victim.name for victim in self.victims)]
        chosen = [name for name in names if name != server and self._random.random() < 0.4]
        return [self._neighbor(name) for name in chosen]

    def _neighbor(self, name: str) -> dict[str, Any]:
        leaf = (
            {"address": self._address(), "services": list(SERVICE_NAMES[:2])} if self._random.random() < 0.2 else None
        )
        return {"server": name, "cost": self._random.choice((1.0, 0.000001, 5.0)), "leaf": leaf}

    def _of_itself(self) -> dict[str, Any]:
        self._sequence += 1
        state = _links(self._address(), self._neighbors(LIAR))
        return self._record(LIAR, LINKS, state, BOOT, int(EPOCH_S), self._sequence)

    def _links_of_another(self) -> dict[str, Any]:
        victim = self._random.choice(self.victims)
        state = _links(self._address(), self._neighbors(victim.name))
        return self._record(victim.name, LINKS, state, self._boot(victim), self._started(), self._counter())

    def _services_of_another(self) -> dict[str, Any]:
        victim, service = self._random.choice(self.victims), self._random.choice(SERVICE_NAMES)
        instance = {
            "server": victim.name,
            "service": service,
            "role": "live",
            "state": self._random.choice(("up", "down")),
        }
        state = {"instances": [instance] if self._random.random() < 0.6 else []}
        boot = self._boot(victim)
        return self._record(victim.name, bucket_of(service), state, boot, self._started(), self._counter())

    def _of_an_invented_one(self) -> dict[str, Any]:
        name = self._random.choice(INVENTED)
        return self._record(
            name, LINKS, _links(self._address(), self._neighbors(name)), "x", self._started(), self._counter()
        )

    def _summary(self) -> str:
        told = self._random.choice(((COUNT_MAX, "zz", {LINKS: COUNT_MAX}), (0, "0", {})))
        return json.dumps({victim.name: told for victim in self.victims if self._random.random() < 0.8})

    def _digests(self) -> dict[str, str]:
        told = self._random.choice((None, "{}", "[]", json.dumps({victim.name: "0" for victim in self.victims})))
        return {} if told is None else {"digests": told}

    @staticmethod
    def _record(server: str, part: str, state: Any, boot: str, started: int, sequence: int) -> dict[str, Any]:
        return {
            "server": server,
            "boot_id": boot,
            "started": started,
            "part": part,
            "sequence": sequence,
            "state": state,
        }


def _links(address: str, neighbors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"address": address, "secure": False, "neighbors": neighbors, "features": ["directory/1", "ack/1"]}
