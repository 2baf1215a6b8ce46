import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.fairness.delays import NETWORK_MISTAKES, REMEMBERED
from communicator.fairness.sources import LATELY_S, Sources, Standing
from communicator.router.mesh.gatekeeper import (
    QUEUE_ADDRESS_MAX,
    QUEUE_MAX,
    REFUSALS_TOLD,
    Candidate,
    Gatekeeper,
    Outcome,
    Refusal,
)

VERIFY, QUEUED, REFUSED = "verify", "queued", "refused"


def verdict_of(outcome):
    """What becomes of somebody who shows a password."""
    return VERIFY if outcome.next else REFUSED if outcome.refused else QUEUED


def make_gate(*never_block):
    return Gatekeeper(lambda ip: ip in never_block, Sources(lambda ip: ip in never_block))


def check(gate, is_right, now_s):
    """End the verification under way of those who stand worst."""
    current = gate._desks.current
    return gate.checked(current[max(current)].link_id, is_right, now_s) if current else None


def fail(gate, now_s, ip="10.0.0.1", link_id=1):
    assert verdict_of(gate.ask(link_id, ip, "u", "p", now_s)) == VERIFY
    return gate.checked(link_id, is_right=False, now_s=now_s)


def test_one_password_is_verified_at_a_time_in_the_order_they_came():
    gate = make_gate()
    verdicts = [verdict_of(gate.ask(number, f"10.0.0.{number}", "u", f"p{number}", 0.0)) for number in (1, 2, 3)]
    assert verdicts == [VERIFY, QUEUED, QUEUED]
    assert gate.waiting == 2
    outcome = check(gate, is_right=True, now_s=0.1)
    assert outcome == Outcome(Candidate(2, "10.0.0.2", "u", "p2"))
    assert check(gate, is_right=True, now_s=0.2).next.link_id == 3
    assert check(gate, is_right=True, now_s=0.3) == Outcome()
    assert check(gate, is_right=True, now_s=0.4) is None
    assert (gate.waiting, gate.failures_total, gate.refused_unverified_total) == (0, 0, 0)


def test_the_delay_doubles_to_half_a_minute_and_is_refused_unverified():
    gate, now_s = make_gate(), 0.0
    for number, wait_s in enumerate((1, 2, 4, 8, 16, 30, 30), start=1):
        assert fail(gate, now_s).wrong == number
        decision = gate.ask(9, "10.0.0.1", "u", "right", now_s + wait_s - 0.01)
        assert decision.refused == (Refusal(9, "wrong passwords came from this address: try again in 1 s"),)
        now_s += wait_s
    assert (gate.failures_total, gate.refused_unverified_total) == (7, 7)


def test_an_attempt_that_was_refused_does_not_prolong_the_delay():
    gate = make_gate()
    fail(gate, 0.0)
    for tenth in range(10):
        assert verdict_of(gate.ask(2, "10.0.0.1", "u", "p", tenth / 10)) == REFUSED
    assert verdict_of(gate.ask(2, "10.0.0.1", "u", "p", 1.0)) == VERIFY


def test_another_address_is_not_delayed():
    gate = make_gate()
    fail(gate, 0.0)
    assert verdict_of(gate.ask(2, "10.0.0.2", "u", "p", 0.0)) == VERIFY


def test_a_right_password_starts_anew():
    gate = make_gate()
    fail(gate, 0.0)
    fail(gate, 1.0)
    gate.ask(1, "10.0.0.1", "u", "p", 3.0)
    assert check(gate, is_right=True, now_s=3.0).wrong == 0
    assert fail(gate, 3.0).wrong == 1


def test_a_wrong_password_is_forgiven_after_ten_minutes():
    gate = make_gate()
    fail(gate, 0.0)
    assert fail(gate, 599.0).wrong == 2
    assert fail(gate, 599.0 + 600.0).wrong == 1


def test_it_is_forgiven_also_when_the_verification_began_before():
    gate = make_gate()
    fail(gate, 0.0)
    gate.ask(1, "10.0.0.1", "u", "p", 599.0)
    assert check(gate, is_right=False, now_s=601.0).wrong == 1


