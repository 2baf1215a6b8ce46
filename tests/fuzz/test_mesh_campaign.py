"""A short form of `make attack`: members that misbehave at two live routers, and proof that the pair would notice."""

import random

import pytest

from fuzz.campaign import FoundError
from fuzz.mesh_campaign import MESHES, fuzz_mesh
from fuzz.mesh_door import MeshDoors, mesh_data
from fuzz.mutation import case_random
from simulation.lies import Victim

SECONDS = 3.0
LONGER_S = 10.0
VICTIMS = [Victim("alpha", "127.0.0.1:4042", "a1"), Victim("beta", "127.0.0.2:4042", "b1")]
MESH = MeshDoors((), VICTIMS, ({}, {"username": "liar", "password": "right"}))


@pytest.mark.short
@pytest.mark.takes(5)
@pytest.mark.parametrize("name", MESHES)
async def test_honest_messages_arrive_whatever_other_members_say(name):
    cases, messages = await fuzz_mesh(name, random.getrandbits(32), SECONDS)
    assert messages > cases > 10


@pytest.mark.takes(12)
@pytest.mark.parametrize("name", MESHES)
async def test_honest_messages_arrive_for_longer(name):
    cases, messages = await fuzz_mesh(name, random.getrandbits(32), LONGER_S)
    assert messages > cases > 50


async def test_a_message_that_does_not_arrive_is_found(monkeypatch):
    monkeypatch.setattr("fuzz.witness.PATIENCE_S", 0.0)
    with pytest.raises(FoundError, match=r"within .* repeat with --only mesh --seed 1 --case 0"):
        await fuzz_mesh("mesh", 1, 0.1)


def drawn(count):
    for case in range(count):
        yield mesh_data(case_random(7, case), MESH)


def test_a_case_follows_from_its_seed_alone():
    first = [*drawn(20)]
    assert [*drawn(20)] == first
    assert len(set(first)) > 15


def test_visitors_show_what_they_may_and_lie_about_everybody():
    said = b"".join(drawn(300))
    for word in (
        b"CONNECT",
        b"GOSSIP",
        b"LINK_STATE records=",
        b"password=right",
        b"<alpha:",
        b"server_name=beta",
        b"ghost1",
    ):
        assert word in said, word
