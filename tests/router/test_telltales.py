"""Each telltale stands in whatever line it is to betray, whether its values are in quotes or not."""

import pytest

from communicator.router.vocabulary.telltales import ACKNOWLEDGED, FOR_ALL, HOPS_COUNTED, SPREAD, TRACED


@pytest.mark.parametrize(
    ("telltale", "name", "value"),
    [
        (TRACED, "trace", "t"),
        (FOR_ALL, "deliver", "all"),
        (ACKNOWLEDGED, "ack", "required"),
        (HOPS_COUNTED, "hops_left", "3"),
        (SPREAD, "broadcast_msgid", "a-1"),
        (SPREAD, "broadcast_hops", "1"),
    ],
)
def test_a_telltale_stands_in_the_parameter_it_is_for(telltale, name, value):
    assert telltale.plain in f"{name}={value}".encode()
    assert telltale.quoted in f"{name}={value}".encode()  # another value of the line may be in quotes
    assert telltale.quoted in f'{name}="{value}"'.encode()
