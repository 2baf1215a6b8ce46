"""SHELL: answers requests of the OpenFeature Remote Evaluation Protocol; flags are held and evaluated elsewhere."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from structlog.typing import FilteringBoundLogger

from communicator.features.store import FlagStore
from exporters.ofrep.answers import (
    FLAG_NOT_FOUND,
    NOT_MODIFIED,
    SERVER_ERROR,
    Failure,
    Reply,
    Success,
    bulk_reply,
    etag_of,
    fault_body,
    flag_of,
    is_known,
    not_found_reply,
    refused_reply,
    single_reply,
)
from exporters.ofrep.questions import BODY_BYTES, Asked, RefusedError, read_context, read_path
from exporters.web.guard import Form

_AT_ONCE = 50
"""Flags evaluated until others have their turn: some 2 ms."""
_JSON = "application/json"
_UNKNOWN = "no flags are known: the canary of this host has told none yet"
_BODY_REFUSED = frozenset((411, 413))


def refused_form(request: Request, status: int, text: str) -> Response:
    """What is wrong with the form of a request, as clients of the protocol read it: a body it cannot be is a bad question."""
    if status in _BODY_REFUSED:
        return _response(refused_reply(_asked(request).key, "PARSE_ERROR", text))
    return Response(fault_body(text), status, media_type=_JSON)


OFREP_FORM = Form(("POST",), BODY_BYTES, refused_form)
"""What the listener of these routes takes for a question."""


def ofrep_routes(store: FlagStore, log: FilteringBoundLogger) -> list[BaseRoute]:
    """The routes: one for all paths, since what is no flag is answered in the protocol's form, too.

    Args:
        store: Holds the flags.
        log: Where a mistake of ours is told.
    """
    answering = _Answering(store)

    async def answer(request: Request) -> Response:
        try:
            return await answering.answer(request)
        except ClientDisconnect:
            return Response()  # nobody hears it
        except Exception:
            log.exception("ofrep_failed")
            return _response(Reply(SERVER_ERROR, fault_body("an error of our own")))

    return [Route("/{path:path}", answer, methods=["POST"])]


class _Answering:
    def __init__(self, store: FlagStore) -> None:
        self._store = store
        self._turn = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        asked = _asked(request)
        if not asked.is_bulk and not asked.is_flag:
            return _response(not_found_reply(asked.key))
        try:
            context = read_context(await request.body())
        except RefusedError as error:
            return _response(refused_reply(asked.key, error.code, str(error)))
        if not self._store.generation:
            return _response(Reply(SERVER_ERROR, fault_body(_UNKNOWN)))
        if asked.is_flag:
            return _response(self._single(asked.key, context))
        return await self._bulk(context, request.headers.get("if-none-match", ""))

    def _single(self, key: str, context: Mapping[str, Any]) -> Reply:
        flags = self._store.evaluator
        evaluated = flags.evaluated(key, context)
        self._store.counts.add(key, evaluated.variant, evaluated.reason)
        return single_reply(key, evaluated, flags.definition(key), is_stale=self._store.is_stale)

    async def _bulk(self, context: Mapping[str, Any], if_none_match: str) -> Response:
        """All flags; none counts as evaluated, since nobody knows which of them are used."""
        flags = self._store.evaluator
        async with self._turn:  # two of them would only take each other's processor
            told: list[Success | Failure] = []
            for number, name in enumerate(sorted(flags.names)):
                if number % _AT_ONCE == 0:
                    await asyncio.sleep(0)
                evaluated, definition = flags.evaluated(name, context), flags.definition(name)
                told.append(flag_of(name, evaluated, definition, is_stale=self._store.is_stale))
        reply = bulk_reply(one for one in told if not _is_gone(one))
        etag = etag_of(reply.body)
        if is_known(if_none_match, etag):
            return Response(status_code=NOT_MODIFIED, headers={"etag": etag})
        return _response(reply, {"etag": etag})


def _is_gone(told: Success | Failure) -> bool:
    """Whether the flag was removed while others were evaluated."""
    return isinstance(told, Failure) and told.error_code == FLAG_NOT_FOUND


def _asked(request: Request) -> Asked:
    return read_path(request.scope["raw_path"], request.scope["query_string"])


def _response(reply: Reply, headers: Mapping[str, str] | None = None) -> Response:
    return Response(reply.body, reply.status, headers, media_type=_JSON)
