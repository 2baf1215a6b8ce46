"""PURE: what holds for all versions, in words and marks: orders, frozen rules, what a canary cannot see; it gives none."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from communicator.answers.releases import Freeze, Override, SickServer, Standing
from communicator.wording.counts import count, listed
from communicator.wording.enforcement import NOT_ENFORCED, not_enforced_text
from communicator.wording.marks import BAD, DOUBTFUL, GONE, Mark
from communicator.wording.releases import OVERRIDDEN, scope_text
from communicator.wording.spans import left


def freeze_text(freeze: Freeze, servers: Sequence[str] = ()) -> str:
    """That no rule acts, such as ``all rules are frozen for 1m 0s, by themselves: verdicts about 4 services``.

    Args:
        freeze: What, how long and why.
        servers: Whose canaries say so; none: it is not told.
    """
    what = "all rules are frozen" if freeze.scope == "*" else f"the rules are frozen for {freeze.scope}"
    where = f" on {', '.join(servers)}" if servers else ""
    return f"{what}{where} {left(freeze.until_seconds)}, by {freeze.by or 'themselves'}: {freeze.reason}"


def sick_text(server: SickServer) -> str:
    """That a server is not as it should be, such as ``beta is sick for 5m 0s: 3 services were blocked there``."""
    return f"{server.server} is {server.state} {left(server.until_seconds)}: {server.reason}"


def override_text(
    override: Override, not_enforced: Collection[str] = (), not_on: Sequence[str] = (), away: Sequence[str] = ()
) -> str:
    """An operator's word, such as ``billing 1.9 is pinned for 1h 0m by root@beta: trusted``.

    Args:
        override: The word.
        not_enforced: Servers with a C++ router.
        not_on: Servers where it is not in force yet.
        away: Servers that get it when they are back.
    """
    what = scope_text(override.service, override.version, override.build, override.server)
    action = OVERRIDDEN.get(override.action, override.action)
    aside = f", {NOT_ENFORCED}" if override.server in not_enforced else ""
    aside += f"; not in force on {listed(not_on)}" if not_on else ""
    aside += f"; away: {listed(away)}" if away else ""
    return f"{what} is {action} {left(override.until_seconds)} by {override.by}: {override.reason}{aside}"


def unwritten_text(server: str, fault: str) -> str:
    """That a canary cannot write its ledger.

    Args:
        server: Whose canary; empty: the one that tells it.
        fault: Why.
    """
    whose = f"the canary of {server}" if server else "this canary"
    return f"{whose} cannot write, and decides nothing: {fault}"


def blind_spots(canary: Standing) -> Iterator[str]:
    """What a canary cannot see, or could not write down."""
    for watcher, fault in canary.watchers.items():
        if fault:
            yield f"{watcher} is not watched: {fault}"
    if canary.ledger_fault:
        yield unwritten_text("", canary.ledger_fault)
    yield from _losses(canary)
    for server, term in canary.terms_doubted.items():
        yield f"the canary of {server} tells a term that nobody else knows, which is not believed: {term}"
    if canary.proposed:
        whose = listed(canary.members)
        yield f"{count(canary.proposed, 'decision')} of the leader: in effect once a majority of {whose} holds them"
    if canary.behind:
        yield f"the routers of {listed(canary.behind)} do not obey all orders yet"
    if canary.orders_not_kept:
        yield f"orders are not kept on disk: {canary.orders_not_kept}"


def _losses(canary: Standing) -> Iterator[str]:
    """Facts and runs that are not in the ledger."""
    errors, lost = canary.ledger_errors_total or 0, canary.facts_lost_total or 0
    if errors or lost:
        yield f"the ledger could not be written {errors} times, {lost} facts lost"
    missed = canary.runs_missed_total or 0
    if missed:
        runs = "1 run" if missed == 1 else f"{missed} runs"
        yield f"{runs} began and ended while this canary was away: how is not known"
    if canary.runs_turned_away_total:
        runs = count(canary.runs_turned_away_total, "run")
        yield f"{runs} of users who are not known to run their services not kept: too many of one user"


def canary_hosts_texts(canary: Standing, unlike: Mapping[str, Sequence[str]]) -> Iterator[tuple[Mark, str]]:
    """Which hosts try new versions first, and what is wrong with how they are set.

    Args:
        canary: The canary that tells it.
        unlike: The hosts that other canaries name, by server, where these are other ones.
    """
    hosts = canary.canary_hosts
    if hosts:
        yield GONE, f"new versions are tried on {listed(hosts)} first, and get no messages of other hosts there"
    unknown = [host for host in hosts if host not in canary.members]
    if unknown:
        yield (
            DOUBTFUL,
            f"canary.hosts names {listed(unknown)}, where no canary was ever seen: nothing is tried there",
        )
    for server, others in unlike.items():
        told = f"{listed(others) or 'nobody'} on {server}, and {listed(hosts) or 'nobody'} here"
        yield DOUBTFUL, f"canary.hosts is {told}: set it to the same on all hosts"


def notices(
    freezes: Sequence[str],
    sick: Sequence[SickServer],
    overrides: Sequence[str],
    canary: Standing,
    not_enforced: Collection[str] = (),
) -> Iterator[tuple[Mark, str]]:
    """What holds for everything, the most important first.

    Args:
        freezes: Each as `freeze_text` has it.
        sick: Servers that are not as they should be.
        overrides: Each as `override_text` has it.
        canary: The canary that tells it.
        not_enforced: Servers with a C++ router.
    """
    yield from ((BAD, text) for text in freezes)
    yield from ((DOUBTFUL, sick_text(server)) for server in sick)
    yield from ((GONE, text) for text in overrides)
    yield from ((DOUBTFUL, text) for text in blind_spots(canary))
    if not_enforced:
        yield DOUBTFUL, not_enforced_text(not_enforced, not_enforced)
