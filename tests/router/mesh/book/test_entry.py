import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.router.mesh.book.entry import (
    IDLE,
    LAPSED,
    OPEN,
    REASON_CHARACTERS,
    TRANSITIONS,
    UP,
    Absence,
    Entry,
    Event,
    State,
    spread,
)

# By event: in which state to which, = where it is ignored. Any other pair cannot happen.
TABLE = {
    Event.DUE: "waiting>dialling refused>dialling provisional>probed",
    Event.FAILED: "dialling>waiting crossed>linked probed>gone",
    Event.REFUSED: "dialling>refused crossed>linked probed>provisional",
    Event.GOSSIPED: "dialling>waiting crossed>linked probed>provisional",
    Event.ACCEPTED: "dialling>linked crossed>linked probed>provisional",
    Event.LINKED: (
        "waiting>linked refused>linked dialling>crossed linked>linked crossed>crossed provisional>gone probed>gone"
    ),
    Event.LOST: "linked>waiting crossed>dialling waiting= refused= dialling=",
    Event.CALLED: "waiting>waiting refused= dialling= linked= crossed= provisional= probed=",
    Event.CONFIRMED: "provisional>waiting probed>dialling waiting= refused= dialling= linked= crossed=",
    Event.FORGOTTEN: "waiting>gone refused>gone dialling>gone provisional>gone probed>gone linked= crossed=",
    Event.DROPPED: "waiting>gone refused>gone dialling>gone provisional>gone probed>gone linked>gone crossed>gone",
}


def pairs_told():
    for event, cells in TABLE.items():
        for cell in cells.split():
            state, _, to = cell.removesuffix("=").partition(">")
            yield (State(state), event), State(to) if to else None


def make_entry(state=State.WAITING, now_s=0.0):
    return Entry("10.0.0.1:4042", "boot", now_s, state)


def test_the_table_says_what_follows_and_what_cannot_happen():
    told = dict(pairs_told())
    assert {pair: to if isinstance(to, State) else None for pair, to in TRANSITIONS.items()} == told
    assert set(TABLE) == set(Event)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_an_entry_does_what_the_table_says(state, event):
    entry = make_entry(state)
    before = (entry.due_s, entry.reason, entry.absence)
    if (state, event) not in TRANSITIONS:
        with pytest.raises(KeyError):
            entry.take(event, 5.0, "no")
        assert entry.state is state
        return
    to = TRANSITIONS[state, event]
    entry.take(event, 5.0, "no")
    assert entry.state is (to if isinstance(to, State) else state)
    if not isinstance(to, State):
        assert (entry.due_s, entry.reason, entry.absence) == before


@pytest.mark.parametrize(("state", "event"), TRANSITIONS)
def test_the_law(state, event):
    to = TRANSITIONS[state, event]
    to = to if isinstance(to, State) else state
    assert state is not State.GONE, "the end"
    assert (state in IDLE) + (state in OPEN) + (state is State.LINKED) == 1, "waiting, under way, or neither"
    if event in (Event.FAILED, Event.REFUSED, Event.GOSSIPED, Event.ACCEPTED):
        assert state in OPEN, "a dial ends that was under way"
        assert to not in OPEN
    elif to is not State.GONE and event is not Event.DUE:
        assert (state in OPEN) == (to in OPEN), "nothing else begins a dial, or ends one"
    if event in (Event.LINKED, Event.LOST) and to is not State.GONE:
        assert (to in UP) == (event is Event.LINKED)
    if state not in LAPSED:
        assert to not in LAPSED, "what is a router's is so until it is gone"
    if event is Event.CONFIRMED:
        assert to not in LAPSED


@given(st.lists(st.tuples(st.sampled_from(Event), st.floats(0.0, 100.0)), max_size=80), st.sampled_from(sorted(IDLE)))
def test_whatever_happens_it_is_dialled_within_half_a_minute(events, state):
    entry, now_s = make_entry(state), 0.0
    for event, span_s in events:
        now_s += span_s
        if (entry.state, event) in TRANSITIONS:
            entry.take(event, now_s)
        assert entry.due_s <= now_s + 30.0


