"""PURE: the comparison of one shadow with the primary of this host: from conversations to counts and evidence; it asks nobody."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from canary.records import ShadowCompared
from canary.shadow.conversations import Conversations, Room, Whole
from canary.shadow.examples import Examples
from canary.shadow.pairs import Pair, pair_up
from canary.shadow.paths import declared, find_differences
from canary.shadow.replays import Replay, Replays
from canary.shadow.reply import Reply, content_of
from canary.shadow.second_replies import Differing, Side
from canary.shadow.spans import Spans
from canary.shadow.tally import Manner, Tally
from canary.shadow.terms import Noise, Terms, Vocabulary
from communicator.answers.shadows import Comparison, Difference, Latency
from communicator.protocol import Message

UNPAIRED_SHARE = 0.05
"""With more replies that have no partner, the comparison says nothing: it is of other replies than it seems."""
CLEAR_LOG10 = 3.0
"""Evidence that needs no further questions to the primary."""
TOP = 5
"""Places that are named to other hosts."""
ROWS = 500
"""Places that are told at most, the weightiest first."""

LOOK_EVERY = 16
"""Pairs between two looks at which commands differ without an explanation."""

NOISE: Mapping[Noise, Literal["second primary", "self-replay", "declared paths"]] = {
    "second": "second primary",
    "replay": "self-replay",
    "none": "declared paths",
}


class ShadowKey(NamedTuple):
    """Which shadow, and what for."""

    service: str
    version: str
    build: str
    server: str
    deployment: str


class Comparing:
    """One shadow and the primary.

    Args:
        key: Which shadow.
        terms: How it is to be compared.
        vocabulary: What is known of its commands.
        hash_key: Of hashes of what differs.
        room: What its conversations share with those of others.
        before: What had come of it in an earlier life of this canary; None: nothing.
    """

    def __init__(
        self,
        key: ShadowKey,
        terms: Terms,
        vocabulary: Vocabulary,
        hash_key: bytes,
        room: Room,
        before: ShadowCompared | None = None,
    ) -> None:
        self.key = key
        self.conversations = Conversations(room)
        self.replays = Replays(terms.replay)
        self._terms = terms
        self._vocabulary = vocabulary
        self._before = before
        self._tally = Tally(Manner(Examples(terms, vocabulary, hash_key).show, declared(terms.ignore)))
        self._whole = 0
        self._unpaired_primary = 0
        self._unpaired_shadow = 0
        self._spans = Spans(), Spans()
        self._unexplained: dict[str, bool] = {}
        self._looked_at = (0, 0)

    def compare(self, whole: Whole, now_s: float, *, has_reference: bool) -> Side:
        """Compare a conversation that is over.

        Args:
            whole: All of it.
            now_s: The clock.
            has_reference: Whether a second instance of the primary's version gets copies, too.

        Returns:
            Where the replies differ.
        """
        paired = pair_up(whole)
        if paired.fault:
            self.conversations.refuse(whole, paired.fault)
            return {}
        self._whole += 1
        self._unpaired_primary += paired.unpaired_primary
        self._unpaired_shadow += paired.unpaired_shadow
        is_second = has_reference or self._terms.noise == "second"
        return {pair.which: self._note(whole.id, pair, now_s, is_second=is_second) for pair in paired.pairs}

    def _note(self, conversation: str, pair: Pair, now_s: float, *, is_second: bool) -> Differing:
        primary, shadow, request = pair.primary, pair.shadow, pair.request
        may_replay = request is not None and request.command in self._vocabulary.repeatable
        may_replay = may_replay and self._terms.noise == "replay" and not is_second
        is_chosen = may_replay and self.replays.is_chosen(
            conversation, pair.number, is_unexplained=self._is_unexplained(primary.command)
        )
        is_alone = not (is_second or may_replay)
        paths = self._tally.note(primary.command, pair.found, now_s, is_alone=is_alone)
        if is_chosen and request is not None:
            answers = self._vocabulary.answers.get(request.command, frozenset()) | {primary.command, shadow.command}
            self.replays.add(Replay(request, answers, primary, paths))
        if primary.after_s and shadow.after_s:
            for spans, reply in zip(self._spans, (primary, shadow), strict=True):
                spans.add(reply.after_s)
        return Differing(primary.command, paths)

    def _is_unexplained(self, command: str) -> bool:
        """As of the last few pairs, and of the last new path: it takes longer to find out than to compare one."""
        looked_at = self._tally.pairs // LOOK_EVERY, self._tally.paths
        if looked_at != self._looked_at:
            self._looked_at = looked_at
            self._unexplained.clear()
        if command not in self._unexplained:
            is_open = self._tally.suspicion.log10_e < CLEAR_LOG10
            self._unexplained[command] = is_open and self._tally.is_unexplained(command)
        return self._unexplained[command]

    def hear_second(self, pairs: Iterable[tuple[Differing, Differing]]) -> None:
        """Take what a reference has said in a conversation that was compared.

        Args:
            pairs: For each reply of the primary, where the shadow's differs, and where the reference's does.
        """
        for shadow, second in pairs:
            self._tally.note_noise(shadow.command, shadow.paths, second.paths)

    def hear_again(self, replay: Replay, answer: Message | None) -> None:
        """Take what the primary has said when it was asked again.

        Args:
            replay: The question.
            answer: None: it refused, or said nothing. That is another answer, too: if it did not count, the shadow's would.
        """
        noise: Iterable[str] = {replay.primary.command}
        if answer is not None:
            noise = find_differences(replay.primary, Reply(answer.command, content_of(answer), ""))
        self._tally.note_noise(replay.primary.command, replay.differing, noise)

    def describe(self, now_s: float, primary: str, primary_version: str, *, has_reference: bool) -> Comparison:
        """What has come of it, for who asks.

        Args:
            now_s: The clock.
            primary: This server.
            primary_version: What is live on it.
            has_reference: As of `compare`.
        """
        rows = sorted(self._tally.differences(now_s), key=_weight)
        told = self.record(primary, rows)
        noise = "second" if has_reference else self._terms.noise
        return Comparison(
            **{name: getattr(self.key, name) for name in ShadowKey._fields},
            primary=primary,
            primary_version=primary_version,
            noise=NOISE[noise],
            conversations=told.conversations,
            earlier=told.conversations - self._whole,
            incomplete=dict(self.conversations.incomplete),
            matching=told.matching,
            differing=told.differing,
            unpaired_primary=self._unpaired_primary,
            unpaired_shadow=self._unpaired_shadow,
            late=self.conversations.late,
            log10_evidence=told.log10_evidence,
            is_conclusive=told.is_conclusive,
            latency=self._latency(),
            differences=tuple(rows[:ROWS]),
            omitted=len(rows[ROWS:]),
        )

    def record(self, primary: str, rows: Sequence[Difference]) -> ShadowCompared:
        """What has come of it, for the leader; with what had before.

        Args:
            primary: This server.
            rows: Where replies differ, the weightiest first.
        """
        before = self._before or ShadowCompared(server=primary, shadow=self.key.server, service="", version="")
        pairs, differing = self._tally.pairs, self._tally.differing
        unpaired = before.unpaired + self._unpaired_primary + self._unpaired_shadow
        compared = before.compared + pairs
        return ShadowCompared(
            server=primary,
            shadow=self.key.server,
            service=self.key.service,
            version=self.key.version,
            build=self.key.build,
            deployment=self.key.deployment,
            conversations=before.conversations + self._whole,
            incomplete=before.incomplete + self.conversations.incomplete.total(),
            compared=compared,
            matching=before.matching + pairs - differing,
            differing=before.differing + differing,
            unpaired=unpaired,
            log10_evidence=before.log10_evidence + self._tally.suspicion.log10_e,
            is_conclusive=self._tally.is_tested and unpaired <= UNPAIRED_SHARE * (compared + unpaired),
            paths=tuple(row.path for row in rows if row.is_news)[:TOP] or before.paths,
        )

    def tell(self, now_s: float, primary: str) -> ShadowCompared:
        """As `record`, with the rows as they are now."""
        return self.record(primary, sorted(self._tally.differences(now_s), key=_weight))

    def _latency(self) -> Latency:
        primary, shadow = self._spans
        return Latency(
            replies=primary.count,
            primary_p50_s=primary.percentile(0.5),
            primary_p99_s=primary.percentile(0.99),
            shadow_p50_s=shadow.percentile(0.5),
            shadow_p99_s=shadow.percentile(0.99),
        )


def _weight(row: Difference) -> tuple[bool, bool, float, int]:
    return not row.is_news, row.is_ignored, -row.log10_evidence, -row.differing
