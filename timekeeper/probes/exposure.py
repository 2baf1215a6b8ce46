"""PURE: rules whether probes may be answered at an address: an open one needs the cluster key; it opens none."""

from communicator.errors import ConfigError
from communicator.protocol import HostPort
from communicator.protocol.addresses import is_private


def check_probe_exposure(listen: HostPort, *, has_key: bool, mode: str) -> None:
    """Check that no other host can have its clock believed without the cluster key, unless that was said aloud.

    Args:
        listen: Where probes are answered.
        has_key: Whether there is a cluster key.
        mode: ``auth.mode``; ``"none"`` gives up the key, on a private address.

    Raises:
        ConfigError: The address can be reached from other hosts, and there is neither.
    """
    if listen.is_loopback or has_key:
        return
    if mode == "none":
        if is_private(str(listen)):
            return
        raise ConfigError(
            "cluster_key_file",
            f"probe_listen {str(listen)!r} is not a private address (RFC 1918, RFC 4193): anybody would be believed; set it",
        )
    raise ConfigError(
        "cluster_key_file",
        f"probe_listen {str(listen)!r} can be reached from other hosts: set it, or say auth.mode = 'none' on a private address",
    )
