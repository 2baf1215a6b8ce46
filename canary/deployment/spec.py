"""PURE: what a deployment is to do, as its file or command declares it and as the book of the cluster holds it.

It travels to every host, so it holds no argument vector, no address and no secret: executors, metric servers and notifications are
named only, and each host defines in its own canaryd.toml what the names mean there.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from canary.deployment.analysis.expression import parse_condition
from canary.deployment.plain_word import fault_of
from canary.deployment.spec_fault import SHARES, SPANS, fault_text
from communicator.answers.policy import ALL
from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import decode
from communicator.protocol.names import is_command_name, is_parameter_name, is_server_name, is_service_name
from communicator.protocol.values import parse_duration_s
from communicator.runtime.shape_fault import explain

SPEC_BYTES = 16 * 1024
"""The size of a specification at most, as JSON: it is told to every host at each step."""
STEPS = 32
"""More steps than anybody wants to watch."""
SERVERS = 1_024
"""As many as a router remembers."""
CHECKS = 32
PLACES = 64
"""Places that may differ: a version with more of them is not to be compared."""
LONGEST_S = 30 * 86_400.0
"""A pause or a deadline that lasts longer than a month was forgotten, not wanted."""
NOBODY = "none"
"""The executor that does nothing: somebody else upgrades, and the deployment gates and tells."""

SINCE = "$since"
"""What a query has that counts from when the version came, so that all it says is of this deployment."""

Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,63}$")]
Text = Annotated[str, Meta(max_length=256)]
Query = Annotated[str, Meta(min_length=1, max_length=2_048)]
Span = Annotated[float, Meta(ge=0, le=LONGEST_S)]
Positive = Annotated[float, Meta(gt=0, le=LONGEST_S)]
Count = Annotated[int, Meta(ge=1, le=10**9)]
Share = Annotated[float, Meta(gt=0, le=1)]
Place = Annotated[str, Meta(min_length=1, max_length=256)]
Amount = Annotated[int, Meta(ge=1, le=SERVERS)] | Annotated[str, Meta(pattern=r"^(100|[1-9][0-9]?)%$")]
"""A number of servers, or a part of them."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table of the file: a key that nobody reads is an error."""


class Until(_Table, frozen=True):
    """How much must be seen before a step is over: any of these is enough; without any, its `bake` is."""

    time: Positive | None = None
    """How long the new version has run, all servers together, in seconds;"""
    failures: Count | None = None
    """how many failures were seen, of both versions."""


class Step(_Table, frozen=True):
    """One step of a canary deployment."""

    servers: Amount = "100%"
    """So many servers have the new version in this step, those of the steps before among them; a part is rounded up."""
    weight: Share = 1.0
    """The part that the new version gets of the traffic that would go to them."""
    bake: Span = 1_200.0
    """How long the step lasts at least, in seconds, once the new version is up on all of its servers."""
    pause: bool | Positive = False
    """Whether a person has to say `promote` after it; or for how long one may object, in seconds."""
    timeout: Positive = 86_400.0
    """How long a pause lasts at most, in seconds,"""
    on_timeout: Literal["abort", "promote"] = "abort"
    """and what happens then."""
    until: Until = Until()


class Check(_Table, frozen=True):
    """One metric that is looked at besides the rules. It gives events and failures, or a value that expressions judge."""

    name: Name
    provider: Literal["prometheus", "message", "command"]
    server: Name | None = None
    """Of prometheus: which of the metric servers that canaryd.toml names."""
    events: Query | None = None
    """The query that counts what happened, in all, since a moment: ``$version``, ``$service`` and ``$since`` are put in;"""
    failures: Query | None = None
    """and the one that counts what failed of that."""
    limit: Share = 0.05
    """Of these: the share of failures that is still good."""
    value: Query | None = None
    """In place of these: the query, the command's name or the message whose answer is one number."""
    success: Text | None = None
    """When that number is good, such as ``< 0.3``;"""
    failure: Text | None = None
    """and when it is bad. Neither: it is inconclusive."""
    on_failure: Literal["pause", "abort"] = "pause"
    interval: Positive = 60.0
    """How often it is looked at, in seconds."""
    phase: Literal["before", "during", "after"] = "during"
    """Of blue-green: before the switch, or after it."""


