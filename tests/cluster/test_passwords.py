"""Routers on two hosts that show passwords: who has the right one is linked, who guesses waits, and no log tells any."""

import asyncio
import os
import re
import signal
import subprocess
import sys

import pytest

from communicator import Client

pytestmark = pytest.mark.timeout(120)

PASSWORD = "correct horse battery"
GUESS = "wrong donkey staple"
IN_CLEAR = {"auth.mode": "password", "auth.allow_cleartext_password": True}


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

    def three_were_looked_at(answers):
        return sum("wrong username or password" in answer for answer in answers) == 3

    async with Client(a.router.unix, "firewall", commands=("BLOCK",)) as firewall:
        await eventually(guess, three_were_looked_at)
        async with asyncio.timeout(20):
            blocked = await anext(message async for message in firewall.messages() if message.command == "BLOCK")
    assert blocked.get("uri") == b.address
    assert all(" REFUSE " in f" {answer}" for answer in answers)
    waits_s = {int(wait) for answer in answers for wait in re.findall(r"try again in (\d+) s", answer)}
    assert max(waits_s) == 2


def connect(host, other):
    """One attempt with a wrong password from the other host; the answer, after which the link is closed."""
    with other.socket() as link:
        link.settimeout(20)
        link.connect((host.address, 4042))
        words = f"version=1;my_address={other.address}:4042;server_name=b;username=b;password={GUESS}"
        link.sendall(f"CONNECT {words}\n".encode())
        return link.makefile().read()
