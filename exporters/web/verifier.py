"""SHELL: verifies passwords in one thread, one at a time, and remembers the right ones; whose they are it does not know."""

import asyncio
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

Verify: TypeAlias = Callable[[str, str], bool]
"""Whether a password goes with a hash; takes its time."""

_REMEMBERED = 256
"""Right pairs: so many users are never there."""
_WAITING = 16
"""Verifications waited for: they take some 0.1 to 0.2 s each, and whoever comes after them is told to come again."""
_PASSWORD_BYTES = 1024
_BCRYPT_BYTES = 72
"""bcrypt sees no more of a password, wherever it is verified."""


class BusyError(Exception):
    """Too many passwords wait to be verified."""


class Verifier:
    """Verifies, at most one at a time.

    Args:
        verify: How.
    """

    def __init__(self, verify: Verify | None = None) -> None:
        self._verify = verify or is_right
        self._secret = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._running: dict[bytes, asyncio.Future[bool]] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="passwords")

    def remembers(self, hashed: str, password: str) -> bool:
        """Whether this was right before: then nothing needs to be verified."""
        key = self._key(hashed, password)
        if key not in self._right:
            return False
        self._right.move_to_end(key)
        return True

    def is_verifying(self, hashed: str, password: str) -> bool:
        """Whether somebody waits for this one already: a browser asks for several things at once."""
        return self._key(hashed, password) in self._running

    async def verify(self, hashed: str, password: str) -> bool:
        """Whether a password goes with a hash.

        Raises:
            BusyError: Too many wait already.
        """
        key = self._key(hashed, password)
        running = self._running.get(key)
        if running is None:
            if len(self._running) >= _WAITING:
                raise BusyError
            running = asyncio.get_running_loop().run_in_executor(self._pool, self._verify, hashed, password)
            self._running[key] = running
            running.add_done_callback(lambda _: self._running.pop(key, None))
        right = await asyncio.shield(running)
        if right:
            self._right[key] = None
            if len(self._right) > _REMEMBERED:
                self._right.popitem(last=False)
        return right

    def close(self) -> None:
        """Verify no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _key(self, hashed: str, password: str) -> bytes:
        """What a pair is known by: of no use to who reads it without the secret of this process."""
        pair = f"{hashed}\0{password}".encode(errors="surrogatepass")
        return hmac.digest(self._secret, pair, "sha256")


def is_right(hashed: str, password: str) -> bool:
    """Whether a password goes with a hash of argon2id or bcrypt."""
    said = password.encode(errors="surrogatepass")
    if len(said) > _PASSWORD_BYTES:
        return False
    return _is_right_by_argon2(hashed, said) if hashed.startswith("$argon2") else _is_right_by_bcrypt(hashed, said)


def _is_right_by_argon2(hashed: str, said: bytes) -> bool:
    from argon2.exceptions import Argon2Error  # noqa: PLC0415 - 4 MiB that only exporters with passwords need
    from argon2.low_level import Type, verify_secret  # noqa: PLC0415 - the same

    try:
        return verify_secret(hashed.encode(), said, Type.ID)
    except (Argon2Error, MemoryError):
        return False


def _is_right_by_bcrypt(hashed: str, said: bytes) -> bool:
    import bcrypt  # noqa: PLC0415 - only exporters with Prometheus' own file need it

    try:
        return bcrypt.checkpw(said[:_BCRYPT_BYTES], hashed.encode())
    except ValueError:
        return False
