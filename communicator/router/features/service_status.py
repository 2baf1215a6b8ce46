"""SERVICE_STATUS, STATUS and LIST_SERVICES: which services are there, and since when."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from communicator.answers.services import Block, Instance, Role
from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message
from communicator.protocol.values import parse_integer, required
from communicator.router.cores.policy import PolicyInForce
from communicator.router.cores.voice import Voice
from communicator.router.peering.instances import local_instances
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link, Registration

PAGE = 500
"""Service instances per page where no limit is asked for."""
BLOCKS_TOLD = 100
"""Blocked versions that are named beside the first page: a person looks for one."""


def tell_status(voice: Voice, config: RouterConfig, registration: Registration, down_since_s: int | None) -> None:
    """Broadcast on this host that a service has come or gone."""
    voice.tell_listeners("STATUS", **_status(config, registration, down_since_s))


def service_status(board: Switchboard, link: Link, message: Message, _now: Instant) -> None:
    """SERVICE_STATUS: answered by STATUS up, here or else on another server, down (known, but not there) or unknown."""
    service = required(message, "service")
    live = board.registry.live(service)
    if live is not None and live.registration is not None:
        board.answer(link, "STATUS", **_status(board.config, live.registration, None))
        return
    elsewhere = [one for one in board.mesh.directory.instances(service) if one.state == "up" and one.role == Role.LIVE]
    if elsewhere:
        first = elsewhere[0]
        since = {} if first.up_since is None else {"up_since": str(first.up_since)}
        told = {"cache": "no", "server": first.server, "server_name": first.server, "service": service, "status": "up"}
        board.answer(link, "STATUS", **told, **since)
        return
    known = service in board.config.known_services
    board.answer(link, "STATUS", cache="no", service=service, status="down" if known else "unknown")


def _status(config: RouterConfig, registration: Registration, down_since_s: int | None) -> dict[str, str]:
    """STATUS defines ``server``, the ancestor sends ``server_name``: say both."""
    told = {
        "cache": "no",
        "server": config.server_name,
        "server_name": config.server_name,
        "service": registration.service,
        "status": "up" if down_since_s is None else "down",
        "up_since": str(registration.up_since_s),
    }
    return told if down_since_s is None else {**told, "down_since": str(down_since_s)}


def list_services(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """LIST_SERVICES: answered by one page of SERVICES, with how many there are in all."""
    offset = _count(message, "offset", 0)
    limit = _count(message, "limit", PAGE)
    instances = local_instances(board.config, board.registry, board.learning)
    if message.get("scope", "cluster") != "local":
        instances += board.mesh.directory.all()
    instances.sort(key=lambda one: (one.service, one.server, one.role, one.pid or 0))  # a stable order for pages
    page = _page(instances[offset : offset + limit], board.config.limits.answer_bytes)
    names = ",".join(dict.fromkeys(instance.service for instance in page))
    told = {"list": names} if names else {}
    blocked = [] if offset else list(islice(_blocked(board.policy, now), BLOCKS_TOLD))
    if blocked:
        told["blocked"] = msgspec.json.encode(blocked).decode()
    told |= {"services": msgspec.json.encode(page).decode(), "offset": str(offset), "total": str(len(instances))}
    board.answer(link, "SERVICES", **told)


def _blocked(policy: PolicyInForce, now: Instant) -> Iterator[Block]:
    for denial, blocking in policy.standing(now.monotonic_s):
        yield Block(
            service=denial.service,
            server=denial.server,
            version=denial.version,
            build=denial.build,
            left_s=round(blocking.until_s, 3),
            reason=blocking.reason,
        )


def _count(message: Message, name: str, default: int) -> int:
    text = message.get(name)
    value = parse_integer(text) if text else default
    if value < 0:
        raise RemoteProtocolError(f"parameter {name}: {value} is negative")
    return value


def _page(instances: list[Instance], bytes_max: int) -> list[Instance]:
    """As many instances as fit into one answer; an instance too large by itself is told without its commands."""
    page, used = [], 0
    for instance in instances:
        size = len(msgspec.json.encode(instance)) * 2
        if size > bytes_max:
            page.append(msgspec.structs.replace(instance, commands=()))
            continue
        used += size
        if used > bytes_max:
            break
        page.append(instance)
    return page
