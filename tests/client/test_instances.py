import pytest

from communicator.client.instances import PAGE, gather_instances, read_page, total
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from tests.client.services_page import PRINTER, page


def test_a_page_is_read():
    (instance,) = read_page(page([PRINTER]))
    assert (instance.service, instance.pid, instance.commands) == ("printer", 4711, ("PRINT", "STOP"))


@pytest.mark.parametrize("message", [Message("SERVICES"), page([])])
def test_an_empty_page_has_no_instances(message):
    assert read_page(message) == []


@pytest.mark.parametrize("text", ["", "{}", "[3]", '[{"server": "alpha"}]', "nonsense"])
def test_a_page_of_another_shape_is_refused(text):
    with pytest.raises(RemoteProtocolError, match="list of services"):
        read_page(Message("SERVICES", {"services": text}))


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("0", 0), ("", 0), ("many", 0), ("-3", 0)])
def test_the_total_is_a_number(text, number):
    assert total(Message("SERVICES", {"total": text})) == number


async def test_pages_are_asked_for_until_all_are_there():
    known = [{"service": f"svc_{number}", "state": "up"} for number in range(PAGE + 2)]
    asked = []

    async def ask(question):
        asked.append(dict(question.parameters))
        offset = int(question.get("offset"))
        return page(known[offset : offset + PAGE], total=str(len(known)))

    found = await gather_instances(ask, local=True)
    assert [instance.service for instance in found] == [row["service"] for row in known]
    assert [(question["offset"], question["scope"]) for question in asked] == [("0", "local"), (str(PAGE), "local")]


async def test_a_router_that_tells_less_than_it_promised_is_not_asked_for_ever():
    async def ask(_):
        return page([], total="3")

    assert await gather_instances(ask) == []