class Compared(_Table, frozen=True):
    """How much must be compared before a shadow is stopped: any of these is enough; without any, its `bake` is."""

    time: Positive | None = None
    """How long it has run as a shadow, in seconds;"""
    replies: Count | None = None
    """how many of its replies were compared with one of the primary."""


class Shadowing(_Table, frozen=True):
    """The version runs as a shadow first: it gets copies of what the live one gets, and what it says reaches nobody."""

    server: Text
    """Where it runs; the service need not run there otherwise."""
    primary: Text = ALL
    """The server whose traffic is copied; ``*``: each one of the service."""
    share: Share = 0.1
    """The part of the conversations that is copied."""
    key: Annotated[str, Meta(max_length=256)] = ""
    """The parameter whose value says to which conversation a message belongs; empty: its sender does."""
    noise: Literal["none", "second", "replay"] = "none"
    """What tells noise from news: declared paths alone, the old version once more beside the shadow, or questions asked twice."""
    replay: Share = 0.01
    """Of `replay`: the part of the requests that is asked twice."""
    ignore: Annotated[tuple[Place, ...], Meta(max_length=PLACES)] = ()
    """Places in replies that may differ, such as ``CHARGED.body.at``."""
    payloads: bool = False
    """Whether examples of what differs are kept as values, secret ones left out, and not as hashes."""
    bake: Span = 1_200.0
    """How long it gets copies at least, in seconds, once it is up."""
    until: Compared = Compared()
    timeout: Positive = 86_400.0
    """How long a pause lasts at most meanwhile, in seconds,"""
    on_timeout: Literal["abort", "promote"] = "abort"
    """and what happens then."""
    on_difference: Literal["pause", "abort"] = "pause"
    """What follows when it is proven that its replies differ."""


class Spec(_Table, frozen=True):
    """What a deployment is to do."""

    name: Name
    service: Text
    version: Annotated[str, Meta(min_length=1, max_length=256)]
    build: Text = "*"
    strategy: Literal["canary", "blue-green", "shadow"] = "canary"
    executor: Name = NOBODY
    """Who puts the version on a host: `none`, or one of the executors that canaryd.toml names."""
    steps: Annotated[tuple[Step, ...], Meta(max_length=STEPS)] = ()
    """Of canary; none: one server, 25 %, 50 %, all."""
    shadow: Shadowing | None = None
    """What comes before all else; of shadow it is all that there is."""
    checks: Annotated[tuple[Check, ...], Meta(max_length=CHECKS)] = ()
    servers: Annotated[tuple[Text, ...], Meta(max_length=SERVERS)] = ()
    """The servers of the service, in the order in which they get the version; none: those where it runs."""
    first: Text = ""
    """The server that gets it first; empty: a canary host, else the one with the median exposure."""
    equal_age: bool = False
    """Whether as many servers of the old version are restarted when the trial starts, so that both are equally young."""
    deadline: Positive = 600.0
    """How long a step may take until the version is up on its servers, in seconds."""
    bake: Span = 600.0
    """How long all of it is watched after the last step, in seconds."""
    keep: Span = 900.0
    """Of blue-green: how long the old colour is kept after the switch, in seconds."""
    drain: Span = 300.0
    """Of blue-green: how long conversations that have begun may go on with the old colour, in seconds."""
    promote: Literal["by itself", "by hand"] = "by itself"
    """Of blue-green: whether a person has to say `promote` before the switch."""
    timeout: Positive = 86_400.0
    """How long any other pause lasts at most, in seconds,"""
    on_timeout: Literal["abort", "promote"] = "abort"
    on_failure: Literal["abort", "pause"] = "abort"
    """What follows when a rule finds the version bad."""
    notify: Annotated[tuple[Name, ...], Meta(max_length=CHECKS)] = ()
    """Who is told of each change: names of canaryd.toml."""


