"""Which linked routers still live: when to ask, whom to suspect, ourselves first; it sends nothing and reads no clock."""

from collections.abc import Callable

import msgspec

from communicator.router.cores.deadlines import Deadline
from communicator.router.mesh.book.entry import spread

ALIVE_EVERY_S = 2.0
ALIVE_JITTER = 0.1
SUSPECT_AFTER_S = 6.0
"""Two questions have gone unanswered."""
LOST_AFTER_S = 8.5
ALL_SILENT_GRACE_S = 1.4
"""When everybody is silent it is more likely us; with it, and a beat, a loss still shows within 10 s."""
LATE_S = 1.0
"""A beat later than that: we were asleep or starved, and cannot know who spoke meanwhile."""
SHORTEST_BEAT_S = 0.1
"""With hundreds of peers, those whose time comes in one tenth of a second are dealt with together."""
QUESTIONS_MAX = 4
"""Unanswered questions remembered per link; older ones say nothing of the round trip."""
RTT_WEIGHT = 0.125
"""Of a new round trip in the smoothed one, as TCP has it."""


class Beats(msgspec.Struct, frozen=True):
    """What one beat asks for."""

    probe: list[tuple[int, int]] = []
    """Link and serial of each ALIVE to send."""
    suspects: list[int] = []
    """Links that have just become suspect; they are among `probe`."""
    lost: list[int] = []
    """Links to give up; they are no longer watched."""
    self_suspect: bool = False
    """We doubt ourselves: the beat came late, or all of several peers are silent."""


class _Peer(msgspec.Struct):
    probe_s: float
    heard_s: float
    is_suspect: bool = False
    questions: dict[int, float] = {}
    """Serial to when it was asked."""
    rtt_s: float | None = None


class Heartbeat:
    """The liveness of each link to a router.

    Args:
        seed: What spreads the questions, unlike for each router, such as the boot id.
        due: When `beat` is to be called next; at no time without peers.
    """

    def __init__(self, seed: str, due: Deadline) -> None:
        self._seed = seed
        self._peers: dict[int, _Peer] = {}
        self._serial = 0
        self.due = due

    def joined(self, link_id: int, now_s: float) -> None:
        """A link to a router was accepted: watch it."""
        probe_s = now_s + ALIVE_EVERY_S * spread(f"{self._seed} {link_id}", 0)
        self._peers[link_id] = _Peer(probe_s, now_s)
        self.due.set(probe_s if self.due.at_s is None else min(self.due.at_s, probe_s))

    def heard(self, link_id: int, now_s: float) -> None:
        """Bytes came over a link, watched or not; called for each read."""
        if (peer := self._peers.get(link_id)) is not None:
            peer.heard_s = now_s

    def left(self, link_id: int) -> None:
        """A link is gone."""
        if self._peers.pop(link_id, None) is not None and not self._peers:
            self.due.set(None)

    def rtt_s(self, link_id: int) -> float | None:
        """The smoothed round trip of a link; None before the first answer."""
        peer = self._peers.get(link_id)
        return None if peer is None else peer.rtt_s

    def answered(self, link_id: int, serial: int, now_s: float) -> float | None:
        """An ABSOLUTELY came.

        Returns:
            The round trip in seconds; None when that question was not asked, or long ago.
        """
        peer = self._peers.get(link_id)
        asked_s = None if peer is None else peer.questions.pop(serial, None)
        if peer is None or asked_s is None:
            return None
        rtt_s = now_s - asked_s
        peer.rtt_s = rtt_s if peer.rtt_s is None else peer.rtt_s + RTT_WEIGHT * (rtt_s - peer.rtt_s)
        return rtt_s

    def beat(self, now_s: float, held: Callable[[int], bool]) -> Beats:
        """Ask those whose time has come, and judge those who have been silent.

        Args:
            now_s: On the monotonic clock; `due`, or as soon after it as could be.
            held: Whether we hold a link up ourselves, so that its silence is no fault of the peer.
        """
        is_late = self.due.at_s is not None and now_s - self.due.at_s > LATE_S
        for link_id, peer in self._peers.items():
            if is_late or held(link_id):
                peer.heard_s = now_s
        silent = [now_s - peer.heard_s >= SUSPECT_AFTER_S for peer in self._peers.values()]
        all_silent = len(silent) > 1 and all(silent)
        beats = Beats(self_suspect=is_late or all_silent)
        lost_after_s = LOST_AFTER_S + (ALL_SILENT_GRACE_S if all_silent else 0.0)
        for link_id in list(self._peers):
            self._judge(link_id, lost_after_s, now_s, beats)
        self.due.set(self._earliest_s(now_s))
        return beats

    def _judge(self, link_id: int, lost_after_s: float, now_s: float, beats: Beats) -> None:
        peer = self._peers[link_id]
        silence_s = now_s - peer.heard_s
        if silence_s >= lost_after_s:
            beats.lost.append(link_id)
            del self._peers[link_id]
            return
        was_suspect, peer.is_suspect = peer.is_suspect, silence_s >= SUSPECT_AFTER_S
        if peer.is_suspect and not was_suspect:
            beats.suspects.append(link_id)
            peer.probe_s = now_s
        if peer.probe_s <= now_s:
            beats.probe.append((link_id, self._ask(link_id, peer, now_s)))

    def _ask(self, link_id: int, peer: _Peer, now_s: float) -> int:
        self._serial += 1
        peer.questions[self._serial] = now_s
        if len(peer.questions) > QUESTIONS_MAX:
            del peer.questions[next(iter(peer.questions))]
        fraction = spread(f"{self._seed} {link_id}", self._serial)
        peer.probe_s = now_s + ALIVE_EVERY_S * (1.0 - ALIVE_JITTER + 2.0 * ALIVE_JITTER * fraction)
        return self._serial

    def _earliest_s(self, now_s: float) -> float | None:
        if not self._peers:
            return None
        earliest_s = min(
            min(peer.probe_s, peer.heard_s + (LOST_AFTER_S if peer.is_suspect else SUSPECT_AFTER_S))
            for peer in self._peers.values()
        )
        return max(earliest_s, now_s + SHORTEST_BEAT_S)
