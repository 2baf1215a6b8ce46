"""The canary's policy as a router holds it: what is blocked and how traffic is split, until when; it judges and sends nothing."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

import msgspec

from communicator.answers.policy import ALL, LONGEST_S, PROTECTED, Apart, Colour, Denial, Policy, Shadow, Trial, Weight
from communicator.answers.services import Instance, Role
from communicator.errors import RemoteProtocolError
from communicator.protocol.limits import LINE_BYTES_HARD
from communicator.protocol.names import is_server_name, is_service_name
from communicator.router.cores.colours import find_faults, in_effect, merge, parse_colours, render_colours

POLICY_BYTES = LINE_BYTES_HARD // 2 - 4096
"""The policy as it is shown, so that it fits into one answer even when each of its bytes needs an escape."""
HANDOVER_S = 10.0
"""How long a canary that is alive may need to say what comes after a block whose time is over."""
TRIAL_RETRY_S = 60.0
"""When a version that is to be tried elsewhere first is told to ask again: nobody knows when it will be good there."""

EMPTY = Policy(generation=(0, 0), lease_s=LONGEST_S)
"""Until the canary has said something."""

Entry = TypeVar("Entry", Denial, Weight)
_ByVersion = dict[tuple[str, str], list[Entry]]
_READER = msgspec.json.Decoder(Policy)


def parse_policy(text: str) -> Policy:
    """Read what POLICY_SET carries; unknown keys are ignored.

    Args:
        text: The policy as JSON.

    Raises:
        RemoteProtocolError: It is none, or too large; the text names the path of what is wrong.
    """
    try:
        policy = _READER.decode(text)
    except RecursionError:
        raise RemoteProtocolError("policy: nested too deeply") from None
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise RemoteProtocolError(f"policy: {error}") from None
    fault = next(_faults(policy), "")
    if fault:
        raise RemoteProtocolError(f"policy: {fault}")
    size = len(msgspec.json.encode(policy))
    if size > POLICY_BYTES:
        raise RemoteProtocolError(f"policy: takes {size} bytes, more than {POLICY_BYTES}")
    return policy


def _faults(policy: Policy) -> Iterator[str]:
    """What the types cannot say, each with its path in the words of msgspec."""
    weighed: set[tuple[str, ...]] = set()
    yield from _misnamed("$.denylist", policy.denylist)
    yield from _misnamed("$.weights", policy.weights)
    for at, denial in enumerate(policy.denylist):
        if denial.service in PROTECTED:
            yield f"{denial.service!r} is never blocked - at `$.denylist[{at}].service`"
    for at, weight in enumerate(policy.weights):
        key = (weight.service, weight.version, weight.build, weight.server)
        if key in weighed:
            yield f"{weight.service!r} {weight.version!r} has two weights for one build and server - at `$.weights[{at}]`"
        weighed.add(key)
    yield from _misnamed_apart(policy)
    yield from _misnamed_shadows(policy)
    yield from find_faults(policy.colours, "$.colours")


def _misnamed_apart(policy: Policy) -> Iterator[str]:
    servers: dict[str, Apart] = {}
    for at, host in enumerate(policy.apart):
        if not is_server_name(host.server):
            yield f"{host.server!r} is not a server name - at `$.apart[{at}].server`"
        if servers.setdefault(host.server, host) is not host:
            yield f"{host.server!r} is set apart twice - at `$.apart[{at}].server`"
    services: dict[str, Trial] = {}
    for at, trial in enumerate(policy.trials):
        if not is_service_name(trial.service) or trial.service in PROTECTED:
            yield f"{trial.service!r} is not a service that may be tried - at `$.trials[{at}].service`"
        if services.setdefault(trial.service, trial) is not trial:
            yield f"{trial.service!r} is tried twice - at `$.trials[{at}].service`"


def _misnamed_shadows(policy: Policy) -> Iterator[str]:
    known: set[tuple[str, ...]] = set()
    for at, shadow in enumerate(policy.shadows):
        path = f"$.shadows[{at}]"
        if not is_service_name(shadow.service):
            yield f"{shadow.service!r} is not a service name - at `{path}.service`"
        if shadow.service in PROTECTED:
            yield f"{shadow.service!r} is never a shadow - at `{path}.service`"
        if not is_server_name(shadow.server):
            yield f"{shadow.server!r} is not a server name - at `{path}.server`"
        if shadow.primary not in ("", ALL) and not is_server_name(shadow.primary):
            yield f"{shadow.primary!r} is neither a server name nor {ALL!r} - at `{path}.primary`"
        key = (shadow.service, shadow.version, shadow.build, shadow.server)
        if key in known:
            yield f"{shadow.service!r} {shadow.version!r} is a shadow on {shadow.server!r} twice - at `{path}`"
        known.add(key)


def _misnamed(path: str, entries: Iterable[Denial | Weight]) -> Iterator[str]:
    for at, entry in enumerate(entries):
        if not is_service_name(entry.service):
            yield f"{entry.service!r} is not a service name - at `{path}[{at}].service`"
        if entry.server != ALL and not is_server_name(entry.server):
            yield f"{entry.server!r} is neither a server name nor {ALL!r} - at `{path}[{at}].server`"


def render_policy(policy: Policy) -> str:
    """The policy as JSON, which `parse_policy` reads back as the same."""
    return msgspec.json.encode(policy).decode()


def render_generation(policy: Policy) -> str:
    """``term,number``."""
    return ",".join(map(str, policy.generation))


def render_kept(policy: Policy, colours: Mapping[str, Colour] = {}) -> str:
    """The policy as it is kept on disk: with the hash of its bytes, so that damage shows.

    Args:
        policy: As the canary has set it.
        colours: Those in force, which may be newer.
    """
    shown, told = render_policy(policy), render_colours(colours) if colours else ""
    also = f',"colours":{told}' if told else ""  # without any an earlier release can read it, too
    return f'{{"sha256":"{_hash(shown, told)}","policy":{shown}{also}}}\n'


def _hash(*texts: str) -> str:
    return hashlib.sha256("".join(texts).encode()).hexdigest()


class Kept(NamedTuple):
    """What was found on disk."""

    policy: Policy
    """Empty where there was none, or none that could be trusted."""
    reason: str
    """Why it could not; empty when all is well."""
    colours: tuple[Colour, ...] = ()
    """Those that were in force."""


class _File(msgspec.Struct):
    sha256: str
    policy: msgspec.Raw
    colours: msgspec.Raw = msgspec.Raw()
    """Nothing where an earlier release has kept it."""


def read_kept(text: str) -> Kept:
    """Read what `render_kept` wrote; it never raises.

    Args:
        text: The content of the file; empty when there is none.
    """
    if not text:
        return Kept(EMPTY, "")
    try:
        file = msgspec.json.decode(text, type=_File)
        shown, told = bytes(file.policy).decode(), bytes(file.colours).decode()
        if _hash(shown, told) != file.sha256:
            return Kept(EMPTY, "the policy does not have the hash that was kept with it")
        return Kept(parse_policy(shown), "", parse_colours(told) if told else ())
    except RecursionError:
        return Kept(EMPTY, "the file is nested too deeply")
    except (msgspec.DecodeError, ValueError) as error:
        return Kept(EMPTY, str(error))


class Blocking(NamedTuple):
    """Why a version may not run now."""

    reason: str
    until_s: float
    """For how many seconds from now this holds."""
    probe_allowed: bool
    """Whether it may run as a probe meanwhile."""


class PolicyInForce:
    """A policy and when it came; all its spans count from then, on the monotonic clock.

    While the lease lasts it is obeyed in full. Afterwards, when the canary may be gone, nothing stays shut for good: what
    is blocked may be probed, weights are 1 again, no host is set apart, and each version may begin; active colours stay,
    shadows get no copies any more. They stay behind the fence.

    A canary that is alive says itself what comes after a block, before its time is over. So where a block's own time is
    over and the lease is not, nobody has judged: on this host the version comes back as a probe only. A block is at an
    end by itself once both are over, also for services that know no probes.

    Args:
        policy: What is in force.
        received_s: When it came, or when the router started with the one it had kept, on the monotonic clock.
        renewed_s: When it was last repeated; only the lease counts anew from then.
        colours: Those in force before it came, perhaps newer than its own: the generation of each service decides.

    Raises:
        RemoteProtocolError: The colours are more than a router keeps.
    """

    def __init__(
        self,
        policy: Policy,
        received_s: float,
        renewed_s: float | None = None,
        colours: Mapping[str, Colour] = {},
    ) -> None:
        self.policy = policy
        self.colours = merge(colours, policy.colours)
        """Those in force by service, and of services that have none any more that they have none."""
        self.active = in_effect(self.colours)
        """Of the services that have colours."""
        self.received_s = received_s
        self.lease_ends_s = (received_s if renewed_s is None else renewed_s) + policy.lease_s
        self._denials, self._weights = _by_version(policy.denylist), _by_version(policy.weights)
        self._apart = {host.server: frozenset(host.serves) for host in policy.apart}
        self._trials = {trial.service: trial for trial in policy.trials}
        self._concerned = {service for service, _version in (*self._denials, *self._weights)} | self.active.keys()
        ends = {received_s + denial.until_s for denial in policy.denylist}
        is_leased = bool(ends or policy.weights or policy.apart or policy.trials or policy.shadows)
        self._deadlines_s = sorted(ends | ({self.lease_ends_s} if is_leased else set()))

    def described(self) -> dict[str, str]:
        """What POLICY_CURRENT tells."""
        told = {"generation": render_generation(self.policy), "policy": render_policy(self.policy)}
        return told | ({"colours": render_colours(self.colours)} if self.colours else {})

    def succeeded_by(self, policy: Policy, now_s: float) -> "PolicyInForce":
        """What is in force once this policy has come.

        A repetition renews the lease. What it blocks ends when it was to end: else a canary that repeats itself would
        block for ever.

        Raises:
            RemoteProtocolError: It is older than this one, or another of the same generation.
        """
        known = self.policy
        if policy.generation > known.generation:
            return PolicyInForce(policy, now_s, colours=self.colours)
        if policy.generation < known.generation:
            what = f"is older than {render_generation(known)}, which is in force"
            raise RemoteProtocolError(f"policy: generation {render_generation(policy)} {what}")
        if policy != known:
            raise RemoteProtocolError(
                f"policy: generation {render_generation(policy)} is in force with another content"
            )
        return PolicyInForce(policy, self.received_s, now_s, self.colours)

    def coloured_by(self, told: Iterable[Colour]) -> "PolicyInForce":
        """The same policy, with the newer ones of these colours.

        Raises:
            RemoteProtocolError: They are more than a router keeps.
        """
        renewed_s = self.lease_ends_s - self.policy.lease_s
        return PolicyInForce(self.policy, self.received_s, renewed_s, merge(self.colours, told))

    def concerns(self, service: str) -> bool:
        """Whether anything is said of this service, so that its instances are not all alike."""
        return service in self._concerned

    def takes(self, service: str, version: str, build: str, role: Role) -> bool:
        """Whether an instance gets the messages of its service: it is live or, where the service has colours, active."""
        colour = self.active.get(service)
        if colour is None:
            return role is Role.LIVE
        return role.hears_broadcasts and colour.fits(version, build)

    def serves(self, one: Instance, now_s: float) -> bool:
        """Whether an instance is there, gets the messages of its service, and is not blocked."""
        named = one.service, one.version, one.build
        is_taken = one.state == "up" and self.takes(*named, one.role)
        return is_taken and self.blocked(*named, one.server, now_s) is None

    def lease_holds(self, now_s: float) -> bool:
        """Whether the canary has spoken recently enough for all of it to be obeyed."""
        return now_s < self.lease_ends_s

    def blocked(self, service: str, version: str, build: str, server: str, now_s: float) -> Blocking | None:
        """Whether a version is to get no messages on a server: its block there still has time.

        What is so later, the router of that server knows from its own canary.

        It is blocked while any entry says so. Of several, one that allows no probe is told before one that does, and then
        the one that lasts longest.
        """
        named = _about(self._denials, service, version, build, server)
        return _weightiest(self._while_it_lasts(denial, now_s) for denial in named)

    def standing(self, now_s: float) -> Iterator[tuple[Denial, Blocking]]:
        """All entries that block something now, in the order of the policy."""
        for denial in self.policy.denylist:
            blocking = self._while_it_lasts(denial, now_s)
            if blocking is not None:
                yield denial, blocking

    def barred(self, service: str, version: str, build: str, server: str, now_s: float) -> Blocking | None:
        """Whether a version may not begin on a server, this one: it is blocked, or its block was over and nobody has judged."""
        named = _about(self._denials, service, version, build, server)
        return _weightiest(self._while_it_lasts(denial, now_s) or self._unjudged(denial, now_s) for denial in named)

    def untried(self, service: str, version: str, build: str, now_s: float) -> Blocking | None:
        """Whether a version may not begin on this host before it was tried elsewhere; what runs goes on."""
        trial = self._trials.get(service)
        left_s = self.lease_ends_s - now_s
        if trial is None or left_s <= 0 or {(version, build), (version, ALL)} & {*trial.admitted}:
            return None
        return Blocking(
            f"{service} {version or '(none)'} {trial.reason}", min(left_s, TRIAL_RETRY_S), probe_allowed=False
        )

    def _while_it_lasts(self, denial: Denial, now_s: float) -> Blocking | None:
        left_s = self.received_s + denial.until_s - now_s
        probe_allowed = denial.probe_allowed or not self.lease_holds(now_s)
        return Blocking(denial.reason, left_s, probe_allowed) if left_s > 0 else None

    def _unjudged(self, denial: Denial, now_s: float) -> Blocking | None:
        """Of an entry whose time is over."""
        left_s = self.lease_ends_s - now_s
        if left_s <= 0:
            return None
        handover_left_s = self.received_s + denial.until_s + HANDOVER_S - now_s
        if handover_left_s > 0:
            return Blocking(denial.reason, min(left_s, handover_left_s), denial.probe_allowed)
        return Blocking(denial.reason, left_s, probe_allowed=True)

    def weight(self, service: str, version: str, build: str, server: str, now_s: float) -> float:
        """The part of its traffic that a version is to get on a server: 0 to 1, and 1 where nothing is said.

        The most specific entry counts: one for this server before one for all, and then one for this build before one
        for all.
        """
        if not self.lease_holds(now_s):
            return 1.0
        found = _about(self._weights, service, version, build, server)
        specific = max(found, key=lambda entry: (entry.server != ALL, entry.build != ALL), default=None)
        return 1.0 if specific is None else specific.weight

    def is_apart(self, service: str, server: str, now_s: float) -> bool:
        """Whether a service on a server, perhaps ours, gets only what names it, and what other services there say."""
        return service not in self._apart.get(server, {service}) and self.lease_holds(now_s)

    def shadows_at(self, server: str) -> tuple[Shadow, ...]:
        """What is a shadow on a server, whether the lease holds or not: a canary that is gone lets nobody out."""
        return tuple(shadow for shadow in self.policy.shadows if shadow.server == server)

    def next_deadline_s(self, now_s: float) -> float | None:
        """When something of this changes by itself, on the monotonic clock: an entry ends, or the lease.

        Whatever was concluded from it before, such as a route, is to be concluded anew then.
        """
        at = bisect_right(self._deadlines_s, now_s)
        return self._deadlines_s[at] if at < len(self._deadlines_s) else None


def _by_version(entries: Iterable[Entry]) -> _ByVersion[Entry]:
    found: _ByVersion[Entry] = {}
    for entry in entries:
        found.setdefault((entry.service, entry.version), []).append(entry)
    return found


def _about(entries: _ByVersion[Entry], service: str, version: str, build: str, server: str) -> list[Entry]:
    return [
        entry
        for entry in entries.get((service, version), ())
        if entry.build in (ALL, build) and entry.server in (ALL, server)
    ]


def _weightiest(rulings: Iterable[Blocking | None]) -> Blocking | None:
    told = [ruling for ruling in rulings if ruling is not None]
    return max(told, key=lambda ruling: (not ruling.probe_allowed, ruling.until_s), default=None)
