"""SHELL: asks the router of a canary host which commands never came to the versions that run there; it asks no service."""

from canary.mind import Mind
from canary.records import CellKey
from communicator.client import Service
from communicator.client.session import OWN_COMMANDS
from communicator.errors import ClientError
from communicator.protocol import Message


async def ask_unheard(service: Service, mind: Mind, only: CellKey | None = None) -> dict[str, tuple[str, ...]]:
    """Which commands never came, by service; without those that every service understands and routers say.

    Args:
        service: The link to the router.
        mind: What is known.
        only: A version on a server, if no other one matters.

    Returns:
        Nothing unless this is a canary host, of a service that all its commands came to, and while the router does not answer.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in _running(
        mind, only
    ):  # one after the other: which answer belongs to which question is told by their order
        try:
            reply = await service.request(Message("SERVICE_STATUS", {"service": name, "unheard": "true"}), "STATUS")
        except ClientError:
            return found
        missing = tuple(one for one in reply.get("unheard").split(",") if one and one not in OWN_COMMANDS)
        if missing:
            found[name] = missing
    return found


def _running(mind: Mind, only: CellKey | None) -> list[str]:
    me, state = mind.me, mind.state
    if me not in mind.rules.canary.hosts:
        return []
    here = (found for found in (keys.get(me) for keys in state.installed.values()) if found is not None)
    return [key.service for key in here if only in (None, key) and state.cells[key].running]
