"""Whatever shell, shadow and comparator do: what is compared is whole, what was cut is told, and the primary notices nothing."""

from collections import defaultdict

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from communicator.protocol import decode
from communicator.router.cores import mirror as mirrors
from communicator.router.cores import sampling, steps
from communicator.router.delivery import mirroring
from tests.router.mirrored import SHADOW, Mirrored

BOUNDS = [
    *((mirrors, "QUEUE_MESSAGES", 6), (mirrors, "QUEUE_BYTES", 500), (mirrors, "WINDOW_BYTES", 150)),
    *((mirrors, "COPIES_AT_ONCE", 3), (mirrors, "UNCONFIRMED_S", 20.0)),
    *((sampling, "LENGTH_MESSAGES", 6), (sampling, "LONGEST_MESSAGES", 9), (sampling, "NOTES_KEPT", 6)),
    *(
        (sampling, "NOTED_BYTES", 700),
        (sampling, "SMALL_BYTES", 40),
        (sampling, "CONVERSATIONS_KEPT", 5),
        (sampling, "SENDERS_KEPT", 3),
    ),
    *((steps, "STEPS_KEPT", 20), (steps, "STEPS_AT_ONCE", 4), (mirroring, "LINES_AT_ONCE", 5)),
]
"""Small enough for each of them to matter within a few steps."""
MARKS = {"queue": (0.5, 0.25), "unanswered": (4, 2), "load": (0.8, 0.6)}
SENDERS = ("anna", "bert", "far:carl", "far:dora")
ENOUGH_S = 200

asks = st.tuples(
    st.just("ask"),
    st.lists(st.tuples(st.sampled_from(SENDERS), st.integers(0, 2), st.integers(0, 60)), min_size=1, max_size=8),
)
moves = st.one_of(
    asks,
    asks,
    st.tuples(st.just("answer"), st.lists(st.sampled_from(SENDERS), min_size=1, max_size=4)),
    st.tuples(st.just("look"), st.none()),
    st.tuples(st.just("take"), st.sampled_from((True, True, True, False))),
    st.tuples(st.just("confirm"), st.sampled_from(("", "", "", "absent", "behind"))),
    st.tuples(st.just("confirm_all"), st.integers(0, 3)),
    st.tuples(st.just("lose"), st.none()),
    st.tuples(st.just("load"), st.sampled_from(("0.1", "0.9"))),
    st.tuples(st.just("shadow"), st.integers(0, 30)),
    st.tuples(st.just("broken"), st.sampled_from(("anna", "bert"))),
    st.tuples(st.just("pass"), st.sampled_from((0, 0.2, 1.5, 6, 31, 70))),
    st.tuples(st.just("rest"), st.none()),
)


@pytest.fixture(autouse=True, scope="module")
def bounds():
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in BOUNDS:
            patch.setattr(module, name, value)
        patch.setattr(mirrors, "_MARKS", MARKS)
        yield


