"""PURE: the window of one directed pair of hosts: exchanges go in, an estimate with its bound comes out; it reads no clock."""

from collections import deque
from math import inf

from timekeeper.pairs.bounds import BURST_NS, RawBounds, error_ns
from timekeeper.pairs.estimate import Correction, PairEstimate, PairEvent, Refusal, Restart, Restarted, Side, Stepped
from timekeeper.pairs.exchange import Exchange, RealtimeReading
from timekeeper.pairs.rates import FASTEST_SLEW, RATE_BOUND, SETTLED_S, STEERING, WANDER
from timekeeper.pairs.steps import StepDetector
from timekeeper.pairs.strip import Strip
from timekeeper.pairs.turning import turning_change, turning_rate

VOID_NS = 1_000_000_000_000
"""After this long without an exchange nothing is said any more (as ClockBound does)."""
DRIFT_PPM = 10.0
"""The drift is told when it is known at least this well."""

EXCHANGE_NS = 10_000_000_000
"""An exchange that took longer bounds nothing well."""

REVERTED = 16
"""Answers from an older epoch, one after the other: more than late ones of a burst; the peer was set back to a snapshot."""

_EVENTS = 32
_NO_CORRECTION = Correction()


class PairWindow:
    """Everything measured between us and one peer."""

    def __init__(self) -> None:
        self._bounds = RawBounds()
        self._detectors = {Side.OURS: StepDetector(), Side.THEIRS: StepDetector()}
        self._events: deque[PairEvent] = deque(maxlen=_EVENTS)
        self._steps = 0
        self._refused_as_old = 0
        """Exchanges, since the last one that was used."""

    def add(self, exchange: Exchange) -> Refusal | None:
        """Take one exchange into account.

        Args:
            exchange: In any order; a new boot or epoch makes the windows start anew.

        Returns:
            Why it is not used; None when it is.
        """
        refusal = _find_fault(exchange) or self._enter_epoch(exchange)
        if refusal is not None:
            return refusal
        self._refused_as_old = 0
        self._bounds.add(exchange)
        self._watch(Side.OURS, exchange.ours)
        self._watch(Side.THEIRS, exchange.theirs)
        return None

    def estimate(
        self, now_raw_ns: int, ours: RealtimeReading | None = None, correction: Correction = _NO_CORRECTION
    ) -> PairEstimate | None:
        """Say how the clocks stand to each other now.

        Args:
            now_raw_ns: Our CLOCK_MONOTONIC_RAW.
            ours: Our REALTIME - RAW of about now: a step of our own clock since the last exchange is then allowed for.
            correction: What the time daemons of both hosts are about to do.

        Returns:
            The estimate; None without an exchange within the last 1000 s, and where the last one is yet to come: then our
            raw clock was set back.
        """
        newest = self._bounds.newest
        if newest is None or not newest.t1_ns <= now_raw_ns <= newest.t4_ns + VOID_NS:
            return None
        strip = self._fitting_strip()
        at_ns, theta_ns = self._bounds.origin()
        middle_ns, half_ns = (strip.low + strip.high) / 2, (strip.high - strip.low) / 2
        age_ns = max(0, now_raw_ns - at_ns)
        mine, mine_due_ns = self._own_reading(newest, now_raw_ns, ours)
        # The two REALTIME - RAW were not read exactly when they are needed; the peer's is dated on its own raw clock.
        peers_due_ns = at_ns + theta_ns + middle_ns
        early_ns = abs(mine.raw_ns - mine_due_ns) + abs(newest.theirs.raw_ns - peers_due_ns) + half_ns
        offset_ns = theta_ns + newest.theirs.difference_ns - mine.difference_ns + middle_ns
        drift_ppm, drift_bound_ppm = _drift(strip)
        loose = RATE_BOUND + self._parting_rate(drift_ppm)
        rate = min(loose, self._proven_rate(strip, correction)) if mine is newest.ours else loose
        moved_ns = rate * age_ns + _corrected_ns(correction, age_ns)
        bound_ns = half_ns + mine.error_ns + newest.theirs.error_ns + loose * early_ns + moved_ns
        return PairEstimate(
            offset_s=offset_ns / 1e9,
            bound_s=bound_ns / 1e9,
            rtt_s=self._bounds.shortest_delay_ns / 1e9,
            age_s=age_ns / 1e9,
            drift_ppm=drift_ppm,
            drift_bound_ppm=drift_bound_ppm,
            steps=self._steps,
            rate_bound_ppm=rate * 1e6,
        )

    def _own_reading(
        self, newest: Exchange, now_raw_ns: int, ours: RealtimeReading | None
    ) -> tuple[RealtimeReading, int]:
        """Our REALTIME - RAW to reckon with, and when it is needed: that of the last exchange, but after a step a new one.

        Without a step, or a slew, the older is the better: what both daemons correct of their crystals cancels out until then.
        """
        if ours is not None and self._detectors[Side.OURS].is_off_course(ours):
            return ours, now_raw_ns
        return newest.ours, newest.t4_ns

    def _parting_rate(self, drift_ppm: float | None) -> float:
        """How fast the two CLOCK_REALTIME run apart, as far as that is measured: next to nothing while no daemon slews one."""
        turned = self._turned_apart()
        if drift_ppm is not None:
            return abs(turned + drift_ppm / 1e6)
        return abs(turned) if abs(turned) > RATE_BOUND else 0.0  # less may well be what the crystals need

    def _proven_rate(self, strip: Strip, correction: Correction) -> float:
        """The fastest at which the two CLOCK_REALTIME can part until the next exchange, as far as the window proves it.

        That is how fast they are seen to part, what is not known of their drift, what crystals wander, and by how much the
        turning of both has changed in the window. Of a daemon that has not settled nobody knows what it will do.
        """
        if correction.remaining_s > SETTLED_S:
            return inf
        exchanges = self._bounds.exchanges
        change = turning_change([one.theirs for one in exchanges]) + turning_change([one.ours for one in exchanges])
        drift, doubt = (strip.slope_low + strip.slope_high) / 2, (strip.slope_high - strip.slope_low) / 2
        return abs(self._turned_apart() + drift) + doubt + WANDER + change + STEERING

    def _turned_apart(self) -> float:
        """How much faster the peer's CLOCK_REALTIME is turned against its raw clock than ours."""
        exchanges = self._bounds.exchanges
        return turning_rate([one.theirs for one in exchanges]) - turning_rate([one.ours for one in exchanges])

    def enter_epoch(self, our_epoch: int) -> None:
        """Our raw clock may have broken: what was measured on it before says nothing any more."""
        newest = self._bounds.newest
        if newest is not None and newest.our_epoch != our_epoch:
            self._start_anew(Side.OURS, Restart.OUR_CLOCK_BROKE)

    def take_events(self) -> list[PairEvent]:
        """What happened since the last call, from the oldest on; beyond 32 the oldest are lost."""
        taken = list(self._events)
        self._events.clear()
        return taken

    def _enter_epoch(self, exchange: Exchange) -> Refusal | None:
        """Start anew where a raw clock did; what was measured before that is refused from then on."""
        newest = self._bounds.newest
        if newest is None:
            return None
        if _is_of_old(exchange, newest) and not self._was_reverted(exchange, newest):
            self._refused_as_old += 1
            return Refusal.OLD_EPOCH
        if exchange.our_epoch != newest.our_epoch:
            self._start_anew(Side.OURS, Restart.OUR_CLOCK_BROKE)
        if exchange.peer_boot_id != newest.peer_boot_id:
            self._start_anew(Side.THEIRS, Restart.PEER_BOOTED)
        elif exchange.peer_epoch != newest.peer_epoch:
            self._start_anew(Side.THEIRS, Restart.PEER_CLOCK_BROKE)
        return None

    def _was_reverted(self, exchange: Exchange, newest: Exchange) -> bool:
        """Whether what seems to be late comes of a raw clock that was set back, as that of a virtual machine may be."""
        return self._refused_as_old >= REVERTED or exchange.t4_ns - newest.t4_ns > VOID_NS

    def _start_anew(self, side: Side, reason: Restart) -> None:
        self._bounds = RawBounds()
        self._detectors[side].forget()
        self._events.append(Restarted(reason))

    def _watch(self, side: Side, reading: RealtimeReading) -> None:
        step = self._detectors[side].observe(reading)
        if step is not None:
            self._events.append(Stepped(side, step))
            self._steps += side is Side.THEIRS

    def _fitting_strip(self) -> Strip:
        """What the raw clocks can be; where nothing fits they changed, and only what came after that counts.

        One exchange alone always fits: its delay is not negative.
        """
        strip = self._bounds.strip()
        if strip is None:
            self._events.append(Restarted(Restart.CONTRADICTION))
            self._bounds.keep_last(BURST_NS)
            strip = self._bounds.strip()
        if strip is None:
            self._bounds.keep_last(0)
            strip = self._bounds.strip()
        assert strip is not None  # noqa: S101 - see above
        return strip


