"""What others have to show, and what we show them: passwords, the key and certificates, as the settings in force have them."""

from pathlib import Path
from typing import NamedTuple

from communicator.daemon.credential_checker import CredentialChecker, Done
from communicator.daemon.router_config import cluster_key
from communicator.daemon.settings import CommunicatordSettings
from communicator.daemon.tls import Trust, load_trust
from communicator.router.mesh.cluster_key import KEY_HOLDER
from communicator.router.vocabulary.effects import CheckCredential
from communicator.router.vocabulary.events import Credential


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
        self._file = _password_file(settings)
        self._key = cluster_key(settings)
        self._checker = CredentialChecker(self._file)
        self._waiting: set[Done] = set()
        self._proven: set[str] = set()
        """Who has shown the right password; only entries of the file are among them."""

    def check(self, effect: CheckCredential, done: Done) -> None:
        """Verify a password; `done` is called later with what it opens, or with None."""

        def answer(credential: Credential | None) -> None:
            self._waiting.discard(answer)
            if credential is not None:
                self._proven.add(credential.username)
            done(credential)

        self._waiting.add(answer)
        self._checker.check(effect, answer)

    def reload(self, settings: CommunicatordSettings) -> Revoked:
        """Read everything anew.

        Raises:
            ConfigError: Something is wrong; nothing was changed.
        """
        trust, file, key = load_trust(settings.tls), _password_file(settings), cluster_key(settings)
        usernames = self._checker.reload() if file == self._file else self._replace_file(file)
        if key != self._key:
            self._key = key
            usernames |= {KEY_HOLDER.username}
        changed = trust.fingerprint != self.trust.fingerprint
        self.trust = trust
        return Revoked(usernames, changed)

    def close(self) -> None:
        """Verify nothing more; what waits is not answered."""
        self._checker.close()

    def _replace_file(self, file: Path | None) -> frozenset[str]:
        """Nothing that another file opened counts: whoever is in has to show it again."""
        checker = CredentialChecker(file)
        self._checker.close()
        self._file, self._checker = file, checker
        revoked = frozenset(self._proven)
        self._proven.clear()
        for answer in list(self._waiting):
            answer(None)
        return revoked


def _password_file(settings: CommunicatordSettings) -> Path | None:
    return Path(settings.auth.password_file) if settings.auth.password_file else None
