"""Passwords are verified in a thread, one at a time, and right ones once."""

import asyncio
import threading

import argon2
import bcrypt
import pytest

from communicator.fairness.sources import Standing
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


def verify(verifier, hashed, password, address="10.0.0.1", standing=Standing.NEW):
    return verifier.verify(hashed, password, address, standing)


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
    assert await verify(verifier, "hash", "right")
    assert verifier.remembers("hash", "right")
    assert not verifier.remembers("other hash", "right"), "a changed password is another pair"
    assert counting.calls == 1


async def test_a_wrong_one_is_not_remembered(verifier, counting):
    counting.let.set()
    assert not await verify(verifier, "hash", "wrong")
    assert not verifier.remembers("hash", "wrong")


async def test_who_asks_for_several_things_at_once_waits_for_one_verification(verifier, counting):
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(verify(verifier, "hash", "right")) for _ in range(6)]
        await asyncio.sleep(0)
        counting.let.set()
    assert [task.result() for task in asked] == [True] * 6
    assert counting.calls == 1
    assert not verifier._running


async def crowd(verifier, group, standing=Standing.NEW):
    """As many wait as may, each from an address of its own."""
    for number in range(16):
        group.create_task(verify(verifier, f"{standing}", str(number), f"10.0.1.{number}", standing))
    await asyncio.sleep(0)


async def test_one_at_a_time_and_not_too_many_wait(verifier, counting):
    async with asyncio.TaskGroup() as group:
        await crowd(verifier, group)
        with pytest.raises(BusyError):
            await verify(verifier, "hash", "one more")
        counting.let.set()
    assert (counting.calls, counting.most_at_once) == (16, 1)
    assert not verifier._desks.current


@pytest.mark.parametrize("standing", [Standing.KNOWN, Standing.NEW])
async def test_who_guesses_holds_up_nobody_who_stands_better(verifier, counting, standing):
    async with asyncio.TaskGroup() as group:
        await crowd(verifier, group, Standing.FAILED)
        right = group.create_task(verify(verifier, "hash", "right", standing=standing))
        await asyncio.sleep(0)
        assert not right.done()
        counting.let.set()
        assert await right


async def test_of_one_address_few_wait_and_others_have_their_turn_in_between(verifier, counting):
    done = []

    async def ask(password, address):
        await verify(verifier, "hash", password, address)
        done.append(password)

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(ask(f"guess {number}", "10.0.0.1"))
        group.create_task(ask("other", "10.0.0.2"))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await verify(verifier, "hash", "guess 4", "10.0.0.1")
        counting.let.set()
    assert done[:3] == ["guess 0", "guess 1", "other"]


async def test_what_goes_wrong_is_told_to_whoever_waits_and_the_next_has_its_turn():
    def fail(_hashed, password):
        if password == "wrong":
            raise RuntimeError("no memory")
        return True

    verifier = Verifier(fail)
    failed, right = await asyncio.gather(
        *(verify(verifier, "hash", each) for each in ("wrong", "right")), return_exceptions=True
    )
    assert (str(failed), right) == ("no memory", True)
    verifier.close()


def test_what_is_remembered_is_bounded_and_tells_nothing(verifier, counting):
    counting.let.set()

    async def fill():
        for number in range(300):
            assert await verify(verifier, f"hash {number}", "right")

    asyncio.run(fill())
    assert len(verifier._right) == 256
    assert not verifier.remembers("hash 0", "right")
    assert verifier.remembers("hash 299", "right")
    assert not any(b"right" in key for key in verifier._right)