@given(st.text(max_size=60), st.integers(0, 10**6))
def test_what_spreads_is_a_fraction_and_always_the_same(key, count):
    assert 0.0 <= spread(key, count) < 1.0
    assert spread(key, count) == spread(key, count)


def test_it_spreads_evenly():
    fractions = sorted(spread(f"boot 10.0.0.{number}:4042", 0) for number in range(200))
    assert all(abs(fraction - number / 200) < 0.15 for number, fraction in enumerate(fractions))


def wait_after(entry, event, now_s, reason=""):
    """How long it waits after a dial that has ended like this, or after its link was lost."""
    entry.state = State.LINKED if event is Event.LOST else State.DIALLING
    entry.take(event, now_s, reason)
    return entry.due_s - now_s


@given(st.text(max_size=20))
def test_waits_are_quick_for_ten_minutes_then_grow_to_half_a_minute(seed):
    entry, now_s = Entry("10.0.0.1:4042", seed, 0.0), 0.0
    assert 0.375 <= wait_after(entry, Event.LOST, now_s) <= 0.625
    while now_s < 600.0:
        wait_s = wait_after(entry, Event.FAILED, now_s)
        assert 0.75 <= wait_s <= 1.25
        now_s += wait_s
    for expected_s in (2.0, 4.0, 8.0, 16.0, 24.0, 24.0, 24.0):
        wait_s = wait_after(entry, Event.FAILED, now_s)
        assert 0.75 * expected_s <= wait_s <= min(30.0, 1.25 * expected_s)
        now_s += wait_s


def test_waits_differ_from_try_to_try_and_from_router_to_router():
    entries = [Entry(address, "boot", 0.0) for address in ("10.0.0.1:4042", "10.0.0.2:4042")]
    assert len({wait_after(entry, Event.FAILED, 1.0) for entry in entries for _ in range(20)}) == 40


def test_a_refusal_is_answered_with_patience_but_never_with_a_lock_out():
    entry = make_entry()
    assert 6.0 <= wait_after(entry, Event.REFUSED, 0.0) <= 10.0
    for _ in range(50):
        assert 18.0 <= wait_after(entry, Event.REFUSED, 0.0) <= 30.0


def test_gossip_that_was_taken_is_no_failure_but_is_repeated_ever_more_slowly():
    entry = make_entry()
    wait_after(entry, Event.FAILED, 1.0)
    assert entry.absence.failures == 1
    assert 0.75 <= wait_after(entry, Event.GOSSIPED, 2.0) <= 1.25
    assert entry.absence.failures == 0
    waits = [wait_after(entry, Event.GOSSIPED, 700.0) for _ in range(6)]
    assert waits[0] < 3.0
    assert 18.0 <= waits[-1] <= 30.0


@pytest.mark.parametrize(("called_s", "due_s"), [(10.1, 10.5), (10.7, 10.7), (11.5, None)])
def test_whoever_calls_is_tried_at_once_but_not_all_the_time(called_s, due_s):
    entry = make_entry()
    entry.take(Event.CALLED, 0.0)
    assert entry.due_s == 0.0
    planned_s = 10.0 + wait_after(entry, Event.FAILED, 10.0)
    entry.take(Event.CALLED, called_s)
    assert entry.due_s == pytest.approx(planned_s if due_s is None else due_s)


def test_it_is_told_once_and_then_every_ten_minutes():
    absence = Absence(0.0)
    told = [now_s for now_s in range(5, 2000) if absence.shall_tell(float(now_s))]
    assert told == [5, 605, 1205, 1805]


@pytest.mark.parametrize("event", [Event.LINKED, Event.LOST])
def test_a_new_absence_starts_with_nothing(event):
    entry = make_entry()
    wait_after(entry, Event.FAILED, 1.0, "timed out" * 100)
    assert (entry.absence.failures, len(entry.reason)) == (1, REASON_CHARACTERS)
    entry.state = State.LINKED
    entry.take(event, 7.0)
    assert (entry.absence, entry.reason) == (Absence(7.0), "")
