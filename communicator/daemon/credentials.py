"""What others have to show, and what we show them: passwords, the key and certificates, as the settings in force have them."""

from pathlib import Path
from typing import NamedTuple

from communicator.daemon.credential_checker import CredentialChecker
from communicator.daemon.router_config import cluster_key
from communicator.daemon.settings import CommunicatordSettings
from communicator.daemon.tls import Trust, load_trust
from communicator.router.mesh.cluster_key import KEY_HOLDER


class Revoked(NamedTuple):
    """What no longer counts."""

    usernames: frozenset[str]
    """Entries that are gone or have another password; the key counts as one."""
    certificates: bool
    """Whether TLS links came about with other certificates or authorities."""


class Credentials:
    """The password file and the files of ``[tls]``.

    Args:
        settings: Those of the start.

    Raises:
        ConfigError: A file is not as it must be; names the key.
    """

    def __init__(self, settings: CommunicatordSettings) -> None:
        self.trust: Trust = load_trust(settings.tls)
        self._key = cluster_key(settings)
        self.passwords = CredentialChecker(_password_file(settings))
        """Verifies them; closed by whoever has these credentials."""

    def reload(self, settings: CommunicatordSettings) -> Revoked:
        """Read everything anew.

        Raises:
            ConfigError: Something is wrong; nothing was changed.
        """
        trust, key = load_trust(settings.tls), cluster_key(settings)
        usernames = self.passwords.reload(_password_file(settings))
        if key != self._key:
            self._key = key
            usernames |= {KEY_HOLDER.username}
        changed = trust.fingerprint != self.trust.fingerprint
        self.trust = trust
        return Revoked(usernames, changed)


def _password_file(settings: CommunicatordSettings) -> Path | None:
    return Path(settings.auth.password_file) if settings.auth.password_file else None
