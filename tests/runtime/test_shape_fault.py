"""What is said of a document that does not have the shape of a type, each slip with key and reason."""

from typing import Literal

import msgspec
import pytest

from communicator.runtime.shape_fault import explain


class Door(msgspec.Struct, tag_field="kind", tag="door", forbid_unknown_fields=True):
    width: int = 1


class Gate(msgspec.Struct, tag_field="kind", tag="gate", forbid_unknown_fields=True):
    width: int = 2


class Room(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    colour: Literal["red", "blue"] = "red"
    ways: dict[str, Door | Gate] = {}
    beds: tuple[Door, ...] = ()


@pytest.mark.parametrize(
    ("document", "key", "reason"),
    [
        ({}, "name", "is missing"),
        ({"name": 3}, "name", "expected str, got int: write it in quotes"),
        ({"name": "a", "size": 3}, "size", "is not a known key"),
        ({"name": "a", "colour": "green"}, "colour", "invalid enum value 'green': it is one of blue, red"),
        ({"name": "a", "ways": {"in": {}}}, "ways.in.kind", "is missing: it is one of door, gate"),
        (
            {"name": "a", "ways": {"in": {"kind": "lift"}}},
            "ways.in.kind",
            "invalid value 'lift': it is one of door, gate",
        ),
        (
            {"name": "a", "ways": {"in": {"kind": "door"}, "out": {"kind": "gate", "width": "x"}}},
            "ways.out.width",
            "expected int, got str",
        ),
        ({"name": "a", "beds": [{"kind": "door"}, {"kind": "door", "x": 1}]}, "beds[1].x", "is not a known key"),
    ],
)
def test_key_and_reason_are_named(document, key, reason):
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(document, Room)
    assert explain(refused.value, document, Room) == (key, reason)
