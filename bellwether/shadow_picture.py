"""PURE: one picture of all shadows, put together from the answers of routers and canaries."""

import msgspec

from communicator.wording.shadow_picture import Seen


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """What all who answered tell of shadows."""

    server: str
    """Whose router was asked first."""
    shadows: tuple[Seen, ...] = ()
    told_by: tuple[str, ...] = ()
    """Servers whose canaries told."""
    silent: dict[str, str] = {}
    """By server, why its canary did not."""
    too_old: str = ""
    """The release of the router here, where it knows no shadows."""