@pytest.mark.parametrize(
    ("ip", "is_blocked"),
    [
        ("10.0.0.1", True),
        ("2001:db8::1", True),
        ("::ffff:10.0.0.1", True),
        ("127.0.0.1", False),
        ("127.8.9.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("10.0.0.7", False),
        ("::ffff:10.0.0.7", False),
        ("2001:db8::7", False),
        ("2001:DB8:0::7", False),
        ("", False),
    ],
)
def test_the_third_wrong_password_blocks_who_may_be_blocked(ip, is_blocked):
    gate = make_gate("10.0.0.7", "2001:db8::7")
    blocks = [bool(fail(gate, now_s, ip).block) for now_s in (0.0, 1.0, 3.0, 7.0)]
    assert blocks == [False, False, is_blocked, False]


def test_both_spellings_of_an_address_are_one_host():
    gate = make_gate()
    fail(gate, 0.0, "::ffff:10.0.0.1")
    assert verdict_of(gate.ask(2, "10.0.0.1", "u", "p", 0.0)) == REFUSED


def test_who_waits_is_turned_away_with_its_address():
    gate = make_gate()
    for number in range(1, 5):
        gate.ask(number, "10.0.0.1" if number != 3 else "10.0.0.3", "u", "p", 0.0)
    outcome = check(gate, is_right=False, now_s=0.0)
    reason = "wrong passwords came from this address: try again in 1 s"
    assert outcome.refused == (Refusal(2, reason), Refusal(4, reason))
    assert outcome.next.link_id == 3
    assert (gate.waiting, gate.failures_total, gate.refused_unverified_total) == (0, 1, 2)


def test_a_link_that_is_gone_waits_no_longer():
    gate = make_gate()
    for number in (1, 2, 3):
        gate.ask(number, "10.0.0.1", "u", "p", 0.0)
    gate.gone(2)
    gate.gone(2)
    gate.gone(77)
    assert check(gate, is_right=True, now_s=0.1).next.link_id == 3


def test_a_wrong_password_counts_although_its_link_is_gone():
    gate = make_gate()
    gate.ask(1, "10.0.0.1", "u", "p", 0.0)
    gate.gone(1)
    assert verdict_of(gate.ask(2, "10.0.0.1", "u", "p", 0.0)) == QUEUED
    outcome = check(gate, is_right=False, now_s=0.0)
    assert (outcome.wrong, [each.link_id for each in outcome.refused]) == (1, [2])


def test_the_queue_of_an_address_is_bounded():
    gate = make_gate()
    decisions = [gate.ask(number, "10.0.0.1", "u", "p", 0.0) for number in range(1000)]
    assert [verdict_of(each) for each in decisions].count(QUEUED) == QUEUE_ADDRESS_MAX == gate.waiting
    assert decisions[-1].refused[0].reason.startswith("busy")
    assert verdict_of(gate.ask(2000, "10.0.0.2", "u", "p", 0.0)) == QUEUED


def test_the_queue_is_bounded():
    gate = make_gate()
    verdicts = [
        verdict_of(gate.ask(number, f"10.0.{number >> 8}.{number & 255}", "u", "p", 0.0)) for number in range(1000)
    ]
    assert verdicts.count(QUEUED) == QUEUE_MAX == gate.waiting
    assert verdicts.count(REFUSED) == 1000 - QUEUE_MAX - 1


def test_a_link_waits_once():
    gate = make_gate()
    gate.ask(1, "10.0.0.1", "u", "p", 0.0)
    assert verdict_of(gate.ask(2, "10.0.0.2", "u", "p", 0.0)) == QUEUED
    assert verdict_of(gate.ask(2, "10.0.0.2", "u", "p", 0.0)) == REFUSED


def test_the_memory_of_addresses_is_bounded_and_the_oldest_give_way():
    gate = make_gate()
    ips = [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(REMEMBERED + 10)]
    for ip in ips:
        fail(gate, 0.0, ip)
    assert len(gate._delays._records) == REMEMBERED
    assert verdict_of(gate.ask(1, ips[0], "u", "p", 0.0)) == VERIFY
    assert verdict_of(gate.ask(2, ips[-1], "u", "p", 0.0)) == REFUSED


def knock(gate, times, now_s, ip="10.0.0.1"):
    """For how long who comes is to be kept out, as each of so many in a row is told."""
    return [gate.ask(1000 + number, ip, "u", "p", now_s).keep_out_s for number in range(times)]


@pytest.mark.parametrize(
    ("now_s", "told"), [(0.0, 0), (0.0, REFUSALS_TOLD - 1), (0.25, REFUSALS_TOLD), (0.5, 10 * REFUSALS_TOLD)]
)
def test_who_was_told_often_enough_is_kept_out_for_the_rest_of_the_delay(now_s, told):
    gate = make_gate()
    fail(gate, 0.0)
    said = [for_s for for_s in knock(gate, told, now_s) if for_s > 0.0]
    assert said == ([1.0 - now_s] if told >= REFUSALS_TOLD else [])
    assert verdict_of(gate.ask(1, "10.0.0.1", "u", "p", 1.0)) == VERIFY


def test_that_is_said_once_in_each_delay():
    gate, now_s = make_gate(), 0.0
    for wait_s in (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0):
        fail(gate, now_s)
        assert knock(gate, 3 * REFUSALS_TOLD, now_s) == [
            wait_s if number == REFUSALS_TOLD else 0.0 for number in range(1, 3 * REFUSALS_TOLD + 1)
        ]
        now_s += wait_s


def test_those_who_were_told_while_they_waited_count():
    gate = make_gate()
    gate.ask(1, "10.0.0.1", "u", "p", 0.0)
    knock(gate, 200, 0.0)  # some wait, all others are told that too many do
    assert len(check(gate, is_right=False, now_s=0.0).refused) == QUEUE_ADDRESS_MAX < REFUSALS_TOLD
    left = REFUSALS_TOLD - QUEUE_ADDRESS_MAX
    assert knock(gate, left, 0.0) == [0.0] * (left - 1) + [1.0]


@pytest.mark.parametrize(
    ("ip", "is_kept_out"),
    [("127.0.0.1", True), ("::ffff:10.0.0.1", True), ("10.0.0.7", False), ("::ffff:10.0.0.7", False)],
)
def test_an_address_of_our_own_or_a_neighbors_is_not_kept_out(ip, is_kept_out):
    gate = make_gate("10.0.0.7")
    fail(gate, 0.0, ip)
    assert any(knock(gate, 2 * REFUSALS_TOLD, 0.0, ip)) is is_kept_out


def test_no_password_is_shown():
    gate = make_gate()
    gate.ask(1, "10.0.0.1", "u", "s3cret-word", 0.0)
    gate.ask(2, "10.0.0.2", "u", "s3cret-word", 0.0)
    outcome = check(gate, is_right=True, now_s=0.0)
    assert outcome.next.password == "s3cret-word"
    assert "s3cret-word" not in repr(outcome) + str(outcome.next)


# Who goes before whom.


def ask_of(gate, standing, number, now_s=10_000.0):
    """An address of its own for each number; one that failed did so long enough ago to be asked again."""
    ip = f"10.{10 + standing}.{number >> 8}.{number & 255}"
    return ip, gate.ask(number + 100_000 * standing, ip, "u", "p", now_s)


@pytest.fixture
def crowd():
    """A gate that knows 10.10.0.0/16, and that 10.12.0.0/16 has failed."""
    sources = Sources(lambda ip: ip.startswith("10.10."))
    gate = Gatekeeper(lambda _: False, sources)
    for number in range(2000):
        sources.note_failed(f"10.12.{number >> 8}.{number & 255}", 9_000.0)
    return gate


def test_whom_we_know_waits_for_nobody_else(crowd):
    for number in range(1000):
        ask_of(crowd, Standing.FAILED, number)
        ask_of(crowd, Standing.NEW, number)
    _, decision = ask_of(crowd, Standing.KNOWN, 1)
    assert (verdict_of(decision), decision.next.standing) == (VERIFY, Standing.KNOWN)


def test_who_has_not_failed_waits_for_nobody_who_has(crowd):
    for number in range(1000):
        ask_of(crowd, Standing.FAILED, number)
    _, decision = ask_of(crowd, Standing.NEW, 1)
    assert (verdict_of(decision), decision.next.standing) == (VERIFY, Standing.NEW)
    assert crowd.waiting == QUEUE_MAX


def test_each_network_has_its_turn():
    gate = make_gate()
    for number in range(10):
        gate.ask(number, f"2001:db8::{number:x}", "u", "p", 0.0)
    gate.ask(100, "2001:db8:0:1::1", "u", "p", 0.0)
    gate.ask(101, "10.0.0.1", "u", "p", 0.0)
    turns = [check(gate, is_right=True, now_s=0.0).next.link_id for _ in range(11)]
    assert turns[:4] == [1, 100, 101, 2]


def test_ever_new_addresses_of_one_network_are_delayed_as_one():
    gate, told = make_gate(), []
    for number in range(40):
        verdict = verdict_of(gate.ask(number, f"2001:db8::{number:x}", "u", "p", 0.0))
        told.append(verdict)
        if verdict == VERIFY:
            gate.checked(number, is_right=False, now_s=0.0)
    assert told == [VERIFY] * (NETWORK_MISTAKES + 1) + [REFUSED] * (39 - NETWORK_MISTAKES)
    assert verdict_of(gate.ask(100, "2001:db8:0:1::1", "u", "p", 0.0)) == VERIFY


def test_a_network_that_guesses_is_kept_out_as_one_and_holds_up_nobody_we_know():
    gate = make_gate("2001:db8::7")
    for number in range(NETWORK_MISTAKES + 1):
        fail(gate, 0.0, f"2001:db8::a:{number:x}", number)
    decisions = [gate.ask(number, f"2001:db8::{number:x}", "u", "p", 0.0) for number in range(100, 200)]
    assert [each.keep_out for each in decisions if each.keep_out] == ["2001:db8::/64"]
    assert verdict_of(gate.ask(300, "2001:db8::7", "u", "p", 0.0)) == VERIFY


def test_those_who_wait_in_a_network_are_turned_away_with_it():
    gate = make_gate()
    for number in range(NETWORK_MISTAKES):
        fail(gate, 0.0, f"2001:db8::a:{number:x}", number)
    for number in range(100, 110):
        gate.ask(number, f"2001:db8::{number:x}", "u", "p", 0.0)
    assert [each.link_id for each in check(gate, is_right=False, now_s=0.0).refused] == list(range(101, 110))


def test_who_was_right_is_known_for_a_day():
    gate = make_gate()
    gate.ask(1, "10.0.0.1", "u", "p", 0.0)
    check(gate, is_right=True, now_s=0.0)
    for now_s, standing in ((LATELY_S - 1.0, Standing.KNOWN), (LATELY_S, Standing.NEW)):
        assert gate.ask(2, "10.0.0.1", "u", "p", now_s).next.standing is standing
        gate.checked(2, is_right=True, now_s=0.0)


class Door:
    """A gate with a crowd before it; it writes down who waits and whose passwords are being verified."""

    def __init__(self):
        self.gate = make_gate("10.0.0.5")
        self.now_s = 0.0
        self.link_id = 0
        self.verifying = {}
        self.waiting = {}

    def ask(self, host, _is_right):
        self.link_id += 1
        ip = f"10.0.0.{host}"
        decision = self.gate.ask(self.link_id, ip, "u", "p", self.now_s)
        if verdict_of(decision) == VERIFY:
            assert decision.next.standing not in {each.standing for each in self.verifying.values()}
            self.verifying[self.link_id] = decision.next
        elif verdict_of(decision) == QUEUED:
            self.waiting[self.link_id] = ip

    def check(self, host, is_right):
        if not self.verifying:
            assert self.gate.checked(self.link_id, is_right, self.now_s) == Outcome()
            return
        link_id = list(self.verifying)[host % len(self.verifying)]
        verified = self.verifying.pop(link_id)
        outcome = self.gate.checked(link_id, is_right, self.now_s)
        for refusal in outcome.refused:
            assert self.waiting.pop(refusal.link_id) == verified.ip
        if outcome.next is not None:
            del self.waiting[outcome.next.link_id]
            assert outcome.next.standing is verified.standing
            self.verifying[outcome.next.link_id] = outcome.next

    def leave(self, _host, _is_right):
        if self.waiting:
            gone, _ = self.waiting.popitem()
            self.gate.gone(gone)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "ask", "check", "leave"]), st.integers(0, 5), st.booleans(), st.floats(0.0, 3.0)
        ),
        max_size=80,
    )
)
def test_everybody_who_waits_is_answered_once(steps):
    door = Door()
    for what, host, is_right, span_s in steps:
        door.now_s += span_s
        getattr(door, what)(host, is_right)
        assert door.gate.waiting == len(door.waiting)
    while door.verifying:
        door.check(0, is_right=True)
    assert not door.waiting
    assert not any(line._shares._held for line in door.gate._desks._lines.values())


