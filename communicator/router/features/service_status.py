"""SERVICE_STATUS, STATUS and LIST_SERVICES: which services are there, and since when."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cache
from itertools import islice

import msgspec

from communicator.answers.services import Block, Instance, Role
from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message, given
from communicator.protocol.values import parse_integer, required
from communicator.router.cores.policy import PolicyInForce
from communicator.router.cores.remembered import Answer
from communicator.router.cores.statistics import fill
from communicator.router.cores.voice import Voice
from communicator.router.delivery.repertoire import REQUIRED_COMMANDS
from communicator.router.peering.instances import local_instances
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link, Registration

PAGE = 500
"""Service instances per page where no limit is asked for."""
UNHEARD_TOLD = 1000
"""Commands that never came to a service and are told: a message must fit into a line."""
BLOCKS_TOLD = 100
"""Blocked versions that are named beside the first page: a person looks for one."""


def tell_status(voice: Voice, registration: Registration, down_since_s: int | None) -> None:
    """Broadcast on this host that a service has come or gone."""
    told = _status(voice.server, registration.service, registration.up_since_s, down_since_s)
    voice.tell_listeners("STATUS", **told)


def service_status(board: Switchboard, link: Link, message: Message, _now: Instant) -> None:
    """SERVICE_STATUS: answered by STATUS up, here or else on another server, down (known, but not there) or unknown."""
    service = required(message, "service")
    live = board.registry.live(service)
    elsewhere = (one for one in board.mesh.directory.instances(service) if one.state == "up" and one.role is Role.LIVE)
    if live is not None and live.registration is not None:
        told = _status(board.server, service, live.registration.up_since_s)
        if message.get("unheard") == "true":
            told |= given(unheard=",".join(sorted(live.commands - live.heard - REQUIRED_COMMANDS)[:UNHEARD_TOLD]))
    elif (there := next(elsewhere, None)) is not None:
        told = _status(there.server, service, there.up_since)
    else:
        told = {"cache": "no", "service": service}
        told["status"] = "down" if service in board.config.known_services else "unknown"
    board.answer(link, "STATUS", **told)


def _status(server: str, service: str, up_since_s: int | None, down_since_s: int | None = None) -> dict[str, str]:
    """STATUS defines ``server``, the ancestor sends ``server_name``: say both."""
    status = "up" if down_since_s is None else "down"
    told = {"cache": "no", "server": server, "server_name": server, "service": service, "status": status}
    since = {"up_since": up_since_s, "down_since": down_since_s}
    return told | {name: str(at_s) for name, at_s in since.items() if at_s is not None}


def list_services(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """LIST_SERVICES: answered by one page of SERVICES, with how many there are in all."""
    offset = _count(message, "offset", 0)
    limit = _count(message, "limit", PAGE)
    is_local = message.get("scope", "cluster") == "local"
    blocked = [] if offset else list(islice(_blocked(board.policy, now), BLOCKS_TOLD))
    if blocked or link.answers_to is not None:
        told = given(blocked=msgspec.json.encode(blocked).decode() if blocked else "")
        board.answer(link, "SERVICES", **_services(board, offset, limit, is_local=is_local), **told)
        return

    def write() -> bytes:
        return encode_line(board.signed(Message("SERVICES", _services(board, offset, limit, is_local=is_local))))

    board.say_line(link, _remembered(board, (is_local, offset, limit), write))


def _remembered(board: Switchboard, question: Hashable, work_out: Callable[[], Answer]) -> Answer:
    """What was worked out since a service anywhere has come or gone, or has changed."""
    mesh = board.mesh
    state = (board.route_changes, mesh.database.services_generation, mesh.generation, board.carrier.generation)
    return board.remembered.answer(question, state, work_out)


def _services(board: Switchboard, offset: int, limit: int, *, is_local: bool) -> dict[str, str]:
    written = _remembered(board, is_local, lambda: _Written(_instances(board, is_local=is_local)))
    numbers = range(offset, min(offset + limit, len(written.instances)))
    page = written.page(numbers, board.config.limits.answer_bytes)
    names = ",".join(dict.fromkeys(written.instances[number].service for number in numbers[: len(page)]))
    services = b",".join(page).decode()
    return given(list=names, services=f"[{services}]", offset=str(offset), total=str(len(written.instances)))


def _instances(board: Switchboard, *, is_local: bool) -> list[Instance]:
    """All of them, in an order that stays the same, for pages."""
    instances = local_instances(board)
    if not is_local:
        instances += board.mesh.directory.all()
    instances.sort(key=lambda one: (one.service, one.server, one.role, one.pid or 0))
    return instances


def _blocked(policy: PolicyInForce, now: Instant) -> Iterator[Block]:
    for denial, blocking in policy.standing(now.monotonic_s):
        yield fill(Block, denial, left_s=round(blocking.until_s, 3))


def _count(message: Message, name: str, default: int) -> int:
    text = message.get(name)
    value = parse_integer(text) if text else default
    if value < 0:
        raise RemoteProtocolError(f"parameter {name}: {value} is negative")
    return value


class _Written:
    """Instances as they are told, each written once.

    Args:
        instances: All of them.
    """

    def __init__(self, instances: Sequence[Instance]) -> None:
        self.instances = instances
        self._text = cache(lambda number: msgspec.json.encode(instances[number]))

    def page(self, numbers: range, bytes_max: int) -> list[bytes]:
        """As many instances as fit into one answer; an instance too large by itself is told without its commands.

        Args:
            numbers: Which of them.
            bytes_max: What the answer may take, where each byte may need an escape.
        """
        page, used = [], 0
        for number in numbers:
            text = self._text(number)
            size = len(text) * 2
            if size > bytes_max:
                page.append(msgspec.json.encode(msgspec.structs.replace(self.instances[number], commands=())))
                continue
            used += size
            if used > bytes_max:
                break
            page.append(text)
        return page
