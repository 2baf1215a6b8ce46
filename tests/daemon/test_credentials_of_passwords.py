"""Passwords are verified in a thread, and answered in the loop that asked."""

import asyncio
import os
import threading

import pytest
from argon2 import PasswordHasher

from communicator.daemon import credentials
from communicator.daemon.credentials import CredentialChecker
from communicator.daemon.passwords import Entry, remove_entry, write_entry
from communicator.errors import ConfigError
from communicator.fairness.sources import Standing
from communicator.router.vocabulary.effects import CheckCredential
from communicator.router.vocabulary.events import Opens
from tests.conftest import EVENTUALLY_S

KEY = "auth.password_file"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def entry(username, password="correct horse", names=("printer",), hasher=CHEAP):
    return Entry(username, Opens.SERVICE, frozenset(names), hasher.hash(password))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "passwords"
    write_entry(path, KEY, entry("printer"))
    return path


@pytest.fixture
def checker(file):
    checker = CredentialChecker(file)
    yield checker
    end(checker)


def end(checker):
    checker.close()
    for desk in checker._threads.threads.values():
        desk.thread.join(EVENTUALLY_S)
        assert not desk.thread.is_alive()


def said(username, password, standing=Standing.NEW):
    return CheckCredential(1, username, password, standing)


async def ask(checker, username, password, standing=Standing.NEW):
    answered = asyncio.get_running_loop().create_future()
    checker.check(said(username, password, standing), answered.set_result)
    return await asyncio.wait_for(answered, EVENTUALLY_S)


@pytest.mark.parametrize("password", ["correct hors", "", "correct horse ", "\0", "\ud800", "ü" * 10_000])
async def test_only_the_right_password_opens(checker, password):
    credential = await ask(checker, "printer", "correct horse")
    assert credential.allows(Opens.SERVICE, "printer")
    assert await ask(checker, "printer", password) is None
    assert await ask(checker, "nobody", "correct horse") is None


async def test_what_was_right_before_is_answered_without_verifying_it_until_the_entry_changes(
    file, checker, monkeypatch
):
    assert await ask(checker, "printer", "correct horse")
    monkeypatch.setattr(credentials, "_is_right", lambda *_: False)
    assert await ask(checker, "printer", "correct horse")
    assert await ask(checker, "printer", "wrong horse") is None
    write_entry(file, KEY, entry("printer"))
    checker.reload(file)
    assert await ask(checker, "printer", "correct horse") is None


async def test_of_too_many_that_were_right_the_oldest_is_forgotten(file, monkeypatch):
    monkeypatch.setattr(credentials, "_REMEMBERED", 1)
    write_entry(file, KEY, entry("spooler"))
    checker = CredentialChecker(file)
    for user in ("printer", "spooler"):
        assert await ask(checker, user, "correct horse")
    monkeypatch.setattr(credentials, "_is_right", lambda *_: False)
    assert [await ask(checker, user, "correct horse") is None for user in ("printer", "spooler")] == [True, False]
    end(checker)


async def test_without_a_file_nobody_comes_in():
    checker = CredentialChecker(None)
    assert await ask(checker, "printer", "correct horse") is None
    assert checker.reload(None) == frozenset()
    end(checker)


async def test_answers_come_in_order_in_the_loop_that_asked_and_never_at_once(checker):
    answers = []
    finished = asyncio.Event()

    def done(credential):
        answers.append((credential is not None, threading.current_thread()))
        if len(answers) == 3:
            finished.set()

    for password in ("correct horse", "wrong", "correct horse"):
        checker.check(said("printer", password), done)
    assert not answers
    await asyncio.wait_for(finished.wait(), EVENTUALLY_S)
    here = threading.current_thread()
    assert answers == [(True, here), (False, here), (True, here)]