class Street:
    """The same crowd before two gates: at one everybody is let in, before the other stands a door that keeps out."""

    def __init__(self):
        self.open, self.guarded = make_gate(), make_gate()
        self.kept_out_until_s = {}
        self.link_id = 0

    def ask(self, ip, times, now_s):
        for _ in range(times):
            self.link_id += 1
            decision = self.open.ask(self.link_id, ip, "u", "p", now_s)
            if self.kept_out_until_s.get(ip, 0.0) > now_s:
                assert verdict_of(decision) == REFUSED
                continue
            guarded = self.guarded.ask(self.link_id, ip, "u", "p", now_s)
            assert guarded == decision
            if guarded.keep_out_s > 0.0:
                self.kept_out_until_s[ip] = now_s + guarded.keep_out_s

    def check(self, is_right, now_s):
        assert check(self.guarded, is_right, now_s) == check(self.open, is_right, now_s)


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 2), st.integers(1, 2 * REFUSALS_TOLD), st.floats(0.0, 1.5)), max_size=40
    )
)
def test_keeping_out_spares_refusals_and_changes_nothing_else(steps):
    street, now_s = Street(), 0.0
    for comes, host, times, span_s in steps:
        now_s += span_s
        if comes:
            street.ask(f"10.0.0.{host}", times, now_s)
        else:
            street.check(host == 0, now_s)
