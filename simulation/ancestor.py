"""A router as the ancestor is, as far as others can tell: no features, no directory, and it believes whatever a peer brings."""

from communicator.router import Router, RouterConfig
from communicator.router.events import Instant
from communicator.router.registry import Link


class Ancestor(Router):
    """A router without features that passes for a C++ communicatord.

    Args:
        config: Its identity and rules; it has no features.
        now: When it starts.
    """

    def __init__(self, config: RouterConfig, now: Instant) -> None:
        super().__init__(config, now)
        self._board.mesh.may_carry = _believe


def _believe(_link: Link, _server: str, _now_s: float) -> bool:
    """The ancestor does not ask which way a message came."""
    return True
