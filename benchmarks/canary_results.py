"""What a run has found of the canary, and the bars it is held against; it measures nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.bars import Bar
from benchmarks.canary_decisions import AGENT_HEARS, LEADER_HEARS, Decisions, DecisionTimes
from benchmarks.canary_detection import Accused, Block, Found
from benchmarks.canary_ledger import LedgerFigures

DECISION_S = 100e-6
AT_ONCE = "dies at once"
AT_ONCE_S = 80.0
FOLD_S = 30.0
EXPLAIN_S = 0.2
FULL_ENTRIES = 1_000_000
"""The bars of the ledger are about one of so many."""


@dataclass(slots=True)
class CanaryResults:
    """What was left out stays empty."""

    decisions: Decisions | None = None
    ledger: LedgerFigures | None = None
    blocks: list[Block] = field(default_factory=list)
    accused: list[Accused] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)


def judge_canary(results: CanaryResults) -> list[Bar]:
    """Hold the figures against the bars of the design; a figure that was not taken has no bar."""
    decisions, ledger = results.decisions, results.ledger
    return [
        *(bar for times in (decisions.times if decisions else ()) for bar in _decision_bars(times)),
        *(_ledger_bars(ledger) if ledger else ()),
        *(_block_bar(block) for block in results.blocks),
        *_accused_bars(results.accused),
        *(_found_bar(found) for found in results.found if found.least),
    ]


def _decision_bars(times: DecisionTimes) -> list[Bar]:
    if times.what not in (AGENT_HEARS, LEADER_HEARS):
        return []
    asked = f"<= {DECISION_S * 1e6:.0f} us"
    return [
        Bar(f"canary, {times.what}, {name}", asked, f"{taken_s * 1e6:.1f} us", taken_s <= DECISION_S)
        for name, taken_s in (("p50", times.least.p50_s), ("p99", times.least.p99_s))
    ]


def _ledger_bars(ledger: LedgerFigures) -> list[Bar]:
    is_full = ledger.entries >= FULL_ENTRIES
    read_s = ledger.verified_s + ledger.folded_s
    of = f"of {ledger.entries:,} entries"
    single = f"{ledger.single_per_s:,.0f}/s ({ledger.single_per_s / ledger.synced_per_s:.2f} x a synced line)"
    return [
        Bar("durable appends, one at a time", "reported", single, met=True),
        Bar("durable appends, 100 at once", "reported", f"{ledger.grouped_per_s:,.0f}/s", met=True),
        _span_bar(
            f"ledger {of}: read, checked, folded", read_s, FOLD_S, f"CPU {ledger.read_cpu_s:.2f} s", is_asked=is_full
        ),
        _span_bar(
            f"ledger {of}: explain one version",
            ledger.explain_s,
            EXPLAIN_S,
            f"{ledger.explained:,} entries",
            is_asked=is_full,
        ),
    ]


def _span_bar(what: str, taken_s: float, limit_s: float, besides: str, *, is_asked: bool) -> Bar:
    asked = f"<= {limit_s:.2f} s" if is_asked else "reported"
    return Bar(what, asked, f"{taken_s:.2f} s ({besides})", not is_asked or taken_s <= limit_s)


def _block_bar(block: Block) -> Bar:
    limit_s = AT_ONCE_S if block.what == AT_ONCE else block.limit_s
    what = f"a version that {block.what} is blocked, median of {block.lives:,}"
    return Bar(what, f"<= {limit_s:.0f} s", f"{block.median_s:.0f} s", block.median_s <= limit_s)


def _accused_bars(accused: Sequence[Accused]) -> list[Bar]:
    """One for each verdict: how many worlds have seen it more often than the promise lets expect."""
    bars = []
    for verdict in dict.fromkeys(one.what for one in accused):
        worlds = [one for one in accused if one.what == verdict]
        broken = sum(one.found > one.allowed for one in worlds)
        found, lives = sum(one.found for one in worlds), sum(one.lives for one in worlds)
        what = f"worlds, of {len(worlds)}, with more good versions {verdict} than promised"
        bars.append(Bar(what, "0", f"{broken} ({found:,} of {lives:,} lives)", broken == 0))
    return bars


def _found_bar(found: Found) -> Bar:
    what = f"fails {found.what}: suspect within {found.within} failures"
    return Bar(what, f">= {found.least} of {found.lives}", f"{found.found}", found.found >= found.least)
