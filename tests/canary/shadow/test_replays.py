"""Which requests are asked again."""

import pytest

from canary.shadow.replays import WAITING, Replay, Replays
from canary.shadow.reply import Reply
from communicator.protocol import Message

REPLAY = Replay(Message("CHARGE"), frozenset(), Reply("CHARGED", {}, ""), frozenset())


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_a_share_is_chosen_and_always_the_same(share):
    chosen = [number for number in range(10_000) if Replays(share).is_chosen("c", number, is_unexplained=False)]
    assert len(chosen) == pytest.approx(share * 10_000, abs=3 * 100 * (share * (1 - share)) ** 0.5)
    assert chosen == [number for number in range(10_000) if Replays(share).is_chosen("c", number, is_unexplained=False)]


def test_all_are_chosen_while_something_is_unexplained():
    assert all(Replays(0.0).is_chosen("c", number, is_unexplained=True) for number in range(100))


def test_no_more_than_there_is_room_for_and_the_oldest_first():
    replays = Replays(1.0)
    for _ in range(WAITING):
        assert replays.is_chosen("c", 0, is_unexplained=False)
        replays.add(REPLAY)
    assert not replays.is_chosen("c", 0, is_unexplained=True)
    assert [replays.take() for _ in range(WAITING + 1)] == [REPLAY] * WAITING + [None]
