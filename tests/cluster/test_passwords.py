"""Routers on two hosts that show passwords: who has the right one is linked, who guesses waits, and no log tells any."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys

import pytest

from communicator import Client

pytestmark = pytest.mark.takes(8)

PASSWORD = "correct horse battery"
GUESS = "wrong donkey staple"
IN_CLEAR = {
    "auth.mode": "password",
    "auth.open_to_private_network": False,
    "auth.allow_cleartext_password": True,
}


@pytest.fixture
async def hosts(lab, tmp_path):
    """Two hosts; b, which has the larger address, dials a, which demands a password."""
    a, b = lab.line("ab")
    for host in (a, b):
        host.settings = {**IN_CLEAR, "auth.password_file": password_file(tmp_path, host.name)}
    a.settings["cluster.neighbors"] = []
    b.settings |= {"auth.username": "b", "auth.secret_file": str(tmp_path / "secret")}
    write_secret(tmp_path / "secret", PASSWORD)
    yield a, b
    for log in lab.logs().values():
        assert PASSWORD not in log
        assert GUESS not in log


def password_file(directory, name):
    file = directory / f"{name}.passwords"
    file.touch(0o600)
    return str(file)


def write_secret(file, password):
    file.touch(0o600)
    file.write_text(password)


def bellwether_password(*arguments, password=""):
    done = subprocess.run(
        [sys.executable, "-m", "bellwether", "password", *arguments],
        input=password,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def add(host, user, *names):
    named = [word for name in names for word in ("--name", name)]
    file = host.settings["auth.password_file"]
    bellwether_password("add", user, "--for", "router", *named, "--file", file, password=PASSWORD)


@pytest.fixture
def logged(eventually):
    """Waits until a line of a router's log holds all of these words."""

    async def wait(router, *words):
        async def lines():
            return [line for line in router.log.splitlines() if all(word in line for word in words)]

        return await eventually(lines, bool)

    return wait


async def test_the_right_password_opens_and_its_removal_closes(lab, hosts, logged):
    a, b = hosts
    await asyncio.to_thread(add, a, "b", "b")
    await lab.start()
    await lab.until_they_see("ab")
    file = a.settings["auth.password_file"]
    await asyncio.to_thread(bellwether_password, "remove", "b", "--file", file)
    os.kill(a.router.pid, signal.SIGHUP)
    await lab.until_they_see("a", "b")
    await logged(a.router, "event=router_refused", "wrong username or password")
    await logged(b.router, "event=router_not_linked", "wrong username or password")


async def test_a_password_for_another_server_does_not_open(lab, hosts, logged):
    a, _ = hosts
    await asyncio.to_thread(add, a, "b", "x", "y")
    await lab.start()
    await logged(a.router, "event=router_refused", "the password of 'b' is not for router 'b'")
    await lab.until_they_see("a", "b")


async def test_a_router_without_a_password_is_not_linked(lab, hosts, logged):
    a, b = hosts
    del b.settings["auth.username"], b.settings["auth.secret_file"]
    await lab.start()
    await logged(a.router, "event=router_refused", "has to show username and password")
    await lab.until_they_see("a", "b")


async def test_who_guesses_waits_longer_each_time_and_is_told_of(lab, hosts, eventually):
    a, b = hosts
    await asyncio.to_thread(add, a, "b", "b")
    await lab.start(a)
    answers = []

    async def guess():
        answers.append(await asyncio.to_thread(connect, a, b))
        return answers

    def all_was_told(answers):
        told_s = waits_s(answers)
        return len(told_s) >= 3 and any(wait_s > 1 for waits in told_s for wait_s in waits) and "" in answers

    async with Client(a.router.unix, "firewall", commands=("BLOCK",)) as firewall:
        await eventually(guess, all_was_told, 90)  # who is slow finds the door closed in a later, longer wait only
        async with asyncio.timeout(20):
            blocked = await anext(message async for message in firewall.messages() if message.command == "BLOCK")
    assert blocked.get("uri") == b.address
    assert all(" REFUSE " in f" {answer}" for answer in answers if answer)
    for guesses, waits in enumerate(waits_s(answers)):
        assert all(wait_s <= 2**guesses for wait_s in waits), "after each wrong password twice as long"


def waits_s(answers):
    """How long it was told to wait, after each password that was looked at."""
    told_s = []
    for answer in answers:
        if "wrong username or password" in answer:
            told_s.append([])
        told_s[-1] += map(int, re.findall(r"try again in (\d+) s", answer))
    return told_s


def connect(host, other):
    """One attempt with a wrong password from the other host; the answer; none at a closed door."""
    with other.socket() as link:
        link.settimeout(20)
        link.connect((host.address, 4042))
        words = f"version=1;my_address={other.address}:4042;server_name=b;username=b;password={GUESS}"
        with contextlib.suppress(ConnectionError):
            link.sendall(f"CONNECT {words}\n".encode())
            return link.makefile().read()
    return ""
