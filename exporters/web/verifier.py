"""SHELL: verifies passwords, of each standing one at a time, and remembers the right ones; whose they are it does not know."""

import asyncio
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

from communicator.fairness.desks import Desks, Turn
from communicator.fairness.sources import Standing
from communicator.runtime.password_threads import PasswordThreads

Verify: TypeAlias = Callable[[str, str], bool]
"""Whether a password goes with a hash; takes its time."""

_REMEMBERED = 256
"""Right pairs: so many users are never there."""
_WAITING = 15
"""Verifications waited for of each standing: each takes some 0.1 to 0.2 s, and whoever comes after them is told so."""
_WAITING_OF_ONE_ADDRESS = 3
"""Of these those of one address: the users of one proxy, or one who guesses."""
_PASSWORD_BYTES = 1024
_BCRYPT_BYTES = 72
"""bcrypt sees no more of a password, wherever it is verified."""


class BusyError(Exception):
    """Too many passwords wait to be verified, or too many of one address."""


class _Pair(NamedTuple):
    """What somebody shows, and waits for."""

    key: bytes
    hashed: str
    password: str
    standing: Standing


class Verifier:
    """Verifies, one at a time of each standing, by the same rule as the router.

    Args:
        verify: How.
    """

    def __init__(self, verify: Verify | None = None) -> None:
        self._verify = verify or is_right
        self._secret = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._running: dict[bytes, asyncio.Future[bool]] = {}
        self._desks: Desks[_Pair] = Desks(_WAITING, _WAITING_OF_ONE_ADDRESS)
        self._threads = PasswordThreads()
        self._closed = False

    def remembers(self, hashed: str, password: str) -> bool:
        """Whether this was right before: then nothing needs to be verified."""
        key = self._key(hashed, password)
        if key not in self._right:
            return False
        self._right.move_to_end(key)
        return True

    async def verify(self, hashed: str, password: str, address: str, standing: Standing) -> bool:
        """Whether a password goes with a hash.

        Args:
            hashed: The hash.
            password: What somebody shows; one who shows the same meanwhile waits for the same verification, as a browser does that
                asks for several things at once.
            address: Of who shows it.
            standing: How that address stands.

        Raises:
            BusyError: Too many wait already.
        """
        pair = _Pair(self._key(hashed, password), hashed, password, standing)
        running = self._running.get(pair.key)
        if running is None:
            turn = self._desks.enter(pair, address, standing)
            if turn is Turn.NEVER:
                raise BusyError
            running = self._running[pair.key] = asyncio.get_running_loop().create_future()
            if turn is Turn.NOW:
                self._begin(pair)
        return await asyncio.shield(running)

    def close(self) -> None:
        """Verify no more; whoever waits is never answered."""
        self._closed = True
        self._threads.close()

    def _begin(self, pair: "_Pair") -> None:
        done = self._threads.submit(pair.standing, partial(self._verify, pair.hashed, pair.password))
        asyncio.wrap_future(done).add_done_callback(partial(self._end, pair))

    def _end(self, pair: "_Pair", verified: asyncio.Future[bool]) -> None:
        if self._closed:
            return
        running = self._running.pop(pair.key)
        if (error := verified.exception()) is not None:
            running.set_exception(error)
        else:
            self._remember(pair.key, is_right=verified.result())
            running.set_result(verified.result())
        following = self._desks.end(pair.standing)
        if following is not None:
            self._begin(following)

    def _remember(self, key: bytes, *, is_right: bool) -> None:
        if is_right:
            self._right[key] = None
            if len(self._right) > _REMEMBERED:
                self._right.popitem(last=False)

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
