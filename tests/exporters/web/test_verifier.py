"""Passwords are verified in a thread, one at a time, and right ones once."""

import asyncio
import threading

import argon2
import bcrypt
import pytest

from exporters.web.verifier import BusyError, Verifier, is_right

ARGON2 = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("right")
BCRYPT = bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()
LONG = "x" * 72


@pytest.mark.parametrize(
    ("hashed", "password", "expected"),
    [
        (ARGON2, "right", True),
        (ARGON2, "Right", False),
        (ARGON2, "\udcff", False),
        (BCRYPT, "right", True),
        (BCRYPT.replace("$2b$", "$2y$"), "right", True),
        (BCRYPT, "wrong", False),
        (BCRYPT, "ri\0ght", False),
        (bcrypt.hashpw(LONG.encode(), bcrypt.gensalt(4)).decode(), LONG + "more", True),
        (ARGON2, "right" * 1000, False),
        ("$2b$nonsense", "right", False),
        ("$argon2id$nonsense", "right", False),
    ],
    ids=range(11),
)
def test_hashes(hashed, password, expected):
    assert is_right(hashed, password) is expected


class Counting:
    """Verifies when it is let, and counts."""

    def __init__(self):
        self.calls = 0
        self.at_once = self.most_at_once = 0
        self.let = threading.Event()

    def __call__(self, _hashed, password):
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.let.wait(20)
        self.at_once -= 1
        return password == "right"


@pytest.fixture
def counting():
    return Counting()


@pytest.fixture
def verifier(counting):
    made = Verifier(counting)
    yield made
    counting.let.set()
    made.close()


async def test_a_right_one_is_verified_once(verifier, counting):
    counting.let.set()
    assert not verifier.remembers("hash", "right")
    assert await verifier.verify("hash", "right")
    assert verifier.remembers("hash", "right")
    assert not verifier.remembers("other hash", "right"), "a changed password is another pair"
    assert counting.calls == 1


async def test_a_wrong_one_is_not_remembered(verifier, counting):
    counting.let.set()
    assert not await verifier.verify("hash", "wrong")
    assert not verifier.remembers("hash", "wrong")


async def test_who_asks_for_several_things_at_once_waits_for_one_verification(verifier, counting):
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(verifier.verify("hash", "right")) for _ in range(6)]
        await asyncio.sleep(0)
        assert verifier.is_verifying("hash", "right")
        counting.let.set()
    assert [task.result() for task in asked] == [True] * 6
    assert counting.calls == 1
    assert not verifier.is_verifying("hash", "right")


async def test_one_at_a_time_and_not_too_many_wait(verifier, counting):
    async with asyncio.TaskGroup() as group:
        for number in range(16):
            group.create_task(verifier.verify("hash", str(number)))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await verifier.verify("hash", "one more")
        counting.let.set()
    assert (counting.calls, counting.most_at_once) == (16, 1)


def test_what_is_remembered_is_bounded_and_tells_nothing(verifier, counting):
    counting.let.set()

    async def fill():
        for number in range(300):
            assert await verifier.verify(f"hash {number}", "right")

    asyncio.run(fill())
    assert len(verifier._right) == 256
    assert not verifier.remembers("hash 0", "right")
    assert verifier.remembers("hash 299", "right")
    assert not any(b"right" in key for key in verifier._right)
