"""Of a bounded store nobody gets all, whatever was taken and given back before."""

from hypothesis import given
from hypothesis import strategies as st

from communicator.router.cores.shares import Shares


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 5), st.booleans()), max_size=80),
)
def test_nobody_gets_more_than_half_and_one_more_and_all_is_given_back(maximum, steps):
    shares, held = Shares(maximum), []
    for sender, amount, gives_back in steps:
        if gives_back and held:
            shares.give_back(*held.pop())
        elif shares.has_room(sender, amount):
            shares.take(sender, amount)
            held.append((sender, amount))
        assert shares.taken == sum(amount for _, amount in held) <= maximum
    for sender, amount in held:
        shares.give_back(sender, amount)
    assert shares.taken == 0
    assert not shares._by_sender


@given(st.integers(2, 10_000), st.integers(1, 50))
def test_who_comes_to_a_store_that_another_has_filled_as_far_as_he_may_finds_room(maximum, amount):
    shares = Shares(maximum * amount)
    while shares.has_room("greedy", amount):
        shares.take("greedy", amount)
    assert shares.has_room("newcomer", amount) == (maximum > 2)