def _find_fault(exchange: Exchange) -> Refusal | None:
    slack_ns = error_ns(exchange)
    held_ns = exchange.t3_ns - exchange.t2_ns
    took_ns = exchange.t4_ns - exchange.t1_ns
    if held_ns < -slack_ns or took_ns < 0:
        return Refusal.STAMPS_BACKWARDS
    if took_ns > EXCHANGE_NS:
        return Refusal.TOO_LONG
    if exchange.delay_ns < -(slack_ns + RATE_BOUND * held_ns):
        return Refusal.NEGATIVE_DELAY
    return None


def _is_of_old(exchange: Exchange, newest: Exchange) -> bool:
    if exchange.our_epoch < newest.our_epoch:
        return True
    if exchange.peer_boot_id != newest.peer_boot_id:
        return exchange.our_epoch == newest.our_epoch and exchange.t4_ns < newest.t4_ns
    return exchange.peer_epoch < newest.peer_epoch


def _corrected_ns(correction: Correction, age_ns: int) -> float:
    """How far a clock may have been moved by its daemon since the last exchange, beyond what it showed by then."""
    left_s = correction.remaining_s if correction.remaining_s <= SETTLED_S else 0.0
    announced_s = correction.announced_s if 1e9 * correction.since_s < age_ns else 0.0
    return 1e9 * left_s + min(1e9 * announced_s, FASTEST_SLEW * age_ns)


def _drift(strip: Strip) -> tuple[float, float] | tuple[None, None]:
    """The rate of the peer's raw clock against ours, in ppm, and how far it may be from that."""
    drift_ppm = (strip.slope_low + strip.slope_high) / 2 * 1e6
    bound_ppm = ((strip.slope_high - strip.slope_low) / 2 + WANDER) * 1e6
    return (drift_ppm, bound_ppm) if bound_ppm <= DRIFT_PPM else (None, None)