async def test_an_unknown_user_costs_what_a_wrong_password_costs(file, monkeypatch):
    dear = PasswordHasher(time_cost=2, memory_cost=64, parallelism=2)
    for number in range(2):
        write_entry(file, KEY, entry(f"user{number}", hasher=dear))
    checker = CredentialChecker(file)
    verified = []
    verify = credentials._is_right
    monkeypatch.setattr(credentials, "_is_right", lambda hashed, said: verified.append(hashed) or verify(hashed, said))
    await ask(checker, "user0", "wrong")
    await ask(checker, "nobody", "wrong")
    assert len(set(verified)) == 2
    assert {hashed.rsplit("$", 2)[0] for hashed in verified} == {"$argon2id$v=19$m=64,t=2,p=2"}
    end(checker)


async def test_reading_anew_tells_whose_proof_no_longer_counts(file, checker):
    for user in ("same", "gone", "renamed", "changed"):
        write_entry(file, KEY, entry(user))
    assert checker.reload(file) == frozenset()  # newcomers revoke nothing
    remove_entry(file, KEY, "gone")
    write_entry(file, KEY, entry("changed", "another password"))
    write_entry(file, KEY, entry("renamed", names=("spooler",)))
    write_entry(file, KEY, entry("new"))
    assert checker.reload(file) == {"gone", "changed", "renamed"}
    assert checker.reload(file) == frozenset()
    assert await ask(checker, "gone", "correct horse") is None
    assert await ask(checker, "changed", "correct horse") is None
    assert await ask(checker, "changed", "another password")
    assert (await ask(checker, "new", "correct horse")).username == "new"


async def test_a_file_that_is_not_good_changes_nothing(file, checker):
    file.write_text("nonsense\n")
    with pytest.raises(ConfigError, match="line 1"):
        checker.reload(file)
    assert await ask(checker, "printer", "correct horse")
    with pytest.raises(ConfigError, match="line 1"):
        CredentialChecker(file)


async def test_who_is_revoked_while_being_checked_does_not_come_in(file, checker):
    answered = asyncio.get_running_loop().create_future()
    checker.check(said("printer", "correct horse"), answered.set_result)
    remove_entry(file, KEY, "printer")
    assert checker.reload(file) == {"printer"}
    assert await asyncio.wait_for(answered, EVENTUALLY_S) is None


async def test_after_closing_nobody_is_answered_and_the_thread_ends(checker):
    answers = []
    for _ in range(3):
        checker.check(said("printer", "correct horse"), answers.append)
    end(checker)
    checker.check(said("printer", "correct horse"), answers.append)
    await asyncio.sleep(0)
    assert answers == []


def test_a_loop_that_is_closed_is_not_called(checker):
    async def ask_and_leave():
        checker.check(said("printer", "correct horse"), lambda _: None)

    asyncio.run(ask_and_leave())
    end(checker)


@pytest.mark.skipif(os.uname().sysname != "Linux", reason="elsewhere priorities are of processes")
@pytest.mark.parametrize(("standing", "nice"), [(Standing.KNOWN, 0), (Standing.NEW, 5), (Standing.FAILED, 10)])
async def test_the_thread_stands_back_for_whom_nobody_knows_and_the_loop_does_not(checker, standing, nice):
    await ask(checker, "printer", "correct horse", standing)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    [desk] = checker._threads.threads.values()
    assert os.getpriority(os.PRIO_PROCESS, desk.thread.native_id) == min(own + nice, 19)


async def test_whom_we_know_is_answered_while_another_is_being_verified(checker, monkeypatch):
    held, verify = threading.Event(), credentials._is_right
    monkeypatch.setattr(
        credentials,
        "_is_right",
        lambda hashed, said: (said == "guess" and not held.wait(EVENTUALLY_S)) or verify(hashed, said),
    )
    guessing = asyncio.get_running_loop().create_future()
    checker.check(said("printer", "guess", Standing.FAILED), guessing.set_result)
    assert await ask(checker, "printer", "correct horse", Standing.KNOWN)
    assert not guessing.done()
    held.set()
    assert await asyncio.wait_for(guessing, EVENTUALLY_S) is None
