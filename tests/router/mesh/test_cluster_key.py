import msgspec
import pytest

from communicator.router.mesh.cluster_key import End, Meeting, draw_nonce, is_nonce, is_proof, prove
from communicator.router.vocabulary.config import ClusterConfig

KEY = b"0123456789abcdef0123456789abcdef"
MEETING = Meeting("a" * 64, "b" * 64, "alpha", "10.0.0.5:4042", "beta")


def test_a_proof_is_that_of_one_end_of_one_meeting_with_one_key():
    proof = prove(KEY, End.DIALLER, MEETING)
    assert is_proof(proof, KEY, End.DIALLER, MEETING)
    assert not is_proof(proof, KEY, End.DIALLED, MEETING)
    assert not is_proof(proof, KEY + b"x", End.DIALLER, MEETING)
    assert not is_proof("", KEY, End.DIALLER, MEETING)
    assert not is_proof("\ud800", KEY, End.DIALLER, MEETING)


@pytest.mark.parametrize("field", Meeting.__struct_fields__)
def test_all_that_both_know_is_in_it(field):
    other = msgspec.structs.replace(MEETING, **{field: "other"})
    assert not is_proof(prove(KEY, End.DIALLED, MEETING), KEY, End.DIALLED, other)


def test_what_moves_from_one_part_to_the_next_makes_another_proof():
    one, other = (Meeting("a", "b", dialler, address, "e") for dialler, address in (("cd", "e"), ("c", "de")))
    assert prove(KEY, End.DIALLER, one) != prove(KEY, End.DIALLER, other)


def test_a_nonce_is_another_one_for_each_key_life_and_link(make_config):
    drawn = {
        draw_nonce(make_config(boot_id=boot_id, cluster=ClusterConfig(key=key)), link_id)
        for key in (KEY, KEY[::-1])
        for boot_id in ("one", "two")
        for link_id in (1, 2)
    }
    assert len(drawn) == 8
    assert all(map(is_nonce, drawn))


@pytest.mark.parametrize("text", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n"])
def test_what_is_no_nonce(text):
    assert not is_nonce(text)
