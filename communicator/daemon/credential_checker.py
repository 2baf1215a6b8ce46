"""Verifies passwords in one thread, one at a time and out of the way of routing; what a credential opens it does not judge."""

import asyncio
import os
import queue
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from communicator.daemon.passwords import Entry, hash_of_nobody, read_password_file
from communicator.router.vocabulary.events import Credential

_KEY = "auth.password_file"
_NICE = 10
"""How far the thread stands back: on a busy machine it gets a tenth of what the loop gets."""

Done = Callable[[Credential | None], None]


class CredentialChecker:
    """Knows the password file.

    Args:
        file: The file; None: nobody has a password.

    Raises:
        ConfigError: The file is not a good one.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._verify = _nothing_is_right if file is None else _load_verify()
        self._entries: Mapping[str, Entry] = {}
        self._nobody = hash_of_nobody()
        self._checks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.reload()

    def check(self, username: str, password: str, done: Done) -> None:
        """Verify a password; it never raises.

        Args:
            username: Who claims to be there. One who is not known takes as long as a wrong password.
            password: What was said.
            done: Called later, in the loop that runs now: with what the entry opens, or None when it is not right. Not called
                after `close`.
        """
        if self._closed:
            return
        entry = self._entries.get(username)
        hashed = self._nobody if entry is None else entry.hash
        loop = asyncio.get_running_loop()

        def verify() -> None:
            answer = entry if self._verify(hashed, password) else None
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._answer, answer, done)

        self._checks.put(verify)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="passwords", daemon=True)
            self._thread.start()

    def reload(self) -> frozenset[str]:
        """Read the file anew.

        Returns:
            The users whose entry is gone or another: what was proven with it no longer counts.

        Raises:
            ConfigError: The file is not a good one; the entries known before are kept.
        """
        entries = {} if self._file is None else read_password_file(self._file, _KEY)
        revoked = frozenset(user for user, entry in self._entries.items() if entries.get(user) != entry)
        self._entries = entries
        self._nobody = hash_of_nobody(_most_common_cost(entries))
        return revoked

    def close(self) -> None:
        """Drop what was not answered yet; the thread ends after the verification it is at."""
        self._closed = True
        self._checks.put(None)

    def _work(self) -> None:
        """The thread: one check after the other."""
        _stand_back()
        while (verify := self._checks.get()) is not None:
            if not self._closed:
                verify()

    def _answer(self, entry: Entry | None, done: Done) -> None:
        if not self._closed:
            is_known = entry is None or self._entries.get(entry.username) == entry  # not changed meanwhile
            done(entry.credential if entry and is_known else None)


def _most_common_cost(entries: Mapping[str, Entry]) -> str:
    """A hash with the parameters that most entries have; empty without entries."""
    costs = Counter(entry.hash.rsplit("$", 2)[0] for entry in entries.values())
    return f"{costs.most_common(1)[0][0]}$$" if costs else ""


def _nothing_is_right(_hash: str, _password: str) -> bool:
    return False


def _load_verify() -> Callable[[str, str], bool]:
    from argon2.exceptions import Argon2Error  # noqa: PLC0415 - 4 MiB that few routers need
    from argon2.low_level import Type, verify_secret  # noqa: PLC0415 - the same

    def verify(hashed: str, password: str) -> bool:
        try:
            return verify_secret(hashed.encode(), password.encode(errors="surrogatepass"), Type.ID)
        except (Argon2Error, MemoryError):
            return False

    return verify


def _stand_back() -> None:
    """Let the loop go first where cores are few; on Linux a thread has a priority of its own."""
    if sys.platform == "linux":
        own = threading.get_native_id()
        with suppress(OSError):  # where that is forbidden, it works without
            os.setpriority(os.PRIO_PROCESS, own, os.getpriority(os.PRIO_PROCESS, own) + _NICE)
