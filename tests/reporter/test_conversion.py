import pytest

from communicator.reporter.conversion import convert, read
from communicator.reporter.values import Address, Timestamp, Type, ValueTypeError, Word, type_of


@pytest.mark.parametrize(
    ("text", "target", "value"),
    [
        ("text", "string", "text"),
        ("text", "identifier", Word("text")),
        ("-0x10", "integer", -16),
        ("", "integer", 0),
        ("", "timestamp", Timestamp(0)),
        ("", "string", ""),
        ("", "floating_point", 0.0),
        ("1.5", "timestamp", Timestamp(1_500_000_000)),
        ("2.5", "floating_point", 2.5),
        ("127.0.0.1:80", "address", Address("127.0.0.1", 80)),
    ],
)
def test_a_parameter_is_read_as_a_type(text, target, value):
    found = read(text, target)
    assert found == value
    assert type_of(found) == target


@pytest.mark.parametrize(
    ("value", "target", "result"),
    [
        ("5", "integer", 5),
        ("5.25", "timestamp", Timestamp(5_250_000_000)),
        (5, "string", "5"),
        (Timestamp(1), "string", "0.000000001"),
        (5, "floating_point", 5.0),
        (-5.9, "integer", -5),
        (5, "timestamp", Timestamp(5_000_000_000)),
        (5.25, "timestamp", Timestamp(5_250_000_000)),
        (Word("a"), "string", "a"),
        ("a", "identifier", Word("a")),
        ("::1", "address", Address("::1")),
        ("a", "void", None),
        (Timestamp(1), "timestamp", Timestamp(1)),
    ],
)
def test_a_value_becomes_one_of_another_type(value, target, result):
    found = convert(value, target)
    assert found == result
    assert type_of(found) == target


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("five", "integer"),
        ("soon", "timestamp"),
        (Timestamp(1), "integer"),
        (1e300, "integer"),
        (5, "address"),
        (None, "integer"),
    ],
)
def test_where_there_is_no_way(value, target):
    with pytest.raises(ValueTypeError):
        convert(value, target)


def test_each_type_a_parameter_is_read_as_is_known():
    with pytest.raises(ValueError, match="float"):
        read("1", "float")
    assert Type("floating_point") is Type.FLOATING_POINT
