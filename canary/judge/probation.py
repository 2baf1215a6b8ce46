"""PURE: how a blocked version is tried again: when, how often, and what its probe means; it knows no rule and no caps.

A block ends in a probe, which is granted in writing before the policy lets it in. So whatever dies in between, grants are at least
a block apart. The door stands open until the first probe has an outcome, which takes `merge_s` after its end: what dies at once may
come a few times meanwhile, and that is one outcome.
"""

import math

from canary.judge.jitter import spread
from canary.judge.moves import moved
from canary.judge.state import Cell
from canary.records import CellMoved, ProbeGranted, Record
from canary.rules import Rules


def block_s(cell: Cell, rules: Rules, strikes: int) -> float:
    """How long a block lasts: twice as long with each strike, and not the same everywhere.

    The jitter comes after the limit: servers that have all reached it are not to probe in step either.
    """
    doubled = rules.a.first_block_s * 2.0 ** min(strikes, _DOUBLINGS)
    return spread(min(rules.a.longest_block_s, doubled), cell.key, strikes, rules.probes.jitter)


_DOUBLINGS = 64
"""More make no difference: the longest block is long reached."""


def strikes_left(cell: Cell, rules: Rules, now_s: float) -> int:
    """Failed probes that are not forgiven yet."""
    if cell.state != "good":
        return cell.strikes
    forgiven = math.floor((now_s - cell.since_at_s) / rules.probes.forgiven_s)
    return max(0, cell.strikes - forgiven)


def opens_at_s(cell: Cell, rules: Rules) -> float:
    """When a version that nobody has brought as a probe may come in as itself; infinite when it may already, or has come.

    Services that do not know probes would stay out for ever: so once as long again as their block has lasted, they are let in
    as they are. They get no messages, and are the probe.
    """
    if cell.state != "probation" or cell.probe or cell.probe_is_live:
        return math.inf
    return cell.since_at_s + block_s(cell, rules, cell.strikes)


def granted(cell: Cell, rules: Rules, now_s: float, why: str = "", *, is_live: bool = False) -> list[Record]:
    """A probe for a version that has been blocked long enough, or whose last probe nobody made use of for the longest block.

    Such a one stays open meanwhile; it is granted again only so that nothing in the policy is for ever.

    Args:
        cell: The version.
        rules: How long the probe is open.
        now_s: By the ledger's clock.
        why: What else than time is the reason for it.
        is_live: Whether it may come in as itself.
    """
    number = cell.probes_granted + 1
    until_at_s = now_s + rules.a.longest_block_s
    how = "as it is, since nobody came as a probe: this is " if is_live else "as "
    reason = f"may be tried once, {how}probe {number}" + (f": {why}" if why else "")
    server, service, version, build = cell.key
    grant = ProbeGranted(server=server, service=service, version=version, build=build, number=number, is_live=is_live)
    return [grant, moved(cell, "probation", "probe", reason, until_at_s=until_at_s)]


def ended(cell: Cell, rules: Rules, now_s: float) -> CellMoved | None:
    """What follows from a probe that is over; None while there is none."""
    if cell.probe == "failed":
        strikes = cell.strikes + 1
        reason = f"probe {cell.probes_granted} failed: strike {strikes}"
    elif cell.probe == "excused":
        strikes = cell.strikes
        reason = f"probe {cell.probes_granted} failed, as other things did at that time: no strike"
    elif cell.probe == "void":
        strikes = cell.strikes
        reason = f"probe {cell.probes_granted} ended, and nothing was learnt"
    else:
        return None
    until_at_s = now_s + block_s(cell, rules, strikes)
    return moved(cell, "blocked", "probe", reason, until_at_s=until_at_s, strikes=strikes)
