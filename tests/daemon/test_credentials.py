"""Passwords and certificates in force, and what no longer counts after they were read anew."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from argon2 import PasswordHasher

from communicator.daemon.credentials import Credentials, Revoked
from communicator.daemon.network_settings import AuthSettings
from communicator.daemon.passwords import Entry, write_entry
from communicator.daemon.settings import CommunicatordSettings
from communicator.errors import ConfigError
from communicator.router.vocabulary.effects import CheckCredential
from communicator.router.vocabulary.events import Opens


def _add(file: Path, username: str, password: str = "sesame") -> None:

    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
    write_entry(file, "key", Entry(username, Opens.ROUTER, frozenset((username,)), hashed))


def _touch(file: Path) -> None:
    """Other content, of the same meaning."""
    file.write_bytes(file.read_bytes() + b"\n")


@pytest.fixture
def make_settings(tmp_path, authority):
    tls = authority.issue("alpha")

    def make(name: str = "passwords", *users: str) -> CommunicatordSettings:
        file = tmp_path / name if name else None
        for user in users:
            _add(file, user)
        auth = AuthSettings(password_file=str(file)) if file else AuthSettings(mode="none")
        return CommunicatordSettings(auth=auth, tls=tls)

    return make


async def _ask(credentials: Credentials, username: str, password: str = "sesame"):
    answer = asyncio.get_running_loop().create_future()
    credentials.passwords.check(CheckCredential(1, username, password), answer.set_result)
    return await asyncio.wait_for(answer, 20)


@pytest.fixture
async def use():
    made = []

    def make(settings) -> Credentials:
        made.append(Credentials(settings))
        return made[-1]

    yield make
    for credentials in made:
        credentials.passwords.close()


async def test_who_knows_the_password_is_told_from_who_does_not(use, make_settings):
    credentials = use(make_settings("passwords", "beta"))
    assert (await _ask(credentials, "beta")).names == {"beta"}
    assert await _ask(credentials, "beta", "open") is None
    assert await _ask(credentials, "gamma") is None


async def test_without_a_file_nobody_has_a_password(use, make_settings):
    assert await _ask(use(make_settings("")), "beta") is None


async def test_an_entry_that_changed_no_longer_counts(use, make_settings, tmp_path):
    settings = make_settings("passwords", "beta", "gamma")
    credentials = use(settings)
    assert credentials.reload(settings) == Revoked(frozenset(), certificates=False)
    _add(tmp_path / "passwords", "beta", "another")
    assert credentials.reload(settings) == Revoked(frozenset(("beta",)), certificates=False)
    assert await _ask(credentials, "beta") is None
    assert await _ask(credentials, "beta", "another")


async def test_with_another_file_whoever_came_in_by_the_old_one_has_to_show_it_again(use, make_settings):
    credentials = use(make_settings("passwords", "beta", "gamma"))
    assert await _ask(credentials, "beta")
    other = make_settings("others", "beta")
    assert credentials.reload(other) == Revoked(frozenset(("beta", "gamma")), certificates=False)
    assert credentials.reload(other) == Revoked(frozenset(), certificates=False)
    assert await _ask(credentials, "beta")
    assert await _ask(credentials, "gamma") is None
    assert credentials.reload(make_settings("")).usernames == {"beta"}
    assert await _ask(credentials, "beta") is None


async def test_who_waits_for_an_answer_gets_one_also_when_the_file_is_another(use, make_settings):
    credentials = use(make_settings("passwords", "beta"))
    answers = []
    credentials.passwords.check(CheckCredential(1, "beta", "sesame"), answers.append)
    credentials.reload(make_settings("others", "beta"))
    assert await _ask(credentials, "beta")
    assert answers == [None]


@pytest.mark.parametrize("part", ["certificate", "ca"])
async def test_other_certificates_are_told(use, make_settings, part):
    settings = make_settings("passwords", "beta")
    credentials = use(settings)
    before = credentials.trust
    _touch(Path(getattr(settings.tls, part)))
    assert credentials.reload(settings) == Revoked(frozenset(), certificates=True)
    assert credentials.trust.server is not before.server
    assert credentials.reload(settings) == Revoked(frozenset(), certificates=False)
    demanding = msgspec.structs.replace(settings.tls, require_client_certificate=True)
    assert credentials.reload(msgspec.structs.replace(settings, tls=demanding)).certificates


@pytest.mark.parametrize("part", ["passwords", "ca.pem"])
async def test_a_file_that_is_wrong_changes_nothing(use, make_settings, tmp_path, part):
    settings = make_settings("passwords", "beta")
    credentials = use(settings)
    before = credentials.trust
    _add(tmp_path / "passwords", "beta", "another")
    (tmp_path / part).write_text("nonsense")
    with pytest.raises(ConfigError):
        credentials.reload(settings)
    assert credentials.trust is before
    assert await _ask(credentials, "beta")


async def test_another_key_takes_back_what_was_proven_with_the_old_one(use, make_settings, tmp_path):
    file = tmp_path / "cluster.key"
    file.touch(0o600)
    file.write_text("a" * 32)
    settings = make_settings("passwords", "beta")
    keyed = msgspec.structs.replace(settings, auth=msgspec.structs.replace(settings.auth, key_file=str(file)))
    credentials = use(keyed)
    assert credentials.reload(keyed) == Revoked(frozenset(), certificates=False)
    file.write_text("b" * 32)
    assert credentials.reload(keyed) == Revoked(frozenset(("(cluster key)",)), certificates=False)
    assert credentials.reload(settings) == Revoked(frozenset(("(cluster key)",)), certificates=False)
