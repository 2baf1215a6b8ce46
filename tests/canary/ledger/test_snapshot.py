import msgspec
import pytest

from canary.judge.state import Cell, State
from canary.ledger.snapshot import decode_state, encode_state
from canary.records import CellKey
from tests.canary.ledger.states import full_state

KEY = CellKey("alpha", "printer", "1.0", "b")


def test_every_field_of_a_state_comes_back():
    state = full_state()
    assert all(getattr(state, name) != getattr(State(), name) for name in State.__dataclass_fields__)
    again = decode_state(encode_state(state))
    assert again == state
    assert type(next(iter(again.cells))) is CellKey
    assert type(again.failures) is type(state.failures)


def test_an_empty_state_comes_back():
    assert decode_state(encode_state(State())) == State()


def test_the_same_state_gives_the_same_text():
    assert encode_state(full_state()) == encode_state(full_state())


def test_a_release_that_knows_more_fields_reads_what_one_wrote_that_knew_fewer():
    state = State(seq=7, cells={KEY: Cell(KEY, failed=3)})
    plain = msgspec.json.decode(encode_state(state))
    del plain["runs"], plain["cells"][0][1]["strikes"]
    assert decode_state(msgspec.json.encode(plain).decode()) == state


def test_a_release_that_knows_fewer_fields_reads_what_one_wrote_that_knew_more():
    state = State(seq=7, cells={KEY: Cell(KEY, failed=3)})
    plain = msgspec.json.decode(encode_state(state))
    plain["moons"] = 2
    plain["cells"][0][1]["mood"] = [1]
    assert decode_state(msgspec.json.encode(plain).decode()) == state


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"seq":"x"}', '{"cells":[1]}', '{"cells":[[["a"],{}]]}', '{"cells":7}']
)
def test_what_is_no_state_is_an_error_of_its_own(text):
    with pytest.raises(ValueError, match=r"."):
        decode_state(text)
