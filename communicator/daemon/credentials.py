"""What others have to show, and what we show them: passwords, the key and certificates, as the settings in force have them.

Passwords are verified in threads that stand back behind routing; what a credential opens is not judged here.
"""

import asyncio
import hmac
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from communicator.daemon.passwords import Entry, hash_of_nobody, read_password_file
from communicator.daemon.router_config import cluster_key
from communicator.daemon.settings import CommunicatordSettings
from communicator.daemon.tls import load_trust
from communicator.router.mesh.cluster_key import KEY_HOLDER
from communicator.router.vocabulary.effects import CheckCredential
from communicator.router.vocabulary.events import Credential
from communicator.runtime.password_threads import PasswordThreads

_KEY = "auth.password_file"
_REMEMBERED = 1_024
"""Right pairs of a hash and a password: the hosts of a large cluster."""

Done = Callable[[Credential | None], None]


class CredentialChecker:
    """Knows the password file.

    Args:
        file: The file; None: nobody has a password.

    Raises:
        ConfigError: The file is not a good one.
    """

    def __init__(self, file: Path | None) -> None:
        self._file: Path | None = None
        self._entries: Mapping[str, Entry] = {}
        self._nobody = hash_of_nobody()
        self._threads = PasswordThreads()
        self._secret = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        """What was right before, so that nobody with a right password waits on a busy machine; the latest last."""
        self._closed = False
        self.reload(file)

    def check(self, asked: CheckCredential, done: Done) -> None:
        """Verify a password; it never raises.

        Args:
            asked: Which. A user who is not known takes as long as a wrong password.
            done: Called later, in the loop that runs now: with what the entry opens, or None when it is not right. Not called
                after `close`.
        """
        if self._closed:
            return
        entry = self._entries.get(asked.username)
        hashed = self._nobody if entry is None else entry.hash
        loop = asyncio.get_running_loop()
        seal = self._seal(hashed, asked.password)
        if entry is not None and seal in self._right:
            loop.call_soon(self._answer, entry, seal, done)
            return

        def verify() -> None:
            if self._closed:
                return
            answer = entry if self._file and _is_right(hashed, asked.password) else None
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._answer, answer, seal, done)

        self._threads.submit(asked.standing, verify)

    def reload(self, file: Path | None) -> frozenset[str]:
        """Read the file anew, or another one.

        Returns:
            The users whose entry is gone or another: what was proven with it no longer counts. With another file these are all:
            whoever is in has to show it again.

        Raises:
            ConfigError: The file is not a good one; the entries known before are kept.
        """
        entries = {} if file is None else read_password_file(file, _KEY)
        is_other = file != self._file
        revoked = frozenset(user for user, entry in self._entries.items() if is_other or entries.get(user) != entry)
        self._file, self._entries = file, entries
        self._nobody = hash_of_nobody(_most_common_cost(entries))
        return revoked

    def close(self) -> None:
        """Drop what was not answered yet; each thread ends after the verification it is at."""
        self._closed = True
        self._threads.close()

    def _seal(self, hashed: str, password: str) -> bytes:
        """What a pair is known by: of no use to who reads it without the secret of this process."""
        return hmac.digest(self._secret, f"{hashed}\0{password}".encode(errors="surrogatepass"), "sha256")

    def _answer(self, entry: Entry | None, seal: bytes, done: Done) -> None:
        if not self._closed:
            if entry is not None:
                self._right[seal] = None
                self._right.move_to_end(seal)
                if len(self._right) > _REMEMBERED:
                    self._right.popitem(last=False)
            is_known = entry is None or self._entries.get(entry.username) == entry  # not changed meanwhile
            done(entry.credential if entry and is_known else None)


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
        self.trust = load_trust(settings.tls)
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


def _most_common_cost(entries: Mapping[str, Entry]) -> str:
    """A hash with the parameters that most entries have; empty without entries."""
    costs = Counter(entry.hash.rsplit("$", 2)[0] for entry in entries.values())
    return f"{costs.most_common(1)[0][0]}$$" if costs else ""


def _is_right(hashed: str, password: str) -> bool:
    from argon2.exceptions import Argon2Error  # noqa: PLC0415 - 4 MiB that few routers need
    from argon2.low_level import Type, verify_secret  # noqa: PLC0415 - the same

    try:
        return verify_secret(hashed.encode(), password.encode(errors="surrogatepass"), Type.ID)
    except (Argon2Error, MemoryError):
        return False
