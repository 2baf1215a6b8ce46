"""SHELL: lets in who shows a right password or token, and slows down who guesses; what is asked for is no matter here."""

import hmac
import math
import time
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from structlog.typing import FilteringBoundLogger

from communicator.fairness.delays import Delays
from communicator.fairness.sources import Sources, Standing
from exporters.web.authorization import Basic, Bearer, read_authorization
from exporters.web.credentials import Credentials, digest_of
from exporters.web.door import is_loopback
from exporters.web.health import HEALTH
from exporters.web.verifier import BusyError, Verifier

_UNAUTHORIZED, _TOO_MANY_REQUESTS, _UNAVAILABLE = 401, 429, 503


class Access:
    """Knows who may ask.

    Args:
        credentials: Of whom; may be replaced later.
        log: Where a wrong one is told.
        verifier: Verifies passwords.
        now_s: The time, in seconds, of a clock that nobody sets.
    """

    sources: Sources
    """How addresses stand: whoever has shown something right is known for a day."""

    def __init__(
        self,
        credentials: Credentials,
        log: FilteringBoundLogger,
        verifier: Verifier,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.credentials = credentials
        self.wrong = 0
        """How many showed something wrong."""
        self._log = log
        self._verifier = verifier
        self._now_s = now_s
        self.sources = Sources(is_loopback)
        self._delays = Delays()

    async def admit(self, request: Request) -> Response | None:
        """See whether who asks may; gives the refusal, or None."""
        if not self.credentials or request.scope["path"] == HEALTH:
            return None
        address = request.client.host if request.client else ""
        match read_authorization(request.headers.get("authorization", "")):
            case Bearer(token):
                refusal = None if self._knows(token) else self._refuse(address, "")
            case Basic(user, password):
                refusal = await self._admit_user(address, user, password)
            case None:
                return self._challenge("credentials are needed")
        if refusal is None:
            self.sources.note_proven(address, self._now_s())
        return refusal

    def _knows(self, token: str) -> bool:
        digest = digest_of(token)
        return any([hmac.compare_digest(digest, known) for known in self.credentials.tokens])  # noqa: C419 - looks at all

    async def _admit_user(self, address: str, user: str, password: str) -> Response | None:
        users = self.credentials.users
        if not users:
            return self._refuse(address, "")
        hashed = users.get(user)
        if hashed is not None and self._verifier.remembers(hashed, password):
            return None
        now_s = self._now_s()
        standing = self.sources.standing(address, now_s)
        if (wait_s := self._delays.wait_s(address, now_s, network=standing is not Standing.KNOWN)) > 0:
            return _come_again(_TOO_MANY_REQUESTS, "too many wrong credentials", wait_s)
        like = hashed or next(iter(users.values()))  # whoever is not known takes as long as a wrong password
        try:
            right = await self._verifier.verify(like, password, address, standing)
        except BusyError:
            return _come_again(_UNAVAILABLE, "too many passwords are being verified", 1)
        counts = right and hashed and self.credentials.users.get(user) == hashed  # not changed meanwhile
        return None if counts else self._refuse(address, user if hashed else "")

    def _refuse(self, address: str, user: str) -> Response:
        """Note a wrong one; what was shown is told nowhere, not even an unknown user, who may be a password by mistake."""
        self.wrong += 1
        count = self._delays.note_wrong(address, self._now_s())
        self.sources.note_failed(address, self._now_s())
        if count & (count - 1) == 0:
            known = {"user": user} if user else {}
            self._log.warning("credentials_refused", address=address, count=count, **known)
        return self._challenge("wrong credentials")

    def _challenge(self, reason: str) -> Response:
        schemes = []
        if self.credentials.users:
            schemes.append('Basic realm="bellwether", charset="UTF-8"')
        if self.credentials.tokens:
            schemes.append('Bearer realm="bellwether"')
        return PlainTextResponse(f"{reason}\n", _UNAUTHORIZED, {"www-authenticate": ", ".join(schemes)})


def _come_again(status: int, reason: str, wait_s: float) -> Response:
    return PlainTextResponse(f"{reason}\n", status, {"retry-after": str(math.ceil(wait_s))})
