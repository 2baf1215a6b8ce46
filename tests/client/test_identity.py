import pytest

from communicator.client.identity import Identity
from communicator.errors import LocalProtocolError


def test_what_is_empty_is_not_sent():
    assert Identity("ping").registration().parameters == {"service": "ping", "version": "1", "role": "live"}


def test_everything_told_is_sent_and_the_role_may_be_replaced():
    identity = Identity("ping", "1.2", "abc", "standby", 7, {"metrics_port": "9000"}, "me", "secret")
    expected = {
        "service": "ping",
        "version": "1",
        "service_version": "1.2",
        "build": "abc",
        "role": "standby",
        "pid": "7",
        "metrics_port": "9000",
        "username": "me",
        "password": "secret",
    }
    assert identity.registration().parameters == expected
    assert identity.registration("probe").parameters == expected | {"role": "probe"}


def test_the_password_is_never_shown():
    assert "secret" not in repr(Identity("ping", username="me", password="secret"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"service": "my-service"}, "'my-service' cannot be the name"),
        ({"service": ""}, "'' cannot be the name"),
        ({"service": "communicatord"}, "not 'communicatord'"),
        ({"service": "ping", "role": "leader"}, "role 'leader' is none of live"),
        ({"service": "ping", "announce": {"version": "2"}}, "'version' cannot be announced"),
        ({"service": "ping", "announce": {"a b": "2"}}, "'a b' cannot be announced"),
    ],
)
def test_what_no_router_could_take_is_refused(arguments, told):
    with pytest.raises(LocalProtocolError, match=told):
        Identity(**arguments)