DEFAULT_STEPS = (Step(servers=1), Step(servers="25%"), Step(servers="50%"), Step())
_MANY = 10_000
"""So many servers that no two parts of them come to the same number."""
_NAMED = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)%", re.ASCII)


def read_file(text: str, name: str, version: str = "") -> Spec:
    """Read a file of deployments.d.

    Args:
        text: TOML, in which spans are written ``20m`` and shares ``25%``.
        name: Of the deployment: that of the file.
        version: What is deployed; empty: what the file says.

    Raises:
        ValueError: It makes no sense; the text names the key.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML: {error}") from None
    return read_table({"name": name} | table | ({"version": version} if version else {}))


def read_table(table: dict[str, Any]) -> Spec:
    """Read a specification as people write it.

    Raises:
        ValueError: It makes no sense; the text names the key.
    """
    try:
        spec = msgspec.convert(_plain(table, ""), Spec)
    except msgspec.ValidationError as error:
        raise ValueError(fault_text(*explain(error, table, Spec), table, Spec.__struct_fields__)) from None
    require_sound(spec)
    return spec


def require_sound(spec: Spec) -> None:
    """See to what the types cannot say.

    Raises:
        ValueError: It makes no sense; the text names the key.
    """
    fault = next(_faults(spec), "")
    if fault:
        raise ValueError(fault)


def steps_of(spec: Spec) -> tuple[Step, ...]:
    """The steps of a canary deployment."""
    return spec.steps or DEFAULT_STEPS


def servers_of(amount: int | str, total: int) -> int:
    """How many servers an amount comes to.

    Args:
        amount: A number, or a part such as ``25%``, which is rounded up.
        total: How many there are.
    """
    if isinstance(amount, int):
        return min(amount, total)
    return -(-int(amount.removesuffix("%")) * total // 100)


def _plain(value: Any, path: str) -> Any:  # noqa: ANN401 - any value of a document
    """The document with its spans in seconds and its shares as numbers."""
    key = path.rpartition(".")[2]
    if isinstance(value, dict):
        return {name: _plain(each, f"{path}.{name}" if path else name) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, f"{path}[{number}]") for number, each in enumerate(value)]
    if isinstance(value, str) and key in SPANS:
        try:
            return parse_duration_s(value)
        except RemoteProtocolError as error:
            raise ValueError(f"{path}: {error}") from None
    percent = _PERCENT.fullmatch(value) if isinstance(value, str) and key in SHARES else None
    return float(percent[1]) / 100 if percent else value


def _faults(spec: Spec) -> Iterator[str]:
    if not is_service_name(spec.service):
        yield f"service: {spec.service!r} is not a service name"
    for key in ("version", "build"):
        if fault := fault_of(getattr(spec, key)):
            yield f"{key}: {getattr(spec, key)!r} {fault}"
    for server in (*spec.servers, *([spec.first] if spec.first else [])):
        if not is_server_name(server):
            yield f"servers: {server!r} is not a server name"
    if len({*spec.servers}) != len(spec.servers):
        yield "servers: one is named twice"
    if spec.steps and spec.strategy != "canary":
        yield f"steps: {spec.strategy} has none"
    yield from _shadow_faults(spec)
    if spec.servers and spec.first and spec.first not in spec.servers:
        yield f"first: {spec.first!r} is none of servers"
    yield from _step_faults(spec.steps)
    yield from _check_faults(spec)
    size = len(msgspec.json.encode(spec))
    if size > SPEC_BYTES:
        yield f"it takes {size} bytes, more than {SPEC_BYTES}"


def _shadow_faults(spec: Spec) -> Iterator[str]:
    shadow = spec.shadow
    if shadow is None:
        if spec.strategy == "shadow":
            yield "shadow: strategy shadow needs a table [shadow], which names a server"
        return
    if spec.strategy == "shadow" and spec.checks:
        yield (
            "checks: shadow looks at none, for metrics are of what does its work: take them out, or declare them in the "
            "deployment that follows"
        )
    if spec.executor == NOBODY:
        yield f"executor: {NOBODY!r} starts no shadow: name one that every host of it defines"
    if not is_server_name(shadow.server):
        yield f"shadow.server: {shadow.server!r} is not a server name"
    if shadow.primary != ALL and not is_server_name(shadow.primary):
        yield f"shadow.primary: {shadow.primary!r} is not a server name, nor {ALL!r} for each server of the service"
    if shadow.key and not is_parameter_name(shadow.key):
        yield f"shadow.key: {shadow.key!r} is not the name of a parameter"
    for place in shadow.ignore:
        if fault := fault_of(place) or _place_fault(place):
            yield f"shadow.ignore: {place!r} {fault}"


def _place_fault(place: str) -> str:
    """Why no reply has such a place; empty: one may have it."""
    command = place.partition(".")[0]
    is_command = command == ALL or is_command_name(command)
    return "" if is_command else "does not begin with the command of a reply, as 'CHARGED.body.at' does"


def _step_faults(steps: Sequence[Step]) -> Iterator[str]:
    """A step counts the servers of those before it among its own, so fewer than they have is a slip."""
    for number, (step, following) in enumerate(pairwise(steps), 1):
        before, after = step.servers, following.servers
        if isinstance(before, int) == isinstance(after, int) and servers_of(after, _MANY) < servers_of(before, _MANY):
            yield f"steps[{number}].servers: {after!r} is fewer than the {before!r} before it, which are counted among them"


def _check_faults(spec: Spec) -> Iterator[str]:
    named: set[str] = set()
    for check in spec.checks:
        if check.name in named:
            yield f"checks.{check.name}: there are two of this name"
        named.add(check.name)
        if (check.provider == "prometheus") != (check.server is not None):
            yield f"checks.{check.name}.server: names a metric server, of prometheus and of nothing else"
        counts = (check.events is not None, check.failures is not None)
        if counts not in ((True, True), (False, False)) or (check.value is not None) == counts[0]:
            yield f"checks.{check.name}: has either events and failures, or value"
        if check.value is not None and check.success is None and check.failure is None:
            yield f"checks.{check.name}: value needs success, failure, or both"
        if counts[0] and (check.success is not None or check.failure is not None):
            yield f"checks.{check.name}: success and failure judge a value; events and failures have limit"
        yield from _reading_faults(check)


def _reading_faults(check: Check) -> Iterator[str]:
    """What is wrong with queries and conditions as such."""
    for query in filter(None, (check.events, check.failures, check.value)):
        if fault := _query_fault(check.provider, query):
            yield f"checks.{check.name}: {fault}"
    if (SINCE in (check.events or "")) != (SINCE in (check.failures or "")):
        yield f"checks.{check.name}: events and failures: both count from {SINCE}, or neither"
    for key in ("success", "failure"):
        if fault := _condition_fault(getattr(check, key)):
            yield f"checks.{check.name}.{key}: {fault}"


def _query_fault(provider: str, query: str) -> str:
    if provider == "prometheus":
        return "" if "$version" in query else f"the query {query[:60]!r} has no $version, so it speaks of both versions"
    if provider == "command":
        return "" if _NAMED.fullmatch(query) else f"{query[:60]!r} is no name of a command of canaryd.toml"
    try:
        message = decode(query.encode())
    except RemoteProtocolError as error:
        return str(error)
    return "" if message.service else f"{query[:60]!r} is no message to a service, such as 'billing/HEALTH_COUNTS'"


def _condition_fault(text: str | None) -> str:
    try:
        if text is not None:
            parse_condition(text)
    except ValueError as error:
        return str(error)
    return ""
