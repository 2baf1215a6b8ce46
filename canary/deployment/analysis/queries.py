"""PURE: what a check asks of each kind of provider, and how its answer is read; it asks nobody."""

import re
from collections.abc import Mapping

import msgspec

from canary.deployment.spec import Check, Spec
from communicator.answers.deployments import Counts
from communicator.errors import MalformedAnswerError, RemoteProtocolError
from communicator.protocol.line_form import decode
from communicator.protocol.message import Message

SHOWN_CHARACTERS = 200
_PLACE = re.compile(r"\$(version|service|since)\b")
_QUOTED = re.compile(r"[\\\"'`\x00-\x1f\x7f]")


class _Series(msgspec.Struct):
    """One series of an instant vector."""

    metric: dict[str, str]
    value: tuple[float, str]


class _Result(msgspec.Struct, rename="camel"):
    """``data`` of an answer of Prometheus."""

    result_type: str
    result: msgspec.Raw


class _Reply(msgspec.Struct, rename="camel"):
    """An answer of Prometheus."""

    status: str
    data: _Result | None = None
    error: str = ""


def fill(query: str, spec: Spec, since_s: float) -> str:
    """A query of Prometheus with its places filled in; what is special in a quoted text is escaped.

    Args:
        query: With ``$version``, ``$service`` and ``$since``.
        spec: What is deployed.
        since_s: How long ago what is counted began, in seconds.
    """
    values = {"version": _escape(spec.version), "service": _escape(spec.service), "since": f"{max(1, round(since_s))}s"}
    return _PLACE.sub(lambda found: values[found[1]], query)


def read_sample(body: bytes) -> float | None:
    """The one number of an answer of Prometheus; None: no series has one.

    Raises:
        MalformedAnswerError: It is no answer, says what is wrong with the query, or holds several series.
    """
    try:
        reply = msgspec.json.decode(body, type=_Reply)
        if reply.data is None or reply.status != "success":
            raise MalformedAnswerError(f"it refuses the query: {reply.error[:SHOWN_CHARACTERS]!r}")
        if reply.data.result_type == "scalar":
            return float(msgspec.json.decode(reply.data.result, type=tuple[float, str])[1])
        if reply.data.result_type != "vector":
            raise MalformedAnswerError(f"the query gives a {reply.data.result_type[:20]!r}, and not one number")
        series = msgspec.json.decode(reply.data.result, type=list[_Series])
        if len(series) > 1:
            raise MalformedAnswerError(
                f"{len(series)} series, among them {_labels(series[0].metric)}: make one of them, such as by sum()"
            )
        return float(series[0].value[1]) if series else None
    except MalformedAnswerError:
        raise
    except (msgspec.MsgspecError, ValueError) as error:
        raise MalformedAnswerError(f"this is no answer of Prometheus: {str(error)[:SHOWN_CHARACTERS]}") from None


def question(query: str, spec: Spec, since_s: float, serial: str) -> Message:
    """The message that a check of `message` sends.

    Args:
        query: As on the wire, such as ``billing/HEALTH_COUNTS``; its parameters may hold ``$version``, ``$service`` and ``$since``.
        spec: What is deployed; its version goes along in any case.
        since_s: How long ago what is counted began, in seconds.
        serial: What the answer has to repeat.

    Raises:
        RemoteProtocolError: It is no message to a service.
    """
    message = decode(query.encode())
    if not message.service or message.sender:
        raise RemoteProtocolError(f"{query[:60]!r} is no message to a service, such as 'billing/HEALTH_COUNTS'")
    values = {"version": spec.version, "service": spec.service, "since": f"{since_s:.0f}"}
    told = {name: _PLACE.sub(lambda found: values[found[1]], text) for name, text in message.parameters.items()}
    return msgspec.structs.replace(message, parameters={"version": spec.version, **told, "serial": serial})


def read_counts(text: str | bytes) -> Counts:
    """The answer of a service or a command.

    Raises:
        MalformedAnswerError: It is none.
    """
    try:
        return msgspec.json.decode(text, type=Counts)
    except (msgspec.MsgspecError, ValueError) as error:
        raise MalformedAnswerError(f'this is not JSON such as {{"events": 900, "failures": 3}}: {error}') from None


def queries_of(check: Check) -> tuple[str, ...]:
    """What a check asks, the same only once; failures before events, so that what happens in between is not a failure too many."""
    return tuple(dict.fromkeys(filter(None, (check.failures, check.events, check.value))))


def _escape(text: str) -> str:
    return _QUOTED.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _labels(metric: Mapping[str, str]) -> str:
    shown = ", ".join(f"{name}={value!r}" for name, value in metric.items())
    return f"{{{shown[:SHOWN_CHARACTERS]}}}"