class Story:
    """What is played, and what came of it."""

    def __init__(self, shadow):
        self.key = shadow.get("key", "") if shadow else ""
        self.rig = Mirrored(shadow) if shadow else Mirrored()
        self.rig.forget()
        self.asked = 0
        self.at_s = {}
        """By the number of a message: when it was asked."""
        self.order = defaultdict(list)
        """By key, the numbers of its messages."""
        self.to_primary = b""

    def play(self, moves):
        for what, how in moves:
            getattr(self, what)(how)
            self._see_bounds()
        self.rest()

    def ask(self, messages):
        """Each sender's messages are one read; those of other hosts come together."""
        reads = defaultdict(list)
        for sender, account, size in sorted(messages, key=lambda one: one[0].rpartition(":")[0] or one[0]):
            self.asked += 1
            text = f"billing/ASK account={account};n={self.asked};x={'x' * size}"
            host, _, name = sender.rpartition(":")
            reads[host or name].append(f"<{sender} peer:{text}" if host else text)
            self.at_s[self.asked] = self.rig.monotonic_s
            full = sender if host else f"peer:{sender}"
            self.order[str(account) if self.key else full].append(self.asked)
        for link, lines in reads.items():
            self.rig.say(link, "\n".join(lines))
        if self.asked % 4:
            self.look(None)

    def answer(self, receivers):
        self.rig.say("billing", "\n".join(f"{one}/ANSWER account=1;n=1" for one in receivers))

    def look(self, _):
        self.rig.look()

    def take(self, taken):
        for _ in range(min(3, len(self.rig.offers))):
            self.rig.take(taken=taken)

    def confirm(self, refused):
        self.take(taken=True)
        self.rig.confirm(refused=refused)

    def confirm_all(self, lost):
        """Several have come and are confirmed together, perhaps but for one of them."""
        self.take(taken=True)
        self.rig.confirm_all(lost)

    def load(self, load):
        self.rig.confirm(load=load)

    def lose(self, _):
        """A copy does not arrive."""
        if self.rig.unconfirmed:
            self.rig.answers.append("lost")

    def shadow(self, number):
        if self.rig.copies:
            self.rig.shadow_says(self.rig.copies[number % len(self.rig.copies)], "anna/ANSWER n=2", number=False)

    def broken(self, sender):
        self.rig.write(sender, b"billing/ASK account=\xff\n")

    def rest(self, _=None):
        """All that is under way arrives."""
        while self.rig.looks or self.rig.offers or self.rig.unconfirmed:
            self.look(None)
            self.take(taken=True)
            self.confirm("")

    def pass_(self, seconds):
        while self.rig.looks:  # which takes the shell no time
            self.look(None)
        self.rig.pass_time(seconds)

    def __getattr__(self, name):
        return {"pass": self.pass_}[name]

    def _see_bounds(self):
        for mirror in self.rig.mirrors:
            assert mirror.queue_messages <= mirrors.QUEUE_MESSAGES
            assert mirror.queue_bytes <= mirrors.QUEUE_BYTES
            assert mirror.unconfirmed_bytes <= mirrors.WINDOW_BYTES or len(mirror._unconfirmed) == 1
            assert len(mirror.steps) <= steps.STEPS_KEPT + sampling.CONVERSATIONS_KEPT
            assert len(self.rig.sampler) <= sampling.CONVERSATIONS_KEPT
            assert len(self.rig.sampler._notes) <= sampling.NOTES_KEPT
            assert len(self.rig.sampler._left) <= sampling.SENDERS_KEPT

    def end(self):
        for _ in range(ENOUGH_S // 20):
            self.pass_(20)
            self.rest()


def number_of(line):
    return int(decode(line if isinstance(line, bytes) else line.encode()).get("n") or 0)


def conversations_of(rig):
    """What the comparator was told of each: the messages, and how it ended."""
    asked, ends = defaultdict(list), {}
    for _, step in rig.steps:
        is_late = step.what == "shadow" and ends.get(step.conversation) == ""
        assert is_late or step.conversation not in ends, "something was told after the end"
        if step.what == "asked":
            asked[step.conversation].append((step.number, number_of(step.line)))
        elif step.what == "ended":
            ends[step.conversation] = step.cut
    return asked, ends


@given(st.lists(moves, min_size=15, max_size=60), st.sampled_from(("", "account")))
def test_what_is_compared_is_whole(moves, key):
    story = Story({**SHADOW, "key": key})
    story.play(moves)
    story.end()
    rig, [mirror] = story.rig, story.rig.mirrors
    asked, ends = conversations_of(rig)
    note(f"asked {dict(asked)} ends {ends} totals {mirror.totals}")
    copied = defaultdict(list)
    for copy, answer in zip(rig.copies, rig.answers, strict=False):
        copied[copy.conversation].append((copy.number, number_of(copy.line), answer))
    for conversation in [one for one, cut in ends.items() if not cut]:
        messages = asked[conversation]
        assert [number for number, _ in messages] == list(range(len(messages)))
        assert copied[conversation] == [(number, of, "") for number, of in messages], "copied once, in order, handed on"
        _is_contiguous(story, [of for _, of in messages])
    whole = [cut for cut in ends.values() if not cut]
    assert len(whole) == mirror.totals["whole"]
    cut = {reason.removeprefix("cut_"): count for reason, count in mirror.totals.items() if reason.startswith("cut_")}
    for reason, count in cut.items():
        assert list(ends.values()).count(reason) == count
    assert len(ends) == sum(cut.values()) + mirror.totals["whole"], "each that began has ended"
    assert asked.keys() <= ends.keys()


def _is_contiguous(story, messages):
    """Nothing that its key has said in between, or right behind it, is missing."""
    [of_key] = [numbers for numbers in story.order.values() if messages[0] in numbers]
    at = of_key.index(messages[0])
    assert of_key[at : at + len(messages)] == messages
    behind = of_key[at + len(messages) : at + len(messages) + 1]
    for next_one in behind:
        silence_s = story.at_s[next_one] - story.at_s[messages[-1]]
        assert silence_s >= sampling.SILENCE_S - 1 or len(messages) >= sampling.LENGTH_MESSAGES


@given(st.lists(moves, min_size=15, max_size=60), st.sampled_from(("", "account")))
def test_all_is_forgotten_in_the_end(moves, key):
    story = Story({**SHADOW, "key": key})
    story.play(moves)
    story.end()
    [mirror], sampler = story.rig.mirrors, story.rig.sampler
    assert (len(sampler), sampler.parties, sampler._by_id, sampler.has_notes) == (0, {}, {}, False)
    assert (sampler._left, sampler._left_before) == ({}, {})
    assert (mirror.following, mirror.unanswered, mirror.queue_bytes, mirror.unconfirmed_bytes) == ({}, 0, 0, 0)
    assert (len(mirror.steps), mirror.steps._bytes, story.rig.board._offers) == (0, 0, {})


@given(st.lists(moves, min_size=15, max_size=60), st.sampled_from(("", "account")))
def test_the_primary_and_who_speaks_with_it_hear_what_they_would_hear_without_a_shadow(moves, key):
    heard = []
    for shadow in ({**SHADOW, "key": key}, None):
        story = Story(shadow)
        for what, how in moves:
            if what in ("ask", "answer", "broken", "pass") or shadow:
                getattr(story, what)(how)
        heard.append([story.rig.written[story.rig.links[one]] for one in ("billing", "anna", "bert")])
    assert heard[0] == heard[1]


@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(1, 4), st.sampled_from((0, 0, 31, 70))), max_size=60)
)
def test_each_conversation_that_is_drawn_is_counted_once(reads):
    rig = Mirrored(SHADOW)
    for sender, messages, pause_s in reads:
        rig.say("far", "\n".join([f"<far:{sender} peer:billing/ASK n=1;x=1"] * messages))
        rig.look()
        rig.pass_time(pause_s)
    rig.settle()
    rig.pass_time(61)
    rig.settle()
    [mirror] = rig.mirrors
    assert sum(mirror.totals.values()) == rig.sampler._draws
